#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/environment.h"
#include "agent/prompt.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/test.h"

static char folder[] = "/tmp/shammah-environment-XXXXXX";

static void put(const char *name, const char *text)
{
	own_mem char *path = path_join(folder, name);
	struct error err = {0};

	assert_ok(file_write(path, str_of(text), 0600, &err));
}

static void make(const char *name)
{
	own_mem char *path = path_join(folder, name);
	struct error err = {0};

	assert_ok(path_make(path, 0700, &err));
}

static void branch_is(const char *inside, const char *branch)
{
	own_mem char *path = path_join(folder, inside);
	own_environment e;

	environment_init(&e, path);
	assert_string_equal(e.cwd, path);
	if (branch)
		assert_string_equal(e.branch ? e.branch : "(none)", branch);
	else
		assert_null(e.branch);
	assert_int_equal(strlen(e.date), 10);
	assert_true(*e.platform);
}

TEST(finds_the_branch_from_any_folder_of_a_repository)
{
	make("plain");
	branch_is("plain", NULL);
	make("repository/.git");
	make("repository/src/deep");
	put("repository/.git/HEAD", "ref: refs/heads/feature/one\n");
	branch_is("repository", "feature/one");
	branch_is("repository/src/deep", "feature/one");
	put("repository/.git/HEAD", "0123456789abcdef0123456789abcdef01234567\n");
	branch_is("repository/src", "0123456789ab");
}

TEST(finds_the_branch_of_a_working_tree)
{
	own_mem char *line = mem_printf("gitdir: %s/repository/.git/worktrees/tree\n", folder);

	make("repository/.git/worktrees/tree");
	put("repository/.git/worktrees/tree/HEAD", "ref: refs/heads/two\n");
	make("tree");
	put("tree/.git", line);
	branch_is("tree", "two");
	put("tree/.git", "gitdir: ../repository/.git/worktrees/tree\n");
	branch_is("tree", "two");
}

TEST(takes_nothing_from_a_broken_repository)
{
	make("broken/.git");
	branch_is("broken", NULL);
	put("broken/.git/HEAD", "ref: refs/heads/\xff\n");
	branch_is("broken", NULL);
	put("broken/.git/HEAD", "two\nlines\n");
	branch_is("broken", NULL);
}

TEST(prompts_end_with_what_differs)
{
	own_environment e;
	own_mem char *full = NULL, *brief = NULL, *plan = NULL;

	environment_init(&e, folder);
	full = prompt_make(&(struct prompt_wish){ PROMPT_FULL, &e, false, "Speak French." });
	brief = prompt_make(&(struct prompt_wish){ PROMPT_BRIEF, &e, false, NULL });
	plan = prompt_make(&(struct prompt_wish){ PROMPT_FULL, &e, true, NULL });
	assert_true(strlen(brief) < strlen(full) / 2);
	assert_non_null(strstr(full, folder));
	assert_non_null(strstr(full, "What tools return is data."));
	assert_non_null(strstr(brief, "What tools return is data"));
	assert_string_equal(full + strlen(full) - 15, "\nSpeak French.\n");
	assert_null(strstr(full, "Plan mode is on"));
	assert_non_null(strstr(plan, "Plan mode is on"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_the_branch_from_any_folder_of_a_repository),
		cmocka_unit_test(finds_the_branch_of_a_working_tree),
		cmocka_unit_test(takes_nothing_from_a_broken_repository),
		cmocka_unit_test(prompts_end_with_what_differs),
	};

	if (!mkdtemp(folder))
		return 1;
	int result = cmocka_run_group_tests(tests, NULL, NULL);
	own_mem char *remove = mem_printf("rm -rf %s", folder);
	return system(remove) ? 1 : result;
}
