/*
 * The random weights of a shape, any element at any time.
 *
 * Each number is a hash of the seed, the tensor and its place, so that a large
 * model can be written in pieces and a slow twin reads the same numbers without
 * the file.  Matrices are [rows, cols] = [outputs, inputs], as PyTorch holds
 * them.  Stateless; any thread.
 */
#pragma once

#include "support/models.h"

enum projection {
	PROJECT_Q, PROJECT_K, PROJECT_V, PROJECT_O, PROJECT_GATE, PROJECT_UP, PROJECT_DOWN,
	PROJECTION_COUNT,
};

/* Uniform in middle ± spread. */
struct weight {
	uint64_t key;
	size_t rows, cols;     /* a vector has one column */
	float middle, spread;
};

/* Up to three matrices over the same inputs, their outputs one after another (packed Q, K and V). */
struct stack {
	struct weight parts[3];
	size_t count, rows, cols;
};

struct weight weight_projection(const struct model_shape *s, size_t layer, enum projection which);
struct weight weight_bias(const struct model_shape *s, size_t layer, enum projection which);   /* of Q, K and V */
struct weight weight_head_norm(const struct model_shape *s, size_t layer, enum projection which);   /* of Q and K */
struct weight weight_input_norm(const struct model_shape *s, size_t layer);
struct weight weight_post_norm(const struct model_shape *s, size_t layer);
struct weight weight_final_norm(const struct model_shape *s);
struct weight weight_embedding(const struct model_shape *s);   /* [vocab, hidden] */
struct weight weight_head(const struct model_shape *s);        /* the embedding's unless separate_head */

/* "self_attn.q_proj", as Hugging Face names it within a layer. */
const char *projection_name(enum projection which);

/* Radians a position turns the pair (k, k + head_dim / 2) of a head. */
double rotary_frequency(const struct model_shape *s, size_t pair);

float weight_at(const struct weight *w, size_t row, size_t col);

struct stack stack_of(struct weight w);
struct stack stack_of_qkv(const struct model_shape *s, size_t layer);
struct stack stack_of_qkv_biases(const struct model_shape *s, size_t layer);
float stack_at(const struct stack *m, size_t row, size_t col);
