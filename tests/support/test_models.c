/*
 * Test models in ONNX Runtime against the slow twin and PyTorch.
 */
#include "support/test.h"

#include <math.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/bare_ort.h"
#include "support/forward.h"
#include "support/model/half.h"

#define DIR    "test_models.tmp"
#define TOKENS 24
#define VOCAB  640

static const int64_t prompt[TOKENS] = {
	411, 12, 200, 77, 3, 3, 398, 150, 31, 8, 290, 64, 5, 99, 300, 7, 7, 421, 18, 33, 260, 41, 2, 110,
};

/*
 * How far a logit may be off; their standard deviation is 4.5, the greatest are
 * near 20.  Measured: a third of it or less.
 */
static const float tolerances[PRECISION_COUNT] = {
	[PRECISION_FLOAT32] = 1e-4f,   /* sums in another order */
	[PRECISION_FLOAT16] = 0.1f,    /* neighbouring halves are 2^-6 apart at 16, and there are two layers */
	[PRECISION_INT8] = 1,          /* 1e-5; 0.4 where an activation between two levels falls the other way */
	[PRECISION_Q4] = 1e-4f,        /* the weights are exact, the rest is float32 */
	[PRECISION_Q4F16] = 0.1f,
};

#define ACCURACY_4_TOLERANCE 1.0f      /* accuracy_level 4 rounds activations to 8 bits; there is no twin of that */

static const struct model_shape forms[] = {
	{ MODEL_TINY, .attention = ATTENTION_PLAIN },
	{ MODEL_TINY, .attention = ATTENTION_PLAIN, .position_ids = true, .separate_head = true },
	{ MODEL_TINY, .attention = ATTENTION_GQA },
	{ MODEL_TINY, .attention = ATTENTION_GQA, .position_ids = true, .separate_head = true },
	{ MODEL_TINY, .attention = ATTENTION_GQA, .packed_qkv = true, .seed = 7 },
	{ MODEL_TINY, .attention = ATTENTION_PLAIN, .head_norms = true, .no_biases = true },
	{ MODEL_TINY, .attention = ATTENTION_GQA, .head_norms = true, .no_biases = true, .rope_factor = 8 },
	{ MODEL_TINY, .attention = ATTENTION_PLAIN, .no_biases = true, .rope_factor = 8 },
};

static float got[TOKENS * VOCAB], wanted[TOKENS * VOCAB];

#define NEEDS_ONNXRUNTIME() do { \
		if (!bare_available()) \
			skip_because("no ONNX Runtime in $SHAMMAH_ONNXRUNTIME"); \
	} while (0)

static struct bare *make(const struct model_shape *shape, size_t shared_length)
{
	struct error err = { 0 };
	struct bare *bare;

	assert_ok(model_write(DIR, shape, &err));
	assert_ok((bare = bare_open(DIR, shape, shared_length, &err)));
	return bare;
}

static void run(struct bare *bare, const int64_t *ids, size_t n, float *logits)
{
	struct error err = { 0 };

	assert_ok(bare_run(bare, ids, n, logits, &err));
}

static void assert_near(const float *a, const float *b, size_t count, float tolerance)
{
	for (size_t i = 0; i < count; i++)
		if (!(fabsf(a[i] - b[i]) <= tolerance))
			fail_msg("logit %zu of position %zu is %g, not %g", i % VOCAB, i / VOCAB,
				(double)a[i], (double)b[i]);
}

/* Gives the tokens in pieces of these sizes to both. */
static void compare_pieces(const struct model_shape *shape, const size_t *pieces, size_t shared_length)
{
	own_bare *bare = make(shape, shared_length);
	own_forward *twin = forward_create(shape);
	size_t at = 0;

	for (; *pieces; at += *pieces++) {
		run(bare, prompt + at, *pieces, got);
		forward_run(twin, prompt + at, *pieces, wanted);
		assert_near(got, wanted, *pieces * VOCAB, tolerances[shape->precision]);
	}
	assert_int_equal(at, TOKENS);
}

/* Every form in every precision. */
static void compare_all(const size_t *pieces)
{
	for (size_t form = 0; form < countof(forms); form++) {
		for (enum precision precision = 0; precision < PRECISION_COUNT; precision++) {
			struct model_shape shape = forms[form];

			shape.precision = precision;
			compare_pieces(&shape, pieces, 0);
		}
	}
}

TEST(gives_the_logits_of_the_slow_twin_in_every_form_and_precision)
{
	NEEDS_ONNXRUNTIME();
	compare_all((const size_t[]){ TOKENS, 0 });
}

TEST(gives_the_same_in_pieces_through_the_cache)
{
	NEEDS_ONNXRUNTIME();
	compare_all((const size_t[]){ 7, 1, 1, 12, 2, 1, 0 });
}

TEST(goes_on_behind_a_truncated_cache)
{
	NEEDS_ONNXRUNTIME();
	for (size_t form = 0; form < countof(forms); form++) {
		own_bare *bare = make(&forms[form], 0);
		own_forward *twin = forward_create(&forms[form]);

		run(bare, prompt, TOKENS, got);
		bare_truncate(bare, 9);
		run(bare, prompt + 3, 5, got);
		forward_run(twin, prompt, 9, wanted);
		forward_run(twin, prompt + 3, 5, wanted);
		assert_near(got, wanted, 5 * VOCAB, tolerances[PRECISION_FLOAT32]);
		assert_int_equal(bare_length(bare), 14);
	}
}

TEST(gqa_works_on_one_buffer_for_past_and_present)
{
	NEEDS_ONNXRUNTIME();
	for (enum precision precision = 0; precision < PRECISION_COUNT; precision++) {
		struct model_shape shape = { MODEL_TINY, .attention = ATTENTION_GQA, .precision = precision };

		compare_pieces(&shape, (const size_t[]){ 7, 1, 1, 14, 1, 0 }, 64);
	}
}

TEST(holds_for_other_sizes)
{
	static const struct model_shape shapes[] = {
		{ MODEL_TINY, .kv_heads = 4 },
		{ MODEL_TINY, .kv_heads = 1, .layers = 1 },
		{ MODEL_TINY, .head_dim = 32, .hidden = 96, .rope_theta = 1e4, .rms_eps = 1e-5 },
		{ MODEL_TINY, .heads = 6, .hidden = 96, .layers = 5, .intermediate = 160, .seed = 3 },
	};

	NEEDS_ONNXRUNTIME();
	for (size_t i = 0; i < 2 * countof(shapes); i++) {
		struct model_shape shape = shapes[i / 2];

		shape.attention = i % 2 ? ATTENTION_GQA : ATTENTION_PLAIN;
		compare_pieces(&shape, (const size_t[]){ 20, 4, 0 }, 0);
		shape.precision = PRECISION_Q4;
		compare_pieces(&shape, (const size_t[]){ 20, 4, 0 }, 0);
	}
}

TEST(computes_coarsely_but_alike_with_an_accuracy_level)
{
	struct model_shape shape = { MODEL_TINY, .precision = PRECISION_Q4, .separate_head = true,
		.accuracy_level = 4 };
	own_forward *twin = NULL;
	own_bare *bare = NULL;

	NEEDS_ONNXRUNTIME();
	twin = forward_create(&shape);
	bare = make(&shape, 0);
	run(bare, prompt, TOKENS, got);
	forward_run(twin, prompt, TOKENS, wanted);
	assert_near(got, wanted, TOKENS * VOCAB, ACCURACY_4_TOLERANCE);
}

TEST(gives_the_last_position_alone_when_asked)
{
	NEEDS_ONNXRUNTIME();
	for (size_t form = 0; form < countof(forms); form++) {
		struct model_shape shape = forms[form];
		own_forward *twin = forward_create(&shape);
		own_bare *bare = NULL;

		shape.last_logits = true;
		bare = make(&shape, 0);
		run(bare, prompt, TOKENS, got);
		forward_run(twin, prompt, TOKENS, wanted);
		assert_near(got, wanted + (TOKENS - 1) * VOCAB, VOCAB, tolerances[PRECISION_FLOAT32]);
	}
}

TEST(may_keep_its_weights_in_a_second_file)
{
	NEEDS_ONNXRUNTIME();
	for (enum precision precision = 0; precision < PRECISION_COUNT; precision++) {
		struct model_shape shape = { MODEL_TINY, .precision = precision, .external = true };
		own_mem char *data = mem_printf(DIR "/onnx/%s_data", model_file_name(precision));

		compare_pieces(&shape, (const size_t[]){ TOKENS, 0 }, 0);
		assert_true(path_is_file(data));
	}
}

TEST(the_greatest_logit_changes_with_the_prompt)
{
	struct model_shape shape = { MODEL_TINY };
	own_forward *twin = forward_create(&shape);
	size_t repeats = 0;

	forward_run(twin, prompt, TOKENS, wanted);
	for (size_t i = 0; i < TOKENS; i++) {
		const float *row = wanted + i * VOCAB;
		size_t best = 0;

		for (size_t k = 1; k < VOCAB; k++)
			best = row[k] > row[best] ? k : best;
		repeats += best == (size_t)prompt[i];
	}
	assert_true(repeats <= 1);
}

static char *read_model(const struct model_shape *shape, size_t *n)
{
	own_mem char *path = mem_printf(DIR "/onnx/%s", model_file_name(shape->precision));
	struct error err = { 0 };
	char *bytes;

	assert_ok(model_write(DIR, shape, &err));
	assert_ok((bytes = file_read(path, 1000 * 1000, n, &err)));    /* under 1 MB, or this fails */
	return bytes;
}

TEST(the_same_shape_gives_the_same_bytes_and_another_seed_others)
{
	for (size_t form = 0; form < countof(forms); form++) {
		struct model_shape shape = forms[form];
		size_t n, again_n, other_n;
		own_mem char *bytes = read_model(&shape, &n), *again = read_model(&shape, &again_n), *other = NULL;

		shape.seed++;
		other = read_model(&shape, &other_n);
		assert_int_equal(n, again_n);
		assert_memory_equal(bytes, again, n);
		assert_int_equal(n, other_n);
		assert_memory_not_equal(bytes, other, n);
	}
}

TEST(refuses_shapes_that_no_graph_can_have)
{
	static const struct model_shape shapes[] = {
		{ .layers = 1 },
		{ MODEL_TINY, .hidden = 40 },
		{ MODEL_TINY, .kv_heads = 3 },
		{ MODEL_TINY, .packed_qkv = true },
		{ MODEL_TINY, .vocab = 300 },
		{ MODEL_TINY, .tokenizer = "missing.tmp" },
	};

	for (size_t i = 0; i < countof(shapes); i++) {
		struct error err = { 0 };

		assert_false(model_write(DIR, &shapes[i], &err));
		assert_true(err.text[0]);
	}
}

TEST(halves_are_the_nearest_ones)
{
	for (unsigned half = 0; half < 0x7c00; half++) {
		float value = half_to((uint16_t)half), next = half_to((uint16_t)(half + 1));
		float middle = half + 1 < 0x7c00 ? (value + next) / 2 : 65520;

		assert_int_equal(half_from(value), half);
		assert_int_equal(half_from(-value), half | 0x8000);
		assert_int_equal(half_from(nextafterf(middle, 0)), half);
		assert_int_equal(half_from(middle), half + (half & 1));        /* ties go to the even one */
		assert_int_equal(half_from(nextafterf(middle, INFINITY)), half + 1);
	}
	assert_true(isnan(half_to(half_from(NAN))));
}

/* Only looks whether it is there, which is quicker than loading it. */
static bool has_torch(void)
{
	return system("/usr/bin/python3 -c 'import importlib.util as u; exit(not u.find_spec(\"torch\"))' 2>&-") == 0;
}

/* Logits of the prompt by torch_check.py. */
static float *run_torch(const struct model_shape *shape)
{
	own_mem char *script = path_join(getenv("SHAMMAH_SOURCE"), "tests/support/torch_check.py");
	own_buf command = BUF_INIT(4096);
	struct error err = { 0 };
	char *logits;
	size_t n;

	assert_ok(model_write_weights(DIR, shape, &err));
	buf_putf(&command, "/usr/bin/python3 '%s' " DIR, script);
	for (size_t i = 0; i < TOKENS; i++)
		buf_putf(&command, " %d", (int)prompt[i]);
	assert_int_equal(system(command.data), 0);
	assert_ok((logits = file_read(DIR "/logits.f32", sizeof wanted, &n, &err)));
	assert_int_equal(n, sizeof wanted);
	return (float *)logits;
}

TEST(gives_the_logits_of_pytorch)
{
	static const struct model_shape shapes[] = {
		{ MODEL_TINY, .precision = PRECISION_FLOAT32 },
		{ MODEL_TINY, .precision = PRECISION_Q4, .separate_head = true },
	};

	NEEDS_ONNXRUNTIME();
	if (!has_torch())
		skip_because("/usr/bin/python3 has no torch (Debian: python3-torch)");
	for (size_t i = 0; i < countof(shapes); i++) {
		struct model_shape shape = shapes[i];
		own_bare *plain = make(&shape, 0), *gqa = NULL;
		own_mem float *logits = run_torch(&shape);

		run(plain, prompt, TOKENS, got);
		assert_near(got, logits, TOKENS * VOCAB, tolerances[shape.precision]);
		shape.attention = ATTENTION_GQA;
		gqa = make(&shape, 0);
		run(gqa, prompt, TOKENS, got);
		assert_near(got, logits, TOKENS * VOCAB, tolerances[shape.precision]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_logits_of_the_slow_twin_in_every_form_and_precision),
		cmocka_unit_test(gives_the_same_in_pieces_through_the_cache),
		cmocka_unit_test(goes_on_behind_a_truncated_cache),
		cmocka_unit_test(gqa_works_on_one_buffer_for_past_and_present),
		cmocka_unit_test(holds_for_other_sizes),
		cmocka_unit_test(computes_coarsely_but_alike_with_an_accuracy_level),
		cmocka_unit_test(gives_the_last_position_alone_when_asked),
		cmocka_unit_test(may_keep_its_weights_in_a_second_file),
		cmocka_unit_test(the_greatest_logit_changes_with_the_prompt),
		cmocka_unit_test(the_same_shape_gives_the_same_bytes_and_another_seed_others),
		cmocka_unit_test(refuses_shapes_that_no_graph_can_have),
		cmocka_unit_test(halves_are_the_nearest_ones),
		cmocka_unit_test(gives_the_logits_of_pytorch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
