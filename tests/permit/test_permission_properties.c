/* What holds of every decision, tried on many drawn ones. */
#include "permission_case.h"
#include "permit/glob.h"
#include "permit/shell.h"
#include "support/random.h"

enum { ROUNDS = 3000 };

static const char *const rules[] = {
	"Bash", "Bash(*)", "Bash(git *)", "Bash(git:*)", "Bash(git push *)", "Bash(npm test)", "Bash(npm *)",
		"Bash(* --version)",
	"Bash(rm *)", "Bash(find *)", "Bash(make*)", "Bash(timeout 5 make)", "Bash(cat *)", "Bash(ls)",
		"Bash(run_in_background:true)",
	"Bash(command:rm *)", "Bash(broken", "Read", "Read(src/**)", "Read(.conf)", "Read(//tmp/**)", "Read(~/d/**)",
		"Read(/x)", "Read(*.c)",
	"Edit", "Edit(src/**)", "Edit(*.c)", "Edit(//tmp/**)", "Edit(out)", "Write", "Write(src/**)", "Write(/tmp/**)",
		"WebFetch",
	"WebFetch(domain:*.example.com)", "WebFetch(domain:example.*)", "WebFetch(https://example.com/a/**)", "mcp__a",
		"mcp__a__*", "mcp__*",
	"*", "Agent(x)", "Agent(model:*)", "WebSearch", "(nothing)", "Glob(src/**)", "TodoWrite", "RunCode", "Read(!x)",
		"W*",
};
static const char *const commands[] = {
	"ls", "ls -la src", "git status", "git push origin main", "npm test", "make all", "rm x", "rm -rf build",
		"cat src/main.c", "cat ../other",
	"cat .env", "find . -name x", "find . -delete", "timeout 5 make", "NODE_ENV=x npm test", "FOO=1 npm test",
		"xargs rm", "watch make",
	"cat .conf", "cp src/a out", "touch /tmp/x", "echo hi", "foo --version", "sed -i s/a/b/ a.c", "mkdir src/b",
		"rmdir /data", "git log 'a b'",
	"sh -c 'rm x'", "env rm x", "bash", "python x.py", "tee .bashrc", "command npm test", "true",
};
static const char *const joints[] = { " && ", " || ", "; ", " | ", " |& ", " & ", "\n" };
static const char *const redirects[] = { "", "", "", " > out", " 2>/dev/null", " > ../x", " >> src/log", " < src/in",
	" 2>&1", " > .npmrc" };
static const char *const files[] = { "src/a.c", "x", "a.c", ".conf", "a/.conf", "/tmp/x", "~/d/x", "../y", ".env",
	"/etc/passwd", ".git/x", "out" };
static const char *const pages[] = { "https://example.com/a/b", "https://a.example.com/", "https://example.org/",
	"http://10.0.0.1/",
	"https://docs.python.org/" };
static const char *const modes[] = { "default", "acceptEdits", "plan", "dontAsk", "bypassPermissions" };

#define PICK(seed, list) (list)[random_below(seed, countof(list))]

static void add_command(uint64_t *seed, struct buf *out, int depth)
{
	static const char *const frames[][2] = { { "(", ")" }, { "echo $(", ")" }, { "if true; then ", "; fi" },
		{ "{ ", "; }" }, { "for i in a b; do ", "; done" } };
	size_t count = 1 + random_below(seed, 3);

	for (size_t i = 0; i < count; i++) {
		if (i)
			buf_put(out, PICK(seed, joints));
		if (depth < 2 && random_below(seed, 6) == 0) {
			size_t frame = random_below(seed, countof(frames));
			buf_put(out, frames[frame][0]);
			add_command(seed, out, depth + 1);
			buf_put(out, frames[frame][1]);
			continue;
		}
		buf_put(out, PICK(seed, commands));
		buf_put(out, PICK(seed, redirects));
	}
}

/* A call under settings. */
struct drawn {
	const char *tool;
	json_t *input, *settings;
	char about[2000];
};

static void draw(uint64_t *seed, struct drawn *d)
{
	static const char *const lists[] = { "allow", "allow", "ask", "deny" };
	static const char *const tools[] = { "Bash", "Bash", "Bash", "Bash", "Read", "Edit", "Write", "Grep", "Glob",
		"WebFetch", "mcp__a__b", "Agent", "TodoWrite", "RunCode", "WebSearch", "Restart" };
	own_buf text = BUF_INIT(sizeof d->about - 1);

	d->tool = PICK(seed, tools);
	if (strcmp(d->tool, "Bash") == 0)
		add_command(seed, &text, 0);
	else
		buf_put(&text, strcmp(d->tool, "WebFetch") == 0 ? PICK(seed, pages) : PICK(seed, files));
	memcpy(d->about, text.data, text.len + 1);
	d->input = json_pack("{s:s, s:s, s:s, s:s, s:b}", "command", d->about, "file_path", d->about, "path", d->about,
		"url", d->about, "run_in_background", (int)random_below(seed, 2));
	d->settings = json_pack("{s:s, s:[], s:[], s:[]}", "defaultMode", PICK(seed, modes), "allow", "ask", "deny");
	for (uint32_t i = random_below(seed, 7); i; i--)
		json_array_append_new(json_object_get(d->settings, PICK(seed, lists)), json_string(PICK(seed, rules)));
}

static void drawn_done(struct drawn *d)
{
	json_decref(d->input);
	json_decref(d->settings);
}

#define own_drawn owns(drawn_done) struct drawn

/* Under the settings, and one more rule (NULL: none), on other words of a line (NULL: its own). */
static struct permission decide(const struct drawn *d, const char *list, const char *rule, const char *command)
{
	static const struct permission_places places = { "/home/me/p", "/home/me/p", "/home/me", NULL, NULL };
	struct error err = {0};
	own_permissions *p = permissions_create(&places, &err);
	own_json *other = command ? json_pack("{s:s}", "command", command) : NULL;
	struct permission_call call = { .tool = str_of(d->tool), .input = other ? other : d->input };
	struct permission out;

	assert_ok(p);
	permissions_add_scope(p, d->settings, "settings", places.cwd, NULL);
	if (list) {
		own_json *more = json_pack("{s:[s]}", list, rule);
		permissions_add_scope(p, more, "more", places.cwd, NULL);
	}
	permission_decide(p, &call, &out);
	out.rule = out.file = NULL;
	return out;
}

static void complain(const struct drawn *d, const char *what, const char *rule)
{
	own_mem char *settings = json_dumps(d->settings, 0);

	print_error("%s %s(%s): %s %s\n", settings, d->tool, d->about, what, rule ? rule : "");
	fail();
}

TEST(one_more_deny_or_ask_rule_never_lets_more_happen)
{
	uint64_t seed = 11;

	for (int i = 0; i < ROUNDS; i++) {
		own_drawn d;
		draw(&seed, &d);
		const char *rule = PICK(&seed, rules), *list = random_below(&seed, 2) ? "deny" : "ask";
		if (decide(&d, list, rule, NULL).decision < decide(&d, NULL, NULL, NULL).decision)
			complain(&d, "more happens with one more deny or ask rule", rule);
	}
}

TEST(one_more_allow_rule_never_forbids_more)
{
	uint64_t seed = 12;

	for (int i = 0; i < ROUNDS; i++) {
		own_drawn d;
		draw(&seed, &d);
		const char *rule = PICK(&seed, rules);
		if (decide(&d, "allow", rule, NULL).decision > decide(&d, NULL, NULL, NULL).decision)
			complain(&d, "less happens with one more allow rule", rule);
	}
}

TEST(hard_limits_stand_above_every_rule_and_mode)
{
	uint64_t seed = 13;

	for (int i = 0; i < ROUNDS; i++) {
		own_drawn d;
		draw(&seed, &d);
		if (!decide(&d, NULL, NULL, NULL).hard)
			continue;
		json_object_set_new(d.settings, "defaultMode", json_string("bypassPermissions"));
		if (decide(&d, "allow", PICK(&seed, rules), NULL).decision != DECISION_DENY)
			complain(&d, "a hard limit gave way", NULL);
	}
}

/* The words of a command, and where its output goes. */
static void add_alone(struct buf *out, const struct shell_command *c)
{
	struct error err = {0};

	buf_clear(out);
	for (size_t i = 0; i < c->assign_count && c->word_count; i++)
		assert_ok(buf_add_str(out, c->assigns[i].name, &err) && buf_adds(out, "=", &err) &&
			buf_add_str(out, c->assigns[i].value.source, &err) && buf_adds(out, " ", &err));
	for (size_t i = 0; i < c->word_count; i++)
		assert_ok(buf_add_str(out, c->words[i].source, &err) && buf_adds(out, " ", &err));
	for (size_t i = 0; i < c->redirect_count; i++)
		assert_ok(buf_adds(out, c->redirects[i].op, &err) && buf_adds(out, " ", &err) &&
			buf_add_str(out, c->redirects[i].target.source, &err) && buf_adds(out, " ", &err));
}

TEST(a_line_is_allowed_only_when_each_of_its_commands_is_alone)
{
	uint64_t seed = 14;
	int allowed = 0;

	for (int i = 0; i < 4 * ROUNDS; i++) {
		own_drawn d;
		own_arena arena = ARENA_INIT(SHELL_ARENA_BYTES);
		own_buf one = BUF_INIT(sizeof d.about - 1);
		struct shell_script script;
		struct error err = {0};
		draw(&seed, &d);
		if (strcmp(d.tool, "Bash") != 0 || decide(&d, NULL, NULL, NULL).decision != DECISION_ALLOW)
			continue;
		assert_ok(shell_parse(&arena, str_of(d.about), &script, &err));
		allowed += script.count > 1;
		for (const struct shell_command *c = script.first; c; c = c->next) {
			add_alone(&one, c);
			if (one.len && decide(&d, NULL, NULL, one.data).decision != DECISION_ALLOW)
				complain(&d, "is allowed, but not its", one.data);
		}
	}
	assert_true(allowed > 100);
}

TEST(a_line_with_one_denied_command_is_denied)
{
	uint64_t seed = 15;

	for (int i = 0; i < ROUNDS; i++) {
		own_drawn d;
		draw(&seed, &d);
		const char *command = PICK(&seed, commands);
		if (strcmp(d.tool, "Bash") != 0 || decide(&d, NULL, NULL, command).decision != DECISION_DENY)
			continue;
		own_mem char *line = mem_printf("%s%s%s", d.about, PICK(&seed, joints), command);
		if (decide(&d, NULL, NULL, line).decision == DECISION_ALLOW)
			complain(&d, "is allowed with the denied", command);
	}
}

TEST(what_is_suggested_would_be_enough)
{
	static const struct permission_places places = { "/home/me/p", "/home/me/p", "/home/me", NULL, NULL };
	uint64_t seed = 16;
	int tried = 0;

	for (int i = 0; i < ROUNDS; i++) {
		own_drawn d;
		draw(&seed, &d);
		struct permission out = decide(&d, NULL, NULL, NULL);
		assert_true(out.decision == DECISION_ASK || out.suggestion_count == 0);
		assert_true(out.suggestion_count <= PERMISSION_SUGGESTIONS);
		const char *mode = json_member_string(d.settings, "defaultMode");
		if (!out.suggestion_count || strcmp(mode, "plan") == 0)
			continue;
		struct error err = {0};
		own_permissions *p = permissions_create(&places, &err);
		struct permission_call call = { .tool = str_of(d.tool), .input = d.input };
		permissions_add_scope(p, d.settings, "settings", places.cwd, NULL);
		for (size_t k = 0; k < out.suggestion_count; k++)
			assert_ok(permissions_add_rule(p, "allow", out.suggestions[k], "dialog", &err));
		permission_decide(p, &call, &out);
		if (out.decision != DECISION_ALLOW)
			complain(&d, "is not allowed by what was suggested:", out.why);
		tried++;
	}
	assert_true(tried > 100);
}

TEST(stricter_modes_are_stricter)
{
	static const char *const order[] = { "bypassPermissions", "acceptEdits", "default", "dontAsk" };
	uint64_t seed = 17;

	for (int i = 0; i < ROUNDS; i++) {
		own_drawn d;
		draw(&seed, &d);
		enum permission_verdict before = DECISION_ALLOW;
		for (size_t k = 0; k < countof(order); k++) {
			json_object_set_new(d.settings, "defaultMode", json_string(order[k]));
			enum permission_verdict now = decide(&d, NULL, NULL, NULL).decision;
			if (now < before)
				complain(&d, "more happens in the mode", order[k]);
			before = now;
		}
	}
}

/* --- patterns -------------------------------------------------------------------------------- */

static bool slow_glob(const char *pattern, const char *text)
{
	if (!*pattern)
		return !*text;
	if (*pattern == '*')
		return slow_glob(pattern + 1, text) || (*text && slow_glob(pattern, text + 1));
	return *text == *pattern && slow_glob(pattern + 1, text + 1);
}

TEST(globs_match_as_a_slow_matcher_does)
{
	uint64_t seed = 18;

	for (int i = 0; i < 20000; i++) {
		char pattern[12] = "", text[12] = "";
		for (uint32_t n = random_below(&seed, sizeof pattern); n; n--)
			pattern[n - 1] = "ab*"[random_below(&seed, 3)];
		for (uint32_t n = random_below(&seed, sizeof text); n; n--)
			text[n - 1] = "ab"[random_below(&seed, 2)];
		assert_int_equal(glob_match(str_of(pattern), str_of(text)), slow_glob(pattern, text));
	}
}

/* Segments of a pattern against those of a path, each "**" taking every number of them. */
static bool slow_segments(const char *pattern, const char *path)
{
	size_t n = strcspn(pattern, "/"), m = strcspn(path, "/");
	const char *rest = pattern[n] ? pattern + n + 1 : pattern + n, *below = path[m] ? path + m + 1 : path + m;
	char one[40], name[40];

	if (!*pattern)
		return true;
	if (strncmp(pattern, "**", 2) == 0 && n == 2)
		return slow_segments(rest, path) || (*path && slow_segments(pattern, below));
	if (!*path)
		return false;
	(void)snprintf(one, sizeof one, "%.*s", (int)n, pattern);
	(void)snprintf(name, sizeof name, "%.*s", (int)m, path);
	return slow_glob(one, name) && slow_segments(rest, below);
}

TEST(patterns_of_gitignore_match_as_a_slow_matcher_does)
{
	static const char *const parts[] = { "a", "b", "a*", "*", "**", "*b" }, *const names[] = { "a", "b", "ab",
		"c" };
	uint64_t seed = 19;

	for (int i = 0; i < 20000; i++) {
		own_buf pattern = BUF_INIT(100), path = BUF_INIT(100);
		for (uint32_t n = 1 + random_below(&seed, 4); n; n--)
			buf_putf(&pattern,
			"%s%s", pattern.len ? "/" : "", n == 1 ? PICK(&seed, names) : PICK(&seed, parts));
		for (uint32_t n = 1 + random_below(&seed, 5); n; n--)
			buf_putf(&path, "%s%s", path.len ? "/" : "", PICK(&seed, names));
		struct ignore_pattern anchored = { .text = buf_str(&pattern), .anchored = true };
		assert_int_equal(ignore_match(&anchored, buf_str(&path)), slow_segments(pattern.data, path.data));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_more_deny_or_ask_rule_never_lets_more_happen),
		cmocka_unit_test(one_more_allow_rule_never_forbids_more),
		cmocka_unit_test(hard_limits_stand_above_every_rule_and_mode),
		cmocka_unit_test(a_line_is_allowed_only_when_each_of_its_commands_is_alone),
		cmocka_unit_test(a_line_with_one_denied_command_is_denied),
		cmocka_unit_test(what_is_suggested_would_be_enough),
		cmocka_unit_test(stricter_modes_are_stricter),
		cmocka_unit_test(globs_match_as_a_slow_matcher_does),
		cmocka_unit_test(patterns_of_gitignore_match_as_a_slow_matcher_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
