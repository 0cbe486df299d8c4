#include "net/url.h"

#include "base/mem.h"
#include "support/test.h"

static struct error err;

TEST(locations_are_relative_or_absolute)
{
	static const struct { const char *base, *location, *expected; } cases[] = {
		{ "https://a.example/x/y", "/z?q=1", "https://a.example/z?q=1" },
		{ "https://a.example/x/y", "z", "https://a.example/x/z" },
		{ "https://a.example/hf/x", "../../../z", "https://a.example/z" },
		{ "http://a.example:8080/x", "/z", "http://a.example:8080/z" },
		{ "https://a.example/x", "//b.example/y", "https://b.example/y" },
		{ "https://a.example/x", "https://b.example/y?a=b%2Fc", "https://b.example/y?a=b%2Fc" },
		{ "http://a.example/x", "https://a.example/y", "https://a.example/y" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_mem char *url = url_follow(cases[i].base, cases[i].location, &err);
		if (!url)
			fail_msg("%s: %s", cases[i].location, err.text);
		assert_string_equal(url, cases[i].expected);
	}
}

TEST(what_is_no_web_address_is_not_followed)
{
	static const char *const locations[] = { "ftp://b.example/", "file:///etc/passwd", "https://", "http://a b/" };

	for (size_t i = 0; i < countof(locations); i++) {
		assert_null(url_follow("http://a.example/secret", locations[i], &err));
		assert_int_equal(err.kind, ERROR_INVALID);
		assert_null(strstr(err.text, "secret"));
	}
	assert_null(url_follow("https://a.example/", "http://a.example/", &err));
	assert_int_equal(err.kind, ERROR_DENIED);
}

TEST(an_origin_is_scheme_host_and_port)
{
	assert_true(url_same_origin("https://a.example", "https://A.example:443/x?y"));
	assert_false(url_same_origin("https://a.example", "http://a.example"));
	assert_false(url_same_origin("https://a.example", "https://a.example:444"));
	assert_false(url_same_origin("https://a.example", "https://a.example.org"));
	assert_false(url_same_origin("https://a.example", "https://a.example@b.example"));
	assert_false(url_same_origin("", ""));
}

TEST(a_host_is_named_without_the_rest)
{
	own_mem char *host = url_host("https://user:key@a.example:8443/path?query"), *none = url_host("nonsense://");

	assert_string_equal(host, "a.example:8443");
	assert_string_equal(none, "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(locations_are_relative_or_absolute),
		cmocka_unit_test(what_is_no_web_address_is_not_followed),
		cmocka_unit_test(an_origin_is_scheme_host_and_port),
		cmocka_unit_test(a_host_is_named_without_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
