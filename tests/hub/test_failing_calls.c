/* Downloads where calls of the system fail: a full disk, and any other. */
#include "faults.h"

#include <errno.h>
#include <stdarg.h>

#include "hub/walk.h"

/* The disk. */

static size_t room;

static ssize_t full_disk(int fd, const void *bytes, size_t n, off_t where)
{
	if (room < n) {
		errno = ENOSPC;
		return -1;
	}
	room -= n;
	return pwrite(fd, bytes, n, where);
}

TEST(a_disk_that_fills_keeps_what_has_come)
{
	room = 500;
	sys.pwrite = full_disk;
	assert_download_fails(ERROR_TOO_LARGE, "is full, and");
	sys.pwrite = pwrite;
	assert_nothing_half_is_taken_for_whole();
	unsigned before = fake.bytes_sent;
	assert_true(before > 0);
	assert_downloads();
	assert_true(fake.bytes_sent - before < 600);
}

TEST(a_disk_that_is_too_full_is_not_begun_with)
{
	hub.reserve = (uint64_t)1 << 60;
	assert_download_fails(ERROR_TOO_LARGE, "not enough disk space for a/b");
	assert_int_equal(fake.asked[FAKE_BYTES], 0);
}

/* Any call of the system that fails, the first, the second, and so on. */

static atomic_int calls_left;

static bool fails(void)
{
	errno = EIO;
	return --calls_left == 0;
}

static int open_fails(const char *path, int flags, ...)
{
	va_list ap;

	va_start(ap, flags);
	int mode = flags & O_CREAT ? va_arg(ap, int) : 0;
	va_end(ap);
	return fails() ? -1 : open(path, flags, mode);
}

static ssize_t read_fails(int fd, void *to, size_t n) { return fails() ? -1 : read(fd, to, n); }
static ssize_t write_fails(int fd, const void *from, size_t n) { return fails() ? -1 : write(fd, from, n); }
static ssize_t pwrite_fails(int fd, const void *from, size_t n, off_t at)
{
	return fails() ? -1 : pwrite(fd, from, n, at);
}
static int fsync_fails(int fd) { return fails() ? -1 : no_sync(fd); }
static int rename_fails(const char *from, const char *to) { return fails() ? -1 : rename(from, to); }
static int mkdir_fails(const char *path, mode_t mode) { return fails() ? -1 : mkdir(path, mode); }

static void break_call(int which)
{
	switch (which) {
	case 0: sys.open = open_fails; break;
	case 1: sys.read = read_fails; break;
	case 2: sys.write = write_fails; break;
	case 3: sys.pwrite = pwrite_fails; break;
	case 4: sys.fsync = fsync_fails; break;
	case 5: sys.rename = rename_fails; break;
	default: sys.mkdir = mkdir_fails; break;
	}
}

static bool count_name(void *user, const char *name, struct error *error)
{
	(void)name, (void)error;
	++*(size_t *)user;
	return true;
}

static size_t open_files(void)
{
	size_t count = 0;

	assert_ok(walk_names("/dev/fd", count_name, &count, &err));
	return count;
}

TEST(any_call_that_fails_is_told_and_made_up_for_later)
{
	const struct sys_calls working = sys;

	for (int which = 0; which < 7; which++)
		for (int n = 1;; n++) {
			begin_again();
			size_t files_open = open_files();
			break_call(which);
			calls_left = n;
			err = (struct error){ 0 };
			own_mem char *snapshot = download_all();
			sys = working;
			bool failed = calls_left <= 0;
			if (!snapshot)
				assert_true(failed && strlen(err.text) > 10);
			own_mem char *text = python_loads(REPO, FAKE_COMMIT, "onnx/model.onnx");
			if (text)
				assert_string_equal(text, large_text);
			/* The servers keep theirs until they stop. */
			assert_int_equal(open_files(), files_open + scripted_server_connections(fake.server) +
				scripted_server_connections(fake.bytes));
			assert_downloads();
			if (!failed)
				break;
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HUB(a_disk_that_fills_keeps_what_has_come),
		WITH_HUB(a_disk_that_is_too_full_is_not_begun_with),
		WITH_HUB(any_call_that_fails_is_told_and_made_up_for_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
