/*
 * Products with weights in every form that we know: each written as a graph of
 * one node or a few, recognised, and its weights compared with those written.
 */
#include "prepare/match.h"

#include <math.h>

#include "base/half.h"
#include "base/mem.h"
#include "prepare/numbers.h"
#include "support/model/builder.h"
#include "support/random.h"
#include "support/test.h"

#define PATH "test_linear.tmp"

enum { OUTPUTS_N = 32, INPUTS_N = 128, ALL = OUTPUTS_N * INPUTS_N };

static float weights[ALL];             /* [outputs][inputs]: what a graph means */
static uint64_t seed = 1;

struct graph_in_hand {
	struct builder *b;
	struct onnx_graph g;
	struct match m;
	struct error err;
	uint8_t whole[64];
};

static void begin(struct graph_in_hand *h)
{
	*h = (struct graph_in_hand){ .b = builder_create(NULL) };
}

/* What was built, read again; `name` is the value to look at. */
static int32_t finish(struct graph_in_hand *h, const char *name)
{
	struct error err = {0};

	assert_ok(build_save(h->b, PATH, &err));
	assert_ok(onnx_graph_open(&h->g, PATH, &err));
	h->m = (struct match){ .g = &h->g, .err = &h->err, .whole = h->whole };
	return onnx_graph_find(&h->g, str_of(name));
}

static void end(struct graph_in_hand *h)
{
	onnx_graph_done(&h->g);
	builder_destroy(h->b);
}

static const char *input(struct graph_in_hand *h)
{
	return build_input(h->b, ELEMENT_FLOAT, DIMENSIONS({ "n", 0 }, { NULL, INPUTS_N }), "x");
}

static void compare(const struct source *s, size_t first, size_t outputs)
{
	own_mem float *got = mem_alloc(outputs * INPUTS_N * sizeof *got);

	assert_int_equal(s->inputs, INPUTS_N);
	source_read(s, first, outputs, got);
	assert_memory_equal(got, weights, outputs * INPUTS_N * sizeof *got);
}

/* Levels times scales must be the same numbers, where there are any. */
static void compare_levels(const struct source *s, enum weights type)
{
	own_mem int8_t *levels = mem_alloc(ALL);
	own_mem float *scales = mem_alloc(ALL / MATRIX_BLOCK * sizeof *scales);

	assert_int_equal(source_type(s), type);
	assert_true(source_levels(s, type, 0, OUTPUTS_N, levels, scales));
	for (size_t i = 0; i < ALL; i++)
		assert_true((float)levels[i] * scales[i / MATRIX_BLOCK] == weights[i]);
}

/* ---- Floats ---- */

static float random_float(void)
{
	return (float)(int)random_below(&seed, 2001) / 1024.0f - 1;       /* halves hold it */
}

static void random_weights(void)
{
	for (size_t i = 0; i < ALL; i++)
		weights[i] = random_float();
}

static void turn(const float *from, float *to)
{
	for (size_t o = 0; o < OUTPUTS_N; o++)
		for (size_t i = 0; i < INPUTS_N; i++)
			to[i * OUTPUTS_N + o] = from[o * INPUTS_N + i];
}

static const char *put_floats(struct graph_in_hand *h, bool turned, bool half, const char *name)
{
	float values[ALL];
	uint16_t halves[ALL];

	if (turned)
		turn(weights, values);
	else
		memcpy(values, weights, sizeof values);
	half_from_float(halves, values, ALL);
	return build_bytes(h->b, half ? ELEMENT_HALF : ELEMENT_FLOAT,
		turned ? (const int64_t[]){ INPUTS_N, OUTPUTS_N } : (const int64_t[]){ OUTPUTS_N, INPUTS_N }, 2,
		half ? (const void *)halves : values, ALL * (half ? sizeof *halves : sizeof *values), name);
}

static const char *cast(struct graph_in_hand *h, const char *x, enum element type)
{
	const char *y = build_node(h->b, "Cast", INPUTS(x));

	build_int(h->b, "to", type);
	return y;
}

TEST(floats_and_halves_turned_or_not_behind_casts_or_not)
{
	for (int form = 0; form < 8; form++) {
		bool turned = form & 1, half = form & 2, casts = form & 4;
		struct graph_in_hand h;
		struct product p;
		const char *x, *w;

		begin(&h);
		random_weights();
		x = input(&h);
		w = put_floats(&h, turned, half, "w");
		if (!turned) {
			w = build_node(h.b, "Transpose", INPUTS(w));
			build_ints(h.b, "perm", LIST(1, 0));
		}
		if (casts) {
			x = cast(&h, x, ELEMENT_HALF);
			w = cast(&h, w, ELEMENT_HALF);
		}
		x = build_node(h.b, "MatMul", INPUTS(x, w));
		if (casts)
			x = cast(&h, x, ELEMENT_FLOAT);
		int32_t value = finish(&h, x);
		assert_true(match_is_linear(&h.m, value));
		if (!match_linear(&h.m, value, &p))
			fail_msg("%s", h.err.text);
		assert_int_equal(p.outputs, OUTPUTS_N);
		assert_null(p.bias);
		assert_true(str_is(h.g.values[match_through(&h.m, p.input)].name, "x"));
		assert_int_equal(source_type(&p.weights), half ? WEIGHTS_F16 : WEIGHTS_F32);
		compare(&p.weights, 0, OUTPUTS_N);
		end(&h);
	}
}

TEST(gemm_with_a_bias)
{
	for (int turned = 0; turned < 2; turned++) {
		float bias[OUTPUTS_N] = { 1, 2, 3 };
		struct graph_in_hand h;
		struct product p;

		begin(&h);
		random_weights();
		const char *c = build_bytes(h.b, ELEMENT_FLOAT, LIST(OUTPUTS_N), bias, sizeof bias, "c");
		const char *y = build_node(h.b, "Gemm", INPUTS(input(&h), put_floats(&h, turned, false, "w"), c));
		build_int(h.b, "transB", !turned);
		int32_t value = finish(&h, y);
		if (!match_linear(&h.m, value, &p))
			fail_msg("%s", h.err.text);
		compare(&p.weights, 0, OUTPUTS_N);
		assert_true(str_is(p.bias->tensor.name, "c"));
		end(&h);
	}
}

/* ---- Parts ---- */

static void expect_part(struct graph_in_hand *h, const char *y, size_t first, size_t count, const char *bias,
	size_t bias_first)
{
	struct product p;
	int32_t value = finish(h, y);

	if (!match_linear(&h->m, value, &p))
		fail_msg("%s", h->err.text);
	assert_int_equal(p.first, first);
	assert_int_equal(p.outputs, count);
	assert_true(bias ? str_is(p.bias->tensor.name, bias) : !p.bias);
	assert_int_equal(p.bias_first, bias_first);
	end(h);
}

static const char *put_bias(struct graph_in_hand *h, int64_t n)
{
	float bias[OUTPUTS_N] = {0};

	return build_bytes(h->b, ELEMENT_FLOAT, &n, 1, bias, (size_t)n * sizeof *bias, "bias");
}

static const char *product_of(struct graph_in_hand *h)
{
	return build_node(h->b, "MatMul", INPUTS(input(h), put_floats(h, true, false, "w")));
}

static const char *slice(struct graph_in_hand *h, const char *y, int64_t from, int64_t to)
{
	return build_node(h->b, "Slice", INPUTS(y, build_list_int(h->b, LIST(from)), build_list_int(h->b, LIST(to)),
		build_list_int(h->b, LIST(-1)), build_list_int(h->b, LIST(1))));
}

TEST(parts_of_a_product_with_the_bias_before_or_behind)
{
	struct graph_in_hand h;
	const char *y;

	begin(&h);
	y = build_node(h.b, "Add", INPUTS(product_of(&h), put_bias(&h, OUTPUTS_N)));
	expect_part(&h, slice(&h, y, 16, 24), 16, 8, "bias", 16);

	begin(&h);
	y = build_node(h.b, "Add", INPUTS(put_bias(&h, 8), slice(&h, product_of(&h), 16, 24)));
	expect_part(&h, y, 16, 8, "bias", 0);

	begin(&h);
	expect_part(&h, slice(&h, product_of(&h), 16, INT64_MAX), 16, 16, NULL, 16);

	begin(&h);
	y = product_of(&h);
	build_node_to(h.b, "Split", INPUTS(y), OUTPUTS("a", "b"));
	build_int(h.b, "axis", -1);
	expect_part(&h, "b", 16, 16, NULL, 16);

	begin(&h);
	y = product_of(&h);
	build_node_to(h.b, "Split", INPUTS(y, build_list_int(h.b, LIST(8, 20, 4))), OUTPUTS("a", "b", "c"));
	build_int(h.b, "axis", -1);
	expect_part(&h, "b", 8, 20, NULL, 8);
}

TEST(parts_that_are_not_there_are_refused)
{
	static const int64_t cuts[][2] = { { 16, 40 }, { 32, 40 }, { 8, 8 }, { -4, 32 }, { 40, INT64_MAX } };

	for (size_t i = 0; i < countof(cuts); i++) {
		struct graph_in_hand h;
		struct product p;

		begin(&h);
		const char *y = slice(&h, product_of(&h), cuts[i][0], cuts[i][1]);
		assert_false(match_linear(&h.m, finish(&h, y), &p));
		assert_true(h.err.kind == ERROR_INVALID && h.err.text[0]);
		end(&h);
	}
}

/* ---- 4 and 8 bits in blocks ---- */

struct codes {
	unsigned bits;
	size_t block;
	enum { NO_ZEROS, EIGHTS, PACKED_ZEROS, FLOAT_ZEROS } zeros;
	bool half_scales;
};

static uint8_t codes[ALL], packed[ALL], zeros[ALL / 32], packed_zeros[ALL / 32];
static float scales[ALL / 32], float_zeros[ALL / 32];

/* Fills all of the above, and what they mean. */
static void random_codes(const struct codes *c)
{
	size_t blocks = INPUTS_N / c->block, row = (blocks * c->bits + 7) / 8;
	unsigned middle = 1u << (c->bits - 1);

	memset(packed, 0, sizeof packed);
	memset(packed_zeros, 0, sizeof packed_zeros);
	for (size_t i = 0; i < OUTPUTS_N * blocks; i++) {
		unsigned zero = c->zeros == NO_ZEROS || c->zeros == EIGHTS ? middle :
			c->bits == 8 ? 128 : random_below(&seed, 16);
		size_t at = i / blocks * row + i % blocks * c->bits / 8;
		scales[i] = ldexpf((float)(1 + random_below(&seed, 100)), -10);
		zeros[i] = (uint8_t)zero;
		float_zeros[i] = (float)zero;
		packed_zeros[at] |= (uint8_t)(zero << (c->bits == 4 ? i % blocks % 2 * 4 : 0));
	}
	for (size_t i = 0; i < ALL; i++) {
		size_t block = i / INPUTS_N * blocks + i % INPUTS_N / c->block;
		codes[i] = (uint8_t)random_below(&seed, 1u << c->bits);
		packed[i * c->bits / 8] |= (uint8_t)(codes[i] << (c->bits == 4 ? i % 2 * 4 : 0));
		weights[i] = (float)(codes[i] - zeros[block]) * scales[block];
	}
}

static const char *put_scales(struct graph_in_hand *h, const int64_t *dims, size_t rank, size_t count, bool half)
{
	uint16_t halves[ALL / 32];

	half_from_float(halves, scales, count);
	return build_bytes(h->b, half ? ELEMENT_HALF : ELEMENT_FLOAT, dims, rank, half ? (const void *)halves : scales,
		count * (half ? 2 : 4), "scales");
}

static const char *put_zeros(struct graph_in_hand *h, const struct codes *c)
{
	int64_t blocks = (int64_t)(INPUTS_N / c->block), row = (blocks * c->bits + 7) / 8;

	if (c->zeros == NO_ZEROS)
		return "";
	if (c->zeros == FLOAT_ZEROS)
		return build_bytes(h->b, ELEMENT_FLOAT, LIST(OUTPUTS_N * blocks), float_zeros,
			(size_t)(OUTPUTS_N * blocks) * 4, "zeros");
	return build_bytes(h->b, ELEMENT_UINT8, LIST(OUTPUTS_N * row), packed_zeros, (size_t)(OUTPUTS_N * row),
		"zeros");
}

static const char *put_nbits(struct graph_in_hand *h, const struct codes *c, int64_t block_stated, const char *order)
{
	int64_t blocks = (int64_t)(INPUTS_N / c->block), bytes = (int64_t)(c->block * c->bits / 8);
	const char *w = build_bytes(h->b, ELEMENT_UINT8, LIST(OUTPUTS_N, blocks, bytes), packed, ALL * c->bits / 8,
		"w");
	const char *s = put_scales(h, LIST(OUTPUTS_N * blocks), (size_t)(OUTPUTS_N * blocks), c->half_scales);
	const char *y = build_node(h->b, "MatMulNBits", INPUTS(input(h), w, s, put_zeros(h, c), order));

	build_int(h->b, "K", INPUTS_N);
	build_int(h->b, "N", OUTPUTS_N);
	build_int(h->b, "bits", c->bits);
	build_int(h->b, "block_size", block_stated);
	return y;
}

TEST(matmulnbits_of_all_kinds)
{
	static const struct codes kinds[] = {
		{ 4, 32, NO_ZEROS, false }, { 4, 32, NO_ZEROS, true }, { 4, 64, NO_ZEROS, false },
		{ 4, 128, NO_ZEROS, false },
		{ 4, 32, EIGHTS, false }, { 4, 32, PACKED_ZEROS, false }, { 4, 128, PACKED_ZEROS, true },
		{ 4, 32, FLOAT_ZEROS, false }, { 8, 32, NO_ZEROS, false }, { 8, 128, PACKED_ZEROS, true },
	};

	for (size_t i = 0; i < countof(kinds); i++) {
		const struct codes *c = &kinds[i];
		bool four = c->bits == 4 && (c->zeros == NO_ZEROS || c->zeros == EIGHTS);
		struct graph_in_hand h;
		struct product p;

		begin(&h);
		random_codes(c);
		const char *y = put_nbits(&h, c, (int64_t)c->block, "");
		if (!match_linear(&h.m, finish(&h, y), &p))
			fail_msg("%zu: %s", i, h.err.text);
		compare(&p.weights, 0, OUTPUTS_N);
		compare_levels(&p.weights, four ? WEIGHTS_I4 : WEIGHTS_I8);
		end(&h);
	}
}

TEST(blocks_of_16_and_weights_in_their_own_order_are_refused)
{
	const struct codes c = { 4, 32, NO_ZEROS, false };

	for (int ordered = 0; ordered < 2; ordered++) {
		int32_t order[INPUTS_N] = {0};
		struct graph_in_hand h;
		struct product p;

		begin(&h);
		random_codes(&c);
		const char *g = build_bytes(h.b, ELEMENT_INT32, LIST(INPUTS_N), order, sizeof order, "order");
		const char *y = put_nbits(&h, &c, ordered ? 32 : 16, ordered ? g : "");
		assert_false(match_linear(&h.m, finish(&h, y), &p));
		assert_non_null(strstr(h.err.text, ordered ? "order" : "16"));
		end(&h);
	}
}

/* ---- DequantizeLinear ---- */

static const char *dequantize(struct graph_in_hand *h, const char *w, const char *s, const char *z, int64_t axis,
	int64_t block)
{
	const char *y = build_node(h->b, "DequantizeLinear", INPUTS(w, s, z));

	build_int(h->b, "axis", axis);
	if (block)
		build_int(h->b, "block_size", block);
	return y;
}

/* What ONNX Runtime's model builder writes with use_qdq: 4 bits in rows, turned before the product. */
TEST(dequantised_blocks_behind_a_transpose)
{
	struct codes c = { 4, 32, EIGHTS, false };
	struct graph_in_hand h;
	struct product p;

	begin(&h);
	random_codes(&c);
	const char *w = build_bytes(h.b, ELEMENT_UINT4, LIST(OUTPUTS_N, INPUTS_N), packed, ALL / 2, "w");
	const char *s = put_scales(&h, LIST(OUTPUTS_N, INPUTS_N / 32), ALL / 32, false);
	const char *z = build_bytes(h.b, ELEMENT_UINT4, LIST(OUTPUTS_N, INPUTS_N / 32), packed_zeros, ALL / 64, "z");
	w = build_node(h.b, "Transpose", INPUTS(dequantize(&h, w, s, z, -1, 32)));
	build_ints(h.b, "perm", LIST(1, 0));
	const char *y = build_node(h.b, "MatMul", INPUTS(input(&h), w));
	if (!match_linear(&h.m, finish(&h, y), &p))
		fail_msg("%s", h.err.text);
	compare(&p.weights, 0, OUTPUTS_N);
	compare_levels(&p.weights, WEIGHTS_I4);
	end(&h);
}

/* ---- 8 bits: one scale, or one an output ---- */

static int8_t bytes_turned[ALL];

/* Codes [inputs][outputs]; `unsigned_codes` have a zero point of 128 + off. */
static void random_bytes(bool per_output, bool unsigned_codes, int off)
{
	for (size_t o = 0; o < OUTPUTS_N; o++)
		scales[o] = ldexpf((float)(1 + random_below(&seed, 100)), -10);
	for (size_t o = 0; o < OUTPUTS_N; o++) {
		for (size_t i = 0; i < INPUTS_N; i++) {
			int code = (int)random_below(&seed, 256) - (unsigned_codes ? 0 : 128);
			bytes_turned[i * OUTPUTS_N + o] = (int8_t)code;
			weights[o * INPUTS_N + i] = (float)(code - (unsigned_codes ? 128 + off : off)) *
				scales[per_output ? o : 0];
		}
	}
}

static const char *put_dynamic(struct graph_in_hand *h, int form, const char *w, const char *s, const char *z)
{
	const char *x = input(h), *y;

	if (form == 0)
		return build_node(h->b, "DynamicQuantizeMatMul", INPUTS(x, w, s, z));
	build_node_to(h->b, "DynamicQuantizeLinear", INPUTS(x), OUTPUTS("xq", "xs", "xz"));
	if (form == 1)
		return build_node(h->b, "MatMulIntegerToFloat", INPUTS("xq", w, "xs", s, "xz", z));
	y = cast(h, build_node(h->b, "MatMulInteger", INPUTS("xq", w, "xz", z)), ELEMENT_FLOAT);
	return build_node(h->b, "Mul", INPUTS(y, build_node(h->b, "Mul", INPUTS("xs", s))));
}

static void expect_bytes(int form, bool per_output, bool unsigned_codes, int off)
{
	int64_t count = OUTPUTS_N;
	uint8_t points[OUTPUTS_N];
	struct graph_in_hand h;
	struct product p;

	begin(&h);
	random_bytes(per_output, unsigned_codes, off);
	memset(points, (unsigned_codes ? 128 : 0) + off, sizeof points);
	enum element type = unsigned_codes ? ELEMENT_UINT8 : ELEMENT_INT8;
	const char *w = build_bytes(h.b, type, LIST(INPUTS_N, OUTPUTS_N), bytes_turned, ALL, "w");
	const char *s = put_scales(&h, &count, per_output, per_output ? OUTPUTS_N : 1, false);
	const char *z = build_bytes(h.b, type, &count, per_output, points, per_output ? OUTPUTS_N : 1, "z");
	const char *y = put_dynamic(&h, form, w, s, z);
	int32_t value = finish(&h, y);
	assert_true(match_is_linear(&h.m, value));
	if (!match_linear(&h.m, value, &p))
		fail_msg("%s", h.err.text);
	assert_true(str_is(h.g.values[p.input].name, "x"));
	compare(&p.weights, 0, OUTPUTS_N);
	if (off == 0)
		compare_levels(&p.weights, WEIGHTS_I8);
	end(&h);
}

TEST(bytes_with_rounded_activations)
{
	for (int form = 0; form < 3; form++) {
		for (int kind = 0; kind < 4; kind++)
			expect_bytes(form, kind & 1, kind & 2, 0);
		expect_bytes(form, false, true, 7);
	}
}

/* ---- Embeddings ---- */

static const char *ids(struct graph_in_hand *h)
{
	return build_input(h->b, ELEMENT_INT64, DIMENSIONS({ "batch", 0 }, { "n", 0 }), "input_ids");
}

static void expect_embedding(struct graph_in_hand *h, const char *y)
{
	struct source s;

	if (!match_embedding(&h->m, finish(h, y), &s))
		fail_msg("%s", h->err.text);
	assert_int_equal(s.outputs, OUTPUTS_N);
	compare(&s, 0, OUTPUTS_N);
	end(h);
}

TEST(embeddings_of_all_kinds)
{
	struct codes c = { 4, 32, NO_ZEROS, false };
	struct graph_in_hand h;
	const char *w;

	begin(&h);
	random_weights();
	expect_embedding(&h, cast(&h, build_node(h.b, "Gather", INPUTS(put_floats(&h, false, true, "w"), ids(&h))),
		ELEMENT_FLOAT));

	begin(&h);     /* a head's weights, turned back */
	w = build_node(h.b, "Transpose", INPUTS(put_floats(&h, true, false, "w")));
	build_ints(h.b, "perm", LIST(1, 0));
	expect_embedding(&h, build_node(h.b, "Gather", INPUTS(w, ids(&h))));

	begin(&h);     /* the head's 4-bit weights, as bytes in rows */
	random_codes(&c);
	w = build_bytes(h.b, ELEMENT_UINT8, LIST(OUTPUTS_N, INPUTS_N / 32, 16), packed, ALL / 2, "w");
	w = build_node(h.b, "Reshape", INPUTS(w, build_list_int(h.b, LIST(OUTPUTS_N, INPUTS_N / 2))));
	w = build_node(h.b, "GatherBlockQuantized",
		INPUTS(w, ids(&h), put_scales(&h, LIST(ALL / 32), ALL / 32, false)));
	build_int(h.b, "bits", 4);
	build_int(h.b, "block_size", 32);
	build_int(h.b, "quantize_axis", 1);
	expect_embedding(&h, w);
}

/* ---- What is none ---- */

TEST(what_is_no_product_is_named)
{
	struct graph_in_hand h;
	struct product p;

	begin(&h);
	build_scope(h.b, "/model/layers.3/mlp");
	const char *y = build_node(h.b, "Softcap", INPUTS(input(&h)));
	int32_t value = finish(&h, y);
	assert_false(match_is_linear(&h.m, value));
	assert_false(match_linear(&h.m, value, &p));
	assert_non_null(strstr(h.err.text, "/model/layers.3/mlp/Softcap (Softcap)"));
	end(&h);

	begin(&h);
	random_weights();
	y = build_node(h.b, "Add", INPUTS(product_of(&h), put_bias(&h, 7)));   /* of another length */
	assert_false(match_linear(&h.m, finish(&h, y), &p));
	assert_non_null(strstr(h.err.text, "bias"));
	end(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(floats_and_halves_turned_or_not_behind_casts_or_not),
		cmocka_unit_test(gemm_with_a_bias),
		cmocka_unit_test(parts_of_a_product_with_the_bias_before_or_behind),
		cmocka_unit_test(parts_that_are_not_there_are_refused),
		cmocka_unit_test(matmulnbits_of_all_kinds),
		cmocka_unit_test(blocks_of_16_and_weights_in_their_own_order_are_refused),
		cmocka_unit_test(dequantised_blocks_behind_a_transpose),
		cmocka_unit_test(bytes_with_rounded_activations),
		cmocka_unit_test(embeddings_of_all_kinds),
		cmocka_unit_test(what_is_no_product_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
