/*
 * A decoder's graph, understood: what it takes and gives for one inference.
 *
 * Found from names, types and shapes of the graph's own inputs and outputs, so
 * any number of layers, heads and dimensions will do.  Keys and values are
 * tensors [batch, heads, tokens, dimension]; a past input and a present output
 * belong together when their names carry the same number and the same side
 * (past_key_values.3.key and present.3.key, past_3_k and present_3_k, …).
 * Plain data: no ONNX Runtime here.
 */
#pragma once

#include "base/arena.h"
#include "model/onnx_scan.h"

/* The other inputs that we know how to feed. */
enum graph_input {
	GRAPH_TOKENS,         /* input_ids [1, new] */
	GRAPH_MASK,           /* attention_mask [1, past + new], all ones */
	GRAPH_POSITIONS,      /* position_ids [1, new] */
	GRAPH_KEEP,           /* num_logits_to_keep, a scalar: how many positions get logits */
	GRAPH_INPUTS,
};

/* The keys, or the values, of one layer. */
struct graph_cache {
	const char *past, *present;
	int layer;
	bool value;           /* else key */
	size_t heads, dimension;
};

struct graph {
	struct arena arena;   /* names */
	const char *inputs[GRAPH_INPUTS];        /* NULL: the graph has none */
	enum onnx_type input_types[GRAPH_INPUTS];   /* ONNX_INT64 or ONNX_INT32 */

	const char *logits;   /* [1, positions, vocabulary], or [1, vocabulary] */
	enum onnx_type logits_type;      /* ONNX_FLOAT or ONNX_FLOAT16 */
	int logits_rank;
	bool last_logits;     /* it surely gives the last position's only */
	size_t vocabulary;    /* 0: not stated */

	struct graph_cache *caches;      /* by layer, key before value */
	size_t cache_count;
	enum onnx_type cache_type;       /* ONNX_FLOAT or ONNX_FLOAT16 */

	/*
	 * Each past goes into a GroupQueryAttention node, and nowhere else, whose
	 * own output is the present: both may be the same memory.
	 */
	bool shared;
};

/* ERROR_INVALID names what is missing or not understood. */
bool graph_understand(struct graph *g, const struct onnx *o, struct error *err) must_use;
void graph_done(struct graph *g);
#define own_graph owns(graph_done) struct graph

static inline size_t onnx_type_size(enum onnx_type type)
{
	return type == ONNX_FLOAT16 ? 2 : type == ONNX_INT64 ? 8 : 4;
}
