/*
 * A published graph, recognised as a decoder of the shape we run ourselves.
 *
 * Found by the flow of values, not by names: from the logits back through head,
 * norm and each layer (attention and a SwiGLU feed-forward, each behind a norm and
 * added to the residual stream) to the embedding.  Whatever is met on that way
 * has to be understood; what is not refuses the graph, with a reason that names
 * the node.  Dimensions are checked against each other and against the caches'.
 */
#pragma once

#include "model/decoder_shape.h"
#include "model/graph.h"
#include "prepare/match.h"

#define FREQUENCIES_MAX 256

struct found_layer {
	struct product q, k, v, o, gate, up, down;
	const struct onnx_constant *norm1, *norm2, *q_norm, *k_norm;   /* the last two may be NULL */
};

struct found {
	struct onnx_graph graph;           /* read by the caller; everything below points into it */
	struct found_layer *layers;
	struct source embedding;
	struct product head;
	const struct onnx_constant *final_norm;
	struct decoder_shape shape;        /* context is 0; tied says that both are the same weights of the file */
	double frequencies[FREQUENCIES_MAX];   /* shape.rotary_dim / 2 of them */
	size_t window;                     /* tokens a position sees at most; 0: all before it */
};

/*
 * f->graph has been read, the rest is zero; `caches` is the same file's, understood.
 * ERROR_INVALID says what is not known.
 */
bool recognise(struct found *f, const struct graph *caches, struct error *err) must_use;
void found_done(struct found *f);
#define own_found owns(found_done) struct found
