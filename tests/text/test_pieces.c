#include "base/buf.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "support/piece_tokenizer.h"
#include "support/random.h"
#include "support/test.h"
#include "text/prompt.h"
#include "text/tokenizer.h"

#define TOKENIZERS 150   /* of each kind */
#define TEXTS      20

static struct tokenizer *parsed(const json_t *file)
{
	own_mem char *text = json_dumps(file, 0);
	struct error err = {0};
	struct tokenizer *t = tokenizer_parse(str_of(text), &err);

	if (!t)
		fail_msg("%s in %s", err.text, text);
	return t;
}

typedef void check_fn(const json_t *file, const struct tokenizer *t, uint64_t *seed, struct str text);

/* Calls `check` with random tokenizers of every kind and random texts. */
static void for_random_tokenizers(check_fn *check)
{
	uint64_t seed = 5;
	char text[400];

	for (size_t i = 0; i < TOKENIZERS * PIECES_KINDS; i++) {
		own_json *file = piece_tokenizer(&seed, i % PIECES_KINDS);
		own_tokenizer *t = parsed(file);
		for (size_t k = 0; k < TEXTS; k++)
			check(file, t, &seed, (struct str){ text, piece_text(&seed, text, k % 4 ? 12 : 90) });
	}
}

static void expect_tokens(const json_t *file, struct str text, const struct tokens *got, const struct tokens *wanted)
{
	if (got->count == wanted->count &&
	    (!got->count || !memcmp(got->ids, wanted->ids, got->count * sizeof *got->ids)))
		return;
	for (size_t i = 0; i < got->count; i++)
		fprintf(stderr, "%d ", got->ids[i]);
	fputs("instead of ", stderr);
	for (size_t i = 0; i < wanted->count; i++)
		fprintf(stderr, "%d ", wanted->ids[i]);
	own_mem char *json = json_dumps(file, 0);
	fprintf(stderr, "\nof %.*s\nby %s\n", (int)text.n, text.p, json);
	fail();
}

static void check_encoding(const json_t *file, const struct tokenizer *t, uint64_t *seed, struct str text)
{
	struct error err = {0};
	bool control = random_below(seed, 2);
	own_tokens got = TOKENS_INIT(10000), wanted = TOKENS_INIT(10000);

	assert_ok(tokenizer_encode(t, text, control ? TOKENS_PARSED : TOKENS_PLAIN, &got, &err));
	piece_encode(file, text, control, &wanted);
	expect_tokens(file, text, &got, &wanted);
	for (size_t i = 0; !control && i < got.count; i++)
		assert_false(tokenizer_is_control(t, got.ids[i]));
}

TEST(tokens_are_those_of_the_definition)
{
	for_random_tokenizers(check_encoding);
}

static void check_decoding(const json_t *file, const struct tokenizer *t, uint64_t *seed, struct str text)
{
	struct error err = {0};
	own_tokens tokens = TOKENS_INIT(10000);
	own_buf got = BUF_INIT(10000), wanted = BUF_INIT(10000);

	assert_ok(tokenizer_encode(t, text, random_below(seed, 2) ? TOKENS_PARSED : TOKENS_PLAIN, &tokens, &err));
	assert_ok(tokenizer_decode(t, tokens.ids, tokens.count, false, &got, &err));
	piece_decode(file, tokens.ids, tokens.count, &wanted);
	assert_true(str_equal(buf_str(&got), buf_str(&wanted)));
}

TEST(decoded_text_is_that_of_the_definition)
{
	for_random_tokenizers(check_decoding);
}

/* Whether some added token swallows white space beside it, or is looked for with some. */
static bool swallows(const json_t *file)
{
	const json_t *token;
	size_t i;

	json_array_foreach(json_object_get(file, "added_tokens"), i, token)
		if (json_is_true(json_object_get(token, "lstrip")) || json_is_true(json_object_get(token, "rstrip")) ||
		    json_is_true(json_object_get(token, "normalized")))
			return true;
	return false;
}

/* Inside of a text nothing is put before words: the tokens' bytes are the text, U+2581 being a space. */
static void check_bytes(const json_t *file, const struct tokenizer *t, uint64_t *seed __attribute__((unused)),
	struct str text)
{
	struct error err = {0};
	own_tokens tokens = TOKENS_INIT(10000);
	own_buf bytes = BUF_INIT(10000), wanted = BUF_INIT(10000);

	if (swallows(file))
		return;
	for (size_t i = 0; i < text.n; i++) {
		bool space = str_starts(str_from(text, i), (struct str)STR("\xE2\x96\x81"));
		buf_putf(&wanted, "%c", space ? ' ' : text.p[i]);
		i += space ? 2 : 0;
	}
	assert_ok(tokenizer_encode(t, text, TOKENS_INSIDE, &tokens, &err));
	for (size_t i = 0; i < tokens.count; i++)
		assert_ok(buf_add_str(&bytes, tokenizer_bytes(t, tokens.ids[i]), &err));
	assert_true(str_equal(buf_str(&bytes), buf_str(&wanted)));
}

TEST(inside_of_a_text_the_tokens_are_its_bytes)
{
	for_random_tokenizers(check_bytes);
}

/* However tokens come, what they give are whole characters that add up to the whole. */
static void check_stream(const json_t *file __attribute__((unused)), const struct tokenizer *t, uint64_t *seed,
	struct str text __attribute__((unused)))
{
	struct error err = {0};
	int32_t ids[40];
	own_buf whole = BUF_INIT(10000), streamed = BUF_INIT(10000);
	struct token_stream s;
	bool skip = random_below(seed, 2);

	for (size_t i = 0; i < countof(ids); i++)   /* mostly bytes that long characters are made of */
		ids[i] = (int32_t)(random_below(seed, 4) ? PIECES_BYTES + 128 + random_below(seed, 128) :
			random_below(seed, (uint32_t)tokenizer_size(t) + 2));
	assert_ok(tokenizer_decode(t, ids, countof(ids), skip, &whole, &err));
	token_stream_init(&s, t, skip);
	for (size_t i = 0; i < countof(ids); i++) {
		size_t before = streamed.len;
		assert_ok(token_stream_push(&s, ids[i], &streamed, &err));
		assert_true(utf8_valid(streamed.data + before, streamed.len - before));
	}
	assert_ok(token_stream_finish(&s, &streamed, &err));
	assert_true(str_equal(buf_str(&whole), buf_str(&streamed)));
}

TEST(bytes_that_come_one_by_one_are_whole_characters)
{
	for_random_tokenizers(check_stream);
}

/* ---- Examples ---- */

static void set_word(json_t *file, const char *word)
{
	json_t *vocab = json_object_get(json_object_get(file, "model"), "vocab");

	if (!json_object_get(vocab, word))
		json_object_set_new(vocab, word, json_integer((json_int_t)json_object_size(vocab)));
}

/* The merges "▁ a", "a b" and "▁a b", and as added tokens <|end|>, which takes the space behind it, and <b>. */
static json_t *example_file(enum piece_kind kind)
{
	static const char *const words[] = {
		"\xE2\x96\x81", "a", "b", "\xE2\x96\x81" "a", "ab", "\xE2\x96\x81" "ab", "<", ">",
	};
	uint64_t seed = 1;
	json_t *file = piece_tokenizer(&seed, kind), *model = json_object_get(file, "model");
	json_t *added = json_object_get(file, "added_tokens");

	for (size_t i = 0; i < countof(words); i++)
		set_word(file, words[i]);
	json_int_t size = (json_int_t)json_object_size(json_object_get(model, "vocab"));
	json_object_set_new(model, "ignore_merges", json_false());
	json_object_set_new(model, "merges", json_pack("[[ss][ss][ss]]",
		words[0], words[1], words[1], words[2], words[3], words[2]));
	json_array_clear(added);
	json_array_append_new(added,
		json_pack("{sIsssbsb}", "id", size, "content", "<|end|>", "special", 1, "rstrip", 1));
	json_array_append_new(added, json_pack("{sIsssb}", "id", size + 1, "content", "<b>", "special", 0));
	return file;
}

/* Tokens as their bytes, "[…]" being control tokens and "<41>" a byte that is no character. */
static void show_tokens(const struct tokenizer *t, const struct tokens *tokens, struct buf *out)
{
	for (size_t i = 0; i < tokens->count; i++) {
		struct str bytes = tokenizer_bytes(t, tokens->ids[i]);
		bool is_byte = tokens->ids[i] >= PIECES_BYTES && tokens->ids[i] < PIECES_BYTES + 256;
		bool control = tokenizer_is_control(t, tokens->ids[i]);
		if (is_byte)
			buf_putf(out, "<%02X>", (unsigned char)bytes.p[0]);
		else
			buf_putf(out, control ? "[%.*s]" : "(%.*s)", (int)bytes.n, bytes.p);
	}
}

static void expect(const struct tokenizer *t, const char *text, enum token_mode mode, const char *wanted)
{
	struct error err = {0};
	own_tokens tokens = TOKENS_INIT(1000);
	own_buf shown = BUF_INIT(10000);

	assert_ok(tokenizer_encode(t, str_of(text), mode, &tokens, &err));
	show_tokens(t, &tokens, &shown);
	assert_string_equal(shown.len ? shown.data : "", wanted);
}

TEST(spaces_before_words_are_put_where_each_kind_has_them)
{
	own_json *gemma_file = example_file(PIECES_GEMMA), *llama_file = example_file(PIECES_LLAMA),
		*first_file = example_file(PIECES_FIRST), *always_file = example_file(PIECES_ALWAYS);
	own_tokenizer *gemma = parsed(gemma_file), *llama = parsed(llama_file), *first = parsed(first_file),
		*always = parsed(always_file);

	expect(gemma, "ab ab", TOKENS_PARSED, "(ab)( ab)");
	expect(llama, "ab ab", TOKENS_PARSED, "( ab)( ab)");
	expect(llama, " ab<|end|>  ab", TOKENS_PARSED, "( )( ab)[<|end|>]( ab)");
	expect(first, "ab<|end|>ab", TOKENS_PARSED, "( ab)[<|end|>](ab)");
	expect(first, " ab", TOKENS_PARSED, "( ab)");
	expect(always, "ab<|end|> ab", TOKENS_PARSED, "( ab)[<|end|>]( ab)");
	expect(llama, "ab", TOKENS_BEHIND, "( ab)");
	expect(first, "ab", TOKENS_BEHIND, "(ab)");
	expect(llama, "ab", TOKENS_INSIDE, "(ab)");
	expect(always, "ab", TOKENS_INSIDE, "(ab)");
	expect(gemma, "", TOKENS_PLAIN, "");
	expect(llama, "", TOKENS_PLAIN, "");
}

TEST(control_tokens_in_plain_text_are_text_and_tags_of_html_are_not_control)
{
	own_json *file = example_file(PIECES_GEMMA);
	own_tokenizer *t = parsed(file);

	expect(t, "a<|end|>", TOKENS_PLAIN, "(a)(<)<7C><65><6E><64><7C>(>)");
	expect(t, "a<b>b", TOKENS_PLAIN, "(a)(<b>)(b)");
	expect(t, "\xE2\x96\x81" "ab", TOKENS_PLAIN, "( ab)");
}

TEST(what_is_in_no_vocabulary_is_bytes)
{
	own_json *file = example_file(PIECES_GEMMA);
	own_tokenizer *t = parsed(file);
	static const int32_t euro[] = { PIECES_BYTES + 0xE2, PIECES_BYTES + 0x82, PIECES_BYTES + 0xAC };
	struct error err = {0};
	own_buf out = BUF_INIT(100);
	struct token_stream s;

	expect(t, "a\xE2\x82\xAC", TOKENS_PLAIN, "(a)<E2><82><AC>");
	assert_int_equal(tokenizer_find(t, str_of("\t")), PIECES_BYTES + '\t');
	token_stream_init(&s, t, true);
	for (size_t i = 0; i < countof(euro); i++) {
		assert_ok(token_stream_push(&s, euro[i], &out, &err));
		assert_int_equal(out.len, i == 2 ? 3 : 0);
	}
	assert_string_equal(out.data, "\xE2\x82\xAC");
}

TEST(a_prompt_has_no_first_word_behind_its_control_tokens)
{
	own_json *file = example_file(PIECES_FIRST);
	own_tokenizer *t = parsed(file);
	struct error err = {0};
	own_prompt prompt = PROMPT_INIT(1000);
	own_tokens tokens = TOKENS_INIT(1000);
	own_buf shown = BUF_INIT(1000);

	assert_ok(prompt_words(&prompt, "ab", &err) && prompt_control(&prompt, "<|end|>", &err) &&
		prompt_words(&prompt, "ab<|end|>", &err) && prompt_encode(&prompt, t, &tokens, &err));
	show_tokens(t, &tokens, &shown);
	assert_string_equal(shown.data, "( ab)[<|end|>](ab)(<)<7C><65><6E><64><7C>(>)");
}

static void expect_refused(const char *part, const char *value, enum piece_kind kind, const char *why)
{
	uint64_t seed = 3;
	own_json *file = piece_tokenizer(&seed, kind);
	json_error_t problem;
	struct error err = {0};

	json_object_set_new(part ? file : json_object_get(file, "model"), part ? part : "byte_fallback",
		json_loads(value, JSON_DECODE_ANY, &problem));
	own_mem char *text = json_dumps(file, 0);
	assert_null(tokenizer_parse(str_of(text), &err));
	if (!strstr(err.text, why))
		fail_msg("\"%s\" does not say \"%s\"", err.text, why);
}

TEST(what_is_not_understood_is_refused_by_name)
{
	expect_refused(NULL, "false", PIECES_GEMMA, "without byte_fallback");
	expect_refused("decoder", "null", PIECES_GEMMA, "decoder without ByteFallback");
	expect_refused("decoder", "{\"type\":\"Strip\",\"content\":\" \",\"start\":1}", PIECES_LLAMA, "decoder Strip");
	expect_refused("normalizer", "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\" \"},\"content\":\"_\"}",
		PIECES_GEMMA, "normalizer Replace");
	expect_refused("normalizer", "{\"type\":\"Prepend\",\"prepend\":\"x\"}", PIECES_GEMMA, "normalizer Prepend");
	expect_refused("pre_tokenizer", "{\"type\":\"ByteLevel\"}", PIECES_GEMMA, "ByteLevel with");
	expect_refused("pre_tokenizer", "{\"type\":\"Metaspace\",\"replacement\":\"_\"}", PIECES_ALWAYS, "Metaspace");
	expect_refused("pre_tokenizer", "{\"type\":\"Split\",\"pattern\":{\"String\":\"a\"},\"behavior\":\"Isolated\"}",
		PIECES_GEMMA, "Split of characters");
	expect_refused("pre_tokenizer", "{\"type\":\"Digits\"}", PIECES_GEMMA, "Digits");
	expect_refused("pre_tokenizer", "null", PIECES_ALWAYS, "without ByteLevel or Metaspace");
}

TEST(a_byte_without_a_token_is_refused)
{
	own_json *file = example_file(PIECES_GEMMA);
	struct error err = {0};
	json_t *vocab = json_object_get(json_object_get(file, "model"), "vocab");

	json_object_del(vocab, "<0x80>");
	own_mem char *text = json_dumps(file, 0);
	assert_null(tokenizer_parse(str_of(text), &err));
	assert_non_null(strstr(err.text, "byte 0x80"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_are_those_of_the_definition),
		cmocka_unit_test(decoded_text_is_that_of_the_definition),
		cmocka_unit_test(inside_of_a_text_the_tokens_are_its_bytes),
		cmocka_unit_test(bytes_that_come_one_by_one_are_whole_characters),
		cmocka_unit_test(spaces_before_words_are_put_where_each_kind_has_them),
		cmocka_unit_test(control_tokens_in_plain_text_are_text_and_tags_of_html_are_not_control),
		cmocka_unit_test(what_is_in_no_vocabulary_is_bytes),
		cmocka_unit_test(a_prompt_has_no_first_word_behind_its_control_tokens),
		cmocka_unit_test(what_is_not_understood_is_refused_by_name),
		cmocka_unit_test(a_byte_without_a_token_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
