/*
 * Qwen2's forward pass, plain and slow: the same weights as the ONNX files of
 * models.h, every formula written out, in double precision.
 *
 * Computes with the weights that the graph of the shape's precision has (rounded
 * or dequantised), and in int8 rounds activations as DynamicQuantizeLinear does,
 * so that pieces given here must be the pieces given to the graph.  One thread at
 * a time.
 */
#pragma once

#include "support/models.h"

struct forward;

struct forward *forward_create(const struct model_shape *shape);
void forward_destroy(struct forward *f);
static inline void forward_release(struct forward **f) { forward_destroy(*f); }
#define own_forward owns(forward_release) struct forward

/* Appends n tokens; logits [n, vocab] of every position. */
void forward_run(struct forward *f, const int64_t *ids, size_t n, float *logits);

/* Forgets all but the first tokens. */
void forward_truncate(struct forward *f, size_t length);

