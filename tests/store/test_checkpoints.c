/* Files kept before they are changed, and turns taken back. */
#include "store/checkpoints.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>
#include <utime.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "store/checkpoint_prune.h"
#include "store/rewind.h"
#include "support/random.h"
#include "support/test.h"

static char *home, *root, *folder;
static struct checkpoints *kept;
static struct sys_calls working;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st, (void)type, (void)place;
	return remove(path);
}

static int begin(void **state)
{
	char name[] = "/tmp/shammah-kept-XXXXXX";
	struct error err = {0};

	(void)state;
	working = sys;
	assert_non_null(mkdtemp(name));
	home = realpath(name, NULL);
	root = path_join(home, "project");
	folder = path_join(home, "checkpoints");
	assert_int_equal(mkdir(root, 0755), 0);
	kept = checkpoints_create(folder, "one", root, &err);
	assert_non_null(kept);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sys = working;
	checkpoints_destroy(kept);
	(void)nftw(home, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(home);
	free(root);
	free(folder);
	return 0;
}

static char *at(const char *name) { return path_join(root, name); }

static void put(const char *name, const char *text)
{
	struct error err = {0};
	own_mem char *path = at(name);

	assert_ok(file_write(path, str_of(text), 0644, &err));
}

/* NULL: there is none. */
static void assert_holds(const char *name, const char *text)
{
	struct error err = {0};
	own_mem char *path = at(name), *found = file_read(path, 1 << 20, NULL, &err);

	if (!text && found)
		fail_msg("%s is there", name);
	if (text && (!found || strcmp(found, text) != 0))
		fail_msg("%s holds \"%s\", not \"%s\"", name, found ? found : err.text, text);
}

/* As a tool does: kept, changed, noted. */
static void change(unsigned turn, const char *name, const char *text)
{
	own_mem char *path = at(name);
	own_buf notes = BUF_INIT(1000);
	struct error err = {0};

	checkpoint_begin_turn(kept, turn);
	assert_ok(checkpoint_file_before(kept, path, "Edit", &notes, &err));
	assert_int_equal(notes.len, 0);
	if (text)
		put(name, text);
	else
		assert_int_equal(unlink(path), 0);
	assert_ok(checkpoint_file_after(kept, path, &err));
}

/* Takes back from the turn on; whether all that was planned was done without anybody's being asked. */
static bool rewind_to(unsigned turn, bool changed, struct error *err)
{
	struct rewind_sessions all;
	own_rewind_plan plan = {0};
	bool ok = true;

	assert_true(rewind_list(folder, root, &all, err));
	const struct rewind_session *s = rewind_find(&all, str_of("one"), err);
	ok = s && rewind_plan_make(&plan, folder, s, turn, NULL, err);
	if (ok)
		checkpoint_begin_turn(kept, plan.next_turn);
	for (size_t i = 0; ok && i < plan.count; i++) {
		ok = rewind_apply(&plan, &plan.files[i], changed, kept, err);
		ok = ok && plan.files[i].what <= (changed ? REWIND_CHANGED : REWIND_REMOVE);
	}
	rewind_sessions_done(&all);
	return ok;
}

TEST(turns_are_taken_back_and_that_as_well)
{
	struct error err = {0};
	struct stat st;
	own_mem char *path = at("a");

	put("a", "a0");
	assert_int_equal(chmod(path, 0750), 0);
	change(1, "a", "a1");
	change(1, "new", "n1");
	change(2, "a", "a2");
	put("gone", "g0");
	change(2, "gone", NULL);
	assert_ok(rewind_to(2, false, &err));
	assert_holds("a", "a1");
	assert_holds("new", "n1");
	assert_holds("gone", "g0");
	assert_ok(rewind_to(1, false, &err));
	assert_holds("a", "a0");
	assert_holds("new", NULL);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0750);
	/* Turn 3 took back turn 2, turn 4 turn 1: taking back 4, and 3. */
	assert_ok(rewind_to(4, false, &err));
	assert_holds("a", "a1");
	assert_ok(rewind_to(3, false, &err));
	assert_holds("a", "a2");
	assert_holds("gone", NULL);
	assert_false(rewind_to(99, false, &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

/* What the files a to d hold; "": there is none. */
static void note_state(char state[4][20])
{
	memset(state, 0, 4 * 20);
	for (int i = 0; i < 4; i++) {
		char name[2] = { (char)('a' + i), '\0' };
		struct error err = {0};
		own_mem char *path = at(name), *text = file_read(path, 100, NULL, &err);
		(void)snprintf(state[i], 20, "%s", text ? text : "");
	}
}

TEST(random_turns_are_taken_back_to_what_was)
{
	uint64_t dice = 21;
	char states[60][4][20], now[4][20];
	struct error err = {0};

	for (unsigned turn = 1; turn < 60; turn++) {
		note_state(states[turn]);
		if (turn > 1 && random_below(&dice, 4) == 0) {
			unsigned to = 1 + random_below(&dice, turn - 1);
			err.kind = ERROR_NONE;
			assert_true(rewind_to(to, false, &err) || err.kind == ERROR_NOT_FOUND);
			note_state(now);
			assert_memory_equal(now, states[to], sizeof now);
			continue;
		}
		for (unsigned times = 1 + random_below(&dice, 4); times; times--) {
			char name[2] = { (char)('a' + random_below(&dice, 4)), '\0' }, text[20];
			own_mem char *path = at(name);
			bool remove_it = random_below(&dice, 4) == 0 && path_is_file(path);
			(void)snprintf(text, sizeof text, "%u", random_below(&dice, 1000));
			change(turn, name, remove_it ? NULL : text);
		}
	}
}

TEST(what_somebody_else_changed_since_is_only_taken_back_when_asked_for)
{
	struct error err = {0};

	put("a", "a0");
	change(1, "a", "a1");
	change(1, "new", "n1");
	put("a", "theirs");
	put("new", "theirs too");
	assert_false(rewind_to(1, false, &err));
	assert_holds("a", "theirs");
	assert_holds("new", "theirs too");
	assert_ok(rewind_to(1, true, &err));
	assert_holds("a", "a0");
	assert_holds("new", NULL);
	assert_ok(rewind_to(2, false, &err));
	assert_holds("a", "theirs");
	assert_holds("new", "theirs too");
}

static char *object_of(const char *name)
{
	own_mem char *path = at(name);
	struct error err = {0};
	char digest[SHA_HEX_MAX + 1];
	own_mem char *text = file_read(path, 1000, NULL, &err);
	struct sha sha;

	sha_init(&sha, SHA_256);
	sha_feed(&sha, str_of(text));
	sha_hex(&sha, digest);
	return mem_printf("%s/one/objects/%s", folder, digest);
}

TEST(damaged_contents_are_noticed_and_not_put_back)
{
	struct error err = {0};

	put("a", "a0");
	own_mem char *object = object_of("a");
	change(1, "a", "a1");
	assert_ok(file_write(object, str_of("a?"), 0600, &err));
	assert_false(rewind_to(1, true, &err));
	assert_holds("a", "a1");
	assert_int_equal(unlink(object), 0);
	assert_false(rewind_to(1, true, &err));
	assert_holds("a", "a1");
}

TEST(a_link_that_stands_there_now_is_not_followed)
{
	struct error err = {0};
	own_mem char *path = at("a"), *dir = at("d"), *aside = at("aside");

	put("other", "x");
	put("a", "a0");
	assert_int_equal(mkdir(dir, 0755), 0);
	put("d/f", "f0");
	change(1, "a", "a1");
	change(1, "d/f", "f1");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(symlink("other", path), 0);
	assert_int_equal(rename(dir, aside), 0);
	assert_int_equal(symlink("aside", dir), 0);
	assert_false(rewind_to(1, true, &err));
	assert_holds("other", "x");
	assert_holds("aside/f", "f1");
}

TEST(nothing_but_folders_of_the_users_own_is_made)
{
	struct stat st;

	put("a", "secret words");
	own_mem char *object = object_of("a"), *index = path_join(folder, "one/index.jsonl");
	assert_int_equal(access(folder, F_OK), -1);
	change(1, "a", "a1");
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_int_equal(stat(object, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(index, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	struct error err = {0};
	own_mem char *lines = file_read(index, 1 << 20, NULL, &err);
	assert_null(strstr(lines, "secret"));
}

TEST(names_of_any_bytes_are_kept)
{
	struct error err = {0};
	static const char *const names[] = { "a b", "line\nend", "\xff\xfe", "\"quoted\"", "\xc3\xa9" };

	for (size_t i = 0; i < countof(names); i++) {
		put(names[i], "old");
		change(1, names[i], "new");
	}
	assert_ok(rewind_to(1, false, &err));
	for (size_t i = 0; i < countof(names); i++)
		assert_holds(names[i], "old");
}

TEST(sessions_have_plain_names_and_are_found_by_their_beginning)
{
	struct error err = {0};
	struct rewind_sessions all;

	assert_null(checkpoints_create(folder, "../x", root, &err));
	assert_null(checkpoints_create(folder, "", root, &err));
	assert_null(checkpoints_create(folder, "a/b", root, &err));
	struct checkpoints *made = checkpoints_create(folder, NULL, root, &err);
	assert_non_null(made);
	checkpoints_destroy(made);
	put("a", "a0");
	change(1, "a", "a1");
	assert_ok(rewind_list(folder, root, &all, &err));
	assert_int_equal(all.count, 1);
	assert_non_null(rewind_find(&all, str_of("o"), &err));
	assert_null(rewind_find(&all, str_of("two"), &err));
	rewind_sessions_done(&all);
	assert_ok(rewind_list(folder, "/elsewhere", &all, &err));
	assert_int_equal(all.count, 0);
	rewind_sessions_done(&all);
	assert_ok(rewind_list("/no/such/folder", root, &all, &err));
	rewind_sessions_done(&all);
}

TEST(a_torn_or_foreign_line_costs_itself_only)
{
	struct error err = {0};
	own_mem char *index = path_join(folder, "one/index.jsonl");

	put("a", "a0");
	change(1, "a", "a1");
	own_fd fd = open(index, O_WRONLY | O_APPEND);
	static const char junk[] = "{\"turn\":0,\"path\":\"/x\",\"was\":null}\n"
		"{\"turn\":1,\"path\":\"x\",\"was\":null}\n"
		"{\"turn\":1,\"path\":\"/x\",\"was\":\"../../x\"}\n"
		"{\"turn\":1,\"hex\":\"2f0\",\"was\":null}\nnonsense\n{\"tu";
	assert_int_equal(write(fd, junk, sizeof junk - 1), sizeof junk - 1);
	change(2, "a", "a2");
	assert_ok(rewind_to(1, false, &err));
	assert_holds("a", "a0");
}

/* --- ceilings ---------------------------------------------------------------------------------- */

TEST(a_file_over_the_ceiling_is_told_not_to_be_kept)
{
	struct error err = {0};
	own_mem char *path = at("huge");
	own_buf notes = BUF_INIT(1000);

	put("huge", "");
	assert_int_equal(truncate(path, (off_t)CHECKPOINT_FILE_MAX + 1), 0);
	assert_ok(checkpoint_file_before(kept, path, "Edit", &notes, &err));
	assert_non_null(strstr(notes.data, "is not kept for `shammah rewind`: the file is too large"));
	put("huge", "small");
	assert_ok(checkpoint_file_after(kept, path, &err));
	assert_false(rewind_to(1, true, &err));
	assert_holds("huge", "small");
}

static void make_session(const char *name, int days_ago, size_t bytes)
{
	struct error err = {0};
	own_mem char *session = path_join(folder, name), *objects = path_join(session, "objects"),
		*index = path_join(session, "index.jsonl"), *object = path_join(objects, "x"),
		*content = mem_zeroed(bytes + 1, 1);
	struct utimbuf times = { time(NULL) - days_ago * 86400, time(NULL) - days_ago * 86400 };

	assert_ok(path_make(objects, 0700, &err));
	assert_ok(file_write(index, str_of("{}\n"), 0600, &err));
	assert_ok(file_write(object, (struct str){ content, bytes }, 0600, &err));
	assert_int_equal(utime(index, &times), 0);
}

static bool has_session(const char *name)
{
	own_mem char *session = path_join(folder, name);

	return path_is_directory(session);
}

TEST(old_conversations_go_and_then_the_oldest_while_there_is_too_much)
{
	make_session("ancient", 40, 10);
	make_session("old", 20, 5000);
	make_session("middle", 10, 5000);
	make_session("fresh", 1, 5000);
	make_session("ours", 50, 5000);
	checkpoints_prune(folder, "ours", 30, 1 << 20);
	assert_false(has_session("ancient"));
	assert_true(has_session("old"));
	checkpoints_prune(folder, "ours", 30, 16000);
	assert_false(has_session("old"));
	assert_true(has_session("middle") && has_session("fresh") && has_session("ours"));
}

TEST(a_conversation_that_goes_on_is_not_removed)
{
	struct utimbuf times = { time(NULL) - 90 * 86400, time(NULL) - 90 * 86400 };
	own_mem char *index = path_join(folder, "one/index.jsonl");

	put("a", "a0");
	change(1, "a", "a1");
	assert_int_equal(utime(index, &times), 0);
	checkpoints_prune(folder, "another", 30, 0);
	assert_true(has_session("one"));
	checkpoints_destroy(kept);
	kept = NULL;
	assert_int_equal(utime(index, &times), 0);
	checkpoints_prune(folder, "another", 30, 0);
	assert_false(has_session("one"));
}

/* --- failures ------------------------------------------------------------------------------------ */

static int calls_left;

static bool fails(void)
{
	errno = ENOSPC;
	return --calls_left == 0;
}

static int failing_open(const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	int mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return fails() ? -1 : open(path, flags, mode);
}

static ssize_t failing_write(int fd, const void *from, size_t n) { return fails() ? -1 : write(fd, from, n); }
static int failing_fsync(int fd) { return fails() ? -1 : fsync(fd); }
static int failing_rename(const char *from, const char *to) { return fails() ? -1 : rename(from, to); }
static int failing_mkdir(const char *path, mode_t mode) { return fails() ? -1 : mkdir(path, mode); }

TEST(whichever_call_fails_what_is_said_to_be_kept_is_kept)
{
	own_mem char *path = at("a");
	struct error err = {0};

	for (int i = 1;; i++) {
		own_buf notes = BUF_INIT(1000);
		put("a", "a0");
		checkpoint_begin_turn(kept, (unsigned)i);
		sys.open = failing_open, sys.write = failing_write, sys.fsync = failing_fsync;
		sys.rename = failing_rename, sys.mkdir = failing_mkdir;
		calls_left = i;
		bool ok = checkpoint_file_before(kept, path, "Edit", &notes, &err);
		bool failed = calls_left <= 0;
		sys = working;
		if (!ok)
			assert_non_null(strstr(err.text,
				"cannot be kept for `shammah rewind`, so nothing was changed"));
		if (ok) {
			put("a", "a1");
			assert_ok(checkpoint_file_after(kept, path, &err));
			assert_ok(rewind_to((unsigned)i, false, &err));
			assert_holds("a", "a0");
		}
		if (!failed)
			break;
	}
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(turns_are_taken_back_and_that_as_well),
		WITH_FOLDER(random_turns_are_taken_back_to_what_was),
		WITH_FOLDER(what_somebody_else_changed_since_is_only_taken_back_when_asked_for),
		WITH_FOLDER(damaged_contents_are_noticed_and_not_put_back),
		WITH_FOLDER(a_link_that_stands_there_now_is_not_followed),
		WITH_FOLDER(nothing_but_folders_of_the_users_own_is_made),
		WITH_FOLDER(names_of_any_bytes_are_kept),
		WITH_FOLDER(sessions_have_plain_names_and_are_found_by_their_beginning),
		WITH_FOLDER(a_torn_or_foreign_line_costs_itself_only),
		WITH_FOLDER(a_file_over_the_ceiling_is_told_not_to_be_kept),
		WITH_FOLDER(old_conversations_go_and_then_the_oldest_while_there_is_too_much),
		WITH_FOLDER(a_conversation_that_goes_on_is_not_removed),
		WITH_FOLDER(whichever_call_fails_what_is_said_to_be_kept_is_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
