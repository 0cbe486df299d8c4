#include "base/file.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/path.h"
#include "base/sys.h"
#include "support/test.h"

static const struct sys_calls real = {
	.open = open, .read = read, .write = write, .fsync = fsync, .close = close, .rename = rename, .mkdir = mkdir,
};
static int calls_until_fault;

static bool faulty(int error)
{
	if (calls_until_fault-- != 0)
		return false;
	errno = error;
	return true;
}

static ssize_t faulty_read(int fd, void *dst, size_t n)
{
	(void)n;
	return faulty(EIO) ? -1 : read(fd, dst, 1);
}

static ssize_t faulty_write(int fd, const void *src, size_t n)
{
	(void)n;
	return faulty(ENOSPC) ? -1 : write(fd, src, 1);
}

static int faulty_fsync(int fd) { return faulty(EIO) ? -1 : fsync(fd); }
static int faulty_rename(const char *from, const char *to) { return faulty(EACCES) ? -1 : rename(from, to); }

static int restore_sys(void **state)
{
	(void)state;
	sys = real;
	(void)remove("file_test.tmp");
	return 0;
}

TEST(a_file_is_read_back_as_written)
{
	struct error err = {0};
	size_t len;

	assert_ok(file_write("file_test.tmp", str_of("hello"), 0600, &err));
	own_mem char *text = file_read("file_test.tmp", 100, &len, &err);
	assert_string_equal(text, "hello");
	assert_int_equal(len, 5);
}

TEST(a_file_over_the_limit_is_refused)
{
	struct error err = {0};

	assert_ok(file_write("file_test.tmp", str_of("hello"), 0600, &err));
	assert_null(file_read("file_test.tmp", 4, NULL, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	assert_string_equal(err.text, "file_test.tmp: more than 4 bytes");
}

TEST(a_read_that_fails_at_any_point_is_reported)
{
	struct error err = {0};

	assert_ok(file_write("file_test.tmp", str_of("hello"), 0600, &err));
	sys.read = faulty_read;
	for (int fault = 0; ; fault++) {       /* until a run sees no fault */
		calls_until_fault = fault;
		own_mem char *text = file_read("file_test.tmp", 100, NULL, &err);
		if (text) {
			assert_string_equal(text, "hello");
			assert_int_equal(fault, 6);
			break;
		}
		assert_string_equal(err.text, "file_test.tmp: cannot read: Input/output error");
	}
}

/* Property: whichever call fails, the old content is whole and no temporary file is left. */
TEST(a_write_that_fails_at_any_point_leaves_the_old_file)
{
	struct error err = {0};
	own_mem char *temporary = NULL;
	int fault = 0;

	assert_true(asprintf(&temporary, "file_test.tmp.tmp.%ld", (long)getpid()) > 0);
	assert_ok(file_write("file_test.tmp", str_of("old"), 0600, &err));
	sys.write = faulty_write;
	sys.fsync = faulty_fsync;
	sys.rename = faulty_rename;
	for (;; fault++) {
		calls_until_fault = fault;
		bool ok = file_write("file_test.tmp", str_of("newer"), 0600, &err);
		own_mem char *now = file_read("file_test.tmp", 100, NULL, &err);
		assert_false(path_is_file(temporary));
		if (ok) {
			assert_string_equal(now, "newer");
			break;
		}
		assert_string_equal(now, "old");
	}
	assert_int_equal(fault, 7);   /* five bytes, fsync, rename */
}

TEST(a_missing_file_is_not_found)
{
	struct error err = {0};

	assert_null(file_read("no/such/file", 10, NULL, &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_back_as_written),
		cmocka_unit_test(a_file_over_the_limit_is_refused),
		cmocka_unit_test_teardown(a_read_that_fails_at_any_point_is_reported, restore_sys),
		cmocka_unit_test_teardown(a_write_that_fails_at_any_point_leaves_the_old_file, restore_sys),
		cmocka_unit_test(a_missing_file_is_not_found),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
