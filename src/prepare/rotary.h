/*
 * Rotary positions: where a graph turns queries and keys, and by which angles.
 *
 * Angles are a position times a frequency for each pair of a head's dimensions.
 * Graphs have them as frequencies that are multiplied while running, or as tables
 * of cosines and sines; both end as frequencies here.
 */
#pragma once

#include "prepare/match.h"

struct rotary {
	const struct onnx_constant *cosine, *sine;     /* tables [positions][width]; NULL: frequencies */
	const struct onnx_constant *frequencies;       /* [dimension / 2] */
	double magnitude;                              /* cosine and sine are multiplied by it */
	size_t dimension;                              /* of a head, how many turn; 0: all */
};

/* RotaryEmbedding of com.microsoft, or a GroupQueryAttention that turns itself: its tables. */
bool rotary_tables(const struct match *m, const struct onnx_node *n, size_t cosine_input, struct rotary *r) must_use;

/* Whether a node is x · cos + turned(x) · sin, or a Concat of that and what does not turn; reads it, and x. */
bool rotary_is_written_out(const struct match *m, const struct onnx_node *n);
bool rotary_read(const struct match *m, const struct onnx_node *n, struct rotary *r, int32_t *x) must_use;

bool rotary_equal(const struct rotary *a, const struct rotary *b);

/*
 * Radians a position turns each of the r->dimension / 2 pairs (r->dimension is
 * set by now), and what cosine and sine are multiplied by besides.
 */
bool rotary_frequencies(const struct match *m, const struct rotary *r, double *frequencies, double *magnitude) must_use;
