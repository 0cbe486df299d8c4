#include "base/utf8.h"

#include "support/test.h"

TEST(every_code_point_survives_a_round_trip)
{
	for (uint32_t c = 0; c <= 0x10FFFF; c++) {
		char bytes[4];
		uint32_t back;

		if (c >= 0xD800 && c <= 0xDFFF)
			continue;
		size_t n = utf8_encode(c, bytes);
		assert_int_equal(utf8_decode(bytes, n, &back), n);
		assert_int_equal(back, c);
	}
}

TEST(malformed_bytes_are_refused)
{
	static const char *const bad[] = {
		"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF0\x80\x80\x80", "\xF4\x90\x80\x80",
		"\xF8\x88\x80\x80\x80", "\xFF", "a\xC3", "\xE2\x82",
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(utf8_valid(bad[i], strlen(bad[i])));
	assert_true(utf8_valid("aé€😀", 10));
}

/* Property: cutting a text anywhere, the tail held back is what makes the rest valid. */
TEST(a_cut_text_without_its_tail_is_valid)
{
	const char *text = "aé€😀z€";
	size_t n = strlen(text);

	for (size_t cut = 0; cut <= n; cut++) {
		size_t tail = utf8_incomplete_tail(text, cut);
		assert_true(utf8_valid(text, cut - tail));
		assert_true(tail <= 3);
	}
}

TEST(bytes_that_never_become_a_character_are_no_tail)
{
	assert_int_equal(utf8_incomplete_tail("\x80", 1), 0);
	assert_int_equal(utf8_incomplete_tail("\xE0\x80", 2), 0);
	assert_int_equal(utf8_incomplete_tail("\xFF", 1), 0);
	assert_int_equal(utf8_incomplete_tail("\xF0\x9F\x98", 3), 3);
}

TEST(ascii_is_counted_up_to_the_first_other_byte)
{
	char text[40];

	for (size_t n = 0; n <= sizeof text; n++) {
		for (size_t at = 0; at <= n; at++) {
			memset(text, 'x', sizeof text);
			if (at < n)
				text[at] = (char)0x80;
			assert_int_equal(utf8_ascii(text, n), at);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_point_survives_a_round_trip),
		cmocka_unit_test(malformed_bytes_are_refused),
		cmocka_unit_test(a_cut_text_without_its_tail_is_valid),
		cmocka_unit_test(bytes_that_never_become_a_character_are_no_tail),
		cmocka_unit_test(ascii_is_counted_up_to_the_first_other_byte),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
