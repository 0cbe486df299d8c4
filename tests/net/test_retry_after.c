#include "net/retry_after.h"

#include "support/test.h"

/* 1994-11-06 08:49:37 UTC, the date in RFC 9110. */
#define THEN 784111777

static void expect(const char *value, int64_t now, unsigned seconds)
{
	unsigned found = 4711;

	if (!retry_after_parse(value, now, &found))
		fail_msg("\"%s\" was not understood", value);
	assert_int_equal(found, seconds);
}

static void expect_nonsense(const char *value)
{
	unsigned seconds;

	if (retry_after_parse(value, THEN, &seconds))
		fail_msg("\"%s\" was understood as %u s", value, seconds);
}

TEST(a_number_is_a_number_of_seconds)
{
	expect("0", THEN, 0);
	expect(" 120 ", THEN, 120);
	expect("99999999999999999999999", THEN, UINT32_MAX);
}

TEST(a_date_is_waited_for)
{
	expect("Sun, 06 Nov 1994 08:49:37 GMT", THEN - 37, 37);
}

TEST(the_obsolete_forms_of_a_date_are_understood)
{
	expect("Sunday, 06-Nov-94 08:49:37 GMT", THEN - 5, 5);
	expect("Sun Nov  6 08:49:37 1994", THEN - 6, 6);
}

TEST(a_date_that_has_passed_means_at_once)
{
	expect("Sun, 06 Nov 1994 08:49:37 GMT", THEN + 1000, 0);
}

TEST(nonsense_is_told_apart)
{
	expect_nonsense("");
	expect_nonsense("-1");
	expect_nonsense("1.5");
	expect_nonsense("soon");
	expect_nonsense("12:99:99 Foo");
}

TEST(milliseconds_may_have_a_fraction)
{
	static const struct { const char *value; unsigned ms; } cases[] = {
		{ "0", 0 }, { "250", 250 }, { " 12.5 ", 13 }, { "12.0", 12 }, { "99999999999999999999", UINT32_MAX },
		{ "4294967295.5", UINT32_MAX },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		unsigned ms = 4711;
		assert_true(retry_after_ms_parse(cases[i].value, &ms));
		assert_int_equal(ms, cases[i].ms);
	}
}

TEST(milliseconds_that_are_no_number_are_told_apart)
{
	static const char *const values[] = { "", "-1", "soon", "1.2.3", ".5", "1e3" };
	unsigned ms;

	for (size_t i = 0; i < countof(values); i++)
		if (retry_after_ms_parse(values[i], &ms))
			fail_msg("\"%s\" was understood as %u ms", values[i], ms);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(milliseconds_may_have_a_fraction),
		cmocka_unit_test(milliseconds_that_are_no_number_are_told_apart),
		cmocka_unit_test(a_number_is_a_number_of_seconds),
		cmocka_unit_test(a_date_is_waited_for),
		cmocka_unit_test(the_obsolete_forms_of_a_date_are_understood),
		cmocka_unit_test(a_date_that_has_passed_means_at_once),
		cmocka_unit_test(nonsense_is_told_apart),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
