#include "support/random.h"
#include "support/test.h"
#include "tool/encoding.h"

static uint64_t dice = 5;

static enum encoding_kind kind_of(struct str bytes) { return encoding_guess(bytes, true).kind; }

#define KIND(literal) kind_of((struct str)STR(literal))

TEST(tells_encodings_apart)
{
	assert_int_equal(KIND(""), ENCODING_UTF8);
	assert_int_equal(KIND("plain"), ENCODING_UTF8);
	assert_int_equal(KIND("caf\xc3\xa9"), ENCODING_UTF8);
	assert_int_equal(KIND("caf\xe9"), ENCODING_1252);
	assert_int_equal(KIND("\xff\xfe" "a\0b\0"), ENCODING_UTF16LE);
	assert_int_equal(KIND("\xfe\xff\0a\0b"), ENCODING_UTF16BE);
	assert_int_equal(KIND("a\0b\0c\0\n\0"), ENCODING_UTF16LE);
	assert_int_equal(KIND("\0a\0b\0c\0\n"), ENCODING_UTF16BE);
	assert_int_equal(KIND("a\0bc"), ENCODING_BINARY);
	assert_int_equal(KIND("\1\2\3\4\5\6"), ENCODING_BINARY);
	assert_int_equal(KIND("\x1b[31mred\x1b[0m\t\r\n"), ENCODING_UTF8);
	struct encoding marked = encoding_guess((struct str)STR("\xef\xbb\xbfx"), true);
	assert_int_equal(marked.mark, 3);
	struct encoding damaged = encoding_guess((struct str)STR("\xc3\xa9\xc3\xa9\xff"), true);
	assert_int_equal(damaged.kind, ENCODING_UTF8);
	assert_true(damaged.damaged);
	/* A character that the window cuts is none that is damaged. */
	assert_int_equal(encoding_guess((struct str)STR("caf\xc3"), false).kind, ENCODING_UTF8);
	assert_int_equal(encoding_guess((struct str)STR("caf\xc3"), true).kind, ENCODING_1252);
}

static void decode(enum encoding_kind kind, struct str bytes, struct buf *out)
{
	struct error err = {0};
	own_buf held = BUF_INIT(1 << 20);

	/* In pieces of any size, as files are read. */
	while (bytes.n || held.len) {
		size_t n = random_below(&dice, 5);
		n = n < bytes.n ? n : bytes.n;
		bool last = n == bytes.n;
		assert_ok(buf_add(&held, bytes.p, n, &err));
		bytes = str_from(bytes, n);
		struct str rest = buf_str(&held);
		assert_ok(encoding_decode(kind, &rest, last, out, &err));
		buf_consume(&held, held.len - rest.n);
	}
}

TEST(every_text_comes_back_as_it_was)
{
	static const enum encoding_kind kinds[] = { ENCODING_UTF8, ENCODING_UTF16LE, ENCODING_UTF16BE, ENCODING_1252 };
	struct error err = {0};

	for (int round = 0; round < 4000; round++) {
		enum encoding_kind kind = kinds[round % 4];
		own_buf bytes = BUF_INIT(1 << 20), text = BUF_INIT(1 << 20), back = BUF_INIT(1 << 20);
		for (uint32_t n = random_below(&dice, 40); n; n--) {
			char c = (char)random_below(&dice, 256);
			if (kind == ENCODING_1252) {
				assert_ok(buf_add(&bytes, &c, 1, &err));
				continue;
			}
			static const char *const some[] = { "a", "\n", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80" };
			assert_ok(encoding_encode(kind, str_of(some[(unsigned char)c % 5]), &bytes, &err));
		}
		decode(kind, buf_str(&bytes), &text);
		assert_ok(encoding_encode(kind, buf_str(&text), &back, &err));
		assert_true(str_equal(buf_str(&bytes), buf_str(&back)));
	}
}

TEST(a_character_that_the_encoding_lacks_is_named)
{
	struct error err = {0};
	own_buf out = BUF_INIT(100);

	assert_false(encoding_encode(ENCODING_1252, str_of("\xe2\x86\x92"), &out, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_non_null(strstr(err.text, "U+2192"));
	assert_ok(encoding_encode(ENCODING_1252, str_of("\xe2\x82\xac"), &out, &err));
	assert_string_equal(out.data, "\x80");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_encodings_apart),
		cmocka_unit_test(every_text_comes_back_as_it_was),
		cmocka_unit_test(a_character_that_the_encoding_lacks_is_named),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
