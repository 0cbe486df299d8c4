#include "base/path.h"

#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

TEST(parts_are_joined_by_one_slash)
{
	own_mem char *plain = path_join("a", "b"), *slashed = path_join("a/", "b"), *root = path_join("/", "b");

	assert_string_equal(plain, "a/b");
	assert_string_equal(slashed, "a/b");
	assert_string_equal(root, "/b");
	assert_string_equal(path_base("a/b/c.txt"), "c.txt");
	assert_string_equal(path_base("c.txt"), "c.txt");
}

TEST(shammah_home_overrides_home)
{
	struct error err = {0};

	setenv("HOME", "/h", 1);
	unsetenv("SHAMMAH_HOME");
	own_mem char *usual = path_shammah(&err);
	assert_string_equal(usual, "/h/.shammah");
	setenv("SHAMMAH_HOME", "/elsewhere", 1);
	own_mem char *other = path_shammah(&err);
	assert_string_equal(other, "/elsewhere");
}

TEST(homes_must_be_absolute)
{
	struct error err = {0};

	setenv("SHAMMAH_HOME", "here", 1);
	assert_null(path_shammah(&err));
	assert_non_null(strstr(err.text, "SHAMMAH_HOME must be an absolute path"));
	unsetenv("SHAMMAH_HOME");
	setenv("HOME", "h", 1);
	err = (struct error){0};
	assert_null(path_home(&err));
	assert_null(path_shammah(&err));
	assert_non_null(strstr(err.text, "HOME must be an absolute path"));
	setenv("HOME", "/h", 1);
}

TEST(missing_parents_are_made_and_existing_ones_kept)
{
	struct error err = {0};
	struct stat st;

	assert_ok(path_make("path_test.tmp/a/b", 0700, &err));
	assert_ok(path_make("path_test.tmp/a/b", 0700, &err));
	assert_int_equal(stat("path_test.tmp/a/b", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	rmdir("path_test.tmp/a/b");
	rmdir("path_test.tmp/a");
	rmdir("path_test.tmp");
}

TEST(a_file_in_the_way_is_an_error)
{
	struct error err = {0};

	assert_false(path_make("/dev/null/x", 0700, &err));
	assert_non_null(strstr(err.text, "/dev/null"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts_are_joined_by_one_slash),
		cmocka_unit_test(shammah_home_overrides_home),
		cmocka_unit_test(homes_must_be_absolute),
		cmocka_unit_test(missing_parents_are_made_and_existing_ones_kept),
		cmocka_unit_test(a_file_in_the_way_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
