#include "cli/keys.h"

#include "cli/line_edit.h"
#include "support/random.h"
#include "support/test.h"

static enum key_kind kind_of(const char *bytes, bool last)
{
	struct key key;
	size_t used = key_decode(bytes, strlen(bytes), last, &key);

	assert_int_equal(used, strlen(bytes));
	return key.kind;
}

TEST(keys_of_common_terminals_are_known)
{
	assert_int_equal(kind_of("\033[A", false), KEY_UP);
	assert_int_equal(kind_of("\033OA", false), KEY_UP);
	assert_int_equal(kind_of("\033[1;5B", false), KEY_DOWN);
	assert_int_equal(kind_of("\033[3~", false), KEY_DELETE);
	assert_int_equal(kind_of("\033[1~", false), KEY_HOME);
	assert_int_equal(kind_of("\033[F", false), KEY_END);
	assert_int_equal(kind_of("\033[200~", false), KEY_PASTE);
	assert_int_equal(kind_of("\033[201~", false), KEY_PASTED);
	assert_int_equal(kind_of("\r", false), KEY_ENTER);
	assert_int_equal(kind_of("\177", false), KEY_BACKSPACE);
	assert_int_equal(kind_of("\003", false), KEY_INTERRUPT);
	assert_int_equal(kind_of("\033[99;99X", false), KEY_OTHER);
	assert_int_equal(kind_of("\033x", false), KEY_OTHER);
	assert_int_equal(kind_of("\xD7\xA9", false), KEY_TEXT);
	assert_int_equal(kind_of("\xFF", false), KEY_OTHER);
}

TEST(an_escape_waits_for_what_may_follow_and_is_one_when_nothing_does)
{
	struct key key;

	assert_int_equal(key_decode("\033", 1, false, &key), 0);
	assert_int_equal(key_decode("\033[", 2, false, &key), 0);
	assert_int_equal(key_decode("\033[1;", 4, false, &key), 0);
	assert_int_equal(key_decode("\xD7", 1, false, &key), 0);
	assert_int_equal(kind_of("\033", true), KEY_ESCAPE);
	assert_int_equal(kind_of("\033[1;", true), KEY_OTHER);
	assert_int_equal(kind_of("\xD7", true), KEY_OTHER);
}

/* How bytes are cut never changes the keys. */
TEST(keys_that_come_in_pieces_are_the_same_keys)
{
	static const char whole[] = "a\033[A\xD7\xA9\033[200~x\r\033[201~\033[1;5C\177\r";
	enum key_kind expected[32];
	size_t count = 0;
	struct key key;

	for (size_t at = 0; at < sizeof whole - 1; count++) {
		at += key_decode(whole + at, sizeof whole - 1 - at, true, &key);
		expected[count] = key.kind;
	}
	for (uint64_t seed = 1; seed <= 200; seed++) {
		uint64_t s = seed * 0x9E3779B97F4A7C15u;
		char pending[64];
		size_t n = 0, fed = 0, got = 0;
		while (got < count) {
			size_t piece = 1 + random_below(&s, 4);
			for (; piece && fed < sizeof whole - 1; piece--)
				pending[n++] = whole[fed++];
			size_t used;
			while (n && (used = key_decode(pending, n, false, &key))) {
				assert_int_equal(key.kind, expected[got++]);
				n -= used;
				memmove(pending, pending + used, n);
			}
		}
		assert_int_equal(n, 0);
	}
}

TEST(any_bytes_end_as_keys)
{
	uint64_t seed = 77;
	struct key key;
	char bytes[40];

	for (int i = 0; i < 20000; i++) {
		size_t n = 1 + random_below(&seed, sizeof bytes);
		for (size_t j = 0; j < n; j++)
			bytes[j] = random_below(&seed, 3) ? "\033[O;~1A\xD7"[random_below(&seed, 8)]
								: (char)random_next(&seed);
		for (size_t at = 0; at < n; ) {
			size_t used = key_decode(bytes + at, n - at, true, &key);
			assert_true(used > 0 && used <= n - at);
			at += used;
		}
	}
}

/* Types bytes; the last step. */
static enum line_edit_step type(struct line_edit *l, const char *bytes)
{
	enum line_edit_step step = LINE_GOES_ON;
	struct key key;

	for (size_t at = 0, n = strlen(bytes); at < n && step == LINE_GOES_ON; ) {
		at += key_decode(bytes + at, n - at, true, &key);
		step = line_edit_key(l, &key);
	}
	return step;
}

static void assert_typed(const char *initial, const char *bytes, enum line_edit_step step, const char *text)
{
	struct line_edit l;

	line_edit_init(&l, initial);
	assert_int_equal(type(&l, bytes), step);
	char *got = line_edit_text(&l);
	assert_string_equal(got, text);
	free(got);
	line_edit_done(&l);
}

TEST(a_line_is_edited_by_whole_characters)
{
	assert_typed("", "ab\r", LINE_ENTERED, "ab");
	assert_typed("ab", "\177\177\177c\r", LINE_ENTERED, "c");
	assert_typed("a\xD7\xA9", "\033[Dx\r", LINE_ENTERED, "ax\xD7\xA9");
	assert_typed("a\xD7\xA9", "\177\r", LINE_ENTERED, "a");
	assert_typed("abc", "\033[H\033[3~\033[Fd\r", LINE_ENTERED, "bcd");
	assert_typed("abc", "\025x\r", LINE_ENTERED, "x");
	assert_typed("abc", "\033", LINE_LEFT, "abc");
	assert_typed("abc", "\003", LINE_INTERRUPTED, "abc");
	assert_typed("abc", "\004\r", LINE_ENTERED, "abc");
	assert_typed("", "\004", LINE_INTERRUPTED, "");
}

TEST(a_pasted_key_loses_the_white_space_around_it_and_does_not_enter_by_itself)
{
	assert_typed("", "\033[200~ \tsk-ant-1 \r\n\r\n\033[201~", LINE_GOES_ON, "sk-ant-1");
	assert_typed("", "\033[200~sk-ant-1\n\033[201~\r", LINE_ENTERED, "sk-ant-1");
	assert_typed("", "\033[200~sk\nant\033[201~\r", LINE_ENTERED, "sk ant");
	assert_typed("", "sk-ant-1 \r", LINE_ENTERED, "sk-ant-1");
}

TEST(a_line_has_a_ceiling)
{
	struct line_edit l;
	struct key key = { .kind = KEY_TEXT, .text = "x" };

	line_edit_init(&l, NULL);
	for (size_t i = 0; i < LINE_EDIT_MAX + 10; i++)
		assert_int_equal(line_edit_key(&l, &key), LINE_GOES_ON);
	assert_int_equal(l.text.len, LINE_EDIT_MAX);
	assert_int_equal(l.at, LINE_EDIT_MAX);
	line_edit_done(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_of_common_terminals_are_known),
		cmocka_unit_test(an_escape_waits_for_what_may_follow_and_is_one_when_nothing_does),
		cmocka_unit_test(keys_that_come_in_pieces_are_the_same_keys),
		cmocka_unit_test(any_bytes_end_as_keys),
		cmocka_unit_test(a_line_is_edited_by_whole_characters),
		cmocka_unit_test(a_pasted_key_loses_the_white_space_around_it_and_does_not_enter_by_itself),
		cmocka_unit_test(a_line_has_a_ceiling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
