/*
 * Attention by com.microsoft's GroupQueryAttention, norms by the simplified
 * layer normalisation, as ONNX Runtime's model builder writes them.  The
 * operator wants the last position of each sequence and the total length, which
 * the graph takes from attention_mask, and tables of sines and cosines.  With
 * position_ids as an input, rotation is an operator of its own before it.
 */
#include <math.h>

#include "support/model/arch.h"
#include "support/model/half.h"

struct rotary_table {
	const struct model_shape *shape;
	double (*function)(double angle);
	bool half;
};

static void fill_table(const void *user, size_t first, size_t count, void *out)
{
	const struct rotary_table *t = user;
	size_t width = t->shape->head_dim / 2;

	for (size_t i = 0; i < count; i++) {
		double frequency = rotary_frequency(t->shape, (first + i) % width),
			position = (double)((first + i) / width);
		float value = (float)t->function(position * frequency);

		if (t->half)
			((uint16_t *)out)[i] = half_from(value);
		else
			((float *)out)[i] = value;
	}
}

static const char *make_table(struct arch *a, double (*function)(double), const char *name)
{
	struct rotary_table t = { a->shape, function, a->real == ELEMENT_HALF };

	return build_tensor(a->b, a->real, LIST((int64_t)a->shape->context, (int64_t)a->shape->head_dim / 2),
		fill_table, &t, "%s", name);
}

static const char *to_int32(struct arch *a, const char *x)
{
	const char *y = build_node(a->b, "Cast", INPUTS(x));

	build_int(a->b, "to", ELEMENT_INT32);
	return y;
}

static void prepare(struct arch *a)
{
	struct builder *b = a->b;
	const char *count;

	a->cos = make_table(a, cos, "cos_cache");
	a->sin = make_table(a, sin, "sin_cache");
	build_scope(b, "/model/attn_mask_reformat/attn_mask_subgraph");
	count = build_node(b, "ReduceSum", INPUTS(a->attention_mask, build_list_int(b, LIST(1))));
	build_int(b, "keepdims", 0);
	a->seqlens = to_int32(a, build_node(b, "Sub", INPUTS(count, build_scalar_int(b, 1))));
	a->total = to_int32(a, arch_size_of(a, a->attention_mask, 1));
}

/* The same formula as the plain form's in one operator, the addition before it included. */
static const char *norm(struct arch *a, struct residual *r, const char *weight)
{
	struct builder *b = a->b;
	const char *y, *sum;

	if (r->delta) {
		sum = build_text(b, "%s_sum", r->delta);
		y = build_text(b, "%s_norm", r->delta);
		build_node_to(b, "SkipSimplifiedLayerNormalization", INPUTS(r->sum, r->delta, weight),
			OUTPUTS(y, "", "", sum));
		*r = (struct residual){ sum, NULL };
	} else {
		y = build_node(b, "SimplifiedLayerNormalization", INPUTS(r->sum, weight));
		build_int(b, "axis", -1);
		build_int(b, "stash_type", 1);
	}
	build_float(b, "epsilon", (float)a->shape->rms_eps);
	return y;
}

static const char *rotate(struct arch *a, const char *x)
{
	return build_node(a->b, "RotaryEmbedding", INPUTS(x, a->position_ids, a->cos, a->sin));
}

/* The same operator over [B, S, heads, d], as the model builder writes Qwen3. */
static const char *norm_heads(struct arch *a, size_t layer, enum projection which, const char *x)
{
	struct builder *b = a->b;
	int64_t size = (int64_t)a->shape->head_dim,
		heads = (int64_t)(which == PROJECT_Q ? a->shape->heads : a->shape->kv_heads);

	build_scope(b, "/model/layers.%zu/attn/%c_norm", layer, which == PROJECT_Q ? 'q' : 'k');
	x = build_node(b, "Reshape", INPUTS(x, build_list_int(b, LIST(0, 0, heads, size))));
	x = build_node(b, "SimplifiedLayerNormalization", INPUTS(x, arch_head_norm(a, layer, which)));
	build_int(b, "axis", -1);
	build_int(b, "stash_type", 1);
	build_float(b, "epsilon", (float)a->shape->rms_eps);
	return build_node(b, "Reshape", INPUTS(x, build_list_int(b, LIST(0, 0, heads * size))));
}

static void project(struct arch *a, size_t layer, const char *x, const char *qkv[3])
{
	if (a->shape->packed_qkv) {
		qkv[0] = arch_packed_qkv(a, layer, x);
		qkv[1] = qkv[2] = "";
		return;
	}
	for (enum projection which = PROJECT_Q; which <= PROJECT_V; which++)
		qkv[which] = arch_projection(a, layer, which, x);
	for (enum projection which = PROJECT_Q; which <= PROJECT_K && a->shape->head_norms; which++)
		qkv[which] = norm_heads(a, layer, which, qkv[which]);
}

static const char *attention(struct arch *a, size_t layer, const char *x)
{
	struct builder *b = a->b;
	const struct model_shape *s = a->shape;
	bool inside = !a->position_ids || s->packed_qkv;
	const char *qkv[3], *cos_table = inside ? a->cos : "", *sin_table = inside ? a->sin : "";

	project(a, layer, x, qkv);
	build_scope(b, "/model/layers.%zu/attn", layer);
	if (!inside) {
		qkv[0] = rotate(a, qkv[0]);
		qkv[1] = rotate(a, qkv[1]);
	}
	x = build_text(b, "/model/layers.%zu/attn/GroupQueryAttention_output_0", layer);
	build_node_to(b, "GroupQueryAttention", INPUTS(qkv[0], qkv[1], qkv[2], arch_past(a, layer, "key"),
		arch_past(a, layer, "value"), a->seqlens, a->total, cos_table, sin_table),
		OUTPUTS(x, arch_present(a, layer, "key"), arch_present(a, layer, "value")));
	build_int(b, "num_heads", (int64_t)s->heads);
	build_int(b, "kv_num_heads", (int64_t)s->kv_heads);
	build_float(b, "scale", (float)(1 / sqrt((double)s->head_dim)));
	build_int(b, "do_rotary", inside);
	build_int(b, "rotary_interleaved", 0);
	if (s->gemma & GEMMA_CAPPED_SCORES)
		build_float(b, "softcap", 50);
	if (s->gemma & GEMMA_WINDOW)
		build_int(b, "local_window_size", (int64_t)s->context / 2);
	return x;
}

const struct arch_form arch_gqa = {
	.attention_scope = "attn",
	.past_symbol = "past_sequence_length",
	.total_symbol = "total_sequence_length",
	.prepare = prepare,
	.norm = norm,
	.attention = attention,
};
