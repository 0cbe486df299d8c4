/* What commands show counts as read, what they change can be taken back. */
#include "calls.h"
#include "store/rewind.h"
#include "tool/seen.h"
#include "tool/shell_files.h"

static enum seen_state shown_by(const char *command)
{
	own_mem char *path = in_project("f");
	struct stat st;

	seen_destroy(project.seen);
	project.seen = seen_create();
	shell_files_note_shown(&project, str_of(command));
	assert_int_equal(stat(path, &st), 0);
	return seen_compare(project.seen, path, &st, "");
}

TEST(a_file_that_a_command_shows_counts_as_read)
{
	static const char *const shows[] = {
		"cat f", "cat -n f", "head f", "head -n 20 f", "head -20 f", "tail -c 5 f", "sed -n 1,5p f",
			"sed -n '1,5p' ./f",
		"grep x f", "grep -n -A 3 x f", "nl f", "cat 'f'",
	};
	static const char *const does_not[] = {
		"cat f g", "cat", "cat f | head", "cat f; rm f", "echo f", "cat $F", "cat *", "cat <f", "cat f > g",
			"sed -i s/a/b/ f",
		"sed s/a/b/ f", "sed -n -i p f", "grep f", "grep x f g", "head -n f", "wc f", "X=1 cat f", "cat \"f",
			"find f",
	};

	put_file("f", "x\n");
	for (size_t i = 0; i < countof(shows); i++)
		if (shown_by(shows[i]) != SEEN_SAME)
			fail_msg("%s shows the file", shows[i]);
	for (size_t i = 0; i < countof(does_not); i++)
		if (shown_by(does_not[i]) != SEEN_NEVER)
			fail_msg("%s does not show just this file", does_not[i]);
	own_mem char *path = in_project("f"), *absolute = mem_printf("cat %s", path);
	assert_int_equal(shown_by(absolute), SEEN_SAME);
}

static struct buf said;

static void run(const char *command)
{
	own_mem char *line = mem_printf("cd '%s' && %s", project_folder, command);

	buf_clear(&said);
	struct shell_files files = shell_files_before(&project, str_of(command), &said);
	assert_int_equal(system(line), 0);
	shell_files_after(&files, &said);
}

TEST(commands_that_only_read_are_not_looked_after)
{
	said = (struct buf)BUF_INIT(1000);
	put_file("f", "x\n");
	run("cat f");
	assert_int_equal(said.len, 0);
	run("touch f");
	assert_non_null(strstr(said.data, "cannot be taken back by `shammah rewind`"));
	buf_done(&said);
}

TEST(what_a_command_changes_is_a_turns)
{
	struct rewind_sessions all;
	own_rewind_plan plan = {0};
	struct error err = {0};

	said = (struct buf)BUF_INIT(1000);
	put_file("f", "x\n");
	if (system("git --version >/dev/null") != 0)
		skip_because("git is not installed");
	run("git init -q . && echo .shammah-home > .gitignore");
	project.turn = 2;
	run("echo y > f");
	assert_string_equal(said.data, "");
	own_mem char *folder = path_join(project.ours, "checkpoints");
	assert_ok(rewind_list(folder, project.root, &all, &err));
	assert_int_equal(all.count, 1);
	assert_ok(rewind_plan_make(&plan, folder, &all.at[0], 2, NULL, &err));
	assert_int_equal(plan.count, 1);
	assert_int_equal(plan.files[0].what, REWIND_RESTORE);
	rewind_sessions_done(&all);
	buf_done(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PROJECT(a_file_that_a_command_shows_counts_as_read),
		WITH_PROJECT(commands_that_only_read_are_not_looked_after),
		WITH_PROJECT(what_a_command_changes_is_a_turns),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
