/*
 * Layers are found from the last to the first and turned round at the end.
 */
#include "prepare/recognise.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "prepare/attention.h"
#include "prepare/numbers.h"

enum { LAYERS_MAX = 1024 };

struct recognising {
	struct match m;
	struct found *f;
	size_t layer_count, kv_heads, head_dim;
	struct rotary rotary;              /* the first met; all must be the same */
	double eps;
	bool seen;                         /* rotary and the like are set */
};

static bool refuse(struct recognising *r, const char *what)
{
	return error_set(r->m.err, ERROR_INVALID, "the graph's %s", what);
}

/* ---- The residual stream ---- */

/* What a sum adds to the stream (`branch`), and the stream before. */
static bool split_sum(struct recognising *r, struct stream s, int32_t *branch, struct stream *before)
{
	for (size_t i = 0; i < 2; i++) {
		*branch = onnx_input(s.sum, i);
		*before = match_stream(&r->m, onnx_input(s.sum, 1 - i));
		if (match_is_linear(&r->m, *branch) && !match_is_linear(&r->m, onnx_input(s.sum, 1 - i)))
			return true;
	}
	return match_unknown(&r->m, onnx_input(s.sum, 0), "what a layer adds");
}

/* ---- Feed-forward ---- */

/* z · sigmoid(z): z. */
static bool is_silu(struct recognising *r, int32_t value, int32_t *z)
{
	const struct onnx_node *n = match_maker(&r->m, value), *sigmoid;

	if (match_is(n, "QuickGelu") || match_is(n, "Swish")) {
		*z = match_through(&r->m, onnx_input(n, 0));
		return onnx_attribute_float(n, "alpha", match_is(n, "Swish") ? 1 : 1.702f) == 1;
	}
	return match_is(n, "Mul") && match_maker_and(&r->m, n, "Sigmoid", &sigmoid, z) &&
	       match_through(&r->m, onnx_input(sigmoid, 0)) == *z;
}

/* down(silu(gate(x)) · up(x)); x. */
static bool read_feed_forward(struct recognising *r, int32_t value, struct found_layer *layer, int32_t *x)
{
	const struct onnx_node *n;
	int32_t gate, up = ONNX_NONE;

	if (!match_linear(&r->m, value, &layer->down))
		return false;
	n = match_maker(&r->m, match_through_shapes(&r->m, layer->down.input));
	for (size_t i = 0; i < 2 && up == ONNX_NONE && match_is(n, "Mul"); i++)
		if (is_silu(r, onnx_input(n, i), &gate))
			up = onnx_input(n, 1 - i);
	if (up == ONNX_NONE)
		return match_unknown(&r->m, layer->down.input, "a gated feed-forward");
	if (!match_linear(&r->m, gate, &layer->gate) || !match_linear(&r->m, up, &layer->up))
		return false;
	*x = match_through_shapes(&r->m, layer->gate.input);
	return *x == match_through_shapes(&r->m, layer->up.input) ||
		match_unknown(&r->m, up, "gate and up of one input");
}

/* ---- Attention ---- */

/* Whatever all layers have in common. */
static bool agree(struct recognising *r, const struct attention *a)
{
	double scale = 1 / sqrt((double)r->head_dim);

	if (fabs(a->scale / scale - 1) > 1e-3)
		return refuse(r, "scores are not scaled by the root of a head's size");
	if (!r->seen)
		r->rotary = a->rotary;
	if (!rotary_equal(&r->rotary, &a->rotary))
		return refuse(r, "layers turn heads by different angles");
	if (a->q_norm && a->norm_eps != r->eps)
		return refuse(r, "norms have different eps");
	if (a->heads && a->heads != a->q.outputs / r->head_dim)
		return refuse(r, "queries have not as many heads as they should");
	if (r->seen && r->f->window != a->window)
		return refuse(r, "layers see different numbers of tokens");
	r->f->window = a->window;
	r->seen = true;
	return true;
}

static bool read_attention(struct recognising *r, int32_t value, struct found_layer *layer, int32_t *x)
{
	struct attention a;

	if (!match_linear(&r->m, value, &layer->o) || !attention_match(&r->m, layer->o.input, &a) || !agree(r, &a))
		return false;
	layer->q = a.q;
	layer->k = a.k;
	layer->v = a.v;
	layer->q_norm = a.q_norm;
	layer->k_norm = a.k_norm;
	*x = match_through_shapes(&r->m, a.q.input);
	return true;
}

/* ---- A layer ---- */

/* The norm before a branch's input; it must be of the stream that the branch is added to. */
static bool read_norm(struct recognising *r, int32_t x, struct stream before, const struct onnx_constant **weight)
{
	struct norm norm;

	if (!match_norm(&r->m, x, &norm))
		return false;
	if (!stream_equal(norm.stream, before))
		return match_unknown(&r->m, x, "a norm of the residual stream");
	if (norm.eps != r->eps)
		return refuse(r, "norms have different eps");
	*weight = norm.weight;
	return true;
}

/* The layer whose result is `s`; then `s` is what went into it. */
static bool read_layer(struct recognising *r, struct stream *s, struct found_layer *layer)
{
	struct stream middle, before;
	int32_t branch, x = ONNX_NONE;

	if (!split_sum(r, *s, &branch, &middle) || !read_feed_forward(r, branch, layer, &x) ||
	    !read_norm(r, x, middle, &layer->norm2))
		return false;
	if (!middle.sum)
		return match_unknown(&r->m, middle.value, "what attention adds");
	if (!split_sum(r, middle, &branch, &before) || !read_attention(r, branch, layer, &x) ||
	    !read_norm(r, x, before, &layer->norm1))
		return false;
	*s = before;
	return true;
}

static bool read_layers(struct recognising *r, struct stream *s)
{
	struct found *f = r->f;

	f->layers = mem_zeroed(r->layer_count, sizeof *f->layers);
	for (size_t i = r->layer_count; i-- > 0; ) {
		if (!s->sum)
			return refuse(r, "caches are of more layers than it has");
		if (!read_layer(r, s, &f->layers[i]))
			return false;
	}
	return !s->sum || refuse(r, "caches are of fewer layers than it has");
}

/* ---- Both ends ---- */

/* Behind what picks positions: the last one's logits are all that some graphs give. */
static int32_t behind_positions(struct recognising *r, int32_t value)
{
	for (;;) {
		value = match_through_shapes(&r->m, value);
		const struct onnx_node *n = onnx_maker(r->m.g, value);

		if (!match_is(n, "Slice") && !(match_is(n, "Gather") && onnx_attribute_int(n, "axis", 0) == 1))
			return value;
		value = onnx_input(n, 0);
	}
}

static bool read_head(struct recognising *r, struct stream *s)
{
	int32_t logits = onnx_graph_find(r->m.g, (struct str)STR("logits"));
	struct norm norm;

	if (!match_linear(&r->m, logits, &r->f->head))
		return false;
	if (!match_norm(&r->m, behind_positions(r, r->f->head.input), &norm))
		return false;
	r->f->final_norm = norm.weight;
	r->eps = norm.eps;
	*s = norm.stream.sum ? norm.stream : match_stream(&r->m, behind_positions(r, norm.input));
	return true;
}

/* ---- Dimensions ---- */

static bool fits(struct recognising *r, const struct product *p, size_t outputs, size_t inputs, const char *name)
{
	if (p->outputs == outputs && p->weights.inputs == inputs)
		return true;
	return error_set(r->m.err, ERROR_INVALID, "the graph's %s is %zu x %zu where %zu x %zu would go with the rest",
		name, p->outputs, p->weights.inputs, outputs, inputs);
}

static bool vector_fits(struct recognising *r, const struct onnx_constant *c, size_t count, const char *name)
{
	int64_t type = c->tensor.type;
	bool ok = numbers_count(c) == count && (type == ONNX_FLOAT || type == ONNX_FLOAT16 || type == ONNX_BFLOAT16);

	return ok || error_set(r->m.err, ERROR_INVALID, "the graph's %s has not the %zu numbers it should", name,
		count);
}

static bool layer_fits(struct recognising *r, const struct found_layer *l)
{
	const struct decoder_shape *s = &r->f->shape;
	size_t wide = (size_t)s->heads * s->head_dim, narrow = (size_t)s->kv_heads * s->head_dim;

	if (l->o.bias || l->gate.bias || l->up.bias || l->down.bias)
		return refuse(r, "projections have biases where we know none");
	if (!l->q_norm != !s->qk_norm)
		return refuse(r, "layers are not all alike");
	return fits(r, &l->q, wide, s->hidden, "q_proj") && fits(r, &l->k, narrow, s->hidden, "k_proj") &&
	       fits(r, &l->v, narrow, s->hidden, "v_proj") && fits(r, &l->o, s->hidden, wide, "o_proj") &&
	       fits(r, &l->gate, s->intermediate, s->hidden, "gate_proj") &&
	       fits(r, &l->up, s->intermediate, s->hidden, "up_proj") &&
	       fits(r, &l->down, s->hidden, s->intermediate, "down_proj") &&
	       vector_fits(r, l->norm1, s->hidden, "norm") && vector_fits(r, l->norm2, s->hidden, "norm") &&
	       (!l->q_norm || (vector_fits(r, l->q_norm, s->head_dim, "norm of queries") &&
			       vector_fits(r, l->k_norm, s->head_dim, "norm of keys")));
}

static bool fill_shape(struct recognising *r)
{
	struct found *f = r->f;
	const struct found_layer *first = &f->layers[0];
	struct decoder_shape *s = &f->shape;
	size_t rotary = r->rotary.dimension ? r->rotary.dimension : r->head_dim;

	if (f->embedding.inputs > UINT16_MAX || first->gate.outputs > 1 << 20 || first->q.outputs > 1 << 20)
		return refuse(r, "dimensions are larger than any we know");
	*s = (struct decoder_shape){
		.layers = (uint32_t)r->layer_count, .hidden = (uint32_t)f->embedding.inputs,
		.intermediate = (uint32_t)first->gate.outputs, .heads = (uint32_t)(first->q.outputs / r->head_dim),
		.kv_heads = (uint32_t)r->kv_heads, .head_dim = (uint32_t)r->head_dim, .rotary_dim = (uint32_t)rotary,
		.vocabulary = (uint32_t)f->embedding.outputs, .eps = (float)r->eps, .qk_norm = first->q_norm != NULL,
		.tied = source_same(&f->embedding, &f->head.weights),
	};
	for (size_t i = 0; i < s->layers; i++)
		if (f->layers[i].q.bias || f->layers[i].k.bias || f->layers[i].v.bias)
			s->qkv_bias = 1;
	return (rotary <= r->head_dim && rotary / 2 <= FREQUENCIES_MAX) || refuse(r, "heads turn more than they have");
}

static bool read_angles(struct recognising *r)
{
	struct found *f = r->f;
	double magnitude;

	r->rotary.dimension = f->shape.rotary_dim;
	if (!rotary_frequencies(&r->m, &r->rotary, f->frequencies, &magnitude))
		return false;
	f->shape.rope_magnitude = (float)magnitude;
	return true;
}

static bool check_all(struct recognising *r)
{
	struct found *f = r->f;
	struct decoder_shape with_context;

	if (!fill_shape(r))
		return false;
	with_context = f->shape;
	with_context.context = 1;
	if (!decoder_shape_check(&with_context, r->m.err) || !read_angles(r) ||
		!vector_fits(r, f->final_norm, f->shape.hidden, "last norm"))
		return false;
	if (f->head.bias)
		return refuse(r, "head has a bias, which we do not know");
	for (size_t i = 0; i < f->shape.layers; i++)
		if (!layer_fits(r, &f->layers[i]))
			return error_prefix(r->m.err, "layer %zu", i);
	return fits(r, &f->head, f->shape.vocabulary, f->shape.hidden, "head");
}

/* ---- The whole ---- */

/* The caches of all layers are of one size. */
static bool take_caches(struct recognising *r, const struct graph *caches)
{
	if (caches->cache_count % 2 != 0 || caches->cache_count / 2 > LAYERS_MAX)
		return refuse(r, "caches are not of keys and values");
	r->layer_count = caches->cache_count / 2;
	r->kv_heads = caches->caches[0].heads;
	r->head_dim = caches->caches[0].dimension;
	for (size_t i = 1; i < caches->cache_count; i++)
		if (caches->caches[i].heads != r->kv_heads || caches->caches[i].dimension != r->head_dim)
			return refuse(r, "caches are of different sizes");
	r->m.head_dim = (double)r->head_dim;
	return (r->kv_heads <= 1024 && r->head_dim <= 1024) || refuse(r, "heads are larger than any we know");
}

static bool recognise_all(struct recognising *r, const struct graph *caches)
{
	struct stream s;

	if (!take_caches(r, caches) || !read_head(r, &s) || !read_layers(r, &s))
		return false;
	return match_embedding(&r->m, s.value, &r->f->embedding) && check_all(r);
}

bool recognise(struct found *f, const struct graph *caches, struct error *err)
{
	own_mem uint8_t *whole = mem_zeroed(f->graph.node_count + 1, 1);
	struct recognising r = { .f = f, .m = { .g = &f->graph, .err = err, .whole = whole } };

	return recognise_all(&r, caches);
}

void found_done(struct found *f)
{
	free(f->layers);
	onnx_graph_done(&f->graph);
	*f = (struct found){0};
}
