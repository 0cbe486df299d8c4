#include "base/mapped.h"

#include <errno.h>

#include "base/file.h"
#include "base/sys.h"
#include "support/test.h"

TEST(a_file_is_seen_as_it_was_written)
{
	struct error err = {0};
	own_mapped m = {0};

	assert_ok(file_write("mapped_test.tmp", str_of("hello"), 0600, &err));
	assert_ok(mapped_file(&m, "mapped_test.tmp", &err));
	assert_true(str_is(mapped_str(&m), "hello"));
	(void)remove("mapped_test.tmp");
}

TEST(an_empty_file_is_no_bytes)
{
	struct error err = {0};
	own_mapped m = {0};

	assert_ok(file_write("mapped_test.tmp", str_of(""), 0600, &err));
	assert_ok(mapped_file(&m, "mapped_test.tmp", &err));
	assert_int_equal(m.len, 0);
	(void)remove("mapped_test.tmp");
}

TEST(what_is_no_file_is_refused)
{
	struct error err = {0};
	own_mapped m = {0};

	assert_false(mapped_file(&m, "no/such/file", &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_false(mapped_file(&m, ".", &err));
	assert_string_equal(err.text, ". is not a file");
}

TEST(fresh_pages_are_zero_and_ours_to_write)
{
	struct error err = {0};
	own_mapped m = {0};

	assert_ok(mapped_pages(&m, 10000, &err));
	for (size_t i = 0; i < m.len; i++)
		assert_int_equal(m.data[i], 0);
	memset(m.data, 1, m.len);
}

static void *no_mmap(void *where, size_t n, int protection, int flags, int fd, off_t offset)
{
	(void)where, (void)n, (void)protection, (void)flags, (void)fd, (void)offset;
	errno = ENOMEM;
	return MAP_FAILED;
}

TEST(a_system_without_memory_is_an_error)
{
	struct error err = {0};
	own_mapped m = {0};

	assert_ok(file_write("mapped_test.tmp", str_of("hello"), 0600, &err));
	sys.mmap = no_mmap;
	bool file = mapped_file(&m, "mapped_test.tmp", &err), pages = mapped_pages(&m, 1 << 21, &err);
	sys.mmap = mmap;
	assert_false(file || pages);
	assert_string_equal(err.text, "out of memory (2 MB)");
	(void)remove("mapped_test.tmp");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_seen_as_it_was_written),
		cmocka_unit_test(an_empty_file_is_no_bytes),
		cmocka_unit_test(what_is_no_file_is_refused),
		cmocka_unit_test(fresh_pages_are_zero_and_ours_to_write),
		cmocka_unit_test(a_system_without_memory_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
