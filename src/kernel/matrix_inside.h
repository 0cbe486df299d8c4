/*
 * Between matrix.c, matrix_pack.c and the files with inner loops.
 *
 * Layout of a group of 16 outputs; in each part a lane is an output:
 *
 *     F32, F16   [inputs][16] numbers
 *     I8, I4     [16] float scale of the output
 *                [blocks][16] block scales, int16 (I8) or int8 (I4), filled up to 64 bytes
 *                [blocks] levels
 *
 * A block's levels are 8 steps of 4 inputs; a step is [16 outputs][4 inputs]
 * bytes, 64 in all, as VPDPBUSD takes them.  Bytes are level + 128 (I8).  I4
 * stores level + 8 in 4 bits, two steps in 64 bytes: step s below, s + 4 above.
 *
 * Activations are cut into tiles of up to 16 rows.  A tile is [blocks] of
 *     int8[rows][32] levels, float[rows] scale, int32[rows] -8 · sum of the levels
 * the last being what 4-bit levels stored as 0..15 give too much; 16 times that
 * for 8-bit ones stored as 0..255.
 *
 * The value of an element is defined thus, for every tile and every set of
 * instructions that has a fused multiply-add (portable C rounds twice):
 *     y = 0; for each block: y = fma(float(Σ level · level), weight scale · x scale, y)
 *     y · output's scale
 * and for floats four sums, of the inputs i with i mod 4 = 0, 1, 2, 3, each in
 * order by fma, then (s0 + s1) + (s2 + s3).
 */
#pragma once

#include "kernel/cpu.h"
#include "kernel/matrix.h"

enum {
	TILE_ROWS = 16,
	TILE_AHEAD = 8192,      /* hides memory behind 16 rows' work; more comes too early for the first cache */
	STEPS = 8,              /* of 4 inputs, in a block */
	ROUNDED_BYTES = 40,     /* a row's part of a tile's block */
};

/* Blocks of activations that have nothing larger become zeros; 127 divided by less may be infinite. */
#define ROUND_TO_ZERO 1e-30f

/* Where the parts of an I8 or I4 group lie, in bytes. */
struct layout {
	size_t scale_size;      /* of a block's scale */
	size_t levels;          /* first block */
	size_t block;           /* a block's levels */
	size_t total;
};

struct layout matrix_layout(enum weights type, size_t inputs);

struct tile {
	size_t rows, inputs;
	const float *values;    /* [rows][inputs] */
	const uint8_t *rounded;
	size_t ahead;           /* bytes to ask memory for in advance; 0 when the group was read a moment ago */
};

typedef float group_sums[TILE_ROWS][MATRIX_GROUP];

/* Products of a tile's rows with a group. */
typedef void multiply_fn(const void *group, const struct tile *x, group_sums y);

/* Where a group's sums go. */
struct finish {
	float *out;             /* first row, the group's first column */
	size_t stride;
	const float *bias;      /* the group's first, or NULL */
	bool add;               /* to what is there */
};

struct matrix_kernels {
	multiply_fn *multiply[WEIGHTS_COUNT];
	/* `count` blocks of a row: `at` is the tile's first of them, `row` which of its `rows`. */
	void (*round)(uint8_t *at, size_t rows, size_t row, const float *values, size_t count);
	/* The first `count` of the 16 columns. */
	void (*finish)(const struct finish *f, const group_sums y, size_t rows, size_t count);
	/* out[i] = silu(gate[i]) · up[i] for 16, in each of `rows` rows. */
	void (*swiglu)(float *out, size_t stride, const group_sums gate, const group_sums up, size_t rows);
};

extern const struct matrix_kernels matrix_portable;
#if defined(__x86_64__)
extern const struct matrix_kernels matrix_avx2, matrix_avxvnni, matrix_avx512;
#elif defined(__aarch64__)
extern const struct matrix_kernels matrix_neon;
#endif
