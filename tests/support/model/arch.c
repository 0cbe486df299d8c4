/*
 * The frame that both forms share: inputs and outputs, the layers' order
 * (Qwen2: norm, attention, norm, SwiGLU, each added to the residual stream), the
 * final norm and the head.
 */
#include "support/model/arch.h"

#include <string.h>

const char *arch_past(struct arch *a, size_t layer, const char *side)
{
	return build_text(a->b, "past_key_values.%zu.%s", layer, side);
}

const char *arch_present(struct arch *a, size_t layer, const char *side)
{
	return build_text(a->b, "present.%zu.%s", layer, side);
}

const char *arch_size_of(struct arch *a, const char *value, int64_t axis)
{
	const char *shape = build_node(a->b, "Shape", INPUTS(value));

	return build_node(a->b, "Gather", INPUTS(shape, build_scalar_int(a->b, axis)));
}

const char *arch_positions(struct arch *a)
{
	struct builder *b = a->b;
	const char *count, *past;

	if (a->position_ids)
		return a->position_ids;
	count = build_node(b, "CumSum", INPUTS(a->attention_mask, build_scalar_int(b, 1)));
	count = build_node(b, "Sub", INPUTS(count, build_scalar_int(b, 1)));
	past = arch_size_of(a, "past_key_values.0.key", 2);
	past = build_node(b, "Unsqueeze", INPUTS(past, build_list_int(b, LIST(0))));
	return build_node(b, "Slice", INPUTS(count, past, build_list_int(b, LIST(INT64_MAX)),
		build_list_int(b, LIST(1))));
}

void arch_declare(struct arch *a)
{
	struct builder *b = a->b;
	const struct model_shape *s = a->shape;
	int64_t heads = (int64_t)s->kv_heads, size = (int64_t)s->head_dim;
	const struct dimension batch = { "batch_size", 0 }, sequence = { "sequence_length", 0 };
	const struct dimension past = { a->past_symbol, 0 }, total = { a->total_symbol, 0 };
	const struct dimension last = { NULL, 1 }, vocab = { NULL, (int64_t)s->vocab };
	static const char *const sides[] = { "key", "value" };

	a->input_ids = build_input(b, ELEMENT_INT64, DIMENSIONS(batch, sequence), "input_ids");
	a->attention_mask = build_input(b, ELEMENT_INT64, DIMENSIONS(batch, total), "attention_mask");
	if (s->position_ids)
		a->position_ids = build_input(b, ELEMENT_INT64, DIMENSIONS(batch, sequence), "position_ids");
	build_output(b, a->real, DIMENSIONS(batch, s->last_logits ? last : sequence, vocab), "logits");
	for (size_t i = 0; i < 2 * s->layers; i++) {
		build_input(b, a->real, DIMENSIONS(batch, { NULL, heads }, past, { NULL, size }),
			"past_key_values.%zu.%s", i / 2, sides[i % 2]);
		build_output(b, a->real, DIMENSIONS(batch, { NULL, heads }, total, { NULL, size }),
			"present.%zu.%s", i / 2, sides[i % 2]);
	}
}

static const char *add_bias(struct arch *a, const char *x, const struct stack *bias, const char *name)
{
	return build_node(a->b, "Add", INPUTS(arch_vector(a, bias, name), x));
}

static const struct arch_form *form_of(const struct model_shape *s)
{
	return s->attention == ATTENTION_GQA ? &arch_gqa : &arch_plain;
}

/* "self_attn.q_proj" in the plain form, "attn.q_proj" in the other; the mlp is called so in both. */
static const char *layer_path(struct arch *a, size_t layer, enum projection which)
{
	const char *name = strchr(projection_name(which), '.') + 1;
	const char *room = which < PROJECT_GATE ? form_of(a->shape)->attention_scope : "mlp";

	return build_text(a->b, "/model/layers.%zu/%s/%s", layer, room, name);
}

const char *arch_projection(struct arch *a, size_t layer, enum projection which, const char *x)
{
	struct stack w = stack_of(weight_projection(a->shape, layer, which)), bias;
	const char *y = arch_linear(a, &w, x, layer_path(a, layer, which));

	if (which > PROJECT_V || a->shape->no_biases)
		return y;
	bias = stack_of(weight_bias(a->shape, layer, which));
	return add_bias(a, y, &bias, build_text(a->b, "model.layers.%zu.%s.bias", layer, projection_name(which)));
}

const char *arch_packed_qkv(struct arch *a, size_t layer, const char *x)
{
	struct stack w = stack_of_qkv(a->shape, layer), bias = stack_of_qkv_biases(a->shape, layer);
	const char *y = arch_linear(a, &w, x, build_text(a->b, "/model/layers.%zu/attn/qkv_proj", layer));

	if (a->shape->no_biases)
		return y;
	return add_bias(a, y, &bias, build_text(a->b, "model.layers.%zu.attn.qkv_proj.Add.bias", layer));
}

const char *arch_head_norm(struct arch *a, size_t layer, enum projection which)
{
	struct stack row = stack_of(weight_head_norm(a->shape, layer, which));

	return arch_vector(a, &row, build_text(a->b, "model.layers.%zu.self_attn.%c_norm.weight", layer,
		which == PROJECT_Q ? 'q' : 'k'));
}

/* silu(x) = x · sigmoid(x), or GELU. */
static const char *activation(struct arch *a, const char *x)
{
	struct builder *b = a->b;

	if (a->shape->gemma & GEMMA_GELU)
		return build_node(b, "FastGelu", INPUTS(x));
	return build_node(b, "Mul", INPUTS(x, build_node(b, "Sigmoid", INPUTS(x))));
}

/* down(silu(gate(x)) · up(x)) (Shazeer 2020). */
static const char *feed_forward(struct arch *a, size_t layer, const char *x)
{
	struct builder *b = a->b;
	const char *gate = arch_projection(a, layer, PROJECT_GATE, x);
	const char *up = arch_projection(a, layer, PROJECT_UP, x);

	build_scope(b, "/model/layers.%zu/mlp/act_fn", layer);
	gate = activation(a, gate);
	build_scope(b, "/model/layers.%zu/mlp", layer);
	return arch_projection(a, layer, PROJECT_DOWN, build_node(b, "Mul", INPUTS(gate, up)));
}

static const char *apply_norm(struct arch *a, struct residual *r, struct weight w, const char *scope)
{
	struct stack row = stack_of(w);
	const char *weight = arch_vector(a, &row, build_text(a->b, "%s.weight", arch_dotted(a, scope)));

	build_scope(a->b, "%s", scope);
	return form_of(a->shape)->norm(a, r, arch_gemma_one_more(a, weight));
}

/* What a layer adds to the stream, in Gemma's normalised by itself. */
static const char *added(struct arch *a, size_t layer, const char *x, const char *name, struct weight w)
{
	struct residual alone = { x, NULL };

	return a->shape->gemma & GEMMA_NORMS ?
		apply_norm(a, &alone, w, build_text(a->b, "/model/layers.%zu/%s", layer, name)) : x;
}

static void layer_write(struct arch *a, size_t layer, struct residual *r)
{
	const struct model_shape *s = a->shape;
	const char *before = build_text(a->b, "/model/layers.%zu/input_layernorm", layer);
	const char *between = build_text(a->b, "/model/layers.%zu/post_attention_layernorm", layer);
	const char *x;

	x = apply_norm(a, r, weight_input_norm(s, layer), before);
	x = form_of(s)->attention(a, layer, x);
	x = arch_projection(a, layer, PROJECT_O, x);
	r->delta = added(a, layer, x, "attention_norm", weight_post_norm(s, layer));
	x = apply_norm(a, r, weight_post_norm(s, layer), between);
	r->delta = added(a, layer, feed_forward(a, layer, x), "feedforward_norm", weight_input_norm(s, layer));
}

const char *arch_last_position(struct arch *a, const char *x)
{
	struct builder *b = a->b;

	return build_node(b, "Slice", INPUTS(x, build_list_int(b, LIST(-1)), build_list_int(b, LIST(INT64_MAX)),
		build_list_int(b, LIST(1))));
}

void arch_write(struct builder *b, const struct model_shape *shape)
{
	const struct arch_form *form = form_of(shape);
	struct arch a = {
		.b = b, .shape = shape,
		.real = precision_of_vectors(shape) == PRECISION_FLOAT16 ? ELEMENT_HALF : ELEMENT_FLOAT,
		.past_symbol = form->past_symbol, .total_symbol = form->total_symbol,
	};
	struct residual r = { 0 };
	const char *x;

	arch_declare(&a);
	r.sum = arch_gemma_scaled(&a, arch_embedding(&a));
	form->prepare(&a);
	for (size_t layer = 0; layer < shape->layers; layer++)
		layer_write(&a, layer, &r);
	x = apply_norm(&a, &r, weight_final_norm(shape), "/model/norm");
	if (shape->last_logits)
		x = arch_last_position(&a, x);
	arch_head(&a, x);
}
