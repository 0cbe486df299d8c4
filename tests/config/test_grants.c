/* Rules written into Claude Code's settings files. */
#include "config/grants.h"

#include <errno.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "config/settings_edit.h"
#include "support/home_folder.h"

static char *in_home(const char *name) { return path_join(home_folder, name); }

static void write_text(const char *name, const char *text)
{
	own_mem char *path = in_home(name), *folder = mem_strndup(path, (size_t)(strrchr(path, '/') - path));
	struct error err = {0};

	assert_ok(path_make(folder, 0700, &err) && file_write(path, str_of(text), 0644, &err));
}

static char *read_text(const char *name)
{
	own_mem char *path = in_home(name);
	struct error err = {0};
	char *text = file_read(path, 1 << 20, NULL, &err);

	return text ? text : mem_strdup("(missing)");
}

static void expect(const char *name, const char *text)
{
	own_mem char *found = read_text(name);

	assert_string_equal(found, text);
}

static bool add(const char *list, const char *rule)
{
	own_mem char *path = in_home("s.json");
	struct error err = {0};
	bool added;

	assert_ok(settings_add_rule(path, list, rule, &added, &err));
	return added;
}

TEST(a_rule_is_added_and_all_else_stays_as_it_was_written)
{
	static const struct {
		const char *before, *after;
	} cases[] = {
		{ "", "{\n  \"permissions\": {\n    \"allow\": [\n      \"Bash(ls)\"\n    ]\n  }\n}\n" },
		{ "{}\n", "{\n  \"permissions\": {\n    \"allow\": [\n      \"Bash(ls)\"\n    ]\n  }\n}\n" },
		{
		"{\n    \"z\": 0.1,\n    \"a\": [1, null, \"\xc3\xa4/\"],\n    \"permissions\": {\"deny\": [\"X\"]}\n}",
		  "{\n    \"z\": 0.1,\n    \"a\": [\n        1,\n        null,\n        \"\xc3\xa4/\"\n    ],\n"
		  "    \"permissions\": {\n        \"deny\": [\n            \"X\"\n        ],\n        \"allow\": [\n"
		  "            \"Bash(ls)\"\n        ]\n    }\n}" },
		{ "{\n\t\"b\": \"  x\",\n\t\"permissions\": {\n\t\t\"allow\": [\n\t\t\t\"Read\"\n\t\t]\n\t}\n}\n",
		  "{\n\t\"b\": \"  x\",\n\t\"permissions\": {\n\t\t\"allow\": [\n\t\t\t\"Read\",\n\t\t\t\"Bash(ls)\"\n"
		  "\t\t]\n\t}\n}\n" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		write_text("s.json", cases[i].before);
		assert_true(add("allow", "Bash(ls)"));
		expect("s.json", cases[i].after);
		assert_false(add("allow", "Bash(ls)"));
		expect("s.json", cases[i].after);
	}
}

TEST(a_rule_is_taken_out_of_every_list_or_of_one)
{
	own_mem char *path = in_home("s.json");
	struct error err = {0};
	size_t removed;

	write_text("s.json", "{}");
	add("allow", "A");
	add("deny", "A");
	add("deny", "B");
	assert_ok(settings_remove_rule(path, "ask", "A", &removed, &err));
	assert_int_equal(removed, 0);
	assert_ok(settings_remove_rule(path, NULL, "A", &removed, &err));
	assert_int_equal(removed, 2);
	own_mem char *text = read_text("s.json");
	assert_null(strstr(text, "\"A\""));
	assert_non_null(strstr(text, "\"B\""));
}

TEST(a_file_that_cannot_be_understood_stays_as_it_is)
{
	static const char *const broken[] = { "{", "[]", "{\"a\": 1,}", "// x\n{}", "{\"permissions\": []}",
		"{\"permissions\": {\"allow\": \"Bash\"}}", "{\"a\": 1, \"a\": 2}", "\xff" };
	own_mem char *path = in_home("s.json");

	for (size_t i = 0; i < countof(broken); i++) {
		struct error err = {0};
		bool added;
		write_text("s.json", broken[i]);
		assert_false(settings_add_rule(path, "allow", "Bash(ls)", &added, &err));
		assert_non_null(strstr(err.text, "s.json"));
		expect("s.json", broken[i]);
	}
}

TEST(no_link_is_followed)
{
	own_mem char *path = in_home("s.json"), *target = in_home("target"), *folder = in_home("f"),
		*below = in_home("f/x.json");
	struct error err = {0};
	bool added;

	write_text("target", "{}");
	assert_int_equal(symlink(target, path), 0);
	assert_false(settings_add_rule(path, "allow", "Bash", &added, &err));
	assert_int_equal(err.kind, ERROR_DENIED);
	expect("target", "{}");
	assert_int_equal(symlink("/tmp", folder), 0);
	assert_false(settings_add_rule(below, "allow", "Bash", &added, &err));
}

static int failing_renameat(int folder, const char *from, int to_folder, const char *to)
{
	(void)folder;
	(void)from;
	(void)to_folder;
	(void)to;
	errno = EIO;
	return -1;
}

TEST(a_disk_that_fails_leaves_the_old_file)
{
	own_mem char *path = in_home("s.json");
	struct sys_calls whole = sys;
	struct error err = {0};
	bool added;

	write_text("s.json", "{\"a\": 1}");
	sys.renameat = failing_renameat;
	bool ok = settings_add_rule(path, "allow", "Bash", &added, &err);
	sys = whole;
	assert_false(ok);
	expect("s.json", "{\"a\": 1}");
}

enum { PROCESSES = 4, EACH = 10 };

TEST(processes_that_add_at_once_lose_nothing)
{
	own_mem char *path = in_home("s.json");
	struct error err = {0};
	size_t written = 0;

	write_text("s.json", "{}");
	for (int i = 0; i < PROCESSES; i++) {
		if (fork() == 0) {
			int ok = 0;
			for (int k = 0; k < EACH; k++) {
				own_mem char *rule = mem_printf("Bash(p%d %d)", i, k);
				bool added;
				ok += settings_add_rule(path, "allow", rule, &added, &err);
			}
			_exit(ok);
		}
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;
		assert_true(wait(&status) > 0 && WIFEXITED(status));
		written += (size_t)WEXITSTATUS(status);
	}
	own_json *file = json_parse_file(path, 1 << 20, &err);
	assert_int_equal(written, PROCESSES * EACH);
	assert_int_equal(json_array_size(json_object_get(json_object_get(file, "permissions"), "allow")), written);
}

/* --- scopes ---------------------------------------------------------------------------- */

static void places_in(struct config_places *p, const char *start)
{
	*p = (struct config_places){ .home = in_home("home"), .ours = in_home("home/.shammah"),
		.claude = in_home("home/.claude"), .start = in_home(start) };
}

static void grant(const struct config_places *p, enum grant_scope scope)
{
	struct error err = {0};
	bool added;

	assert_ok(grant_add(p, scope, "allow", "Bash(make *)", &added, &err));
	assert_true(added);
}

TEST(each_scope_has_its_file_and_the_local_one_is_hidden_from_git)
{
	own_config_places places = {0};

	write_text("p/.git/info/exclude", "*.o");
	write_text("p/sub/x", "");
	write_text("home/x", "");
	places_in(&places, "p/sub");
	grant(&places, GRANT_LOCAL);
	grant(&places, GRANT_PROJECT);
	grant(&places, GRANT_USER);
	own_mem char *local = read_text("p/.claude/settings.local.json");
	own_mem char *project = read_text("p/sub/.claude/settings.json"), *user =
		read_text("home/.claude/settings.json");
	assert_non_null(strstr(local, "Bash(make *)"));
	assert_non_null(strstr(project, "Bash(make *)"));
	assert_non_null(strstr(user, "Bash(make *)"));
	expect("p/.git/info/exclude", "*.o\n**/.claude/settings.local.json\n");
}

TEST(a_worktrees_repository_is_told_what_to_hide)
{
	own_config_places places = {0};

	write_text("main/.git/worktrees/w/commondir", "../..\n");
	write_text("w/.git", "gitdir: ../main/.git/worktrees/w\n");
	write_text("home/x", "");
	places_in(&places, "w");
	grant(&places, GRANT_LOCAL);
	expect("main/.git/info/exclude", "**/.claude/settings.local.json\n");
}

TEST(the_home_folder_is_no_project)
{
	own_config_places places = {0};
	struct error err = {0};
	bool added;

	write_text("home/.claude/settings.json", "{}");
	places_in(&places, "home");
	assert_false(grant_add(&places, GRANT_LOCAL, "allow", "Bash", &added, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	grant(&places, GRANT_USER);
}

TEST(users_settings_may_be_a_link_of_their_own)
{
	own_config_places places = {0};
	own_mem char *target = in_home("dotfiles.json"), *link = in_home("home/.claude/settings.json");

	write_text("dotfiles.json", "{\"model\": \"x\"}");
	write_text("home/.claude/x", "");
	assert_int_equal(symlink(target, link), 0);
	places_in(&places, "home");
	grant(&places, GRANT_USER);
	own_mem char *text = read_text("dotfiles.json");
	assert_non_null(strstr(text, "\"model\": \"x\""));
	assert_non_null(strstr(text, "Bash(make *)"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(a_rule_is_added_and_all_else_stays_as_it_was_written),
		home_test(a_rule_is_taken_out_of_every_list_or_of_one),
		home_test(a_file_that_cannot_be_understood_stays_as_it_is),
		home_test(no_link_is_followed),
		home_test(a_disk_that_fails_leaves_the_old_file),
		home_test(processes_that_add_at_once_lose_nothing),
		home_test(each_scope_has_its_file_and_the_local_one_is_hidden_from_git),
		home_test(a_worktrees_repository_is_told_what_to_hide),
		home_test(the_home_folder_is_no_project),
		home_test(users_settings_may_be_a_link_of_their_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
