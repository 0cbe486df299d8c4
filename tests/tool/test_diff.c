#include "base/mem.h"
#include "support/random.h"
#include "support/test.h"
#include "tool/diff.h"

static int64_t number(const json_t *object, const char *name)
{
	return json_integer_value(json_object_get(object, name));
}

/* What `patch -p0` would make of it: the hunks say which lines of `before` stay. */
static void apply(const json_t *diff, struct str before, struct buf *out)
{
	size_t i, k, at = 1;
	const json_t *hunk, *line;
	struct str piece;

	json_array_foreach(json_object_get(diff, "structuredPatch"), i, hunk) {
		size_t start = (size_t)number(hunk, "oldStart") + (number(hunk, "oldLines") ? 0 : 1);
		int64_t olds = 0, news = 0;
		for (; at < start; at++) {
			assert_true(str_split(&before, '\n', &piece));
			buf_putf(out, "%.*s\n", STR_ARGS(piece));
		}
		json_array_foreach(json_object_get(hunk, "lines"), k, line) {
			const char *text = json_string_value(line);
			if (text[0] == '\\')
				continue;
			if (text[0] != '+') {
				assert_true(str_split(&before, '\n', &piece));
				assert_true(str_is(piece, text + 1));
				at++;
				olds++;
			}
			if (text[0] != '-') {
				buf_putf(out, "%s\n", text + 1);
				news++;
			}
		}
		assert_int_equal(olds, number(hunk, "oldLines"));
		assert_int_equal(news, number(hunk, "newLines"));
	}
	while (before.n && str_split(&before, '\n', &piece))
		buf_putf(out, "%.*s\n", STR_ARGS(piece));
}

/* The length of the longest common subsequence, by the whole table. */
static size_t common_lines(const char *a, size_t n, const char *b, size_t m)
{
	static size_t table[65][65];

	for (size_t i = 0; i <= n; i++)
		for (size_t j = 0; j <= m; j++)
			table[i][j] = !i || !j ? 0 : a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1 :
				table[i - 1][j] > table[i][j - 1] ? table[i - 1][j] : table[i][j - 1];
	return table[n][m];
}

TEST(a_difference_makes_one_text_of_the_other_and_is_the_shortest)
{
	uint64_t dice = 3;

	for (int round = 0; round < 3000; round++) {
		own_buf before = BUF_INIT(1 << 16), after = BUF_INIT(1 << 16), made = BUF_INIT(1 << 16);
		char a[64], b[64];
		size_t n = random_below(&dice, 60), m = 0, letters = 2 + random_below(&dice, 6);
		for (size_t i = 0; i < n; i++) {
			a[i] = (char)('a' + random_below(&dice, (uint32_t)letters));
			buf_putf(&before, "line %c\n", a[i]);
		}
		for (size_t i = 0; i < n && m < 62; i++) {
			uint32_t way = random_below(&dice, 10);
			if (way != 0)
				b[m++] = a[i];
			if (way == 1)
				b[m++] = (char)('a' + random_below(&dice, (uint32_t)letters));
		}
		for (size_t i = 0; i < m; i++)
			buf_putf(&after, "line %c\n", b[i]);
		own_json *diff = diff_json(buf_str(&before), buf_str(&after));
		apply(diff, buf_str(&before), &made);
		assert_string_equal(made.data, after.data);
		assert_int_equal(number(diff, "linesRemoved"), n - common_lines(a, n, b, m));
		assert_int_equal(number(diff, "linesAdded"), m - common_lines(a, n, b, m));
	}
}

static void assert_diff(const char *before, const char *after, const char *expected)
{
	struct error err = {0};
	own_json *diff = diff_json(str_of(before), str_of(after));
	own_buf text = BUF_INIT(1 << 20);

	assert_ok(json_write(&text, json_object_get(diff, "structuredPatch"), &err));
	assert_string_equal(text.data, expected);
}

TEST(hunks_are_written_as_unified_diffs_have_them)
{
	assert_diff("a\n", "a\n", "[]");
	assert_diff("", "", "[]");
	assert_diff("", "a\nb\n", "[{\"oldStart\":0,\"oldLines\":0,\"newStart\":1,\"newLines\":2,"
		"\"lines\":[\"+a\",\"+b\"]}]");
	assert_diff("a\n", "", "[{\"oldStart\":1,\"oldLines\":1,\"newStart\":0,\"newLines\":0,\"lines\":[\"-a\"]}]");
	assert_diff("a", "a\n", "[{\"oldStart\":1,\"oldLines\":1,\"newStart\":1,\"newLines\":1,"
		"\"lines\":[\"-a\",\"\\\\ No newline at end of file\",\"+a\"]}]");
	assert_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nX\n6\n7\n8\n9\n",
		"[{\"oldStart\":2,\"oldLines\":7,\"newStart\":2,\"newLines\":7,"
		"\"lines\":[\" 2\",\" 3\",\" 4\",\"-5\",\"+X\",\" 6\",\" 7\",\" 8\"]}]");
	assert_diff("a\r\nb\r\n", "a\r\nc\r\n", "[{\"oldStart\":1,\"oldLines\":2,\"newStart\":1,\"newLines\":2,"
		"\"lines\":[\" a\",\"-b\",\"+c\"]}]");
}

TEST(texts_with_little_in_common_are_listed_up_to_a_ceiling)
{
	own_buf before = BUF_INIT(1 << 22), after = BUF_INIT(1 << 22);

	for (int i = 0; i < 20000; i++) {
		buf_putf(&before, "old %d\n", i);
		buf_putf(&after, "new %d\n", i);
	}
	own_json *diff = diff_json(buf_str(&before), buf_str(&after));
	assert_int_equal(number(diff, "linesAdded"), 20000);
	assert_int_equal(number(diff, "linesRemoved"), 20000);
	assert_true(json_is_true(json_object_get(diff, "cut")));
	const json_t *first = json_array_get(json_object_get(diff, "structuredPatch"), 0);
	assert_true(json_array_size(json_object_get(first, "lines")) <= DIFF_LINES_MAX + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_difference_makes_one_text_of_the_other_and_is_the_shortest),
		cmocka_unit_test(hunks_are_written_as_unified_diffs_have_them),
		cmocka_unit_test(texts_with_little_in_common_are_listed_up_to_a_ceiling),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
