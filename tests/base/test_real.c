#include "base/real.h"

#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "support/test.h"

static struct sys_calls working;
static char *folder;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st, (void)type, (void)place;
	return remove(path);
}

static int begin(void **state)
{
	char name[] = "/tmp/shammah-real-XXXXXX";

	(void)state;
	working = sys;
	assert_non_null(mkdtemp(name));
	folder = realpath(name, NULL);
	return 0;
}

static int end(void **state)
{
	(void)state;
	sys = working;
	(void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(folder);
	return 0;
}

static char *at(const char *name) { return path_join(folder, name); }

static void put(const char *path, const char *text)
{
	struct error err = {0};

	assert_ok(file_write(path, str_of(text), 0644, &err));
}

static void assert_holds(const char *path, const char *text)
{
	struct error err = {0};
	own_mem char *found = file_read(path, 1 << 20, NULL, &err);

	if (!found)
		fail_msg("%s", err.text);
	assert_string_equal(found, text);
}

static size_t names_in(const char *path)
{
	own_mem char *command = mem_printf("ls -A '%s' | wc -l", path);
	FILE *out = popen(command, "r");
	size_t count = 0;

	assert_int_equal(fscanf(out, "%zu", &count), 1);
	pclose(out);
	return count;
}

static enum error_kind open_kind(const char *path)
{
	struct error err = {0};
	struct stat st;
	own_fd fd = real_open(path, &st, &err);

	if (fd >= 0)
		return ERROR_NONE;
	assert_true(strlen(err.text) > 10);
	return err.kind;
}

TEST(a_file_is_opened_and_replaced_with_its_mode_kept)
{
	struct error err = {0};
	struct stat st, now;
	own_mem char *path = at("a");

	put(path, "old");
	assert_int_equal(chmod(path, 04751), 0);
	own_fd fd = real_open(path, &st, &err);
	assert_true(fd >= 0);
	assert_ok(real_replace(path, str_of("new"), &st, 0600, &now, &err));
	assert_holds(path, "new");
	assert_int_equal(now.st_mode & 07777, 0751);
	assert_ok(real_stat(path, &st, &err));
	assert_true(real_same(&st, &now));
	assert_int_equal(names_in(folder), 1);
}

TEST(a_new_file_gets_its_parents_and_meets_nobody_elses)
{
	struct error err = {0};
	own_mem char *path = at("x/y/z");

	assert_ok(real_replace(path, str_of("1"), NULL, 0666, NULL, &err));
	assert_holds(path, "1");
	assert_false(real_replace(path, str_of("2"), NULL, 0666, NULL, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_holds(path, "1");
}

TEST(a_link_anywhere_on_the_way_is_refused)
{
	struct error err = {0};
	own_mem char *real = at("real"), *file = at("real/f"), *link = at("link"), *through = at("link/f"),
		*file_link = at("real/l"), *new_file = at("link/new"), *dangling = at("d");

	assert_int_equal(mkdir(real, 0755), 0);
	put(file, "x");
	assert_int_equal(symlink("real", link), 0);
	assert_int_equal(symlink("f", file_link), 0);
	assert_int_equal(symlink("nowhere", dangling), 0);
	assert_int_equal(open_kind(file), ERROR_NONE);
	assert_int_equal(open_kind(through), ERROR_DENIED);
	assert_int_equal(open_kind(file_link), ERROR_DENIED);
	assert_int_equal(open_kind(dangling), ERROR_DENIED);
	assert_int_equal(open_kind("/proc/self/cwd/x"), ERROR_DENIED);
	assert_false(real_replace(new_file, str_of("x"), NULL, 0666, NULL, &err));
	assert_int_equal(err.kind, ERROR_DENIED);
	assert_non_null(strstr(err.text, "`link` is a link"));
	assert_false(real_replace(dangling, str_of("x"), NULL, 0666, NULL, &err));
	assert_int_equal(err.kind, ERROR_DENIED);
	assert_int_equal(names_in(real), 2);
}

TEST(paths_that_are_not_plain_are_refused)
{
	static const char *const bad[] = { "", "a", "/", "/.", "/a/../b", "/a//b", "/a/", "//a", "/tmp/./x" };

	for (size_t i = 0; i < countof(bad); i++)
		assert_int_equal(open_kind(bad[i]), ERROR_INVALID);
	own_mem char *missing = at("no/such");
	assert_int_equal(open_kind(missing), ERROR_NOT_FOUND);
	char longest[400] = "/tmp/";
	memset(longest + 5, 'a', 300);
	assert_int_equal(open_kind(longest), ERROR_INVALID);
}

TEST(pipes_sockets_devices_and_folders_are_named_and_never_waited_for)
{
	struct error err = {0};
	struct stat st;
	own_mem char *pipe = at("p"), *sock = at("s");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	own_fd listener = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(mkfifo(pipe, 0600), 0);
	memcpy(address.sun_path, sock, strlen(sock) + 1);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof address), 0);
	assert_int_equal(open_kind(pipe), ERROR_INVALID);
	assert_int_equal(open_kind(sock), ERROR_INVALID);
	assert_int_equal(open_kind(folder), ERROR_INVALID);
	assert_int_equal(open_kind("/dev/zero"), ERROR_INVALID);
	assert_int_equal(real_open(pipe, &st, &err), -1);
	assert_non_null(strstr(err.text, "pipe"));
	assert_false(real_replace(pipe, str_of("x"), NULL, 0600, NULL, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

TEST(a_file_changed_replaced_or_removed_meanwhile_is_left_alone)
{
	struct error err = {0};
	struct stat st;
	own_mem char *path = at("a"), *other = at("b");

	put(path, "old");
	assert_ok(real_stat(path, &st, &err));
	own_fd fd = open(path, O_WRONLY | O_APPEND);
	assert_int_equal(write(fd, "er", 2), 2);
	assert_false(real_replace(path, str_of("new"), &st, 0, NULL, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_non_null(strstr(err.text, "changed meanwhile"));
	assert_holds(path, "older");
	assert_false(real_remove(path, &st, &err));
	assert_ok(real_stat(path, &st, &err));
	put(other, "older");
	assert_int_equal(rename(other, path), 0);
	assert_false(real_replace(path, str_of("new"), &st, 0, NULL, &err));
	assert_ok(real_stat(path, &st, &err));
	assert_int_equal(unlink(path), 0);
	assert_false(real_replace(path, str_of("new"), &st, 0, NULL, &err));
	assert_non_null(strstr(err.text, "removed meanwhile"));
	assert_int_equal(names_in(folder), 0);
}

TEST(other_names_of_a_file_keep_its_old_content)
{
	struct error err = {0};
	struct stat st;
	own_mem char *path = at("a"), *other = at("b");

	put(path, "old");
	assert_int_equal(link(path, other), 0);
	assert_ok(real_stat(path, &st, &err));
	assert_ok(real_replace(path, str_of("new"), &st, 0, NULL, &err));
	assert_holds(path, "new");
	assert_holds(other, "old");
}

/* --- calls of the system that fail ------------------------------------------------------- */

static int calls_left;

static bool fails(void)
{
	errno = ENOSPC;
	return --calls_left == 0;
}

static int failing_openat(int dir, const char *name, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	int mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return fails() ? -1 : openat(dir, name, flags, mode);
}

static ssize_t failing_write(int fd, const void *from, size_t n)
{
	return fails() ? -1 : write(fd, from, n > 3 ? 3 : n);
}

static int failing_fsync(int fd) { return fails() ? -1 : fsync(fd); }

static int failing_renameat(int dir, const char *from, int to_dir, const char *to)
{
	return fails() ? -1 : renameat(dir, from, to_dir, to);
}

static int failing_linkat(int dir, const char *from, int to_dir, const char *to, int flags)
{
	return fails() ? -1 : linkat(dir, from, to_dir, to, flags);
}

TEST(whichever_call_fails_the_file_is_old_or_new_and_alone)
{
	struct error err = {0};
	own_mem char *old_path = at("a"), *fresh = at("n");

	for (int i = 0;; i++) {
		struct stat st;
		put(old_path, "old content");
		(void)unlink(fresh);
		assert_ok(real_stat(old_path, &st, &err));
		sys.openat = failing_openat, sys.write = failing_write, sys.fsync = failing_fsync;
		sys.renameat = failing_renameat, sys.linkat = failing_linkat;
		calls_left = i + 1;
		bool replaced = real_replace(old_path, str_of("new content"), &st, 0, NULL, &err);
		bool made = real_replace(fresh, str_of("new content"), NULL, 0600, NULL, &err);
		bool failed = calls_left <= 0;
		sys = working;
		assert_holds(old_path, replaced ? "new content" : "old content");
		if (made)
			assert_holds(fresh, "new content");
		assert_int_equal(names_in(folder), made ? 2 : 1);
		if (!failed)
			break;
	}
}

TEST(a_process_killed_in_mid_write_leaves_the_old_file)
{
	struct error err = {0};
	own_mem char *path = at("a");
	size_t size = 8 << 20;
	own_mem char *large = mem_zeroed(size + 1, 1);

	memset(large, 'n', size);
	for (useconds_t pause = 0; pause < 20000; pause += 1000) {
		put(path, "old");
		pid_t child = fork();
		if (child == 0) {
			struct stat st;
			_exit(real_stat(path, &st, &err) &&
				real_replace(path, (struct str){ large, size }, &st, 0, NULL, &err) ? 0 : 1);
		}
		usleep(pause);
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, NULL, 0), child);
		own_mem char *found = file_read(path, size, NULL, &err);
		assert_non_null(found);
		assert_true(strcmp(found, "old") == 0 || strcmp(found, large) == 0);
	}
}

/* --- a link swapped in ------------------------------------------------------------------- */

struct flipper {
	char *place, *folder, *link;
	atomic_bool stop;
};

/* Puts a folder and a link to another in the same place, in turn. */
static void *flip(void *user)
{
	struct flipper *f = user;

	while (!f->stop) {
		(void)!rename(f->place, f->folder);
		(void)!symlink("secret", f->place);
		(void)unlink(f->place);
		(void)!rename(f->folder, f->place);
	}
	return NULL;
}

TEST(a_link_swapped_in_between_never_leads_elsewhere)
{
	struct error err = {0};
	struct stat st;
	own_mem char *secret = at("secret"), *inside = at("secret/f"), *place = at("place"), *aside = at("aside"),
		*path = at("place/f"), *fresh = at("place/new"), *planted = at("secret/new");
	struct flipper f = { .place = place, .folder = aside };
	pthread_t thread;

	assert_int_equal(mkdir(secret, 0755), 0);
	assert_int_equal(mkdir(place, 0755), 0);
	put(inside, "secret");
	put(path, "plain");
	assert_int_equal(pthread_create(&thread, NULL, flip, &f), 0);
	for (int i = 0; i < 3000; i++) {
		own_fd fd = real_open(path, &st, &err);
		char text[10] = "";
		if (fd >= 0 && read(fd, text, sizeof text - 1) > 0)
			assert_string_equal(text, "plain");
		if (i % 20 == 0 && real_stat(path, &st, &err))
			(void)!real_replace(path, str_of("plain"), &st, 0, NULL, &err);
		/* May make the folder itself in a moment without one, which ends the flipping. */
		if (i % 100 == 10)
			(void)!real_replace(fresh, str_of("x"), NULL, 0600, NULL, &err);
	}
	f.stop = true;
	pthread_join(thread, NULL);
	assert_holds(inside, "secret");
	assert_int_equal(access(planted, F_OK), -1);
}

/* A limit on the size of files fails a write as a full disk does. */
TEST(a_write_that_does_not_fit_leaves_the_old_file)
{
	struct error err = {0};
	own_mem char *path = at("a");
	int status;

	put(path, "old");
	pid_t child = fork();
	if (child == 0) {
		own_mem char *large = mem_zeroed(1 << 20, 1);
		struct rlimit limit = { 4096, 4096 };
		struct stat st;
		signal(SIGXFSZ, SIG_IGN);
		bool set = setrlimit(RLIMIT_FSIZE, &limit) == 0 && real_stat(path, &st, &err);
		_exit(set && !real_replace(path, (struct str){ large, 1 << 20 }, &st, 0, NULL, &err) &&
			names_in(folder) == 1 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_holds(path, "old");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_is_opened_and_replaced_with_its_mode_kept, begin, end),
		cmocka_unit_test_setup_teardown(a_new_file_gets_its_parents_and_meets_nobody_elses, begin, end),
		cmocka_unit_test_setup_teardown(a_link_anywhere_on_the_way_is_refused, begin, end),
		cmocka_unit_test_setup_teardown(paths_that_are_not_plain_are_refused, begin, end),
		cmocka_unit_test_setup_teardown(pipes_sockets_devices_and_folders_are_named_and_never_waited_for, begin,
			end),
		cmocka_unit_test_setup_teardown(a_file_changed_replaced_or_removed_meanwhile_is_left_alone, begin, end),
		cmocka_unit_test_setup_teardown(other_names_of_a_file_keep_its_old_content, begin, end),
		cmocka_unit_test_setup_teardown(whichever_call_fails_the_file_is_old_or_new_and_alone, begin, end),
		cmocka_unit_test_setup_teardown(a_process_killed_in_mid_write_leaves_the_old_file, begin, end),
		cmocka_unit_test_setup_teardown(a_link_swapped_in_between_never_leads_elsewhere, begin, end),
		cmocka_unit_test_setup_teardown(a_write_that_does_not_fit_leaves_the_old_file, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
