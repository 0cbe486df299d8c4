/* Texts of others in dialogs. */
#include "cli/dialog_text.h"

#include "base/utf8.h"
#include "base/mem.h"
#include "support/random.h"
#include "support/test.h"

static void shows(const char *text, const char *want)
{
	own_buf out = BUF_INIT(4096);
	struct error err = {0};

	assert_ok(dialog_text(&out, str_of(text), 1000, &err));
	assert_string_equal(out.data ? out.data : "", want);
}

TEST(what_is_plain_is_shown_as_it_is)
{
	shows("", "");
	shows("make test && echo \"grüße 漢字\" > 'a b'", "make test && echo \"grüße 漢字\" > 'a b'");
}

TEST(no_terminal_obeys_it)
{
	shows("a\033[2J\rb\177\xc2\x9b", "a␛[2J␍b␡\xef\xbf\xbd");
	shows("\x80", "\xef\xbf\xbd");
}

TEST(what_is_not_seen_or_turns_words_around_is_named)
{
	shows("rm \xe2\x80\xae""fdp.sj", "rm <U+202E>fdp.sj");
	shows("a\xe2\x81\xa6""b\xe2\x81\xa9", "a<U+2066>b<U+2069>");
	shows("a\xe2\x80\x8b""b\xef\xbb\xbf\xe2\x80\x8f", "a<U+200B>b<U+FEFF><U+200F>");
	shows("\xf3\xa0\x81\xa1\xe2\x80\xa8", "<U+E0061><U+2028>");
}

TEST(no_line_of_it_looks_like_one_of_ours)
{
	shows("ls\n  1 yes\n\n", "ls\n  |   1 yes\n  | \n  | ");
}

TEST(what_does_not_fit_is_counted_in_characters)
{
	for (size_t n = 0; n < 300; n++) {
		own_buf text = BUF_INIT(4096), out = BUF_INIT(8192);
		struct error err = {0};
		size_t characters = 0, shown = 0, left = 0;
		uint32_t c;
		for (size_t i = 0; i < n; i++)
			buf_put(&text, i % 3 ? i % 2 ? "ä" : "x" : "€");
		assert_ok(dialog_text(&out, buf_str(&text), 200, &err));
		const char *cut = out.data ? strstr(out.data, "\n  | ... and ") : NULL;
		if (text.len <= 200) {
			assert_true(!cut && str_equal(buf_str(&out), buf_str(&text)));
			continue;
		}
		assert_non_null(cut);
		assert_int_equal(sscanf(cut, "\n  | ... and %zu more characters", &left), 1);
		for (size_t i = 0; i < (size_t)(cut - out.data); shown++)
			i += utf8_decode(out.data + i, out.len - i, &c);
		for (size_t i = 0; i < text.len; characters++)
			i += utf8_decode(text.data + i, text.len - i, &c);
		assert_int_equal(shown + left, characters);
		assert_true((size_t)(cut - out.data) <= 200 && (size_t)(cut - out.data) > 196);
	}
}

TEST(any_bytes_are_shown_harmlessly)
{
	uint64_t seed = 7;

	for (unsigned round = 0; round < 3000; round++) {
		char bytes[40];
		own_buf out = BUF_INIT(4096);
		struct error err = {0};
		size_t n = random_below(&seed, sizeof bytes);
		uint32_t c;
		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)random_below(&seed, 256);
		assert_ok(dialog_text(&out, (struct str){ bytes, n }, sizeof bytes, &err));
		assert_true(utf8_valid(out.data, out.len));
		for (size_t i = 0; i < out.len; ) {
			i += utf8_decode(out.data + i, out.len - i, &c);
			assert_true(c == '\n' || c == '\t' || (c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0)));
			assert_false((c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069));
			assert_true(c != '\n' || str_starts(str_from(buf_str(&out), i), (struct str)STR("  | ")));
		}
	}
}

TEST(plain_is_what_is_shown_as_it_is_in_one_line)
{
	own_mem char *many = mem_zeroed(5001, 1);

	memset(many, 'x', 5000);
	assert_true(dialog_text_is_plain((struct str)STR("Bash(make *)")));
	assert_false(dialog_text_is_plain((struct str)STR("Bash(a\nb)")));
	assert_false(dialog_text_is_plain((struct str)STR("Bash(a\tb)")));
	assert_false(dialog_text_is_plain((struct str)STR("Bash(a\033b)")));
	assert_false(dialog_text_is_plain((struct str)STR("Bash(a\xe2\x80\xae""b)")));
	assert_false(dialog_text_is_plain(str_of(many)));
}

TEST(rows_are_counted_as_a_terminal_breaks_them)
{
	static const struct { const char *text; size_t columns, rows; } cases[] = {
		{ "", 10, 1 }, { "1234567890", 10, 1 }, { "12345678901", 10, 2 }, { "123456789012345678901", 10, 3 },
		{ "a\nb", 10, 2 }, { "漢漢漢漢漢", 10, 1 }, { "漢漢漢漢漢漢", 10, 2 },
		{ "a漢漢漢漢漢", 10, 2 }, { "abc", 1, 3 },
	};

	for (size_t i = 0; i < countof(cases); i++)
		assert_int_equal(dialog_text_rows(str_of(cases[i].text), cases[i].columns), cases[i].rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_plain_is_shown_as_it_is),
		cmocka_unit_test(no_terminal_obeys_it),
		cmocka_unit_test(what_is_not_seen_or_turns_words_around_is_named),
		cmocka_unit_test(no_line_of_it_looks_like_one_of_ours),
		cmocka_unit_test(what_does_not_fit_is_counted_in_characters),
		cmocka_unit_test(any_bytes_are_shown_harmlessly),
		cmocka_unit_test(plain_is_what_is_shown_as_it_is_in_one_line),
		cmocka_unit_test(rows_are_counted_as_a_terminal_breaks_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
