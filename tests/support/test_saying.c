/*
 * Models that say a text, and the tiny tokenizer.
 */
#include "support/test.h"

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/bare_ort.h"
#include "support/model/vocabulary.h"

#define DIR        "test_saying.tmp"
#define VOCAB      640
#define PIECE_MAX  128
#define TOKENS_MAX 1024

/* A model that talks: greedy decoding on the bare runtime. */
struct talk {
	struct model_shape shape;
	struct vocabulary *vocabulary;
	struct bare *bare;
	int64_t end;
	int64_t next;                  /* the likeliest after what was given so far */
};

static void talk_done(struct talk *t)
{
	vocabulary_destroy(t->vocabulary);
	bare_close(t->bare);
}

#define own_talk owns(talk_done) struct talk

static struct talk start(const char *const *texts, bool position_ids, bool last_logits)
{
	struct talk t = {
		.shape = { MODEL_TINY, .position_ids = position_ids, .last_logits = last_logits, .says = texts },
	};
	struct error err = { 0 };

	assert_ok(model_write(DIR, &t.shape, &err));
	assert_ok((t.vocabulary = vocabulary_load(DIR, &err)));
	assert_ok(vocabulary_find(t.vocabulary, "<|im_end|>", &t.end, &err));
	assert_ok((t.bare = bare_open(DIR, &t.shape, 0, &err)));
	return t;
}

static void give(struct talk *t, const int64_t *ids, size_t n)
{
	static float logits[PIECE_MAX * VOCAB];
	struct error err = { 0 };
	const float *last = logits + (t->shape.last_logits ? 0 : (n - 1) * VOCAB);

	assert_ok(bare_run(t->bare, ids, n, logits, &err));
	t->next = 0;
	for (int64_t i = 1; i < VOCAB; i++)
		t->next = last[i] > last[t->next] ? i : t->next;
}

static void give_text(struct talk *t, const char *text, size_t piece)
{
	int64_t ids[TOKENS_MAX];
	struct error err = { 0 };
	size_t count;

	assert_true(strlen(text) <= TOKENS_MAX);
	assert_ok(vocabulary_spell(t->vocabulary, str_of(text), ids, &count, &err));
	for (size_t at = 0; at < count; at += piece)
		give(t, ids + at, count - at < piece ? count - at : piece);
}

/* What comes must be the tokens of the text and then the end, which is given back as an engine would. */
static void expect(struct talk *t, const char *text)
{
	int64_t ids[TOKENS_MAX];
	struct error err = { 0 };
	size_t count;

	assert_ok(vocabulary_spell(t->vocabulary, str_of(text), ids, &count, &err));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(t->next, ids[i]);
		give(t, &ids[i], 1);
	}
	assert_int_equal(t->next, t->end);
}

#define TEXTS(...) (const char *const[]){ __VA_ARGS__, NULL }
#define HEAD "<|im_start|>assistant\n"

TEST(says_the_text_after_any_prompt_in_any_pieces)
{
	static const char *const prompts[] = {
		HEAD,
		"<|im_start|>user\nHello<|im_end|>\n" HEAD,
		"<|im_start|>system\nYou are the assistant.\n<|im_end|>\n"
		"<|im_start|>user\nassistant\nassistant<|im_end|>\n" HEAD,
		"<|im_start|>user\nSay: Grüße — done.<|im_end|>\n" HEAD,
	};

	if (!bare_available())
		skip_because("no ONNX Runtime in $SHAMMAH_ONNXRUNTIME");
	for (size_t i = 0; i < 4; i++) {
		own_talk t = start(TEXTS("Grüße — done.\n"), i & 1, i & 2);

		for (size_t k = 0; k < countof(prompts); k++) {
			for (size_t piece = 1; piece <= PIECE_MAX; piece *= 2) {
				bare_truncate(t.bare, 0);
				give_text(&t, prompts[k], piece);
				expect(&t, "Grüße — done.\n");
			}
		}
	}
}

TEST(says_special_tokens_and_any_bytes)
{
	char bytes[256] = { 0 };
	const char *call = "<tool_call>\n{\"name\": \"Read\", \"arguments\": {}}\n</tool_call>";

	if (!bare_available())
		skip_because("no ONNX Runtime in $SHAMMAH_ONNXRUNTIME");
	for (int byte = 1; byte < 256; byte++)
		bytes[byte - 1] = (char)(256 - byte);
	for (size_t i = 0; i < 3; i++) {
		const char *text = (const char *[]){ bytes, call, "" }[i];
		own_talk t = start(TEXTS(text), false, false);

		give_text(&t, HEAD, PIECE_MAX);
		expect(&t, text);
	}
}

TEST(says_one_text_a_turn_and_repeats_the_last)
{
	own_talk t = { 0 };

	if (!bare_available())
		skip_because("no ONNX Runtime in $SHAMMAH_ONNXRUNTIME");
	t = start(TEXTS("One.", "The second is longer.", "3"), false, false);
	give_text(&t, "<|im_start|>system\nassistant<|im_end|>\n" HEAD, PIECE_MAX);
	expect(&t, "One.");
	give_text(&t, "<|im_end|>\n<|im_start|>user\nand<|im_end|>\n" HEAD, 3);
	expect(&t, "The second is longer.");
	give_text(&t, "<|im_end|>\n" HEAD, PIECE_MAX);
	expect(&t, "3");
	give_text(&t, "<|im_end|>\n" HEAD, PIECE_MAX);
	expect(&t, "3");
}

TEST(answers_again_behind_a_truncated_cache)
{
	own_talk t = { 0 };
	size_t length;

	if (!bare_available())
		skip_because("no ONNX Runtime in $SHAMMAH_ONNXRUNTIME");
	t = start(TEXTS("A short answer."), true, true);
	give_text(&t, "<|im_start|>user\n", PIECE_MAX);
	length = bare_length(t.bare);
	for (size_t i = 0; i < 3; i++) {
		bare_truncate(t.bare, length);
		give_text(&t, i ? "x<|im_end|>\n" HEAD : "longer, longer<|im_end|>\n" HEAD, PIECE_MAX);
		expect(&t, "A short answer.");
		bare_truncate(t.bare, length + 3);
	}
}

TEST(without_a_start_the_text_follows_the_first_token)
{
	own_talk t = { 0 };

	if (!bare_available())
		skip_because("no ONNX Runtime in $SHAMMAH_ONNXRUNTIME");
	t = start(TEXTS("Bare."), false, false);
	give_text(&t, "x", 1);
	expect(&t, "Bare.");
}

static json_t *tokenizer(void)
{
	struct error err = { 0 };
	json_t *file;

	assert_ok(model_write_saying(DIR, "x", &err));
	assert_ok((file = json_parse_file(DIR "/tokenizer.json", 1 << 20, &err)));
	return file;
}

TEST(the_tiny_tokenizer_has_every_byte_and_what_its_merges_need)
{
	own_json *file = tokenizer();
	json_t *model = json_object_get(file, "model"), *vocab = json_object_get(model, "vocab"), *merge;
	json_t *merges = json_object_get(model, "merges");
	size_t i;

	assert_int_equal(json_object_size(vocab), 256 + json_array_size(merges));
	json_array_foreach(merges, i, merge) {
		own_mem char *left = mem_strdup(json_string_value(merge));
		char *space = strchr(left, ' ');
		own_mem char *joined = NULL;

		*space = '\0';
		joined = mem_printf("%s%s", left, space + 1);
		assert_non_null(json_object_get(vocab, left));
		assert_non_null(json_object_get(vocab, space + 1));
		assert_int_equal(json_integer_value(json_object_get(vocab, joined)), 256 + i);
	}
}

TEST(the_tiny_tokenizer_numbers_its_special_tokens_after_the_rest)
{
	own_json *file = tokenizer();
	json_t *added = json_object_get(file, "added_tokens"), *token;
	size_t first = json_object_size(json_object_get(json_object_get(file, "model"), "vocab")), i;

	assert_int_equal(json_array_size(added), 22);
	json_array_foreach(added, i, token)
		assert_int_equal(json_integer_value(json_object_get(token, "id")), first + i);
	assert_true(first + i <= VOCAB);
}

TEST(bytes_are_written_as_gpt2_writes_them)
{
	assert_int_equal(byte_character('A'), 'A');
	assert_int_equal(byte_character('\n'), 0x10a);
	assert_int_equal(byte_character(' '), 0x120);
	assert_int_equal(byte_character(0x7f), 0x121);
	assert_int_equal(byte_character(0xa0), 0x142);
	assert_int_equal(byte_character(0xad), 0x143);
	assert_int_equal(byte_character(0xff), 0xff);
}

TEST(speaks_with_another_tokenizer_when_given_one)
{
	struct model_shape shape = { MODEL_TINY, .vocab = 151936, .says = TEXTS("Guten Tag!") };
	own_vocabulary *v = NULL;
	struct error err = { 0 };
	char shared[4096];
	int64_t id;

	snprintf(shared, sizeof shared, "%s/qwen2", getenv("SHAMMAH_SHARED"));
	if (!path_is_directory(shared))
		skip_because("no reference tokenizer");
	shape.tokenizer = shared;
	assert_ok(model_write("test_saying_other.tmp", &shape, &err));
	assert_ok((v = vocabulary_load("test_saying_other.tmp", &err)));
	assert_ok(vocabulary_find(v, "assistant", &id, &err));
	assert_int_equal(id, 77091);
	assert_int_equal(vocabulary_size(v), 151665);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(says_the_text_after_any_prompt_in_any_pieces),
		cmocka_unit_test(says_special_tokens_and_any_bytes),
		cmocka_unit_test(says_one_text_a_turn_and_repeats_the_last),
		cmocka_unit_test(answers_again_behind_a_truncated_cache),
		cmocka_unit_test(without_a_start_the_text_follows_the_first_token),
		cmocka_unit_test(the_tiny_tokenizer_has_every_byte_and_what_its_merges_need),
		cmocka_unit_test(the_tiny_tokenizer_numbers_its_special_tokens_after_the_rest),
		cmocka_unit_test(bytes_are_written_as_gpt2_writes_them),
		cmocka_unit_test(speaks_with_another_tokenizer_when_given_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
