/*
 * Attention from elementary operators, as PyTorch's tracer leaves it: rotary
 * positions by Sin and Cos, a mask made of comparisons, keys and values repeated
 * for the heads that share them.
 */
#include <float.h>
#include <math.h>

#include "support/model/arch.h"

#define LOWEST_HALF (-65504.0f)

static const char *cast(struct arch *a, const char *x, enum element type)
{
	const char *y = build_node(a->b, "Cast", INPUTS(x));

	build_int(a->b, "to", type);
	return y;
}

static const char *transpose(struct arch *a, const char *x, const int64_t *order, size_t rank)
{
	const char *y = build_node(a->b, "Transpose", INPUTS(x));

	build_ints(a->b, "perm", order, rank);
	return y;
}

static const char *unsqueeze(struct arch *a, const char *x, const int64_t *axes, size_t count)
{
	return build_node(a->b, "Unsqueeze", INPUTS(x, build_list_int(a->b, axes, count)));
}

static const char *reshape(struct arch *a, const char *x, const int64_t *dims, size_t rank)
{
	return build_node(a->b, "Reshape", INPUTS(x, build_list_int(a->b, dims, rank)));
}

static const char *slice(struct arch *a, const char *x, int64_t from, int64_t to, int64_t axis)
{
	return build_node(a->b, "Slice", INPUTS(x, build_list_int(a->b, LIST(from)), build_list_int(a->b, LIST(to)),
		build_list_int(a->b, LIST(axis))));
}

static const char *concat(struct arch *a, const char *first, const char *second, int64_t axis)
{
	const char *both = build_node(a->b, "Concat", INPUTS(first, second));

	build_int(a->b, "axis", axis);
	return both;
}

static void fill_frequencies(const void *user, size_t first, size_t count, void *out)
{
	const struct model_shape *s = user;
	float *to = out;

	for (size_t i = first; i < first + count; i++)
		*to++ = (float)rotary_frequency(s, i);
}

/* Angles are position · theta^(-2i/d), for the first half of a head and again for the second (RoFormer, eq. 15). */
static void make_rotary(struct arch *a, const char *positions)
{
	struct builder *b = a->b;
	const char *frequencies, *angles;

	build_scope(b, "/model/rotary_emb");
	frequencies = build_tensor(b, ELEMENT_FLOAT, LIST(1, (int64_t)a->shape->head_dim / 2, 1), fill_frequencies,
		a->shape, "model.rotary_emb.inv_freq");
	positions = cast(a, unsqueeze(a, positions, LIST(1)), ELEMENT_FLOAT);
	angles = transpose(a, build_node(b, "MatMul", INPUTS(frequencies, positions)), LIST(0, 2, 1));
	angles = unsqueeze(a, concat(a, angles, angles, -1), LIST(1));
	a->cos = cast(a, build_node(b, "Cos", INPUTS(angles)), a->real);
	a->sin = cast(a, build_node(b, "Sin", INPUTS(angles)), a->real);
}

/* The lowest number where a token may not look: later positions and those that attention_mask leaves out. */
static void make_mask(struct arch *a)
{
	struct builder *b = a->b;
	const char *past = arch_size_of(a, "past_key_values.0.key", 2);
	const char *zero = build_scalar_int(b, 0), *one = build_scalar_int(b, 1);
	const char *total = build_node(b, "Add", INPUTS(past, arch_size_of(a, a->input_ids, 1)));
	const char *rows = unsqueeze(a, build_node(b, "Range", INPUTS(past, total, one)), LIST(1));
	const char *later = build_node(b, "Greater", INPUTS(build_node(b, "Range", INPUTS(zero, total, one)), rows));
	const char *absent = build_node(b, "Equal", INPUTS(unsqueeze(a, a->attention_mask, LIST(1, 2)), zero));
	const char *hidden = build_node(b, "Or", INPUTS(later, absent));
	float lowest = a->real == ELEMENT_HALF ? LOWEST_HALF : -FLT_MAX;

	a->mask = build_node(b, "Where", INPUTS(hidden, build_scalar(b, a->real, lowest), build_scalar(b, a->real, 0)));
}

static void prepare(struct arch *a)
{
	build_scope(a->b, "/model");
	make_mask(a);
	make_rotary(a, arch_positions(a));
}

/* x / sqrt(mean(x²) + eps) · weight, in float32 (Zhang and Sennrich 2019). */
static const char *normalise(struct arch *a, const char *x, const char *weight)
{
	struct builder *b = a->b;
	bool half = a->real == ELEMENT_HALF;
	const char *mean, *scaled;

	x = half ? cast(a, x, ELEMENT_FLOAT) : x;
	mean = build_node(b, "ReduceMean", INPUTS(build_node(b, "Pow", INPUTS(x, build_scalar(b, ELEMENT_FLOAT, 2)))));
	build_ints(b, "axes", LIST(-1));
	mean = build_node(b, "Add", INPUTS(mean, build_scalar(b, ELEMENT_FLOAT, (float)a->shape->rms_eps)));
	scaled = build_node(b, "Div", INPUTS(x, build_node(b, "Sqrt", INPUTS(mean))));
	if (half)
		scaled = cast(a, scaled, ELEMENT_HALF);
	return build_node(b, "Mul", INPUTS(weight, scaled));
}

static const char *norm(struct arch *a, struct residual *r, const char *weight)
{
	if (r->delta)
		r->sum = build_node(a->b, "Add", INPUTS(r->sum, r->delta));
	r->delta = NULL;
	return normalise(a, r->sum, weight);
}

/* [B, S, n·d] -> [B, n, S, d] */
static const char *split_heads(struct arch *a, size_t layer, enum projection which, const char *x)
{
	size_t heads = which == PROJECT_Q ? a->shape->heads : a->shape->kv_heads;

	x = reshape(a, x, LIST(0, 0, (int64_t)heads, (int64_t)a->shape->head_dim));
	if (a->shape->head_norms && which != PROJECT_V)
		x = normalise(a, x, arch_head_norm(a, layer, which));
	return transpose(a, x, LIST(0, 2, 1, 3));
}

static const char *rotate(struct arch *a, const char *x)
{
	struct builder *b = a->b;
	int64_t middle = (int64_t)a->shape->head_dim / 2;
	const char *low = slice(a, x, 0, middle, 3), *high = slice(a, x, middle, INT64_MAX, 3);
	const char *turned = concat(a, build_node(b, "Neg", INPUTS(high)), low, -1);

	x = build_node(b, "Mul", INPUTS(x, a->cos));
	return build_node(b, "Add", INPUTS(x, build_node(b, "Mul", INPUTS(turned, a->sin))));
}

/* Past and new ones; the whole is what the next run gets as past. */
static const char *append_cache(struct arch *a, size_t layer, const char *side, const char *x)
{
	const char *past = arch_past(a, layer, side);

	concat(a, past, x, 2);
	return build_rename_output(a->b, arch_present(a, layer, side));
}

/* [B, K, T, d] -> [B, H, T, d]: each head of keys or values serves H/K heads of queries. */
static const char *repeat(struct arch *a, const char *x)
{
	const struct model_shape *s = a->shape;
	int64_t times = (int64_t)(s->heads / s->kv_heads);

	if (times == 1)
		return x;
	x = build_node(a->b, "Expand", INPUTS(unsqueeze(a, x, LIST(2)), build_list_int(a->b, LIST(1, 1, times, 1, 1))));
	return reshape(a, x, LIST(0, (int64_t)s->heads, -1, (int64_t)s->head_dim));
}

static const char *attention(struct arch *a, size_t layer, const char *x)
{
	struct builder *b = a->b;
	const struct model_shape *s = a->shape;
	const char *q = arch_projection(a, layer, PROJECT_Q, x);
	const char *k = arch_projection(a, layer, PROJECT_K, x);
	const char *v = arch_projection(a, layer, PROJECT_V, x);
	const char *scores;

	build_scope(b, "/model/layers.%zu/self_attn", layer);
	q = rotate(a, split_heads(a, layer, PROJECT_Q, q));
	k = repeat(a, append_cache(a, layer, "key", rotate(a, split_heads(a, layer, PROJECT_K, k))));
	v = repeat(a, append_cache(a, layer, "value", split_heads(a, layer, PROJECT_V, v)));
	scores = build_node(b, "MatMul", INPUTS(q, transpose(a, k, LIST(0, 1, 3, 2))));
	scores = build_node(b, "Mul", INPUTS(scores, build_scalar(b, a->real, (float)(1 / sqrt((double)s->head_dim)))));
	scores = build_node(b, "Softmax", INPUTS(build_node(b, "Add", INPUTS(scores, a->mask))));
	build_int(b, "axis", -1);
	x = transpose(a, build_node(b, "MatMul", INPUTS(scores, v)), LIST(0, 2, 1, 3));
	return reshape(a, x, LIST(0, 0, (int64_t)(s->heads * s->head_dim)));
}

const struct arch_form arch_plain = {
	.attention_scope = "self_attn",
	.past_symbol = "past_sequence_length",
	.total_symbol = "past_sequence_length + 1",
	.prepare = prepare,
	.norm = norm,
	.attention = attention,
};
