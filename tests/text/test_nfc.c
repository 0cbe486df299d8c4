#include "text/nfc.h"

#include <utf8proc.h>

#include "base/mem.h"
#include "support/random.h"
#include "support/test.h"

/* utf8proc's own normalisation of the whole text: the slow twin. */
static char *slow(const char *text, size_t n)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t length = utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n, &out,
		UTF8PROC_STABLE | UTF8PROC_COMPOSE);

	assert_true(length >= 0);
	return (char *)out;
}

static void expect_like_slow(const char *text, size_t n)
{
	struct error err = {0};
	own_buf out = BUF_INIT(1 << 20);
	own_mem char *expected = slow(text, n);

	assert_ok(nfc_add(&out, (struct str){ text, n }, &err));
	assert_string_equal(out.data, expected);
	if (nfc_is((struct str){ text, n }))
		assert_memory_equal(text, out.data, n);
}

TEST(every_character_alone_and_between_others_is_normalised)
{
	for (uint32_t c = 1; c < 0x110000; c += c < 0x3200 || (c >= 0xA000 && c < 0x11A00) || c >= 0x1D000 ? 1 : 7) {
		char text[16] = "a";
		size_t n = 1 + utf8_encode(c, text + 1);
		expect_like_slow(text + 1, n - 1);
		text[n++] = '\xCC';   /* U+0301 */
		text[n++] = '\x81';
		expect_like_slow(text, n);
	}
}

TEST(random_texts_are_normalised_as_the_slow_twin_does)
{
	uint64_t seed = 5;
	char text[4 * 40];

	for (int i = 0; i < 20000; i++) {
		size_t n = random_text(&seed, text, 40);
		if (!memchr(text, 0, n))
			expect_like_slow(text, n);
	}
}

TEST(ordinary_text_passes_the_quick_check)
{
	assert_true(nfc_is(str_of("plain ASCII, Größe, 日本語, สวัสดี, नमस्ते, 한국어")));
	assert_false(nfc_is(str_of("e\xCC\x81")));
	assert_false(nfc_is(str_of("x\xCC\x81")));   /* it is, but a mark may always combine */
	assert_true(nfc_is((struct str){0}));
}

TEST(a_letter_with_a_hundred_thousand_marks_is_done_in_time)
{
	size_t marks = 100000;
	struct error err = {0};
	own_buf text = BUF_INIT(1 << 20), out = BUF_INIT(1 << 20);

	buf_put(&text, "x");
	for (size_t i = 0; i < marks; i++)
		buf_put(&text, i % 2 ? "\xCC\xA3" : "\xCC\x81");   /* below and above by turns */
	assert_ok(nfc_add(&out, buf_str(&text), &err));
	assert_memory_equal(out.data, "x\xCC\xA3\xCC\xA3", 5);
	assert_int_equal(out.len, text.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_character_alone_and_between_others_is_normalised),
		cmocka_unit_test(random_texts_are_normalised_as_the_slow_twin_does),
		cmocka_unit_test(ordinary_text_passes_the_quick_check),
		cmocka_unit_test(a_letter_with_a_hundred_thousand_marks_is_done_in_time),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
