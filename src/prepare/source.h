/*
 * A matrix of weights as a published graph holds it: where its numbers lie and
 * how they are meant.
 *
 * Floats of some kind, or small integers with scales: weight = (code - zero) · scale.
 * Scales are for the whole matrix, for each output, or for blocks of inputs of
 * each output.  Plain data; the graph keeps the bytes.
 */
#pragma once

#include "kernel/matrix.h"
#include "prepare/onnx_graph.h"

#define SOURCE_OUTPUTS_MAX (1 << 24)
#define SOURCE_INPUTS_MAX  (1 << 20)

struct source {
	size_t outputs, inputs;
	const struct onnx_constant *data;
	bool transposed;               /* stored as [inputs][outputs], else [outputs][inputs] */

	/* Codes, unless scales is NULL: */
	const struct onnx_constant *scales, *zeros;    /* zeros NULL: `middle` stands for zero */
	unsigned bits;                 /* 4 or 8 */
	bool with_sign;                /* codes are two's complement */
	bool packed_zeros;             /* zeros of `bits` each, every output's from a byte on (MatMulNBits) */
	int middle;
	size_t block;                  /* inputs that share a scale; 0: all of an output */
	size_t blocks;                 /* of an output, as stored; 1 when block is 0 */
	bool whole;                    /* one scale for the whole matrix */
	bool block_major;              /* scales are stored as [blocks][outputs], else [outputs][blocks] */
};

/* Makes `s` whole, or says what cannot be (`name` in the error). */
bool source_floats(struct source *s, const struct onnx_constant *data, bool transposed, struct str name,
		   struct error *err) must_use;
bool source_check_codes(const struct source *s, struct str name, struct error *err) must_use;

/* What the weights can be packed as without loss; F32 for floats that are no halves. */
enum weights source_type(const struct source *s);

/* Outputs first … first + count - 1 as floats [count][inputs]. */
void source_read(const struct source *s, size_t first, size_t count, float *out);

/*
 * The same as levels [count][inputs] and scales [count][inputs / MATRIX_BLOCK]; false when
 * they are floats or a level does not fit into -128..127 (-8..7 for I4).
 */
bool source_levels(const struct source *s, enum weights type, size_t first, size_t count, int8_t *levels,
		   float *scales) must_use;

/* Whether both are the very same weights of the file; whether floats are the same numbers (reads all of them). */
bool source_same(const struct source *a, const struct source *b);
bool source_equal(const struct source *a, const struct source *b);
