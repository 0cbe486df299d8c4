/* Whose programs git would run. */
#include "calls.h"
#include "tool/repository.h"

static const char plain[] = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n[remote \"origin\"]\n"
	"\turl = https://example.com/clean-process.git\n[branch \"clean-up\"]\n\tremote = origin\n";

static void make_folder(const char *name)
{
	own_mem char *path = in_project(name);

	assert_int_equal(mkdir(path, 0700), 0);
}

static void make_repository(void)
{
	make_folder(".git");
	make_folder(".git/hooks");
	make_folder("sub");
	put_file(".git/HEAD", "ref: refs/heads/main\n");
	put_file(".git/config", plain);
}

static bool runs_in(const char *name)
{
	own_mem char *path = in_project(name);

	return repository_runs_programs(path);
}

TEST(what_every_clone_has_runs_nothing)
{
	assert_false(repository_runs_programs(project_folder));
	make_repository();
	assert_false(repository_runs_programs(project_folder));
	assert_false(runs_in("sub"));
	assert_false(repository_runs_programs("/"));
}

TEST(settings_that_name_programs_are_seen)
{
	static const char *const settings[] = {
		"[core]\n\tfsmonitor = ./x\n", "[core] fsmonitor=./x\n", "[CORE]\n\tFSMonitor = ./x\n",
			"[diff]\nexternal=./x\n",
		"[diff \"a\"]\n\ttextconv = ./x\n", "[filter \"a\"]\r\n\tclean = ./x\r\n",
			"[filter \"a\"] process = ./x",
		"[core]\n\thooksPath = x\n", "[gpg]\nprogram=./x", "[include]\n\tpath = ../x\n",
		"[includeIf \"gitdir:/\"]\n\tpath = ../x\n", "[include] path=../x",
	};

	make_repository();
	for (size_t i = 0; i < countof(settings); i++) {
		own_mem char *text = mem_printf("%s%s", plain, settings[i]);
		put_file(".git/config", text);
		if (!runs_in("sub"))
			fail_msg("%s names a program", settings[i]);
	}
	put_file(".git/config", plain);
	assert_false(runs_in("sub"));
	put_file(".git/config.worktree", settings[0]);
	assert_true(runs_in("sub"));
}

TEST(settings_that_lie_elsewhere_are_seen)
{
	make_repository();
	make_folder("kept");
	put_file("kept/config", "[core]\n\tfsmonitor = ./x\n");
	put_file(".git/commondir", "../kept\n");
	assert_true(runs_in("sub"));
	put_file(".git/commondir", "../sub\n");
	assert_false(runs_in("sub"));
	put_file("sub/.git", "gitdir: ../kept\n");
	assert_true(runs_in("sub"));
	put_file("sub/.git", "gitdir: ../.git\n");
	assert_false(runs_in("sub"));
}

TEST(hooks_that_reading_starts_are_seen)
{
	make_repository();
	put_file(".git/hooks/pre-commit", "#!/bin/sh\n");
	assert_false(runs_in("sub"));
	put_file(".git/hooks/post-index-change", "#!/bin/sh\n");
	own_mem char *hook = in_project(".git/hooks/post-index-change");
	assert_int_equal(chmod(hook, 0700), 0);
	assert_true(runs_in("sub"));
}

TEST(a_repository_that_was_cloned_as_files_is_not_trusted)
{
	make_repository();
	make_folder("sub/objects");
	make_folder("sub/refs");
	assert_false(runs_in("sub"));
	put_file("sub/HEAD", "ref: refs/heads/main\n");
	assert_true(runs_in("sub"));
	assert_true(runs_in("sub/refs"));
}

TEST(settings_that_cannot_be_read_run_anything)
{
	own_mem char *path = in_project(".git/config"), *huge = mem_zeroed(300001, 1);

	make_repository();
	memset(huge, '#', 300000);
	put_file(".git/config", huge);
	assert_true(runs_in("sub"));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(runs_in("sub"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PROJECT(what_every_clone_has_runs_nothing),
		WITH_PROJECT(settings_that_name_programs_are_seen),
		WITH_PROJECT(settings_that_lie_elsewhere_are_seen),
		WITH_PROJECT(hooks_that_reading_starts_are_seen),
		WITH_PROJECT(a_repository_that_was_cloned_as_files_is_not_trusted),
		WITH_PROJECT(settings_that_cannot_be_read_run_anything),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
