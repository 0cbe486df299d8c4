/*
 * Attention and rotary positions in the forms that exporters write, each as a
 * small graph: what is found of them.
 */
#include "prepare/attention.h"

#include <math.h>

#include "base/mem.h"
#include "support/model/builder.h"
#include "support/test.h"

#define PATH "test_attention.tmp"

enum { HIDDEN = 64, HEADS = 4, KV_HEADS = 2, SIZE = 16, POSITIONS = 64 };

/* How one graph differs from the plainest. */
struct form {
	enum { WRITTEN_OUT, GROUP_QUERY, MULTI_HEAD } kind;
	bool split_scale;      /* the root of the scale on both sides, as torch's scaled_dot_product_attention */
	bool divided;          /* scores over the root of the size, computed from a shape */
	bool fused;            /* the scale in FusedMatMul, as ONNX Runtime optimises it */
	bool lonely_past;      /* behind a Concat of one thing, as transformers 5 leaves it */
	bool tables;           /* rows of cosines and sines picked, instead of computed */
	bool split_halves;     /* Split instead of two Slices */
	bool packed;           /* one product, its parts cut out */
	bool guarded;          /* rows that see nothing are cleared behind the softmax */
	bool operator_turns;   /* RotaryEmbedding before it */
	bool where_mask;       /* Where(mask, scores, lowest) instead of an addition */
	size_t partly;         /* of a head's numbers, how many turn; 0: all */
};

struct graph_in_hand {
	struct builder *b;
	const struct form *form;
	const char *x, *positions, *cosine, *sine, *mask;
	struct onnx_graph g;
	struct match m;
	struct error err;
	uint8_t whole[256];
};

static const char *tensor(struct graph_in_hand *h, const float *values, const int64_t *dims, size_t rank,
	const char *name)
{
	size_t n = sizeof *values;

	for (size_t i = 0; i < rank; i++)
		n *= (size_t)dims[i];
	return build_bytes(h->b, ELEMENT_FLOAT, dims, rank, values, n, name);
}

static size_t turning(const struct form *f)
{
	return f->partly ? f->partly : SIZE;
}

static double frequency(const struct form *f, size_t pair)
{
	return pow(1e4, -2.0 * (double)pair / (double)turning(f));
}

/* ---- Positions ---- */

static const char *table(struct graph_in_hand *h, double (*function)(double), bool doubled, const char *name)
{
	static float values[POSITIONS * SIZE];
	size_t half = turning(h->form) / 2, width = doubled ? 2 * half : half;

	for (size_t i = 0; i < POSITIONS * width; i++)
		values[i] = (float)function((double)(i / width) * frequency(h->form, i % width % half));
	return tensor(h, values, LIST(POSITIONS, (int64_t)width), name);
}

static const char *unsqueeze(struct graph_in_hand *h, const char *x, int64_t axis)
{
	return build_node(h->b, "Unsqueeze", INPUTS(x, build_list_int(h->b, LIST(axis))));
}

static void compute_angles(struct graph_in_hand *h)
{
	float frequencies[SIZE / 2];
	size_t half = turning(h->form) / 2;

	for (size_t i = 0; i < half; i++)
		frequencies[i] = (float)frequency(h->form, i);
	const char *f = tensor(h, frequencies, LIST(1, (int64_t)half, 1), "inv_freq");
	const char *p = build_node(h->b, "Cast", INPUTS(unsqueeze(h, h->positions, 1)));
	build_int(h->b, "to", ELEMENT_FLOAT);
	const char *angles = build_node(h->b, "Transpose", INPUTS(build_node(h->b, "MatMul", INPUTS(f, p))));
	build_ints(h->b, "perm", LIST(0, 2, 1));
	angles = build_node(h->b, "Concat", INPUTS(angles, angles));
	build_int(h->b, "axis", -1);
	h->cosine = unsqueeze(h, build_node(h->b, "Cos", INPUTS(angles)), 1);
	h->sine = unsqueeze(h, build_node(h->b, "Sin", INPUTS(angles)), 1);
}

static void make_positions(struct graph_in_hand *h)
{
	bool operator_turns = h->form->operator_turns || (h->form->kind == GROUP_QUERY && !h->form->operator_turns);

	h->positions = build_input(h->b, ELEMENT_INT64, DIMENSIONS({ "batch", 0 }, { "n", 0 }), "position_ids");
	if (operator_turns || h->form->tables) {
		h->cosine = table(h, cos, !operator_turns, "cos");
		h->sine = table(h, sin, !operator_turns, "sin");
	}
	if (!operator_turns && h->form->tables) {
		h->cosine = unsqueeze(h, build_node(h->b, "Gather", INPUTS(h->cosine, h->positions)), 1);
		h->sine = unsqueeze(h, build_node(h->b, "Gather", INPUTS(h->sine, h->positions)), 1);
	} else if (!operator_turns) {
		compute_angles(h);
	}
}

static const char *slice(struct graph_in_hand *h, const char *x, int64_t from, int64_t to, int64_t axis)
{
	return build_node(h->b, "Slice", INPUTS(x, build_list_int(h->b, LIST(from)), build_list_int(h->b, LIST(to)),
		build_list_int(h->b, LIST(axis)), build_list_int(h->b, LIST(1))));
}

static const char *concat(struct graph_in_hand *h, const char *a, const char *b, int64_t axis)
{
	const char *y = build_node(h->b, "Concat", INPUTS(a, b));

	build_int(h->b, "axis", axis);
	return y;
}

/* x · cos + turned · sin */
static const char *turn_all(struct graph_in_hand *h, const char *x, int64_t size)
{
	const char *low, *high;

	if (h->form->split_halves) {
		low = build_text(h->b, "%s_low", x);
		high = build_text(h->b, "%s_high", x);
		build_node_to(h->b, "Split", INPUTS(x), OUTPUTS(low, high));
		build_int(h->b, "axis", -1);
	} else {
		low = slice(h, x, 0, size / 2, 3);
		high = slice(h, x, size / 2, INT64_MAX, 3);
	}
	const char *turned = concat(h, build_node(h->b, "Neg", INPUTS(high)), low, -1);
	return build_node(h->b, "Add", INPUTS(build_node(h->b, "Mul", INPUTS(x, h->cosine)),
		build_node(h->b, "Mul", INPUTS(turned, h->sine))));
}

static const char *turn(struct graph_in_hand *h, const char *x)
{
	int64_t part = (int64_t)h->form->partly;

	if (!part)
		return turn_all(h, x, SIZE);
	return concat(h, turn_all(h, slice(h, x, 0, part, 3), part), slice(h, x, part, INT64_MAX, 3), -1);
}

static const char *turn_by_operator(struct graph_in_hand *h, const char *x)
{
	const char *y = build_node(h->b, "RotaryEmbedding", INPUTS(x, h->positions, h->cosine, h->sine));

	build_int(h->b, "interleaved", 0);
	return y;
}

/* ---- Queries, keys, values ---- */

static const char *weights(struct graph_in_hand *h, size_t outputs, const char *name)
{
	static float values[HIDDEN * HIDDEN * 2];

	return tensor(h, values, LIST(HIDDEN, (int64_t)outputs), name);
}

static void project(struct graph_in_hand *h, const char *qkv[3])
{
	static const int64_t ends[] = { 0, HEADS * SIZE, (HEADS + KV_HEADS) * SIZE, (HEADS + 2 * KV_HEADS) * SIZE };
	static const char *const names[] = { "q", "k", "v" };
	const char *all = h->form->packed ?
		build_node(h->b, "MatMul", INPUTS(h->x, weights(h, (size_t)ends[3], "qkv"))) : NULL;

	for (size_t i = 0; i < 3; i++)
		qkv[i] = all ? slice(h, all, ends[i], ends[i + 1], 2) :
			build_node(h->b, "MatMul", INPUTS(h->x, weights(h, (size_t)(ends[i + 1] - ends[i]), names[i])));
}

static const char *split_heads(struct graph_in_hand *h, const char *x, int64_t heads)
{
	x = build_node(h->b, "Reshape", INPUTS(x, build_list_int(h->b, LIST(0, -1, heads, SIZE))));
	x = build_node(h->b, "Transpose", INPUTS(x));
	build_ints(h->b, "perm", LIST(0, 2, 1, 3));
	return x;
}

static const char *repeat(struct graph_in_hand *h, const char *x, const char *past)
{
	past = build_input(h->b, ELEMENT_FLOAT, DIMENSIONS({ "b", 0 }, { NULL, KV_HEADS }, { "p", 0 }, { NULL, SIZE }),
		"%s", past);
	if (h->form->lonely_past) {
		past = build_node(h->b, "Concat", INPUTS(past));
		build_int(h->b, "axis", -2);
	}
	x = unsqueeze(h, concat(h, past, x, 2), 2);
	x = build_node(h->b, "Expand", INPUTS(x, build_list_int(h->b, LIST(1, 1, HEADS / KV_HEADS, 1, 1))));
	return build_node(h->b, "Reshape", INPUTS(x, build_list_int(h->b, LIST(0, HEADS, -1, SIZE))));
}

/* The square root of 1 / sqrt(size), by operators over a shape. */
static const char *scale_from_shape(struct graph_in_hand *h, const char *q)
{
	const char *size = slice(h, build_node(h->b, "Shape", INPUTS(q)), -1, INT64_MAX, 0);

	size = build_node(h->b, "Cast", INPUTS(size));
	build_int(h->b, "to", ELEMENT_FLOAT);
	return build_node(h->b, "Sqrt", INPUTS(size));
}

/* ---- Attention ---- */

static const char *score(struct graph_in_hand *h, const char *q, const char *k)
{
	const struct form *f = h->form;
	float scale = 1 / sqrtf(SIZE);

	k = build_node(h->b, "Transpose", INPUTS(k));
	build_ints(h->b, "perm", LIST(0, 1, 3, 2));
	if (f->split_scale) {
		const char *root = build_node(h->b, "Sqrt", INPUTS(build_scalar(h->b, ELEMENT_FLOAT, scale)));
		q = build_node(h->b, "Mul", INPUTS(q, root));
		k = build_node(h->b, "Mul", INPUTS(k, root));
		return build_node(h->b, "MatMul", INPUTS(q, k));
	}
	const char *scores = build_node(h->b, f->fused ? "FusedMatMul" : "MatMul", INPUTS(q, k));
	if (f->fused) {
		build_float(h->b, "alpha", scale);
		return scores;
	}
	if (f->divided)
		return build_node(h->b, "Div", INPUTS(scores, scale_from_shape(h, q)));
	return build_node(h->b, "Mul", INPUTS(build_scalar(h->b, ELEMENT_FLOAT, scale), scores));
}

static const char *write_out(struct graph_in_hand *h, const char *qkv[3])
{
	const struct form *f = h->form;
	const char *q = turn(h, split_heads(h, qkv[0], HEADS));
	const char *k = repeat(h, turn(h, split_heads(h, qkv[1], KV_HEADS)), "past.k");
	const char *v = repeat(h, split_heads(h, qkv[2], KV_HEADS), "past.v");
	const char *scores = score(h, q, k);

	scores = f->where_mask ?
		build_node(h->b, "Where", INPUTS(h->mask, scores, build_scalar(h->b, ELEMENT_FLOAT, -1e9f))) :
		build_node(h->b, "Add", INPUTS(scores, h->mask));
	scores = build_node(h->b, "Softmax", INPUTS(scores));
	if (f->guarded)
		scores = build_node(h->b, "Where", INPUTS(build_node(h->b, "IsNaN", INPUTS(scores)),
			build_scalar(h->b, ELEMENT_FLOAT, 0), scores));
	return build_node(h->b, "MatMul", INPUTS(scores, v));
}

static const char *group_query(struct graph_in_hand *h, const char *qkv[3])
{
	bool inside = !h->form->operator_turns;
	const char *count = build_node(h->b, "ReduceSum", INPUTS(h->mask));
	const char *y;

	if (!inside) {
		qkv[0] = turn_by_operator(h, qkv[0]);
		qkv[1] = turn_by_operator(h, qkv[1]);
	}
	y = build_node(h->b, "GroupQueryAttention", INPUTS(qkv[0], qkv[1], qkv[2], "", "", count, count,
		inside ? h->cosine : "", inside ? h->sine : ""));
	build_int(h->b, "num_heads", HEADS);
	build_int(h->b, "kv_num_heads", KV_HEADS);
	build_int(h->b, "do_rotary", inside);
	return y;
}

static const char *multi_head(struct graph_in_hand *h, const char *qkv[3])
{
	const char *q = turn_by_operator(h, qkv[0]);
	const char *k = repeat(h, split_heads(h, turn_by_operator(h, qkv[1]), KV_HEADS), "past.k");
	const char *v = repeat(h, split_heads(h, qkv[2], KV_HEADS), "past.v");
	const char *y = build_node(h->b, "MultiHeadAttention", INPUTS(q, k, v, "", "", h->mask));

	build_int(h->b, "num_heads", HEADS);
	build_float(h->b, "scale", 1 / sqrtf(SIZE));
	return y;
}

static void begin(struct graph_in_hand *h, const struct form *f)
{
	*h = (struct graph_in_hand){ .b = builder_create(NULL), .form = f };
	h->x = build_input(h->b, ELEMENT_FLOAT, DIMENSIONS({ "b", 0 }, { "n", 0 }, { NULL, HIDDEN }), "x");
	h->mask = build_input(h->b, ELEMENT_INT64, DIMENSIONS({ "b", 0 }, { "t", 0 }), "attention_mask");
	make_positions(h);
}

static const char *write_form(struct graph_in_hand *h)
{
	const char *qkv[3];

	project(h, qkv);
	return h->form->kind == GROUP_QUERY ? group_query(h, qkv) :
	       h->form->kind == MULTI_HEAD ? multi_head(h, qkv) : write_out(h, qkv);
}

static bool read_form(struct graph_in_hand *h, const char *y, struct attention *a)
{
	struct error err = {0};

	assert_ok(build_save(h->b, PATH, &err));
	assert_ok(onnx_graph_open(&h->g, PATH, &err));
	h->m = (struct match){ .g = &h->g, .err = &h->err, .head_dim = SIZE, .whole = h->whole };
	return attention_match(&h->m, onnx_graph_find(&h->g, str_of(y)), a);
}

static void end(struct graph_in_hand *h)
{
	onnx_graph_done(&h->g);
	builder_destroy(h->b);
}

/* ---- Tests ---- */

static void expect(struct graph_in_hand *h, const struct attention *a)
{
	const struct form *f = h->form;
	double frequencies[SIZE], magnitude;
	struct rotary r = a->rotary;

	assert_true(str_is(h->g.values[a->q.input].name, "x"));
	assert_int_equal(a->q.outputs, HEADS * SIZE);
	assert_int_equal(a->k.outputs, KV_HEADS * SIZE);
	assert_int_equal(a->v.outputs, KV_HEADS * SIZE);
	assert_int_equal(a->v.first, f->packed ? (HEADS + KV_HEADS) * SIZE : 0);
	assert_true(fabs(a->scale - 0.25) < 1e-6);
	r.dimension = r.dimension ? r.dimension : SIZE;
	assert_int_equal(r.dimension, turning(f));
	assert_true(rotary_frequencies(&h->m, &r, frequencies, &magnitude));
	assert_true(fabs(magnitude - 1) < 1e-6);
	for (size_t i = 0; i < turning(f) / 2; i++)
		assert_true(fabs(frequencies[i] / frequency(f, i) - 1) < 1e-5);
}

TEST(is_found_in_all_forms)
{
	static const struct form forms[] = {
		{ .kind = WRITTEN_OUT },
		{ .kind = WRITTEN_OUT, .split_scale = true, .guarded = true },
		{ .kind = WRITTEN_OUT, .divided = true },
		{ .kind = WRITTEN_OUT, .tables = true },
		{ .kind = WRITTEN_OUT, .fused = true, .lonely_past = true },
		{ .kind = WRITTEN_OUT, .split_halves = true, .where_mask = true },
		{ .kind = WRITTEN_OUT, .packed = true },
		{ .kind = WRITTEN_OUT, .partly = 8 },
		{ .kind = WRITTEN_OUT, .partly = 12, .tables = true, .packed = true },
		{ .kind = GROUP_QUERY },
		{ .kind = GROUP_QUERY, .operator_turns = true },
		{ .kind = GROUP_QUERY, .operator_turns = true, .packed = true, .partly = 8 },
		{ .kind = MULTI_HEAD, .operator_turns = true },
	};

	for (size_t i = 0; i < countof(forms); i++) {
		struct graph_in_hand h;
		struct attention a;

		begin(&h, &forms[i]);
		if (!read_form(&h, write_form(&h), &a))
			fail_msg("%zu: %s", i, h.err.text);
		expect(&h, &a);
		end(&h);
	}
}

static void expect_refusal(struct graph_in_hand *h, const char *y, const char *part)
{
	struct attention a;

	assert_false(read_form(h, y, &a));
	assert_int_equal(h->err.kind, ERROR_INVALID);
	if (!strstr(h->err.text, part))
		fail_msg("\"%s\" does not say \"%s\"", h->err.text, part);
	end(h);
}

TEST(what_is_not_plain_is_refused_by_name)
{
	static const struct form written = { .kind = WRITTEN_OUT }, grouped = { .kind = GROUP_QUERY };
	struct graph_in_hand h;
	const char *qkv[3], *y;

	begin(&h, &grouped);
	y = write_form(&h);
	build_float(h.b, "softcap", 50);
	expect_refusal(&h, y, "GroupQueryAttention");

	begin(&h, &grouped);
	y = write_form(&h);
	build_int(h.b, "rotary_interleaved", 1);
	expect_refusal(&h, y, "halves");

	begin(&h, &written);           /* a mask made of activations */
	h.mask = h.x;
	y = write_form(&h);
	expect_refusal(&h, y, "mask");

	begin(&h, &written);           /* a softcap written out */
	project(&h, qkv);
	qkv[0] = build_node(h.b, "Tanh", INPUTS(qkv[0]));
	y = write_out(&h, qkv);
	expect_refusal(&h, y, "Tanh");

	begin(&h, &written);           /* keys of something else */
	project(&h, qkv);
	qkv[1] = build_node(h.b, "MatMul", INPUTS(build_node(h.b, "Relu", INPUTS(h.x)),
		weights(&h, KV_HEADS * SIZE, "w")));
	y = write_out(&h, qkv);
	expect_refusal(&h, y, "one input");

	begin(&h, &written);           /* queries that stay as they are */
	project(&h, qkv);
	h.cosine = build_node(h.b, "Identity", INPUTS(h.x));
	y = write_out(&h, qkv);
	expect_refusal(&h, y, "cosines");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_found_in_all_forms),
		cmocka_unit_test(what_is_not_plain_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
