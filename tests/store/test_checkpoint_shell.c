/* What commands change in a git repository, taken back. */
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "store/checkpoints.h"
#include "store/rewind.h"
#include "support/random.h"
#include "support/test.h"

static char *home, *root, *folder;
static struct checkpoints *kept;
static struct buf notes;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st, (void)type, (void)place;
	return remove(path);
}

/* A command in the project, as Bash would run it; its exit code. */
static int sh(const char *command)
{
	own_mem char *line = mem_printf("cd '%s' && HOME='%s' GIT_CONFIG_NOSYSTEM=1 && export HOME "
		"GIT_CONFIG_NOSYSTEM && { %s\n} >/dev/null 2>&1", root, home, command);

	return system(line);
}

static int begin(void **state)
{
	char name[] = "/tmp/shammah-shell-XXXXXX";
	struct error err = {0};

	(void)state;
	assert_non_null(mkdtemp(name));
	home = realpath(name, NULL);
	root = path_join(home, "project");
	folder = path_join(home, "checkpoints");
	assert_int_equal(mkdir(root, 0755), 0);
	kept = checkpoints_create(folder, "one", root, &err);
	assert_non_null(kept);
	notes = (struct buf)BUF_INIT(1 << 16);
	return 0;
}

static int end(void **state)
{
	(void)state;
	buf_done(&notes);
	checkpoints_destroy(kept);
	(void)nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(home);
	free(root);
	free(folder);
	return 0;
}

static void make_repository(void)
{
	if (sh("git init -q . && git config user.email a@example.org && git config user.name a") != 0)
		skip_because("git is not installed");
}

static void put(const char *name, const char *text)
{
	struct error err = {0};
	own_mem char *path = path_join(root, name);

	assert_ok(file_write(path, str_of(text), 0644, &err));
}

/* NULL: there is none. */
static void assert_holds(const char *name, const char *text)
{
	struct error err = {0};
	own_mem char *path = path_join(root, name), *found = file_read(path, 1 << 20, NULL, &err);

	if (!text && found)
		fail_msg("%s is there", name);
	if (text && (!found || strcmp(found, text) != 0))
		fail_msg("%s holds \"%s\", not \"%s\"", name, found ? found : err.text, text);
}

static void run(unsigned turn, const char *command)
{
	checkpoint_begin_turn(kept, turn);
	buf_clear(&notes);
	struct checkpoint_shell *shell = checkpoint_shell_before(kept, &notes);
	assert_int_equal(sh(command), 0);
	checkpoint_shell_after(kept, shell, &notes);
}

/* How many files; -1: nothing was changed. */
static int rewind_to(unsigned turn)
{
	struct rewind_sessions all;
	struct error err = {0};
	own_rewind_plan plan = {0};
	int done = -1;

	assert_ok(rewind_list(folder, root, &all, &err));
	const struct rewind_session *s = all.count ? rewind_find(&all, str_of("one"), &err) : NULL;
	if (s && rewind_plan_make(&plan, folder, s, turn, NULL, &err)) {
		checkpoint_begin_turn(kept, plan.next_turn);
		done = 0;
		for (size_t i = 0; i < plan.count; i++) {
			assert_ok(rewind_apply(&plan, &plan.files[i], false, kept, &err));
			done += plan.files[i].what == REWIND_RESTORE || plan.files[i].what == REWIND_REMOVE;
		}
	}
	rewind_sessions_done(&all);
	return done;
}

TEST(tracked_changed_and_untracked_files_get_back_what_they_held)
{
	make_repository();
	put("clean", "committed\n");
	put("dirty", "committed\n");
	put("script", "#!/bin/sh\n");
	assert_int_equal(sh("mkdir -p d && echo deep > d/deep && chmod 755 script && git add . && git commit -qm x"),
		0);
	put("dirty", "changed, not committed\n");
	put("loose", "not tracked\n");
	run(1, "for f in clean dirty loose d/deep; do echo more >> $f; done; echo new > new; rm script; mv d e");
	assert_string_equal(notes.data, "");
	assert_int_equal(rewind_to(1), 7);
	assert_holds("clean", "committed\n");
	assert_holds("dirty", "changed, not committed\n");
	assert_holds("loose", "not tracked\n");
	assert_holds("d/deep", "deep\n");
	assert_holds("e/deep", NULL);
	assert_holds("new", NULL);
	assert_holds("script", "#!/bin/sh\n");
	own_mem char *script = path_join(root, "script");
	assert_int_equal(access(script, X_OK), 0);
}

TEST(git_commands_themselves_are_taken_back_in_the_files)
{
	make_repository();
	put("a", "one\n");
	assert_int_equal(sh("git add . && git commit -qm one"), 0);
	put("a", "two\n");
	run(1, "git stash");
	assert_holds("a", "one\n");
	assert_int_equal(rewind_to(1), 1);
	assert_holds("a", "two\n");
	run(5, "git add a && git commit -qm two && echo three > a && git commit -qam three");
	assert_int_equal(rewind_to(5), 1);
	assert_holds("a", "two\n");
}

TEST(files_that_git_ignores_are_left_alone)
{
	make_repository();
	put(".gitignore", "*.o\n");
	put("x.o", "object\n");
	assert_int_equal(sh("git add . && git commit -qm x && sleep 0.02"), 0);
	run(1, "echo changed > x.o; echo y > y.o");
	assert_int_equal(rewind_to(1), -1);
	assert_holds("x.o", "changed\n");
	/* No longer ignored, but there before the command: it is not taken for new. */
	assert_int_equal(sh("sleep 0.05"), 0);
	run(2, "rm .gitignore");
	assert_int_equal(rewind_to(2), 1);
	assert_holds("x.o", "changed\n");
	assert_holds(".gitignore", "*.o\n");
}

TEST(a_command_that_changes_nothing_leaves_no_trace)
{
	make_repository();
	put("a", "one\n");
	assert_int_equal(sh("git add . && git commit -qm one"), 0);
	run(1, "cat a; git status; touch a");
	assert_int_equal(rewind_to(1), -1);
	assert_int_equal(access(folder, F_OK), -1);
}

TEST(a_project_inside_a_repository_is_all_that_is_looked_at)
{
	struct error err = {0};

	make_repository();
	assert_int_equal(sh("mkdir in out && echo i > in/f && echo o > out/f && git add . && git commit -qm x"), 0);
	put("out/loose", "loose\n");
	own_mem char *inside = path_join(root, "in"), *whole = root;
	checkpoints_destroy(kept);
	root = mem_strdup(inside);
	kept = checkpoints_create(folder, "one", root, &err);
	run(1, "echo changed > f; echo changed > ../out/f; echo changed > ../out/loose");
	assert_int_equal(rewind_to(1), 1);
	assert_holds("f", "i\n");
	assert_holds("../out/f", "changed\n");
}

TEST(without_git_it_is_said_once_that_nothing_can_be_taken_back)
{
	put("a", "one\n");
	run(1, "echo two > a");
	assert_non_null(strstr(notes.data, "cannot be taken back by `shammah rewind`"));
	run(1, "echo three > a");
	assert_string_equal(notes.data, "");
	assert_int_equal(rewind_to(1), -1);
}

TEST(programs_that_a_repository_names_are_not_run)
{
	make_repository();
	put("a", "one\n");
	assert_int_equal(sh("git add . && git commit -qm one"), 0);
	own_mem char *trace = path_join(home, "ran");
	own_mem char *configure = mem_printf("git config core.fsmonitor 'touch %s' && "
		"git config filter.x.clean 'touch %s' && "
		"git config filter.x.smudge 'touch %s' && echo '* filter=x' > .gitattributes", trace, trace, trace);
	assert_int_equal(sh(configure), 0);
	put("a", "two\n");
	checkpoint_begin_turn(kept, 1);
	struct checkpoint_shell *shell = checkpoint_shell_before(kept, &notes);
	put("a", "three\n");
	checkpoint_shell_after(kept, shell, &notes);
	assert_int_equal(access(trace, F_OK), -1);
	assert_int_equal(rewind_to(1), 1);
	assert_holds("a", "two\n");
	assert_int_equal(access(trace, F_OK), -1);
}

TEST(what_a_filter_makes_of_a_file_is_not_put_in_its_place)
{
	make_repository();
	put("large", "the real content of a large file\n");
	assert_int_equal(sh("git config filter.x.clean 'echo pointer' && git config filter.x.smudge cat && "
		"echo 'large filter=x' > .gitattributes && git add . && git commit -qm x && git status"), 0);
	run(1, "echo changed > large");
	int done = rewind_to(1);
	if (done == 1)
		assert_holds("large", "the real content of a large file\n");
	else
		assert_holds("large", "changed\n");
}

TEST(line_ends_come_back_as_the_repository_wants_them)
{
	make_repository();
	put("a", "one\r\ntwo\r\n");
	assert_int_equal(sh("git config core.autocrlf true && git add a && git commit -qm x"), 0);
	run(1, "echo x > a");
	assert_int_equal(rewind_to(1), 1);
	assert_holds("a", "one\r\ntwo\r\n");
}

TEST(files_over_the_ceilings_are_told_not_to_be_kept)
{
	make_repository();
	assert_int_equal(sh("truncate -s 20M big"), 0);
	run(1, "echo x >> big");
	assert_non_null(strstr(notes.data, "Not all that this command may change"));
	assert_non_null(strstr(notes.data, "Some files that this command changed cannot"));
	assert_int_equal(rewind_to(1), 0);
}

TEST(links_and_pipes_in_the_tree_do_no_harm)
{
	make_repository();
	put("a", "one\n");
	assert_int_equal(sh("ln -s a l && ln -s /etc up && mkfifo p && git add a l up && git commit -qm x"), 0);
	run(1, "rm l && ln -s /etc/passwd l && echo two > a && mkfifo q");
	assert_int_equal(rewind_to(1), 1);
	assert_holds("a", "one\n");
}

TEST(random_commands_are_taken_back)
{
	static const char *const commands[] = {
		"echo $N > a", "echo $N >> b", "rm -f c", "echo $N > c", "mkdir -p d && echo $N > d/e", "rm -rf d",
		"git add -A", "git commit -qam $N || true", "mv -f a b || true", "chmod 600 a || true",
			"git stash -u || true",
		"git checkout -q . || true", "echo $N > $N.txt", "cp a f || true",
	};
	uint64_t dice = 31;

	make_repository();
	put("a", "a\n");
	put("b", "b\n");
	assert_int_equal(sh("git add . && git commit -qm x"), 0);
	for (unsigned turn = 1; turn < 25; turn++) {
		assert_int_equal(sh("rm -rf ../before && mkdir ../before && "
			"cp -a . ../before/ && rm -rf ../before/.git"), 0);
		for (unsigned times = 1 + random_below(&dice, 3); times; times--) {
			own_mem char *command = mem_printf("N=%u; %s", random_below(&dice, 1000),
				commands[random_below(&dice, countof(commands))]);
			run(turn, command);
		}
		if (random_below(&dice, 2))
			continue;
		(void)rewind_to(turn++);
		if (sh("find . -type d -empty -not -path './.git/*' -delete; find ../before -type d -empty -delete; "
		    "mkdir -p ../before && diff -r --exclude=.git . ../before") != 0)
			fail_msg("turn %u was not taken back", turn);
	}
}

#define WITH_PROJECT(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_PROJECT(tracked_changed_and_untracked_files_get_back_what_they_held),
		WITH_PROJECT(git_commands_themselves_are_taken_back_in_the_files),
		WITH_PROJECT(files_that_git_ignores_are_left_alone),
		WITH_PROJECT(a_command_that_changes_nothing_leaves_no_trace),
		WITH_PROJECT(a_project_inside_a_repository_is_all_that_is_looked_at),
		WITH_PROJECT(without_git_it_is_said_once_that_nothing_can_be_taken_back),
		WITH_PROJECT(programs_that_a_repository_names_are_not_run),
		WITH_PROJECT(what_a_filter_makes_of_a_file_is_not_put_in_its_place),
		WITH_PROJECT(line_ends_come_back_as_the_repository_wants_them),
		WITH_PROJECT(files_over_the_ceilings_are_told_not_to_be_kept),
		WITH_PROJECT(links_and_pipes_in_the_tree_do_no_harm),
		WITH_PROJECT(random_commands_are_taken_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
