/*
 * Qwen2's architecture written as an ONNX graph, in parts.
 *
 * Everything takes the `struct arch` of the graph being written and returns the
 * name of the value it made.  Shapes: B batch, S tokens given now, P tokens in
 * the cache, T = P + S; D hidden, H heads, K heads of keys and values, d size of
 * a head.
 */
#pragma once

#include "support/model/builder.h"
#include "support/model/quantise.h"

struct arch {
	struct builder *b;
	const struct model_shape *shape;
	enum element real;             /* what activations, cache and logits are made of */
	const char *past_symbol, *total_symbol;    /* symbolic dimensions P and T */
	const char *input_ids, *attention_mask;    /* int64 [B, S], [B, T] */
	const char *position_ids;      /* int64 [B, S]; NULL unless the shape has them */
	const char *cos, *sin;         /* plain: [B, 1, S, d]; gqa: tables [context, d/2] */
	const char *mask;              /* plain: added to scores, [B, 1, S, T] */
	const char *seqlens, *total;   /* gqa: int32 [B], the last position; int32, T */
	const char *quantised_from;    /* int8: the value below was made from */
	const char *quantised[3];      /* levels, scale, zero point */
};

/* The residual stream: what it holds is `sum` plus, when not NULL, `delta`. */
struct residual {
	const char *sum, *delta;       /* [B, S, D] */
};

/* How one of the two forms writes what they write differently. */
struct arch_form {
	const char *attention_scope;   /* "self_attn" or "attn" */
	const char *past_symbol, *total_symbol;
	void (*prepare)(struct arch *a);       /* what all layers share */
	const char *(*norm)(struct arch *a, struct residual *r, const char *weight);   /* adds delta into sum */
	const char *(*attention)(struct arch *a, size_t layer, const char *x);         /* [B, S, D] -> [B, S, H·d] */
};

extern const struct arch_form arch_plain, arch_gqa;

/* Declares inputs and outputs that every model has. */
void arch_declare(struct arch *a);
const char *arch_past(struct arch *a, size_t layer, const char *side);     /* side: "key" or "value" */
const char *arch_present(struct arch *a, size_t layer, const char *side);

/* One dimension of a value's shape: int64, no dimensions. */
const char *arch_size_of(struct arch *a, const char *value, int64_t axis);

/* The tokens' positions, int64 [B, S]: the input, or counted in attention_mask. */
const char *arch_positions(struct arch *a);

/* What Gemma's graphs have besides (arch_gemma.c); each does nothing in a shape without the trait. */
const char *arch_gemma_scaled(struct arch *a, const char *embeddings);
const char *arch_gemma_one_more(struct arch *a, const char *weight);
const char *arch_gemma_capped(struct arch *a, const char *logits);

/* The last of S, which stays as a dimension of 1. */
const char *arch_last_position(struct arch *a, const char *x);

/* A vector or a matrix of weights as they are, FLOAT or HALF. */
const char *arch_vector(struct arch *a, const struct stack *w, const char *name);

/* The weights of a head's norm. */
const char *arch_head_norm(struct arch *a, size_t layer, enum projection which);

/* Weights in the scope "/model/norm" are called "model.norm.…". */
const char *arch_dotted(struct arch *a, const char *scope);

/* Projections in the model's precision and the scope given. */
const char *arch_linear(struct arch *a, const struct stack *w, const char *x, const char *scope);
const char *arch_projection(struct arch *a, size_t layer, enum projection which, const char *x);
const char *arch_packed_qkv(struct arch *a, size_t layer, const char *x);

const char *arch_embedding(struct arch *a);        /* input_ids -> [B, S, D] */
void arch_head(struct arch *a, const char *x);     /* writes logits */

/* The whole model. */
void arch_write(struct builder *b, const struct model_shape *shape);
