/*
 * Attention in a graph: queries, keys and values out of one value, and their
 * mixture.  GroupQueryAttention and MultiHeadAttention of com.microsoft, or
 * written out.
 */
#pragma once

#include "prepare/rotary.h"

struct attention {
	struct product q, k, v;     /* of one input */
	const struct onnx_constant *q_norm, *k_norm;   /* of each head, before it is turned; NULL: none */
	double norm_eps;
	struct rotary rotary;
	double scale;                  /* of scores */
	size_t heads, window;          /* heads 0: not stated; window 0: none */
};

/* What the projection behind attention takes.  m->head_dim is known. */
bool attention_match(const struct match *m, int32_t value, struct attention *a) must_use;
