/*
 * From the mixture back: each of queries, keys and values is followed through
 * what moves numbers, the past, scales, turning and norms, until a product with
 * weights is met.
 */
#include "prepare/attention.h"

#include <math.h>

#include "base/mem.h"

enum { STEPS_MAX = 64 };

/* One of q, k, v on its way back. */
struct heads {
	struct product *product;
	const struct onnx_constant *norm;
	double norm_eps, scale;
	struct rotary rotary;
	bool turned;
};

/* ---- One side ---- */

static bool is_past(const struct match *m, int32_t value)
{
	value = match_through_shapes(m, value);
	return value != ONNX_NONE && m->g->values[value].input;
}

/* Concat(past, new): the new ones. */
static bool step_concat(const struct match *m, const struct onnx_node *n, struct heads *h, int32_t *value)
{
	if (n->input_count == 2 && is_past(m, n->inputs[0])) {
		*value = n->inputs[1];
		return true;
	}
	if (h->turned || !rotary_is_written_out(m, n))
		return match_unknown(m, *value, "keys behind those of the past");
	h->turned = true;
	return rotary_read(m, n, &h->rotary, value);
}

static bool step_norm(const struct match *m, struct heads *h, int32_t *value)
{
	struct norm norm;

	if (!match_norm(m, *value, &norm))
		return false;
	if (h->norm || norm.input == ONNX_NONE || (h->product == NULL))
		return match_unknown(m, *value, "one norm of heads");
	h->norm = norm.weight;
	h->norm_eps = norm.eps;
	*value = norm.input;
	return true;
}

static bool step_turn(const struct match *m, const struct onnx_node *n, struct heads *h, int32_t *value)
{
	if (h->turned || h->norm)
		return match_unknown(m, *value, "heads that are turned once, behind their norm");
	h->turned = true;
	if (match_is(n, "Add"))
		return rotary_read(m, n, &h->rotary, value);
	if (n->domain.n == 0 || !rotary_tables(m, n, 2, &h->rotary) || !match_whole(m, onnx_input(n, 1)))
		return n->domain.n != 0 ? false : match_unknown(m, *value, "the other operator that turns heads");
	*value = onnx_input(n, 0);
	return true;
}

static bool step_scale(const struct match *m, const struct onnx_node *n, struct heads *h, int32_t *value)
{
	double number;

	if (match_is(n, "Div") ? !match_number(m, onnx_input(n, 1), &number) : !match_number_and(m, n, &number, value))
		return false;
	if (match_is(n, "Div"))
		*value = onnx_input(n, 0);
	h->scale *= match_is(n, "Div") ? 1 / number : number;
	return true;
}

/* One step back; `done` when a product is met. */
static bool step(const struct match *m, struct heads *h, int32_t *value, bool *done)
{
	*value = match_through_shapes(m, *value);
	const struct onnx_node *n = onnx_maker(m->g, *value);

	if (match_is(n, "Concat"))
		return step_concat(m, n, h, value);
	if (match_is(n, "RotaryEmbedding") || (match_is(n, "Add") && rotary_is_written_out(m, n)))
		return step_turn(m, n, h, value);
	if (match_is_norm(m, *value))
		return step_norm(m, h, value);
	if ((match_is(n, "Mul") || match_is(n, "Div")) && step_scale(m, n, h, value))
		return true;
	*done = true;
	return match_linear(m, *value, h->product);
}

static bool follow(const struct match *m, int32_t value, struct heads *h)
{
	bool done = false;

	for (size_t i = 0; i < STEPS_MAX && !done; i++)
		if (!step(m, h, &value, &done))
			return false;
	return done || match_unknown(m, value, "a product with weights");
}

/* ---- The three together ---- */

static bool join(const struct match *m, int32_t value, struct attention *a, const struct heads *q,
	const struct heads *k, const struct heads *v)
{
	int32_t input = match_through_shapes(m, a->q.input);

	if (match_through_shapes(m, a->k.input) != input || match_through_shapes(m, a->v.input) != input)
		return match_unknown(m, value, "queries, keys and values of one input");
	if (v->turned || v->norm || v->scale != 1 || q->turned != k->turned || !q->norm != !k->norm ||
	    (q->turned && !rotary_equal(&q->rotary, &k->rotary)) || (q->norm && q->norm_eps != k->norm_eps))
		return match_unknown(m, value, "queries and keys that are made alike");
	a->q_norm = q->norm;
	a->k_norm = k->norm;
	a->norm_eps = q->norm_eps;
	if (q->turned)
		a->rotary = q->rotary;
	a->scale *= q->scale * k->scale;
	return q->turned || a->rotary.magnitude != 0 || match_unknown(m, value, "positions");
}

#define HEADS(member) { .product = (member), .scale = 1 }

static bool follow_all(const struct match *m, int32_t value, const int32_t sides[3], struct attention *a)
{
	struct heads q = HEADS(&a->q), k = HEADS(&a->k), v = HEADS(&a->v);

	return follow(m, sides[0], &q) && follow(m, sides[1], &k) && follow(m, sides[2], &v) &&
	       join(m, value, a, &q, &k, &v);
}

/* ---- Operators ---- */

static bool is_plain_operator(const struct match *m, const struct onnx_node *n)
{
	if (onnx_attribute_float(n, "softcap", 0) != 0 || onnx_attribute_int(n, "smooth_softmax", 0) > 0 ||
	    onnx_attribute_int(n, "unidirectional", 0) != 0)
		return match_unknown(m, onnx_output(n, 0), "plain attention");
	return true;
}

/* Queries, keys and values are one value's parts. */
static bool unpack(const struct match *m, int32_t packed, size_t kv_heads, struct attention *a)
{
	size_t wide = a->heads * (size_t)m->head_dim, narrow = kv_heads * (size_t)m->head_dim;

	if (!match_linear(m, packed, &a->q))
		return false;
	if (a->heads == 0 || kv_heads == 0 || a->q.outputs != wide + 2 * narrow)
		return match_unknown(m, packed, "packed queries, keys and values");
	a->k = a->v = a->q;
	a->q.outputs = wide;
	a->k.outputs = a->v.outputs = narrow;
	a->k.first += wide;
	a->k.bias_first += wide;
	a->v.first += wide + narrow;
	a->v.bias_first += wide + narrow;
	return true;
}

/*
 * GroupQueryAttention: query, key, value, past key, past value, last positions,
 * total length, cosines, sines, positions, bias of scores, sinks.
 */
static bool match_group_query(const struct match *m, const struct onnx_node *n, struct attention *a)
{
	int64_t heads = onnx_attribute_int(n, "num_heads", 0), kv_heads = onnx_attribute_int(n, "kv_num_heads", 0);
	int64_t window = onnx_attribute_int(n, "local_window_size", -1);
	float scale = onnx_attribute_float(n, "scale", 0);
	bool packed = onnx_input(n, 1) == ONNX_NONE;

	for (size_t i = 10; i < n->input_count; i++)
		if (n->inputs[i] != ONNX_NONE)
			return match_unknown(m, n->inputs[i], "plain attention");
	if (heads < 1 || heads > 1024 || kv_heads < 1 || kv_heads > heads || !is_plain_operator(m, n) ||
	    !match_whole(m, onnx_input(n, 5)) || !match_whole(m, onnx_input(n, 6)))
		return heads >= 1 && heads <= 1024 && kv_heads >= 1 && kv_heads <= heads ? false :
			match_unknown(m, onnx_output(n, 0), "heads");
	a->heads = (size_t)heads;
	a->window = window > 0 ? (size_t)window : 0;
	a->scale = scale != 0 ? (double)scale : 1 / sqrt(m->head_dim);
	if (onnx_attribute_int(n, "do_rotary", 0) != 0 && !rotary_tables(m, n, 7, &a->rotary))
		return false;
	if (packed)
		return unpack(m, onnx_input(n, 0), (size_t)kv_heads, a) &&
		       (a->rotary.cosine || match_unknown(m, onnx_output(n, 0), "positions"));
	return follow_all(m, onnx_output(n, 0),
		(const int32_t[]){ onnx_input(n, 0), onnx_input(n, 1), onnx_input(n, 2) }, a);
}

/* MultiHeadAttention: query, key, value, bias, padding mask, bias of scores, past key, past value. */
static bool match_multi_head(const struct match *m, const struct onnx_node *n, struct attention *a)
{
	int64_t heads = onnx_attribute_int(n, "num_heads", 0);
	float scale = onnx_attribute_float(n, "scale", 0);

	if (heads < 1 || heads > 1024 || onnx_input(n, 3) != ONNX_NONE)
		return match_unknown(m, onnx_output(n, 0), "heads without a bias of their own");
	if (!is_plain_operator(m, n) || (onnx_input(n, 4) != ONNX_NONE && !match_whole(m, onnx_input(n, 4))) ||
	    (onnx_input(n, 5) != ONNX_NONE && !match_whole(m, onnx_input(n, 5))))
		return false;
	a->heads = (size_t)heads;
	a->scale = scale != 0 ? (double)scale : 1 / sqrt(m->head_dim);
	return follow_all(m, onnx_output(n, 0),
		(const int32_t[]){ onnx_input(n, 0), onnx_input(n, 1), onnx_input(n, 2) }, a);
}

/* ---- Written out ---- */

/* Scores before the mask is added; scales on the way count. */
static bool read_scores(const struct match *m, int32_t value, double *scale, const struct onnx_node **product)
{
	struct heads h = { .scale = 1 };

	for (size_t i = 0; i < STEPS_MAX; i++) {
		const struct onnx_node *n = match_maker(m, value);
		if (match_is(n, "MatMul") || match_is(n, "FusedMatMul")) {
			*product = n;
			*scale *= h.scale * (double)onnx_attribute_float(n, "alpha", 1);
			return true;
		}
		if ((!match_is(n, "Mul") && !match_is(n, "Div")) || !step_scale(m, n, &h, &value))
			return false;
	}
	return false;
}

/* Softmax(scores + mask); a Where behind it may clear rows that see nothing. */
static bool read_softmax(const struct match *m, int32_t value, double *scale, const struct onnx_node **product)
{
	const struct onnx_node *n = match_maker(m, value);

	if (match_is(n, "Where") && match_is(match_maker(m, onnx_input(n, 0)), "IsNaN"))
		n = match_maker(m, onnx_input(n, 2));
	if (!match_is(n, "Softmax"))
		return match_unknown(m, value, "weights of attention");
	value = onnx_input(n, 0);
	n = match_maker(m, value);
	if (match_is(n, "Where"))
		return match_whole(m, onnx_input(n, 0)) && ((match_number(m, onnx_input(n, 2), &(double){0}) &&
			read_scores(m, onnx_input(n, 1), scale, product)) || match_unknown(m, value, "masked scores"));
	for (size_t i = 0; i < 2 && match_is(n, "Add"); i++)
		if (read_scores(m, onnx_input(n, i), scale, product))
			return match_whole(m, onnx_input(n, 1 - i));
	return match_unknown(m, value, "masked scores");
}

static bool match_written_out(const struct match *m, const struct onnx_node *n, struct attention *a)
{
	const struct onnx_node *scores;

	a->scale = 1;
	if (!read_softmax(m, onnx_input(n, 0), &a->scale, &scores))
		return false;
	return follow_all(m, onnx_output(n, 0),
		(const int32_t[]){ onnx_input(scores, 0), onnx_input(scores, 1), onnx_input(n, 1) }, a);
}

bool attention_match(const struct match *m, int32_t value, struct attention *a)
{
	value = match_through_shapes(m, value);
	const struct onnx_node *n = onnx_maker(m->g, value);

	*a = (struct attention){0};
	if (match_is(n, "GroupQueryAttention"))
		return match_group_query(m, n, a);
	if (match_is(n, "MultiHeadAttention"))
		return match_multi_head(m, n, a);
	if (match_is(n, "MatMul") && !match_constant(m, onnx_input(n, 1)))
		return match_written_out(m, n, a);
	return match_unknown(m, value, "attention");
}
