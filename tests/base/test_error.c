#include "base/error.h"

#include <errno.h>

#include "base/utf8.h"
#include "support/test.h"

TEST(a_failed_system_call_says_why)
{
	struct error err = {0};

	errno = ENOENT;
	assert_false(error_errno(&err, "cannot open %s", "x"));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_string_equal(err.text, "cannot open x: No such file or directory");
}

TEST(context_goes_before_the_reason)
{
	struct error err = {0};

	error_set(&err, ERROR_TIMEOUT, "no answer in %d s", 5);
	error_prefix(&err, "asking %s", "Claude");
	assert_int_equal(err.kind, ERROR_TIMEOUT);
	assert_string_equal(err.text, "asking Claude: no answer in 5 s");
}

TEST(a_text_too_long_is_cut_at_a_code_point)
{
	struct error err = {0};
	char many[801] = "";

	for (size_t i = 0; i < 400; i++)
		memcpy(many + 2 * i, "é", 2);
	error_set(&err, ERROR_INVALID, "%s", many);
	assert_true(utf8_valid(err.text, strlen(err.text)));
	assert_int_equal(strlen(err.text), sizeof err.text - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failed_system_call_says_why),
		cmocka_unit_test(context_goes_before_the_reason),
		cmocka_unit_test(a_text_too_long_is_cut_at_a_code_point),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
