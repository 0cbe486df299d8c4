#include "text/unicode.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "base/utf8.h"
#include "support/test.h"

static pcre2_code *compiled(const char *pattern)
{
	int code;
	size_t offset;

	return pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_UCP, &code, &offset, NULL);
}

/* Our table was made by the PCRE2 of the build; the one we run with must agree. */
static void expect_class(const char *pattern, enum char_class class)
{
	pcre2_code *regex = compiled(pattern);
	pcre2_match_data *match = pcre2_match_data_create(1, NULL);

	assert_non_null(regex);
	for (uint32_t c = 0; c < 0x110000; c++) {
		char text[4];
		size_t n = utf8_encode(c, text);
		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		bool is = pcre2_match(regex, (PCRE2_SPTR)text, n, 0, PCRE2_NO_UTF_CHECK, match, NULL) > 0;
		if (is != (unicode_class(c) == class))
			fail_msg("U+%04X and %s", c, pattern);
	}
	pcre2_match_data_free(match);
	pcre2_code_free(regex);
}

TEST(classes_are_those_of_the_regular_expressions)
{
	expect_class("\\p{L}", CHAR_LETTER);
	expect_class("\\p{N}", CHAR_NUMBER);
	expect_class("\\p{White_Space}", CHAR_SPACE);
}

TEST(the_fast_decoder_agrees_with_the_careful_one)
{
	for (uint32_t c = 0; c < 0x110000; c++) {
		char text[8] = {0};
		uint32_t fast, careful;
		size_t n = utf8_encode(c, text);
		assert_int_equal(unicode_next(text, &fast), utf8_decode(text, n, &careful));
		assert_int_equal(fast, careful);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes_are_those_of_the_regular_expressions),
		cmocka_unit_test(the_fast_decoder_agrees_with_the_careful_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
