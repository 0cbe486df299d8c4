#include "text/wordpiece.h"

#include "base/buf.h"
#include "base/mem.h"
#include "support/encoder.h"
#include "support/random.h"
#include "support/test.h"
#include "text/bert_normalizer.h"

/* Small; what stands in it decides every case below. */
#define VOCAB "{\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3,\"hello\":4,\"un\":5,\"##aff\":6,\"##able\":7," \
	"\"the\":8,\"naive\":9,\"é\":10,\"##é\":11,\"日\":12,\"本\":13,\"!\":14,\"[\":15,\"]\":16," \
	"\"sep\":17,\"a\":18,\"##a\":19,\"aa\":20," \
	"\"##aab\":21,\"。\":22,\"naïve\":23,\"Hello\":24,\"i\":25}"
#define FRAME "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"[CLS]\"}}," \
	"{\"Sequence\":{\"id\":\"A\"}},{\"SpecialToken\":{\"id\":\"[SEP]\"}}]}"
#define FILE_WITH(normalizer, model, vocab) "{\"normalizer\":{\"type\":\"BertNormalizer\"" normalizer "}," \
	"\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"}," FRAME "," \
	"\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\"," \
	"\"continuing_subword_prefix\":\"##\"" model ",\"vocab\":" vocab "}}"

static void expect_by(const char *file, const char *text, const char *ids)
{
	struct error err = {0};
	own_wordpiece *w = wordpiece_parse(str_of(file), &err);
	own_tokens tokens = TOKENS_INIT(1000);
	own_buf line = BUF_INIT(1000);

	if (!w)
		fail_msg("%s", err.text);
	assert_ok(wordpiece_encode(w, str_of(text), &tokens, &err));
	for (size_t i = 0; i < tokens.count; i++)
		buf_putf(&line, "%s%d", i ? " " : "", tokens.ids[i]);
	assert_string_equal(line.data, ids);
}

static void expect(const char *text, const char *ids)
{
	expect_by(FILE_WITH("", "", VOCAB), text, ids);
}

TEST(words_are_cut_into_the_longest_pieces)
{
	expect("", "2 3");
	expect("hello unaffable", "2 4 5 6 7 3");
	/* "aa" first, and then no piece is "##b": nobody goes back to "a" "##aab". */
	expect("aaab aa a", "2 1 20 18 3");
}

TEST(a_word_with_an_unknown_part_is_unknown_as_a_whole)
{
	expect("hellox the", "2 1 8 3");
	expect("xyz", "2 1 3");
	expect("aaaaaaaaaaaaaaaaaaaa", "2 20 19 19 19 19 19 19 19 19 19 19 19 19 19 19 19 19 19 19 3");
	expect_by(FILE_WITH("", ",\"max_input_chars_per_word\":5", VOCAB), "aaaaa aaaaaa", "2 20 19 19 19 1 3");
}

TEST(text_is_cleaned_lowered_and_loses_its_accents)
{
	expect("HELLO, \tThe\r\nNaïve", "2 4 1 8 9 3");
	expect("na\xCC\x88ive ha\xC2\xADllo", "2 9 1 3");      /* a mark on a letter; a soft hyphen is dropped */
	expect("hel\xE2\x80\x8Blo", "2 4 3");                     /* zero width space: a format character */
	expect("the\xE3\x80\x80hello\xC2\xA0the", "2 8 4 8 3");    /* other blanks */
	expect("\xEF\xBF\xBDhello", "2 4 3");
	expect("é", "2 1 3");                                        /* becomes e, which is unknown */
	expect_by(FILE_WITH(",\"strip_accents\":false", "", VOCAB), "é É Naïve", "2 10 10 23 3");
	expect_by(FILE_WITH(",\"lowercase\":false", "", VOCAB), "Hello hello HELLO naïve", "2 24 4 1 23 3");
	expect_by(FILE_WITH(",\"lowercase\":false,\"strip_accents\":true", "", VOCAB), "naïve", "2 9 3");
	expect("İ", "2 25 3");
}

TEST(punctuation_and_chinese_characters_are_words_of_their_own)
{
	expect("hello!the", "2 4 14 8 3");
	expect("日本hello", "2 12 13 4 3");
	expect("the。", "2 8 22 3");
	expect_by(FILE_WITH(",\"handle_chinese_chars\":false", "", VOCAB), "日本", "2 1 3");
}

TEST(special_tokens_in_a_text_are_text)
{
	expect("[SEP]", "2 15 17 16 3");
}

static void expect_refused(const char *file, const char *why)
{
	struct error err = {0};

	assert_null(wordpiece_parse(str_of(file), &err));
	if (!strstr(err.text, why))
		fail_msg("%s", err.text);
}

TEST(files_of_another_kind_are_refused_by_name)
{
	expect_refused("{}", "pre_tokenizer");
	expect_refused("[", "not valid JSON");
	expect_refused("{\"pre_tokenizer\":{\"type\":\"Metaspace\"}}", "Metaspace");
	expect_refused("{\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"normalizer\":{\"type\":\"NFC\"}}", "NFC");
	expect_refused(
		"{\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},\"normalizer\":{\"type\":\"BertNormalizer\"},"
		"\"model\":{\"type\":\"Unigram\"}}",
		"Unigram");
	expect_refused(FILE_WITH("", "", "{}"), "not empty");
	expect_refused(FILE_WITH("", "", "{\"a\":-1}"), "no number below");
	expect_refused(FILE_WITH("", "", "{\"a\":99999999}"), "no number below");
	expect_refused(FILE_WITH("", "", "{\"a\":0}"), "[UNK]");
	expect_refused(FILE_WITH("", "", "{\"[UNK]\":0,\"[CLS]\":1}"), "[SEP]");
}

TEST(what_is_no_text_is_refused_and_adds_nothing)
{
	struct error err = {0};
	own_wordpiece *w = wordpiece_parse((struct str)STR(FILE_WITH("", "", VOCAB)), &err);
	own_tokens tokens = TOKENS_INIT(3);

	assert_false(wordpiece_encode(w, str_of("\xFF"), &tokens, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_false(wordpiece_encode(w, str_of("hello hello"), &tokens, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	assert_int_equal(tokens.count, 0);
}

/* Property: normalising twice is normalising once, and no token is out of range. */
TEST(random_texts_keep_their_bounds)
{
	struct error err = {0};
	own_mem char *file = encoder_tokenizer();
	own_wordpiece *w = wordpiece_parse(str_of(file), &err);
	const struct bert_normalizer n = { true, false, true, true };
	uint64_t seed = 9;

	for (int i = 0; i < 3000; i++) {
		char bytes[4 * 40];
		struct str text = { bytes, random_text(&seed, bytes, 40) };
		own_buf once = BUF_INIT(1 << 16), twice = BUF_INIT(1 << 16);
		own_tokens tokens = TOKENS_INIT(1000);
		assert_ok(bert_normalize(&n, text, &once, &err));
		assert_ok(bert_normalize(&n, buf_str(&once), &twice, &err));
		assert_true(str_equal(buf_str(&once), buf_str(&twice)));
		assert_ok(wordpiece_encode(w, text, &tokens, &err));
		assert_int_equal(tokens.ids[0], wordpiece_first(w));
		assert_int_equal(tokens.ids[tokens.count - 1], wordpiece_last(w));
		for (size_t k = 0; k < tokens.count; k++)
			assert_true(tokens.ids[k] >= 0 && (size_t)tokens.ids[k] < wordpiece_size(w));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_cut_into_the_longest_pieces),
		cmocka_unit_test(a_word_with_an_unknown_part_is_unknown_as_a_whole),
		cmocka_unit_test(text_is_cleaned_lowered_and_loses_its_accents),
		cmocka_unit_test(punctuation_and_chinese_characters_are_words_of_their_own),
		cmocka_unit_test(special_tokens_in_a_text_are_text),
		cmocka_unit_test(files_of_another_kind_are_refused_by_name),
		cmocka_unit_test(what_is_no_text_is_refused_and_adds_nothing),
		cmocka_unit_test(random_texts_keep_their_bounds),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
