/* Approvals: matching in bounded time, and a file that several clients share. */
#include "permit/approvals.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "permit/permission.h"
#include "support/home_folder.h"

static char *file_path(void) { return path_join(home_folder, "tool_patterns.json"); }

static struct approvals *open_in(const char *root)
{
	own_buf odd = BUF_INIT(10000);
	struct approvals *a = approvals_open(home_folder, root, &odd);

	assert_string_equal(odd.data, "");
	return a;
}

static void write_text(const char *text)
{
	own_mem char *path = file_path();
	struct error err = {0};

	assert_ok(file_write(path, str_of(text), 0600, &err));
}

static char *read_text(void)
{
	own_mem char *path = file_path();
	struct error err = {0};
	char *text = file_read(path, 1 << 20, NULL, &err);

	return text ? text : mem_strdup("");
}

static const char *find(struct approvals *a, const char *tool, const char *text)
{
	return approvals_find(a, str_of(tool), str_of(text), NULL);
}

static void add(struct approvals *a, enum approval_kind kind, enum approval_life life, const char *pattern)
{
	struct approval_wish wish = { .kind = kind, .life = life, .tool = "Bash", .pattern = pattern };
	struct error err = {0};

	assert_ok(approvals_add(a, &wish, &err));
}

/* The approval of these words; the caller owns it. */
static json_t *entry_of(struct approvals *a, const char *words)
{
	own_json *list = approvals_list(a);
	size_t i;
	json_t *entry;

	json_array_foreach(list, i, entry)
		if (strcmp(json_member_string(entry, "words"), words) == 0)
			return json_incref(entry);
	return NULL;
}

static json_int_t matches_of(struct approvals *a, const char *words)
{
	own_json *entry = entry_of(a, words);

	return entry ? json_integer_value(json_object_get(entry, "matches")) : -1;
}

/* --- matching ------------------------------------------------------------------------ */

TEST(each_kind_matches_the_whole_of_what_it_says)
{
	static const struct {
		enum approval_kind kind;
		const char *pattern, *text;
		bool covers;
	} cases[] = {
		{ APPROVAL_WILDCARD, "git push *", "git push origin", true },
		{ APPROVAL_WILDCARD, "git push *", "git push", false },
		{ APPROVAL_WILDCARD, "git push", "git push origin", false },
		{ APPROVAL_WILDCARD, "npm run *:test", "npm run unit:test", true },
		{ APPROVAL_REGEX, "make( test| lint)?", "make test", true },
		{ APPROVAL_REGEX, "make( test| lint)?", "make testing", false },
		{ APPROVAL_REGEX, "make", "make test", false }, { APPROVAL_REGEX, "test", "make test", false },
		{ APPROVAL_REGEX, "a|b c", "b c", true }, { APPROVAL_REGEX, "ls.*", "ls\nrm -rf x", false },
		{ APPROVAL_REGEX, "x\\K.*", "xy", false }, { APPROVAL_REGEX, "ls$", "ls\n", false },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_approvals *a = open_in("/p");
		add(a, cases[i].kind, APPROVAL_SESSION, cases[i].pattern);
		if ((find(a, "Bash", cases[i].text) != NULL) != cases[i].covers)
			fail_msg("%s and %s", cases[i].pattern, cases[i].text);
		assert_null(find(a, "Read", cases[i].text));
	}
}

static void add_fields(struct approvals *a, const char *tool, json_t *fields)
{
	own_json *given = fields;
	struct error err = {0};

	assert_ok(approvals_add(a, &(struct approval_wish){ .kind = APPROVAL_STRUCTURED, .life = APPROVAL_SESSION,
		.tool = tool, .fields = given }, &err));
}

TEST(all_fields_of_a_structured_approval_must_match)
{
	own_approvals *a = open_in("/p");
	own_json *input = json_pack("{s:s, s:s}", "query", "c standard", "kind", "news");
	own_json *other = json_pack("{s:s, s:i}", "query", "c standard", "kind", 1);

	add_fields(a, "Bash", json_pack("{s:s, s:s}", "command", "git", "args", "push *"));
	add_fields(a, "WebSearch", json_pack("{s:s, s:s}", "query", "c *", "kind", "news"));
	add_fields(a, "Edit", json_pack("{s:s}", "path", "/p/src/*"));
	assert_string_equal(find(a, "Bash", "git push origin"), "Bash{command: git, args: push *}");
	assert_null(find(a, "Bash", "git pull"));
	assert_null(find(a, "Bash", "gitx push origin"));
	assert_non_null(find(a, "Edit", "/p/src/a.c"));
	assert_null(find(a, "Edit", "/p/x.c"));
	assert_non_null(approvals_find(a, (struct str)STR("WebSearch"), (struct str)STR(""), input));
	assert_null(approvals_find(a, (struct str)STR("WebSearch"), (struct str)STR(""), other));
}

TEST(no_regular_expression_can_think_for_long)
{
	static const char *const slow[] = { "(a+)+b", "(a*)*b", "(a|aa)+b", "(.*a){20}b", "(?:a?){30}a{30}b",
		"^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y", "(?=(a+))a*b\\1" };
	own_mem char *text = mem_alloc(APPROVAL_TEXT_MAX + 2);
	own_approvals *a = open_in("/p");

	memset(text, 'a', APPROVAL_TEXT_MAX + 1);
	text[APPROVAL_TEXT_MAX + 1] = '\0';
	for (size_t i = 0; i < countof(slow); i++)
		add(a, APPROVAL_REGEX, APPROVAL_SESSION, slow[i]);
	/* Without limits each would take longer than the world is old. */
	assert_null(find(a, "Bash", text + 1));
	add(a, APPROVAL_WILDCARD, APPROVAL_SESSION, "*");
	assert_non_null(find(a, "Bash", text + 1));
	assert_null(find(a, "Bash", text));        /* past the ceiling nothing matches */
}

TEST(what_is_no_approval_is_refused)
{
	static const char *const regexes[] = { "(", "[", "a{2,1}", "(?<x", "\\C", "" };
	own_approvals *a = open_in("/p");
	own_json *none = json_object(), *number = json_pack("{s:i}", "command", 1);
	const struct approval_wish wishes[] = {
		{ .tool = "*", .pattern = "*" }, { .tool = "Bash" }, { .tool = "Bash", .pattern = "x", .folder = "y" },
		{ .kind = APPROVAL_STRUCTURED, .tool = "Bash", .fields = none },
		{ .kind = APPROVAL_STRUCTURED, .tool = "Bash", .fields = number }, { .tool = "", .pattern = "x" },
	};
	struct error err = {0};

	for (size_t i = 0; i < countof(regexes); i++)
		assert_false(approvals_add(a, &(struct approval_wish){ .kind = APPROVAL_REGEX, .tool = "Bash",
			.pattern = regexes[i] }, &err));
	for (size_t i = 0; i < countof(wishes); i++)
		assert_false(approvals_add(a, &wishes[i], &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	own_json *list = approvals_list(a);
	assert_int_equal(json_array_size(list), 0);
}

TEST(a_folder_bounds_an_approval)
{
	own_approvals *in = open_in("/home/me/p/sub"), *out = open_in("/home/me/pq");
	struct approval_wish wish = { .life = APPROVAL_SESSION, .tool = "Bash", .pattern = "make",
		.folder = "/home/me/p" };
	struct error err = {0};

	assert_ok(approvals_add(in, &wish, &err) && approvals_add(out, &wish, &err));
	assert_non_null(find(in, "Bash", "make"));
	assert_null(find(out, "Bash", "make"));
}

/* --- how long -------------------------------------------------------------------------- */

TEST(once_is_once_a_session_ends_and_for_ever_stays)
{
	own_approvals *a = open_in("/p");

	add(a, APPROVAL_WILDCARD, APPROVAL_ONCE, "one");
	add(a, APPROVAL_WILDCARD, APPROVAL_SESSION, "two");
	add(a, APPROVAL_WILDCARD, APPROVAL_FOREVER, "three");
	const char *words = find(a, "Bash", "one");
	assert_string_equal(words, "Bash(one)");
	approvals_used(a, words);
	assert_null(find(a, "Bash", "one"));
	assert_string_equal(words, "Bash(one)");   /* the words live on */
	approvals_used(a, find(a, "Bash", "two"));
	assert_non_null(find(a, "Bash", "two"));
	own_approvals *next = open_in("/p");
	assert_null(find(next, "Bash", "one"));
	assert_null(find(next, "Bash", "two"));
	assert_string_equal(find(next, "Bash", "three"), "Bash(three)");
}

TEST(the_file_is_the_users_alone_and_counts_uses)
{
	own_mem char *path = file_path();
	struct error err = {0};
	struct stat st;
	struct approvals *a = open_in("/p");

	add(a, APPROVAL_WILDCARD, APPROVAL_FOREVER, "make *");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	approvals_used(a, find(a, "Bash", "make x"));
	approvals_used(a, find(a, "Bash", "make y"));
	assert_int_equal(matches_of(a, "Bash(make *)"), 2);
	assert_ok(approvals_save(a, &err));
	approvals_used(a, find(a, "Bash", "make y"));
	approvals_destroy(&a);             /* writes the last */
	own_approvals *b = open_in("/p");
	assert_int_equal(matches_of(b, "Bash(make *)"), 3);
	own_mem char *text = read_text();
	own_json *file = json_parse_object(str_of(text), "it", &err);
	json_t *entry = json_array_get(json_object_get(file, "patterns"), 0);
	assert_int_equal(json_integer_value(json_object_get(file, "version")), 2);
	assert_in_range(json_integer_value(json_object_get(entry, "last_used")),
		json_integer_value(json_object_get(entry, "created")), clock_unix());
}

/* --- several clients --------------------------------------------------------------------- */

TEST(two_clients_lose_nothing_of_each_other)
{
	own_approvals *a = open_in("/p"), *b = open_in("/p");
	struct error err = {0};

	add(a, APPROVAL_WILDCARD, APPROVAL_FOREVER, "from a");
	add(b, APPROVAL_WILDCARD, APPROVAL_FOREVER, "from b");
	assert_non_null(find(b, "Bash", "from a"));        /* learnt when it wrote */
	approvals_used(a, find(a, "Bash", "from a"));
	approvals_used(b, find(b, "Bash", "from a"));
	assert_ok(approvals_save(a, &err) && approvals_save(b, &err));
	own_approvals *c = open_in("/p");
	assert_int_equal(matches_of(c, "Bash(from a)"), 2);
	own_json *entry = entry_of(b, "Bash(from a)");
	assert_ok(approvals_remove(b, json_member_string(entry, "id"), &err));
	add(a, APPROVAL_WILDCARD, APPROVAL_FOREVER, "again");
	assert_null(find(a, "Bash", "from a"));            /* and it does not come back */
	own_approvals *d = open_in("/p");
	assert_null(find(d, "Bash", "from a"));
	assert_non_null(find(d, "Bash", "from b"));
	assert_non_null(find(d, "Bash", "again"));
	assert_false(approvals_remove(d, json_member_string(entry, "id"), &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

enum { PROCESSES = 6, EACH = 15 };

static bool add_many(int process)
{
	own_buf odd = BUF_INIT(1000);
	own_approvals *a = approvals_open(home_folder, "/p", &odd);
	struct error err = {0};
	bool ok = true;

	for (int k = 0; k < EACH; k++) {
		own_mem char *pattern = mem_printf("command %d %d", process, k);
		ok &= approvals_add(a, &(struct approval_wish){ .life = APPROVAL_FOREVER, .tool = "Bash",
			.pattern = pattern }, &err);
	}
	return ok;
}

TEST(processes_that_add_at_once_lose_nothing)
{
	for (int i = 0; i < PROCESSES; i++)
		if (fork() == 0)
			_exit(!add_many(i));
	for (int i = 0; i < PROCESSES; i++) {
		int status;
		assert_true(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	own_approvals *a = open_in("/p");
	own_json *list = approvals_list(a);
	assert_int_equal(json_array_size(list), PROCESSES * EACH);
}

/* --- files of all kinds -------------------------------------------------------------------- */

TEST(what_the_file_holds_that_we_do_not_know_stays)
{
	own_buf odd = BUF_INIT(1000);
	struct approvals *a;

	write_text("{\"version\": 2, \"note\": \"mine\", \"patterns\": [{\"id\": \"1\", \"kind\": \"future\"},"
		"{\"id\": \"2\", \"kind\": \"wildcard\", \"tool\": \"Bash\", \"pattern\": \"make\","
		"\"colour\": \"red\"},"
		"{\"id\": \"3\", \"kind\": \"regex\", \"tool\": \"Bash\", \"pattern\": \"(\"}, 7]}");
	a = approvals_open(home_folder, "/p", &odd);
	assert_non_null(strstr(odd.data, "the approval 1 is of a kind that is not known; it approves nothing\n"));
	assert_non_null(strstr(odd.data, "the approval 3: the regular expression cannot be read"));
	add(a, APPROVAL_WILDCARD, APPROVAL_FOREVER, "ls");
	approvals_destroy(&a);
	own_mem char *text = read_text();
	assert_non_null(strstr(text, "\"note\": \"mine\""));
	assert_non_null(strstr(text, "\"future\""));
	assert_non_null(strstr(text, "\"colour\": \"red\""));
	assert_non_null(strstr(text, "\"ls\""));
}

static bool is_there(const char *pattern)
{
	own_mem char *path = path_join(home_folder, pattern);
	glob_t found = {0};
	bool there = glob(path, 0, NULL, &found) == 0;

	globfree(&found);
	return there;
}

TEST(a_damaged_file_approves_nothing_and_is_put_aside)
{
	static const char *const damaged[] = { "{\"version\": 2, \"patterns\": [", "", "[]", "{\"patterns\": []}",
		"{\"version\": \"2\", \"patterns\": []}", "{\"version\": 2}", "\xff" };

	for (size_t i = 0; i < countof(damaged); i++) {
		own_buf odd = BUF_INIT(1000);
		write_text(damaged[i]);
		struct approvals *a = approvals_open(home_folder, "/p", &odd);
		assert_non_null(strstr(odd.data, "damaged"));
		own_mem char *untouched = read_text();
		assert_string_equal(untouched, damaged[i]);
		assert_null(find(a, "Bash", "make"));
		add(a, APPROVAL_WILDCARD, APPROVAL_FOREVER, "make");
		approvals_destroy(&a);
		own_approvals *b = open_in("/p");
		assert_non_null(find(b, "Bash", "make"));
	}
	assert_true(is_there("tool_patterns.json.damaged-*"));
}

TEST(another_version_is_left_alone_and_said)
{
	static const char future[] =
		"{\"version\": 3, \"patterns\": [{\"id\": \"1\", \"kind\": \"wildcard\", \"tool\": "
		"\"Bash\", \"pattern\": \"*\"}]}";
	own_buf odd = BUF_INIT(1000);
	struct error err = {0};

	write_text(future);
	own_approvals *a = approvals_open(home_folder, "/p", &odd);
	assert_non_null(strstr(odd.data, "version 3"));
	assert_null(find(a, "Bash", "ls"));
	assert_false(approvals_add(a, &(struct approval_wish){ .life = APPROVAL_FOREVER, .tool = "Bash",
		.pattern = "ls" }, &err));
	assert_non_null(strstr(err.text, "this conversation only"));
	assert_non_null(find(a, "Bash", "ls"));            /* it holds as long as we do */
	own_mem char *text = read_text();
	assert_string_equal(text, future);
}

TEST(version_1_is_understood_and_a_copy_is_kept)
{
	own_buf odd = BUF_INIT(1000);

	write_text("{\"version\": 1, \"patterns\": ["
		"{\"id\": \"p1\", \"pattern\": \"cargo * in /p/*\", \"tool_name\": \"bash\", "
		"\"description\": \"tests\","
		" \"match_count\": 5, \"created_at\": \"2026-01-01T00:00:00Z\"},"
		"{\"id\": \"p2\", \"pattern\": \"make in *\", \"tool_name\": \"Bash\"},"
		"{\"id\": \"p3\", \"pattern\": \"x.*\", \"tool_name\": \"bash\", \"pattern_type\": \"Regex\"},"
		"{\"id\": \"p4\", \"pattern\": \"ls in /a/*/b\", \"tool_name\": \"bash\"}],"
		"\"exact_approvals\": [{\"id\": \"e1\", \"signature\": \"ls *.c in /p\", \"tool_name\": \"bash\"}]}");
	struct approvals *a = approvals_open(home_folder, "/p/sub", &odd);
	assert_non_null(strstr(odd.data, "1 approvals of version 1 cannot be said"));
	assert_non_null(find(a, "Bash", "cargo test"));
	assert_int_equal(matches_of(a, "Bash(cargo *)"), 5);
	assert_non_null(find(a, "Bash", "make"));
	assert_non_null(find(a, "Bash", "xyz"));
	assert_non_null(find(a, "Bash", "ls *.c"));
	assert_null(find(a, "Bash", "ls a.c"));            /* exactly that text */
	assert_null(find(a, "Bash", "ls"));
	approvals_used(a, find(a, "Bash", "cargo test"));
	approvals_destroy(&a);
	assert_true(is_there("tool_patterns.json.v1"));
	own_approvals *b = open_in("/elsewhere");
	assert_null(find(b, "Bash", "cargo test"));
	assert_non_null(find(b, "Bash", "make"));
	assert_int_equal(matches_of(b, "Bash(cargo *)"), 6);
}

TEST(a_file_that_others_may_write_approves_nothing)
{
	own_mem char *path = file_path();
	own_buf odd = BUF_INIT(1000);
	struct approvals *a = open_in("/p");

	add(a, APPROVAL_WILDCARD, APPROVAL_FOREVER, "make");
	approvals_destroy(&a);
	assert_int_equal(chmod(path, 0666), 0);
	own_approvals *b = approvals_open(home_folder, "/p", &odd);
	assert_non_null(strstr(odd.data, "others may write it"));
	assert_null(find(b, "Bash", "make"));
}

static int failing_rename(const char *from, const char *to)
{
	(void)from;
	(void)to;
	errno = EIO;
	return -1;
}

static ssize_t failing_write(int fd, const void *src, size_t n)
{
	(void)fd;
	(void)src;
	(void)n;
	errno = ENOSPC;
	return -1;
}

TEST(a_disk_that_fails_leaves_the_old_file)
{
	struct sys_calls whole = sys;
	struct error err = {0};
	own_approvals *a = open_in("/p");

	add(a, APPROVAL_WILDCARD, APPROVAL_FOREVER, "old");
	own_mem char *before = read_text();
	for (int i = 0; i < 2; i++) {
		if (i)
			sys.rename = failing_rename;
		else
			sys.write = failing_write;
		bool added = approvals_add(a, &(struct approval_wish){ .life = APPROVAL_FOREVER, .tool = "Bash",
			.pattern = "new" }, &err);
		sys = whole;
		assert_false(added);
		own_mem char *after = read_text();
		assert_string_equal(before, after);
	}
	assert_ok(approvals_save(a, &err));
	own_approvals *b = open_in("/p");
	assert_non_null(find(b, "Bash", "new"));
}

/* --- above all approvals ------------------------------------------------------------------------ */

TEST(hard_limits_deny_and_ask_rules_stand_above_and_each_part_needs_its_own)
{
	static const struct {
		const char *command;
		enum permission_verdict decision;
	} cases[] = {
		{ "make x", DECISION_ALLOW }, { "make a && make b", DECISION_ALLOW },
		{ "make a && curl x", DECISION_ASK }, { "make a; rm -rf /", DECISION_DENY },
		{ "make $(curl x)", DECISION_ASK }, { "make deny", DECISION_DENY }, { "make ask", DECISION_ASK },
		{ "make > /etc/passwd", DECISION_DENY }, { "sudo make x", DECISION_DENY },
		{ "git push x", DECISION_ALLOW },
	};
	static const struct permission_places places = { "/home/me/p", "/home/me/p", "/home/me", NULL, NULL };
	struct error err = {0};
	own_approvals *a = open_in("/home/me/p");
	own_permissions *p = permissions_create(&places, &err);

	add(a, APPROVAL_WILDCARD, APPROVAL_SESSION, "make*");
	add(a, APPROVAL_REGEX, APPROVAL_SESSION, "git push \\w+");
	assert_ok(permissions_add_rule(p, "deny", "Bash(make deny)", "settings", &err));
	assert_ok(permissions_add_rule(p, "ask", "Bash(make ask)", "settings", &err));
	permissions_set_approvals(p, &(struct permission_approvals){ approvals_find, a });
	for (size_t i = 0; i < countof(cases); i++) {
		own_json *input = json_pack("{s:s}", "command", cases[i].command);
		struct permission_call call = { .tool = STR("Bash"), .input = input };
		struct permission out;
		permission_decide(p, &call, &out);
		if (out.decision != cases[i].decision)
			fail_msg("%s: %s (%s)", cases[i].command, decision_names[out.decision], out.why);
		assert_int_equal(out.approved, out.decision == DECISION_ALLOW);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(each_kind_matches_the_whole_of_what_it_says),
		home_test(all_fields_of_a_structured_approval_must_match),
		home_test(no_regular_expression_can_think_for_long),
		home_test(what_is_no_approval_is_refused),
		home_test(a_folder_bounds_an_approval),
		home_test(once_is_once_a_session_ends_and_for_ever_stays),
		home_test(the_file_is_the_users_alone_and_counts_uses),
		home_test(two_clients_lose_nothing_of_each_other),
		home_test(processes_that_add_at_once_lose_nothing),
		home_test(what_the_file_holds_that_we_do_not_know_stays),
		home_test(a_damaged_file_approves_nothing_and_is_put_aside),
		home_test(another_version_is_left_alone_and_said),
		home_test(version_1_is_understood_and_a_copy_is_kept),
		home_test(a_file_that_others_may_write_approves_nothing),
		home_test(a_disk_that_fails_leaves_the_old_file),
		home_test(hard_limits_deny_and_ask_rules_stand_above_and_each_part_needs_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
