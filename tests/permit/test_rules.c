/* What is told when rules are read, what is suggested, and how rules come together. */
#include "permission_case.h"
#include "permit/links.h"

/* --- what is told ------------------------------------------------------------------------------- */

static void keep_text(void *user, const char *file, const char *text)
{
	struct buf *told = user;

	assert_string_equal(file, "settings.json");
	buf_putf(told, "%s\n", text);
}

struct told_case {
	const char *settings, *told;           /* "": nothing */
};

TEST(odd_rules_are_told_with_todays_form)
{
	static const struct told_case cases[] = {
		{ "{'allow':['Bash(git *)','Read(src/**)','Edit(//tmp/**)','WebFetch(domain:a.com)',"
			"'mcp__a__*','Agent(x)']}", "" },
		{ "{'deny':['*','mcp__*','Bash(run_in_background:true)','my_tool','Agent(model:opus)',"
			"'mcp__a__b(c:d)']}", "" },
		{ "{'allowedTools':['Read']}", "allowedTools is called allow today" },
		{ "{'allow':['Write(src/**)']}", "today it is Edit(PATH)" },
		{ "{'deny':['Write(src/**)']}", "today it is Edit(PATH)" },
		{ "{'allow':['WebFetch(https://github.com/**)']}", "today it is WebFetch(domain:github.com)" },
		{ "{'allow':['NotebookEdit(src/**)']}", "Edit(PATH)" }, { "{'allow':['Glob(src/**)']}", "Read(PATH)" },
		{ "{'allow':['MultiEdit(src/**)']}", "the rule allows nothing" },
		{ "{'deny':['Glob(src/**)']}", "taken for this tool alone" },
		{ "{'allow':['*']}", "the rule allows nothing" }, { "{'allow':['B*']}", "mcp__SERVER__" },
		{ "{'allow':['mcp__*']}", "mcp__SERVER__" },
		{ "{'deny':['Bsah(rm *)']}", "no tool of that name" }, { "{'ask':['Reed']}", "no tool of that name" },
		{ "{'allow':['Bash(rm']}", "parenthesis is not closed; the rule allows nothing" },
		{ "{'deny':['Bash(rm']}", "until it is mended, every call of the tool is asked about" },
		{ "{'deny':['(rm)']}", "every call of every tool is asked about" }, { "{'deny':['']}", "does nothing" },
		{ "{'deny':[7]}", "must be a string" }, { "{'deny':['Bash(command:rm *)']}", "taken for an ask rule" },
		{ "{'allow':['Bash(command:rm *)']}", "the rule does nothing" },
		{ "{'allow':['Agent(model:opus)']}", "only deny and ask rules have them" },
		{ "{'allow':['WebFetch(github.com)']}", "domain:HOST" },
		{ "{'allow':['WebFetch(domain:a.com/x)']}", "a host's name alone" },
		{ "{'allow':['WebSearch(x)']}", "no such specifier" }, { "{'allow':['Read(!x)']}", "excepts nothing" },
		{ "{'allow':['Read(a/../b)']}", "matches nothing" }, { "{'allow':['Cd(x)']}", "governs /cd" },
		{ "{'defaultMode':'fast'}", "none that is known" },
		{ "{'defaultMode':'bypassPermissions','disableBypassPermissionsMode':'disable'}", "disabled" },
		{ "{'additionalDirectories':['']}", "no folder that can be added" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_buf told = BUF_INIT(4000);
		struct permission_findings findings = { keep_text, &told };
		own_permissions *p = permissions_of(cases[i].settings, &findings);
		bool right = cases[i].told[0] ? strstr(told.data, cases[i].told) != NULL : told.len == 0;
		if (!right)
			fail_msg("%s: \"%s\"", cases[i].settings, told.data);
	}
}

/* --- what is suggested ------------------------------------------------------------------------------ */

struct suggestion_case {
	const char *tool, *call, *rules;       /* with " | " between */
};

TEST(one_rule_is_suggested_for_each_command_that_needs_one)
{
	static const struct suggestion_case cases[] = {
		{ "Bash", "npm test", "Bash(npm test *)" }, { "Bash", "npm run build --prod", "Bash(npm run build *)" },
		{ "Bash", "git status && npm test", "Bash(npm test *)" },
		{ "Bash", "git push origin main; make all", "Bash(git push *) | Bash(make all)" },
		{ "Bash", "make a && make a", "Bash(make a)" }, { "Bash", "timeout 5 make a", "Bash(make a)" },
		{ "Bash", "NODE_ENV=x make a", "Bash(make a)" }, { "Bash", "FOO=x make a", "Bash(FOO=x make a)" },
		{ "Bash", "a; b; c; d; e", "Bash(a) | Bash(b) | Bash(c) | Bash(d) | Bash(e)" },
		{ "Bash", "a; b; c; d; e; f", "" }, { "Bash", "a; b; c; d; e; f > ../x; g > y; cat ../z", "" },
		{ "Bash", "watch make", "Bash(watch make)" },
		{ "Bash", "docker run x", "Bash(docker run x)" },
		{ "Bash", "uv run python a.py", "Bash(uv run python a.py)" },
		{ "Bash", "npm exec tsc a", "Bash(npm exec tsc a)" },
		{ "Bash", "git rebase main", "Bash(git rebase main)" },
		{ "Bash", "git config a.b c", "Bash(git config a.b c)" },
		{ "Bash", "docker ps x; cargo run x",
			"Bash(cargo run x *)" },
		{ "Bash", "find . -name a -delete", "Bash(find . -name a -delete)" },
		{ "Bash", "rm a*", "" }, { "Bash", "make 'x", "" },
		{ "Bash", "cd ../lib && make", "Read(//home/me/lib/**) | Bash(make)" },
		{ "Bash", "cat ../lib/x", "Read(//home/me/lib/x)" },
		{ "Bash", "cd ../lib && ls", "Read(//home/me/lib/**)" },
		{ "Bash", "make > out", "Bash(make) | Edit(/out)" },
		{ "Bash", "make > .bashrc", "" }, { "Bash", "rmdir /data", "" }, { "Bash", "ls", "" },
		{ "Read", "../x", "Read(//home/me/x)" }, { "Read", "~/[a]*", "Read(//home/me/\\[a\\]\\*)" },
		{ "Grep", "../lib", "Read(//home/me/lib/**)" }, { "Edit", "src/a.c", "Edit(/src/a.c)" },
		{ "Edit", ".git/x", "" },
		{ "WebFetch", "https://Example.com/x", "WebFetch(domain:example.com)" },
		{ "WebSearch", "", "WebSearch" },
		{ "mcp__a__b", "", "mcp__a__b" }, { "Restart", "", "" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		const struct permission_case c = { "{}", cases[i].tool, cases[i].call, "", NULL };
		own_buf rules = BUF_INIT(4000);
		struct permission out;
		decide_case(&c, NULL, &out);
		for (size_t k = 0; k < out.suggestion_count; k++)
			buf_putf(&rules, "%s%s", k ? " | " : "", out.suggestions[k]);
		if (strcmp(rules.data, cases[i].rules) != 0)
			fail_msg("%s(%s): \"%s\", not \"%s\"", cases[i].tool, cases[i].call, rules.data,
				cases[i].rules);
	}
}

/* --- scopes, modes, approvals ------------------------------------------------------------------------- */

static struct permission decide_with(const struct permissions *p, const char *tool, const char *about)
{
	own_json *input = input_of(tool, about);
	struct permission_call call = { .tool = str_of(tool), .input = input };
	struct permission out;

	permission_decide(p, &call, &out);
	return out;
}

static struct permissions *permissions_of_config(const char *scopes)
{
	static const struct permission_places places = { .root = "/home/me/p", .cwd = "/home/me/p",
		.home = "/home/me", .claude = "/home/me/.claude" };
	struct error err = {0};
	own_mem char *text = quoted(scopes);
	own_json *parsed = json_parse(str_of(text), "scopes", &err);
	struct permissions *p = permissions_create(&places, &err);

	assert_ok(p && parsed);
	permissions_add_config(p, parsed, NULL);
	return p;
}

TEST(scopes_are_merged_and_each_has_its_own_root)
{
	own_permissions *p = permissions_of_config(
		"[{'file':'.claude/settings.json','folder':'/home/me/p',"
		"'permissions':{'deny':['Edit(/x)'],'defaultMode':'acceptEdits'}},"
		"{'file':'~/.claude/settings.json','permissions':{'allow':['Edit(/y)','Bash(make)'],"
		"'deny':['Bash(curl *)'],"
		"'defaultMode':'plan'}}]");
	struct permission out = decide_with(p, "Edit", "x");

	assert_int_equal(permissions_mode(p), PERMISSION_ACCEPT_EDITS);
	assert_int_equal(out.decision, DECISION_DENY);
	assert_string_equal(out.file, ".claude/settings.json");
	assert_int_equal(decide_with(p, "Edit", "/home/me/p/y").decision, DECISION_ALLOW);
	assert_null(decide_with(p, "Edit", "/home/me/p/y").rule);
	assert_int_equal(decide_with(p, "Bash", "make; curl x").decision, DECISION_DENY);
	assert_int_equal(decide_with(p, "Bash", "make").decision, DECISION_ALLOW);
	own_json *list = permissions_list(p);
	assert_int_equal(json_array_size(list), 4);
	assert_string_equal(json_member_string(json_array_get(list, 0), "list"), "deny");
}

TEST(rules_of_the_command_line_are_taken_or_refused)
{
	own_permissions *p = permissions_of("{}", NULL);
	struct error err = {0};

	assert_ok(permissions_add_rule(p, "allow", "Bash(make *)", "--allowedTools", &err));
	assert_ok(permissions_add_rule(p, "deny", "WebFetch", "--disallowedTools", &err));
	assert_string_equal(decide_with(p, "Bash", "make x").file, "--allowedTools");
	assert_true(permissions_hides(p, (struct str)STR("WebFetch")));
	assert_false(permissions_hides(p, (struct str)STR("Bash")));
	assert_false(permissions_add_rule(p, "deny", "Bash(rm", "x", &err));
	assert_false(permissions_add_rule(p, "allow", "B*", "x", &err));
	assert_false(permissions_add_rule(p, "perhaps", "Bash", "x", &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

TEST(modes_are_read_and_may_be_forbidden)
{
	own_permissions *p = permissions_of("{'disableBypassPermissionsMode':'disable'}", NULL);
	enum permission_mode mode;
	struct error err = {0};

	assert_true(permission_mode_read("manual", &mode) && mode == PERMISSION_DEFAULT);
	assert_true(permission_mode_read("bypassPermissions", &mode) && mode == PERMISSION_BYPASS);
	assert_false(permission_mode_read("yolo", &mode));
	assert_false(permissions_set_mode(p, PERMISSION_BYPASS, &err));
	assert_int_equal(err.kind, ERROR_DENIED);
	assert_ok(permissions_set_mode(p, PERMISSION_PLAN, &err));
	assert_string_equal(permission_mode_name(permissions_mode(p)), "plan");
}

static const char *find_make(void *user, struct str tool, struct str text, const json_t *input)
{
	(void)user;
	(void)input;
	return str_is(tool, "Bash") && str_is(text, "make") ? "make, for ever" : NULL;
}

TEST(approvals_are_asked_about_each_command)
{
	static const struct permission_approvals approvals = { find_make, NULL };
	own_permissions *p = permissions_of("{'deny':['Bash(make x)']}", NULL);

	permissions_set_approvals(p, &approvals);
	struct permission out = decide_with(p, "Bash", "ls && timeout 3 make");
	assert_int_equal(out.decision, DECISION_ALLOW);
	assert_true(out.approved);
	assert_string_equal(out.rule, "make, for ever");
	assert_int_equal(decide_with(p, "Bash", "make; other").decision, DECISION_ASK);
	assert_int_equal(decide_with(p, "Bash", "PATH=. make").decision, DECISION_ASK);
	assert_int_equal(decide_with(p, "Bash", "make x; make").decision, DECISION_DENY);
}

TEST(confinement_stands_in_for_questions)
{
	own_permissions *p = permissions_of("{'ask':['Bash','Bash(git push *)'],'deny':['Bash(curl *)']}", NULL);
	own_json *sandbox = json_pack("{s:b, s:[s]}", "enabled", 1, "excludedCommands", "docker *");
	own_json *make = json_pack("{s:s}", "command", "make"), *push = json_pack("{s:s}", "command", "git push");
	own_json *curl = json_pack("{s:s}", "command", "curl x"), *docker = json_pack("{s:s}", "command",
		"docker run x");
	own_json *open = json_pack("{s:s, s:b}", "command", "make", "dangerouslyDisableSandbox", 1);
	const json_t *inputs[] = { make, push, curl, docker, open };
	static const enum permission_verdict expected[] = { DECISION_ALLOW, DECISION_ASK, DECISION_DENY, DECISION_ASK,
		DECISION_ASK };
	struct permission out;
	struct error err = {0};

	permissions_add_sandbox(p, sandbox);
	for (size_t i = 0; i < countof(inputs); i++) {
		struct permission_call call = { .tool = STR("Bash"), .input = inputs[i], .confined = true };
		permission_decide(p, &call, &out);
		assert_int_equal(out.decision, expected[i]);
	}
	assert_ok(permissions_set_mode(p, PERMISSION_PLAN, &err));
	struct permission_call call = { .tool = STR("Bash"), .input = make, .confined = true };
	permission_decide(p, &call, &out);
	assert_int_equal(out.decision, DECISION_ASK);
}

TEST(no_mode_lets_root_run_unasked_what_nothing_confines)
{
	own_permissions *p = permissions_of("{'allow':['Bash(cargo *)']}", NULL);
	struct error err = {0};

	assert_ok(permissions_set_mode(p, PERMISSION_BYPASS, &err));
	for (unsigned i = 0; i < 8; i++) {
		bool root = i & 1, loose = i & 2, ruled = i & 4;
		own_json *input = json_pack("{s:s, s:b}", "command", ruled ? "cargo build" : "make x",
			"dangerouslyDisableSandbox", (int)loose);
		struct permission_call call = { .tool = STR("Bash"), .input = input, .confined = !loose, .loose = loose,
			.root = root };
		struct permission out;
		permission_decide(p, &call, &out);
		assert_int_equal(out.decision, root && loose && !ruled ? DECISION_ASK : DECISION_ALLOW);
	}
}

TEST(code_is_run_unasked_only_where_it_is_confined)
{
	own_permissions *p = permissions_of("{}", NULL);
	struct permission_call call = { .tool = STR("RunCode"), .confined = true };
	struct permission out;

	permission_decide(p, &call, &out);
	assert_int_equal(out.decision, DECISION_ALLOW);
	call.confined = false;
	permission_decide(p, &call, &out);
	assert_int_equal(out.decision, DECISION_ASK);
}

TEST(searches_show_only_what_may_be_read)
{
	own_permissions *p = permissions_of("{'deny':['Read(secrets/**)']}", NULL);

	assert_true(permission_may_read(p, "/home/me/p/src/a.c"));
	assert_true(permission_may_read(p, "/home/me/other"));
	assert_false(permission_may_read(p, "/home/me/p/a/secrets/x"));
	assert_false(permission_may_read(p, "/home/me/p/.env"));
	assert_false(permission_may_read(p, "/etc/passwd"));
}

static bool count_links(void *user, const char *path, struct buf *target)
{
	++*(int *)user;
	if (strcmp(path, "/l") != 0)
		return false;
	buf_put(target, "/x");
	return true;
}

TEST(each_path_is_looked_at_once)
{
	int asked = 0;
	const struct path_links below = { count_links, &asked };
	struct link_memory memory;
	own_buf first = BUF_INIT(100), again = BUF_INIT(100);

	link_memory_init(&memory, &below);
	for (int i = 0; i < 3; i++)
		assert_false(memory.links.read(memory.links.user, "/a", &first));
	assert_true(memory.links.read(memory.links.user, "/l", &first));
	assert_true(memory.links.read(memory.links.user, "/l", &again));
	assert_string_equal(first.data, "/x");
	assert_string_equal(again.data, "/x");
	assert_int_equal(asked, 2);
	link_memory_done(&memory);
}

TEST(folders_must_be_absolute)
{
	static const struct permission_places wrong[] = { { .root = "p", .cwd = "/p", .home = "/h" },
		{ .root = "/p", .cwd = "p", .home = "/h" }, { .root = "/p", .cwd = "/p", .home = "h" },
		{ .cwd = "/p", .home = "/h" } };

	for (size_t i = 0; i < countof(wrong); i++) {
		struct error err = {0};
		assert_null(permissions_create(&wrong[i], &err));
		assert_int_equal(err.kind, ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(odd_rules_are_told_with_todays_form),
		cmocka_unit_test(one_rule_is_suggested_for_each_command_that_needs_one),
		cmocka_unit_test(scopes_are_merged_and_each_has_its_own_root),
		cmocka_unit_test(rules_of_the_command_line_are_taken_or_refused),
		cmocka_unit_test(modes_are_read_and_may_be_forbidden),
		cmocka_unit_test(approvals_are_asked_about_each_command),
		cmocka_unit_test(confinement_stands_in_for_questions),
		cmocka_unit_test(no_mode_lets_root_run_unasked_what_nothing_confines),
		cmocka_unit_test(code_is_run_unasked_only_where_it_is_confined),
		cmocka_unit_test(searches_show_only_what_may_be_read),
		cmocka_unit_test(each_path_is_looked_at_once),
		cmocka_unit_test(folders_must_be_absolute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
