#include "daemon/origin.h"

#include "support/test.h"

TEST(only_names_of_this_machine_are_hosts)
{
	static const char *const good[] = { "127.0.0.1", "127.0.0.1:11435", "localhost", "LocalHost:1", "[::1]",
		"[::1]:65535" };
	static const char *const bad[] = {
		"evil.example", "127.0.0.1.evil.example", "localhost.evil.example:11435", "127.0.0.1:", "127.0.0.1:12a",
		"127.0.0.1:123456", "127.0.0.2", "", "[::1]x", "user@127.0.0.1",
	};

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		assert_true(origin_host_is_local(good[i]));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(origin_host_is_local(bad[i]));
	assert_false(origin_host_is_local(NULL));
}

TEST(pages_of_this_machine_and_listed_ones_are_allowed)
{
	assert_true(origin_is_allowed("http://localhost:3000", NULL));
	assert_true(origin_is_allowed("https://127.0.0.1", NULL));
	assert_true(origin_is_allowed("http://a.example", "http://b.example\nhttp://a.example"));
	assert_true(origin_is_allowed("null", "null"));
}

TEST(other_pages_are_not)
{
	assert_false(origin_is_allowed("http://evil.example", NULL));
	assert_false(origin_is_allowed("null", NULL));
	assert_false(origin_is_allowed("", ""));
	assert_false(origin_is_allowed("http://localhost.evil.example", NULL));
	assert_false(origin_is_allowed("http://a.example.evil", "http://a.example"));
	assert_false(origin_is_allowed("ftp://localhost", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_names_of_this_machine_are_hosts),
		cmocka_unit_test(pages_of_this_machine_and_listed_ones_are_allowed),
		cmocka_unit_test(other_pages_are_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
