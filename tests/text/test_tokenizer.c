#include "text/tokenizer.h"

#include <pthread.h>

#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "support/random.h"
#include "support/shared.h"
#include "support/tiny_tokenizer.h"

static struct tokenizer *tiny(struct tiny_tokenizer options)
{
	struct error err = {0};
	own_mem char *json = tiny_tokenizer(&options);
	struct tokenizer *t = tokenizer_parse(str_of(json), &err);

	if (!t)
		fail_msg("%s", err.text);
	return t;
}

/* Tokens as text: "256 257 [269]" with control tokens in brackets. */
static void expect(const struct tokenizer *t, const char *text, enum token_mode mode, const char *expected)
{
	struct error err = {0};
	own_tokens out = TOKENS_INIT(1000);
	own_buf line = BUF_INIT(10000);

	assert_ok(tokenizer_encode(t, str_of(text), mode, &out, &err));
	for (size_t i = 0; i < out.count; i++)
		buf_putf(&line, tokenizer_is_control(t, out.ids[i]) ? "%s[%d]" : "%s%d", i ? " " : "", out.ids[i]);
	assert_string_equal(line.data, expected);
}

static void expect_vector(const struct tokenizer *t, const json_t *vector, size_t number)
{
	struct error err = {0};
	const json_t *ids = json_object_get(vector, "ids");
	own_tokens out = TOKENS_INIT(1 << 16);
	own_buf decoded = BUF_INIT(1 << 20);

	assert_ok(tokenizer_encode(t, json_member_str(vector, "text"), TOKENS_PARSED, &out, &err));
	assert_int_equal(out.count, json_array_size(ids));
	for (size_t i = 0; i < out.count; i++)
		if (out.ids[i] != json_integer_value(json_array_get(ids, i)))
			fail_msg("vector %zu, token %zu", number, i);
	assert_ok(tokenizer_decode(t, out.ids, out.count, false, &decoded, &err));
	assert_true(str_equal(buf_str(&decoded), json_member_str(vector, "decoded")));
}

TEST(every_vector_of_the_reference_comes_out_equal)
{
	const char *path = shared_path("qwen2/tokenizer_vectors.jsonl");
	struct error err = {0};
	size_t size, count = 0;
	own_mem char *text = file_read(path, 16 << 20, &size, &err);
	own_tokenizer *t = tokenizer_open(shared_path("qwen2"), NULL, &err);
	struct str rest = { text, size }, line;

	assert_true(text && t);
	while (str_split(&rest, '\n', &line)) {
		own_json *vector = line.n ? json_parse_nul(line, "vector", &err) : NULL;
		if (vector)
			expect_vector(t, vector, count++);
	}
	assert_int_equal(count, 340);
}

TEST(words_are_merged_and_split)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){0});

	expect(t, "hello world", TOKENS_PLAIN, "261 264");
	expect(t, "", TOKENS_PLAIN, "");
	expect(t, "e\xCC\x81\xC3\xA9", TOKENS_PLAIN, "265 265");   /* NFC first */
}

TEST(control_tokens_are_parsed_only_on_request)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){0});

	expect(t, "<|im_end|>h<tool_call>", TOKENS_PARSED, "[270] 104 [271]");
	expect(t, "<|im_end", TOKENS_PARSED, "60 124 105 109 95 101 110 100");
	expect(t, "<|im_end|>", TOKENS_PLAIN, "60 124 105 109 95 101 110 100 124 62");
}

TEST(added_runs_of_white_space_are_ordinary_text)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){0});

	expect(t, "h    e", TOKENS_PLAIN, "104 273 101");
}

TEST(merges_may_be_written_as_pairs)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){ .pairs = true });

	expect(t, "hello world", TOKENS_PLAIN, "261 264");
}

TEST(a_whole_word_goes_before_its_merges_when_the_model_says_so)
{
	own_tokenizer *merged = tiny((struct tiny_tokenizer){0});
	own_tokenizer *ignored = tiny((struct tiny_tokenizer){ .model = "{\"ignore_merges\":true}" });

	expect(merged, "lone", TOKENS_PLAIN, "108 111 110 101");
	expect(ignored, "lone", TOKENS_PLAIN, "268");
}

TEST(a_prefix_space_is_added_where_the_file_asks_for_it)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){
		.pre_tokenizer = "{\"type\":\"ByteLevel\",\"add_prefix_space\":true}" });

	expect(t, "world", TOKENS_PLAIN, "264");
	expect(t, " world", TOKENS_PLAIN, "264");
	expect(t, "<|im_end|>world", TOKENS_PARSED, "[270] 264");
}

TEST(splits_work_one_inside_the_other)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){ .pre_tokenizer =
		"{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"String\":\"l\"},"
		"\"behavior\":\"Isolated\"},{\"type\":\"ByteLevel\"}]}" });

	expect(t, "hello", TOKENS_PLAIN, "256 108 108 111");
}

#define ADDED(flags) "[{\"id\":269,\"content\":\"<x>\",\"special\":true," flags "}]"

TEST(added_tokens_keep_their_rules_about_neighbours)
{
	own_tokenizer *strip = tiny((struct tiny_tokenizer){ .added = ADDED("\"lstrip\":true,\"rstrip\":true") });
	own_tokenizer *word = tiny((struct tiny_tokenizer){ .added = ADDED("\"single_word\":true") });
	own_tokenizer *normalized = tiny((struct tiny_tokenizer){ .added =
		"[{\"id\":269,\"content\":\"e\xCC\x81x\",\"special\":true,\"normalized\":true}]" });

	expect(strip, "h  <x>\n<x> h", TOKENS_PARSED, "104 [269] [269] 104");
	expect(word, "<x> <x>h _<x>", TOKENS_PARSED, "[269] 32 60 120 62 104 32 95 60 120 62");
	expect(normalized, "e\xCC\x81x\xC3\xA9x", TOKENS_PARSED, "[269] [269]");
}

TEST(text_that_is_no_utf8_or_too_long_is_refused)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){0});
	own_tokens out = TOKENS_INIT(10);
	own_mem char *huge = mem_zeroed(TOKENIZER_TEXT_MAX + 1u, 1);
	struct error err = {0};

	assert_false(tokenizer_encode(t, str_of("\xFF"), TOKENS_PLAIN, &out, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_false(tokenizer_encode(t, (struct str){ huge, TOKENIZER_TEXT_MAX + 1u }, TOKENS_PLAIN, &out, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	assert_false(tokenizer_encode(t, str_of("hello0123456789"), TOKENS_PLAIN, &out, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	assert_int_equal(out.count, 0);
}

TEST(tokens_are_found_by_what_they_say)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){0});

	assert_int_equal(tokenizer_size(t), TINY_SIZE);
	assert_int_equal(tokenizer_find(t, str_of("<|im_end|>")), 270);
	assert_int_equal(tokenizer_find(t, str_of(" world")), 264);
	assert_int_equal(tokenizer_find(t, str_of("nothing")), -1);
	assert_true(str_is(tokenizer_bytes(t, 264), " world"));
	assert_null(tokenizer_bytes(t, -1).p);
	assert_null(tokenizer_bytes(t, 1 << 30).p);
	assert_true(tokenizer_is_special(t, 270));
	assert_false(tokenizer_is_special(t, 271));
	assert_true(tokenizer_is_control(t, 271));
	assert_false(tokenizer_is_control(t, 273));
	assert_false(tokenizer_is_control(t, 999));
}

/* Properties of one random text: decoding gives it back, and plain text makes no control token. */
static void expect_round_trip(const struct tokenizer *t, struct str text)
{
	struct error err = {0};

	for (enum token_mode mode = TOKENS_PLAIN; mode <= TOKENS_PARSED; mode++) {
		own_tokens out = TOKENS_INIT(10000);
		own_buf back = BUF_INIT(10000);
		assert_ok(tokenizer_encode(t, text, mode, &out, &err));
		assert_ok(tokenizer_decode(t, out.ids, out.count, false, &back, &err));
		assert_true(str_equal(buf_str(&back), text));
		for (size_t i = 0; mode == TOKENS_PLAIN && i < out.count; i++)
			assert_false(tokenizer_is_control(t, out.ids[i]));
	}
}

/* Random text strewn with control tokens and their beginnings. */
static size_t mixed_text(uint64_t *seed, char *out)
{
	static const char *const pieces[] = {
		"<|im_start|>", "<|im_end|>", "<tool_call>", "<|im_", "    ", "hello world", "|>",
	};
	size_t n = 0;

	for (uint32_t i = random_below(seed, 6); i; i--) {
		const char *piece = pieces[random_below(seed, countof(pieces))];
		n += random_text(seed, out + n, 6);
		memcpy(out + n, piece, strlen(piece));
		n += strlen(piece);
	}
	return n;
}

static void expect_round_trips(const struct tokenizer *t, int count)
{
	uint64_t seed = 17;
	char text[600];

	for (int i = 0; i < count; i++)
		expect_round_trip(t, (struct str){ text, mixed_text(&seed, text) });
}

TEST(what_is_encoded_decodes_to_itself_and_plain_text_makes_no_control_tokens)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){ .normalizer = "null" });

	expect_round_trips(t, 5000);
}

/* Property: however tokens come, the pieces are whole characters and add up to the whole. */
static void expect_stream(const struct tokenizer *t, const int32_t *ids, size_t count, bool skip_special)
{
	struct error err = {0};
	own_buf whole = BUF_INIT(10000), streamed = BUF_INIT(10000);
	struct token_stream s;

	assert_ok(tokenizer_decode(t, ids, count, skip_special, &whole, &err));
	token_stream_init(&s, t, skip_special);
	for (size_t i = 0; i < count; i++) {
		size_t before = streamed.len;
		assert_ok(token_stream_push(&s, ids[i], &streamed, &err));
		assert_true(utf8_valid(streamed.data + before, streamed.len - before));
	}
	assert_ok(token_stream_finish(&s, &streamed, &err));
	assert_true(str_equal(buf_str(&whole), buf_str(&streamed)));
}

TEST(streaming_equals_decoding_at_once)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){0});
	uint64_t seed = 23;
	char text[600];
	int32_t bytes[40];

	for (int i = 0; i < 3000; i++) {
		struct error err = {0};
		own_tokens out = TOKENS_INIT(10000);
		size_t n = mixed_text(&seed, text);
		assert_ok(tokenizer_encode(t, (struct str){ text, n }, TOKENS_PARSED, &out, &err));
		expect_stream(t, out.ids, out.count, i % 2);
		for (size_t k = 0; k < countof(bytes); k++)   /* mostly the bytes that long characters are made of */
			bytes[k] = (int32_t)(random_below(&seed, 8) ? 128 + random_below(&seed, 128) :
				random_below(&seed, 280));
		expect_stream(t, bytes, countof(bytes), i % 2);
	}
}

static void expect_decoded(const struct tokenizer *t, const char *bytes, const char *expected)
{
	struct error err = {0};
	own_buf out = BUF_INIT(1000);
	int32_t ids[20];

	for (size_t i = 0; bytes[i]; i++)
		ids[i] = (unsigned char)bytes[i];
	assert_ok(tokenizer_decode(t, ids, strlen(bytes), false, &out, &err));
	assert_string_equal(out.data, expected);
}

TEST(broken_utf8_decodes_to_one_mark_for_each_broken_part)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){0});

	expect_decoded(t, "a\xE4\xBD", "a\xEF\xBF\xBD");
	expect_decoded(t, "\xE4\xBDz", "\xEF\xBF\xBDz");
	expect_decoded(t, "\xF0\x9F\x98", "\xEF\xBF\xBD");
	expect_decoded(t, "\xE4\xE4\xBD\xA0", "\xEF\xBF\xBD\xE4\xBD\xA0");
	expect_decoded(t, "\x80\x80", "\xEF\xBF\xBD\xEF\xBF\xBD");
	expect_decoded(t, "\xED\xA0\x80", "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(special_tokens_are_left_out_on_request)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){0});
	static const int32_t ids[] = { 269, 261, 271, 270, 5000, -1 };
	struct error err = {0};
	own_buf with = BUF_INIT(100), without = BUF_INIT(100);

	assert_ok(tokenizer_decode(t, ids, countof(ids), false, &with, &err));
	assert_ok(tokenizer_decode(t, ids, countof(ids), true, &without, &err));
	assert_string_equal(with.data, "<|im_start|>hello<tool_call><|im_end|>");
	assert_string_equal(without.data, "hello<tool_call>");
}

static void *encode_many(void *tokenizer)
{
	expect_round_trips(tokenizer, 300);
	return NULL;
}

TEST(a_special_token_is_shown_where_that_is_asked_for)
{
	struct error err = {0};
	own_mem char *json = tiny_tokenizer(&(struct tiny_tokenizer){0});
	own_tokenizer *t = tokenizer_parse(str_of(json), &err);
	own_buf out = BUF_INIT(100);
	struct token_stream s;

	token_stream_init(&s, t, true);
	token_stream_show(&s, tokenizer_find(t, str_of("<|im_end|>")));
	token_stream_show(&s, tokenizer_find(t, str_of("no such token")));
	assert_ok(token_stream_push(&s, TINY_ADDED, &out, &err));
	assert_ok(token_stream_push(&s, TINY_ADDED + 1, &out, &err));
	assert_string_equal(out.data, "<|im_end|>");
}

TEST(threads_share_one_tokenizer)
{
	own_tokenizer *t = tiny((struct tiny_tokenizer){ .normalizer = "null" });
	pthread_t threads[6];

	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, encode_many, t), 0);
	for (size_t i = 0; i < countof(threads); i++)
		pthread_join(threads[i], NULL);
}

TEST(a_missing_tokenizer_is_an_error_with_its_path)
{
	struct error err = {0};

	assert_null(tokenizer_open("/nonexistent", NULL, &err));
	assert_non_null(strstr(err.text, "/nonexistent/tokenizer.json"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_of_the_reference_comes_out_equal),
		cmocka_unit_test(words_are_merged_and_split),
		cmocka_unit_test(control_tokens_are_parsed_only_on_request),
		cmocka_unit_test(added_runs_of_white_space_are_ordinary_text),
		cmocka_unit_test(merges_may_be_written_as_pairs),
		cmocka_unit_test(a_whole_word_goes_before_its_merges_when_the_model_says_so),
		cmocka_unit_test(a_prefix_space_is_added_where_the_file_asks_for_it),
		cmocka_unit_test(splits_work_one_inside_the_other),
		cmocka_unit_test(added_tokens_keep_their_rules_about_neighbours),
		cmocka_unit_test(text_that_is_no_utf8_or_too_long_is_refused),
		cmocka_unit_test(tokens_are_found_by_what_they_say),
		cmocka_unit_test(what_is_encoded_decodes_to_itself_and_plain_text_makes_no_control_tokens),
		cmocka_unit_test(streaming_equals_decoding_at_once),
		cmocka_unit_test(broken_utf8_decodes_to_one_mark_for_each_broken_part),
		cmocka_unit_test(special_tokens_are_left_out_on_request),
		cmocka_unit_test(a_special_token_is_shown_where_that_is_asked_for),
		cmocka_unit_test(threads_share_one_tokenizer),
		cmocka_unit_test(a_missing_tokenizer_is_an_error_with_its_path),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
