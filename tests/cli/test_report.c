#include "cli/report.h"

#include "cli/mask.h"
#include "net/about.h"
#include "support/test.h"

#define SECRET "sk-ant-api03-abcdefghijklmnopqrstuvwxyz"

static const char *text_of(const struct report *r, size_t row, const char *what)
{
	return json_member_string(json_array_get(r->rows, row), what);
}

TEST(a_secret_is_hidden_wherever_it_stands)
{
	own_report r = {0};

	report_init(&r, "/home/somebody");
	report_secret(&r, SECRET);
	report_secret(&r, NULL);
	report_secret(&r, "short");
	r.check = "x";
	report_add(&r, REPORT_OK, "use " SECRET " at once",
		"a" SECRET SECRET "b at /home/somebody/.shammah\nshort\033[31m");
	assert_string_equal(text_of(&r, 0, "text"), "a******b at ~/.shammah short\xE2\x90\x9B[31m");
	assert_string_equal(text_of(&r, 0, "advice"), "use *** at once");
}

/* A text that is cut before it is looked at would hide only a piece of it. */
TEST(a_secret_far_into_a_long_text_is_hidden)
{
	own_report r = {0};
	char text[3000];

	memset(text, 'x', sizeof text);
	memcpy(text + 990, SECRET, strlen(SECRET));
	text[sizeof text - 1] = '\0';
	report_init(&r, NULL);
	report_secret(&r, SECRET);
	r.check = "x";
	report_add(&r, REPORT_WARN, NULL, "%s", text);
	assert_null(strstr(text_of(&r, 0, "text"), "sk-ant"));
}

TEST(results_are_counted_and_bytes_that_are_no_text_are_no_end)
{
	own_report r = {0};

	report_init(&r, "/");
	r.check = "x";
	report_add(&r, REPORT_FAIL, NULL, "\xFF");
	report_add(&r, REPORT_WARN, "do", "a");
	own_json *json = report_json(&r);
	assert_int_equal(json_integer_value(json_object_get(json, "failures")), 1);
	assert_int_equal(json_integer_value(json_object_get(json, "warnings")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "checks")), 2);
	assert_string_equal(text_of(&r, 0, "text"), "\xEF\xBF\xBD");
	assert_null(json_object_get(json_array_get(r.rows, 0), "advice"));
}

TEST(a_mask_shows_little_of_a_long_key_and_nothing_of_a_short_one)
{
	char out[MASK_TEXT];

	assert_string_equal(mask_secret(SECRET, out), "sk-ant-...wxyz");
	assert_string_equal(mask_secret("abcdefghij", out), "(set, 10 characters)");
}

TEST(a_proxy_is_shown_without_its_password)
{
	static const char *const urls[][2] = {
		{ "http://user:pa@ss@proxy:3128", "http://***@proxy:3128" }, { "user:pw@proxy", "***@proxy" },
		{ "http://proxy:3128", "http://proxy:3128" }, { "proxy", "proxy" },
	};

	for (size_t i = 0; i < countof(urls); i++) {
		char *shown = http_proxy_masked(urls[i][0]);
		assert_string_equal(shown, urls[i][1]);
		free(shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_secret_is_hidden_wherever_it_stands),
		cmocka_unit_test(a_secret_far_into_a_long_text_is_hidden),
		cmocka_unit_test(results_are_counted_and_bytes_that_are_no_text_are_no_end),
		cmocka_unit_test(a_mask_shows_little_of_a_long_key_and_nothing_of_a_short_one),
		cmocka_unit_test(a_proxy_is_shown_without_its_password),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
