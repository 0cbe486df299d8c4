/*
 * What a decoder consists of: its dimensions, and the tensors that follow from
 * them.  Qwen2, Qwen3, Llama 3, Mistral and their like differ in nothing else.
 * Plain data.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "kernel/matrix.h"

/* Dimensions: hidden, intermediate and heads * head_dim are multiples of 32, head_dim of 16, rotary_dim of 2. */
struct decoder_shape {
	uint32_t layers, hidden, intermediate;
	uint32_t heads, kv_heads, head_dim;
	uint32_t rotary_dim;       /* of head_dim, how many turn with the position */
	uint32_t vocabulary;       /* rows of embedding and head */
	uint32_t context;          /* positions it was made for */
	float eps;                 /* of every norm */
	float rope_magnitude;      /* cosine and sine are multiplied by it (YaRN); 1 otherwise */
	uint32_t qkv_bias;         /* 1: the projections of q, k and v have biases (Qwen2) */
	uint32_t qk_norm;          /* 1: each head of q and k is normalised before it is turned (Qwen3) */
	uint32_t tied;             /* 1: the head is the embedding */
};

enum decoder_matrix {
	DECODER_QKV,           /* [q heads, then k heads, then v heads; each head_dim] x hidden */
	DECODER_O,             /* hidden x heads * head_dim */
	DECODER_GATE_UP,       /* 2 * intermediate x hidden: 16 outputs of gate, the same 16 of up, and so on */
	DECODER_DOWN,          /* hidden x intermediate */
	DECODER_LAYER_MATRICES,
	DECODER_EMBEDDING = DECODER_LAYER_MATRICES,   /* vocabulary x hidden; of no layer */
	DECODER_HEAD,          /* the same; absent when tied */
	DECODER_MATRICES,
};

enum decoder_vector {
	DECODER_NORM1,         /* [hidden], before attention */
	DECODER_NORM2,         /* [hidden], before the feed-forward */
	DECODER_QKV_BIAS,      /* [outputs of DECODER_QKV]; absent without qkv_bias */
	DECODER_Q_NORM,        /* [head_dim]; absent without qk_norm */
	DECODER_K_NORM,
	DECODER_LAYER_VECTORS,
	DECODER_FINAL_NORM = DECODER_LAYER_VECTORS,   /* [hidden]; of no layer */
	DECODER_FREQUENCIES,   /* [rotary_dim / 2]: radians a position turns each pair (k, k + rotary_dim / 2) */
	DECODER_VECTORS,
};

struct decoder_layer {
	struct matrix matrices[DECODER_LAYER_MATRICES];
	const float *vectors[DECODER_LAYER_VECTORS];      /* NULL: absent */
};

struct decoder_weights {
	struct decoder_layer *layers;
	struct matrix embedding, head;                    /* one and the same when tied */
	const float *final_norm, *frequencies;
};

/*
 * A list of types has one for each matrix (enum weights): the layers', then the
 * embedding's, then the head's (anything when tied).
 */
static inline size_t decoder_type_count(const struct decoder_shape *s)
{
	return (size_t)s->layers * DECODER_LAYER_MATRICES + 2;
}

/* Where a matrix stands in such a list; `layer` is ignored for those of no layer. */
static inline size_t decoder_type_place(const struct decoder_shape *s, enum decoder_matrix which, size_t layer)
{
	return which < DECODER_LAYER_MATRICES ?
		layer * DECODER_LAYER_MATRICES + which :
		(size_t)s->layers * DECODER_LAYER_MATRICES + (which - DECODER_EMBEDDING);
}

/* Outputs and inputs of a matrix; numbers in a vector.  0: absent. */
size_t decoder_outputs(const struct decoder_shape *s, enum decoder_matrix which);
size_t decoder_inputs(const struct decoder_shape *s, enum decoder_matrix which);
size_t decoder_numbers(const struct decoder_shape *s, enum decoder_vector which);

/* ERROR_INVALID names a dimension no decoder of ours can have. */
bool decoder_shape_check(const struct decoder_shape *s, struct error *err) must_use;

/* The same for a list of types: every one is one there is. */
bool decoder_types_check(const struct decoder_shape *s, const uint8_t *types, struct error *err) must_use;

/*
 * The weights as they lie in one piece of memory from `base` (aligned to 64), in
 * the order of the enumerations, each aligned to 64; shape and types are checked.  Returns
 * the bytes of it all; `base` and `w` may be NULL to learn just that.  w->layers is
 * allocated: decoder_weights_done().
 */
size_t decoder_weights_lay_out(struct decoder_weights *w, const struct decoder_shape *s, const uint8_t *types,
			       const void *base);
void decoder_weights_done(struct decoder_weights *w);
