#include "text/split.h"

#include "base/buf.h"
#include "support/random.h"
#include "support/test.h"

#define MODERN(numbers) "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|" numbers \
	"| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define QWEN  MODERN("\\p{N}")
#define LLAMA MODERN("\\p{N}{1,3}")

static bool join(void *user, struct str word, struct error *err)
{
	return buf_adds(user, "[", err) && buf_add_str(user, word, err) && buf_adds(user, "]", err);
}

static void split(const struct split *s, struct str text, struct buf *out)
{
	struct error err = {0};
	struct regex_scratch scratch = {0};

	assert_ok(split_run(s, &scratch, text, join, out, &err));
	regex_scratch_done(&scratch);
}

static void expect(const char *pattern, enum split_gaps gaps, const char *text, const char *words)
{
	struct error err = {0};
	struct split s;
	own_buf out = BUF_INIT(10000);

	assert_ok(split_init(&s, str_of(pattern), gaps, &err));
	split(&s, str_of(text), &out);
	assert_string_equal(out.data, words);
	split_done(&s);
}

static void expect_refused(const char *pattern, const char *why)
{
	struct error err = {0};
	struct split s;

	assert_false(split_init(&s, str_of(pattern), GAPS_KEPT, &err));
	assert_non_null(strstr(err.text, why));
}

TEST(text_is_cut_as_qwen_cuts_it)
{
	expect(QWEN, GAPS_KEPT, "I'LL go,  now\n\n 3.14", "[I]['LL][ go][,][ ][ now][\n\n][ ][3][.][1][4]");
	expect(LLAMA, GAPS_KEPT, "12345\t x ", "[123][45][\t][ x][ ]");
}

/* Property: a splitter done by hand is its regular expression. */
static void expect_equal_to_regex(const char *pattern)
{
	struct error err = {0};
	struct split fast, slow;
	uint64_t seed = 11;
	char text[4 * 30];

	assert_ok(split_init(&fast, str_of(pattern), GAPS_KEPT, &err));
	assert_ok(split_init_regex(&slow, str_of(pattern), GAPS_KEPT, &err));
	assert_non_null(fast.by_hand);
	assert_null(slow.by_hand);
	for (int i = 0; i < 20000; i++) {
		own_buf a = BUF_INIT(10000), b = BUF_INIT(10000);
		struct str t = { text, random_text(&seed, text, 30) };
		split(&fast, t, &a);
		split(&slow, t, &b);
		if (!str_equal(buf_str(&a), buf_str(&b)))
			fail_msg("text %d: %s not %s", i, a.data, b.data);
	}
	split_done(&fast);
	split_done(&slow);
}

TEST(splitters_by_hand_equal_their_expressions)
{
	expect_equal_to_regex(QWEN);
	expect_equal_to_regex(LLAMA);
	expect_equal_to_regex(split_gpt2.p);
}

TEST(gaps_are_kept_or_dropped)
{
	expect("\\d+", GAPS_KEPT, "a12b3", "[a][12][b][3]");
	expect("\\d+", GAPS_DROPPED, "a12b3", "[12][3]");
	expect("\\d+", GAPS_KEPT, "none", "[none]");
	expect("\\d+", GAPS_KEPT, "", "");
}

TEST(an_empty_match_is_a_cut)
{
	expect("(?=[A-Z])", GAPS_KEPT, "aBcDé", "[a][Bc][Dé]");
	expect("x*", GAPS_KEPT, "abxx", "[a][b][xx]");
}

TEST(oniguruma_is_translated_or_refused)
{
	expect("\\s", GAPS_KEPT, "a\xE1\xA0\x8E" "b c", "[a\xE1\xA0\x8E" "b][ ][c]");   /* U+180E was a space once */
	expect("[\\w]+", GAPS_KEPT, "a\xCC\x81_1-", "[a\xCC\x81_1][-]");
	expect_refused("[a&&b]", "not supported");
	expect_refused("[a[bc]]", "not supported");
	expect_refused("[\\W]", "not supported");
	expect_refused("(", "split pattern");
	expect_refused("a\\C", "split pattern");
}

TEST(a_pattern_that_blows_up_is_an_error)
{
	struct error err = {0};
	struct split s;
	struct regex_scratch scratch = {0};
	own_buf out = BUF_INIT(10000);
	struct str text = STR("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac");

	assert_ok(split_init(&s, str_of("(a+)+$|(?:(a|aa)+b)"), GAPS_KEPT, &err));
	assert_false(split_run(&s, &scratch, text, join, &out, &err));
	assert_non_null(strstr(err.text, "too much work"));
	regex_scratch_done(&scratch);
	split_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_cut_as_qwen_cuts_it),
		cmocka_unit_test(splitters_by_hand_equal_their_expressions),
		cmocka_unit_test(gaps_are_kept_or_dropped),
		cmocka_unit_test(an_empty_match_is_a_cut),
		cmocka_unit_test(oniguruma_is_translated_or_refused),
		cmocka_unit_test(a_pattern_that_blows_up_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
