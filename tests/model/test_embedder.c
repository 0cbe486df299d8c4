#include "model/embedder.h"

#include <math.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "support/encoder.h"
#include "support/test.h"

#define FOLDER "embedder_test.tmp"

/* Opens a freshly written encoder. */
static struct embedder *open_fresh(const struct encoder *shape)
{
	struct error err = {0};

	(void)remove(FOLDER "/modules.json");
	(void)remove(FOLDER "/sentence_bert_config.json");
	assert_ok(encoder_write(FOLDER, shape, &err));
	struct embedder *e = embedder_open(FOLDER, 1, &err);
	if (!e)
		fail_msg("%s", err.text);
	return e;
}

/* What the slow twin and slow pooling make of tokens. */
static void slow_vector(const struct encoder *shape, const struct tokens *t, enum pooling pooling, bool normalises,
	double *out)
{
	float hidden[ENCODER_POSITIONS * ENCODER_WIDTH];
	double sum = 0;

	encoder_forward(shape, t->ids, t->count, hidden);
	for (size_t i = 0; i < ENCODER_WIDTH; i++) {
		out[i] = pooling == POOLING_INSIDE ? 2 * (double)hidden[i] :
			pooling == POOLING_FIRST ? (double)hidden[i] : 0;
		for (size_t k = 0; pooling == POOLING_MEAN && k < t->count; k++)
			out[i] += (double)hidden[k * ENCODER_WIDTH + i] / (double)t->count;
		sum += out[i] * out[i];
	}
	for (size_t i = 0; normalises && i < ENCODER_WIDTH; i++)
		out[i] /= sqrt(sum);
}

static void expect_vectors(const struct encoder *shape, enum pooling pooling, bool normalises, const char *why)
{
	static const char *const texts[] = { "", "hello world", "unable, 2 doings? (yes)", "a b c d e f g h i j k l" };
	own_embedder *e = open_fresh(shape);
	const struct embedder_info *info = embedder_info(e);

	assert_int_equal(info->pooling, pooling);
	assert_int_equal(info->normalises, normalises);
	assert_string_equal(info->why, why);
	assert_int_equal(info->dimensions, ENCODER_WIDTH);
	for (size_t i = 0; i < countof(texts); i++) {
		struct error err = {0};
		own_tokens t = TOKENS_INIT(100);
		float vector[ENCODER_WIDTH];
		double wanted[ENCODER_WIDTH];
		assert_ok(embedder_tokenize(e, str_of(texts[i]), &t, &err));
		assert_ok(embedder_run(e, t.ids, t.count, vector, &err));
		slow_vector(shape, &t, pooling, normalises, wanted);
		for (size_t k = 0; k < ENCODER_WIDTH; k++)
			if (fabs((double)vector[k] - wanted[k]) > 2e-5)
				fail_msg("\"%s\" [%zu]: %f, not %f", texts[i], k, (double)vector[k], wanted[k]);
	}
}

TEST(vectors_are_those_of_the_slow_twin_in_every_layout)
{
	expect_vectors(&(struct encoder){ .types = true, .modules = "mean", .normalize = true }, POOLING_MEAN, true,
		"modules.json");
	expect_vectors(&(struct encoder){ .types = true, .modules = "cls", .normalize = true }, POOLING_FIRST, true,
		"modules.json");
	expect_vectors(&(struct encoder){ .modules = "mean" }, POOLING_MEAN, false, "modules.json");
	expect_vectors(&(struct encoder){ .types = true }, POOLING_MEAN, true, "as most models do");
	expect_vectors(&(struct encoder){ .output = "token_embeddings" }, POOLING_MEAN, true, "as most models do");
	expect_vectors(&(struct encoder){ .types = true, .origin = "BAAI/bge-small-en-v1.5" }, POOLING_FIRST, true,
		"the family's name");
	expect_vectors(&(struct encoder){ .types = true, .origin = "thenlper/gte-small" }, POOLING_MEAN, true,
		"as most models do");
	expect_vectors(&(struct encoder){ .sentence = true }, POOLING_INSIDE, true, "the graph");
}

TEST(the_longest_text_is_the_least_that_any_file_states)
{
	own_embedder *by_config = open_fresh(&(struct encoder){ .types = true });
	own_embedder *by_modules = open_fresh(&(struct encoder){ .types = true, .modules = "mean" });

	assert_int_equal(embedder_info(by_config)->most_tokens, ENCODER_POSITIONS);
	assert_int_equal(embedder_info(by_modules)->most_tokens, 32);
}

TEST(shorter_vectors_are_given_only_by_models_made_for_it)
{
	own_embedder *plain = open_fresh(&(struct encoder){ .types = true });
	own_embedder *some = open_fresh(&(struct encoder){ .types = true,
		.more = ",\"matryoshka_dimensions\":[4,8,999]" });
	own_embedder *any = open_fresh(&(struct encoder){ .types = true, .more = ",\"is_matryoshka\":true" });
	static const struct { size_t dimensions; bool plain, some, any; } cases[] = {
		{ 16, true, true, true }, { 8, false, true, true }, { 5, false, false, true },
		{ 17, false, false, false }, { 999, false, false, false }, { 0, false, false, false },
	};
	float vector[ENCODER_WIDTH] = { 3, 4, 12 };

	for (size_t i = 0; i < countof(cases); i++) {
		assert_int_equal(embedder_has_dimensions(embedder_info(plain), cases[i].dimensions), cases[i].plain);
		assert_int_equal(embedder_has_dimensions(embedder_info(some), cases[i].dimensions), cases[i].some);
		assert_int_equal(embedder_has_dimensions(embedder_info(any), cases[i].dimensions), cases[i].any);
	}
	embedder_cut(embedder_info(any), vector, 2);
	assert_true(fabsf(vector[0] - 0.6f) < 1e-6f && fabsf(vector[1] - 0.8f) < 1e-6f);
}

TEST(tokens_made_elsewhere_are_framed_and_checked)
{
	own_embedder *e = open_fresh(&(struct encoder){ .types = true });
	own_tokens t = TOKENS_INIT(100);
	struct error err = {0};

	assert_ok(embedder_frame(e, (const int32_t[]){ 4, 5 }, 2, &t, &err));
	assert_int_equal(t.count, 4);
	assert_true(t.ids[0] == 2 && t.ids[1] == 4 && t.ids[3] == 3);
	assert_false(embedder_frame(e, (const int32_t[]){ 4, 100000 }, 2, &t, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_false(embedder_frame(e, (const int32_t[]){ -1 }, 1, &t, &err));
}

static void expect_refused(const char *file, const char *text, const char *why)
{
	struct error err = {0};

	assert_ok(encoder_write(FOLDER, &(struct encoder){ .types = true, .modules = "mean" }, &err));
	assert_ok(file_write(file, str_of(text), 0600, &err));
	assert_null(embedder_open(FOLDER, 1, &err));
	if (!strstr(err.text, why))
		fail_msg("%s", err.text);
}

TEST(files_we_have_no_kind_for_are_refused_by_name)
{
	expect_refused(FOLDER "/modules.json", "[{\"type\":\"x.Dense\",\"path\":\"2_Dense\"}]", "x.Dense");
	expect_refused(FOLDER "/modules.json", "[]", "no pooling");
	expect_refused(FOLDER "/modules.json", "[{\"type\":\"x.Pooling\",\"path\":\"../x\"}]", "not supported");
	expect_refused(FOLDER "/modules.json", "[{\"type\":\"x.Pooling\",\"path\":\"9_Pooling\"}]", "missing");
	expect_refused(FOLDER "/1_Pooling/config.json", "{\"pooling_mode_max_tokens\":true}", "only the mean");
	expect_refused(FOLDER "/tokenizer.json", "{}", "pre_tokenizer");
	expect_refused(FOLDER "/onnx/model.onnx", "not a graph", "model.onnx");
}

TEST(a_decoder_is_no_sentence_transformer)
{
	struct error err = {0};

	assert_ok(encoder_write(FOLDER, &(struct encoder){ .types = true, .output = "logits" }, &err));
	assert_null(embedder_open(FOLDER, 1, &err));
	assert_non_null(strstr(err.text, "last_hidden_state"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors_are_those_of_the_slow_twin_in_every_layout),
		cmocka_unit_test(the_longest_text_is_the_least_that_any_file_states),
		cmocka_unit_test(shorter_vectors_are_given_only_by_models_made_for_it),
		cmocka_unit_test(tokens_made_elsewhere_are_framed_and_checked),
		cmocka_unit_test(files_we_have_no_kind_for_are_refused_by_name),
		cmocka_unit_test(a_decoder_is_no_sentence_transformer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
