/*
 * Weights packed for the inner loops, and products with them.
 *
 *     out[row][output] = Σ over inputs  x[row][input] · weight[output][input]
 *
 * A row of the result has the same bits whatever rows are beside it and however
 * the work is divided: each element is summed in one fixed order.
 *
 * I8 and I4 hold small integers ("levels") in blocks of 32 inputs, with a scale
 * per block: a signed integer times a float of the output's.  They are
 * multiplied with activations rounded to 8 bits, also in blocks of 32.
 *
 *                 bits a weight
 *     F32         32
 *     F16         16
 *     I8          8.5    levels -128..127, 16-bit block scales
 *     I4          4.25   levels -8..7, 8-bit block scales
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stored in files: do not renumber.  A change of a layout is a new MATRIX_LAYOUT. */
enum weights { WEIGHTS_F32, WEIGHTS_F16, WEIGHTS_I8, WEIGHTS_I4, WEIGHTS_COUNT };

enum {
	MATRIX_LAYOUT = 1,
	MATRIX_BLOCK = 32,      /* inputs that share a scale; inputs come in multiples of it */
	MATRIX_GROUP = 16,      /* outputs that are interleaved; the last group is filled with zeros */
	MATRIX_ALIGN = 64,      /* of packed data */
};

struct matrix {
	enum weights type;
	size_t outputs, inputs;
	const void *data;       /* whoever made it owns it; matrix_bytes() long, MATRIX_ALIGN aligned */
};

/* "f32", "f16", "i8", "i4". */
const char *weights_name(enum weights type);

/* Of one group of 16 outputs; a multiple of MATRIX_ALIGN. */
size_t matrix_group_bytes(enum weights type, size_t inputs);

/* Of all: groups lie one after another. */
size_t matrix_bytes(enum weights type, size_t outputs, size_t inputs);

/*
 * Packs one group: `count` (1..16) outputs, each a row of `inputs` floats;
 * `group` is where it lies (the matrix's data + number · matrix_group_bytes()).
 *
 * I8: the value furthest from zero of a block becomes level ±127; I4: -8.
 */
void matrix_pack_floats(enum weights type, void *group, const float *const *rows, size_t count, size_t inputs);

/*
 * The same from levels that exist already (I8 and I4 only), which are kept as
 * they are: levels[output][input], scales[output][input / 32].  Scales are
 * rounded: to 1/32767 of the output's largest for I8, to 1/127 for I4.
 */
void matrix_pack_levels(enum weights type, void *group, const int8_t *const *levels, const float *const *scales,
	size_t count, size_t inputs);

/* One output's weights as floats: looking up an embedding. */
void matrix_row(const struct matrix *m, size_t output, float *out);

/*
 * Rows to be multiplied.  Fill values, then let all members call
 * activations_round() and meet at a barrier; F32 and F16 matrices do without.
 */
struct activations {
	size_t rows, inputs;
	float *values;          /* [rows][inputs] */
	uint8_t *rounded;       /* the same in 8 bits; matrix_inside.h */
};

/* Memory for activations_init(). */
size_t activations_bytes(size_t rows, size_t inputs);

/* Lays them out in `memory`, the caller's and MATRIX_ALIGN aligned; cheap, so one buffer may serve many shapes. */
void activations_init(struct activations *x, void *memory, size_t rows, size_t inputs);

/* One member's part. */
void activations_round(struct activations *x, unsigned member, unsigned members);

/* What becomes of a product. */
enum epilogue {
	EPILOGUE_STORE,         /* out = product + bias */
	EPILOGUE_ADD,           /* out += product + bias */
	EPILOGUE_SWIGLU,        /* groups alternate, gate and up: out = silu(gate) · up, half as many; no bias */
};

/*
 * One member's part of out = x · m.  out has a row of `stride` floats for each
 * of x's rows; bias: a float per output, or NULL.  x->inputs is m->inputs.  With
 * SWIGLU m->outputs is a multiple of 32.  Members write disjoint columns: who
 * reads the result meets them at a barrier first.
 */
void matrix_multiply(const struct matrix *m, const struct activations *x, float *out, size_t stride,
	enum epilogue epilogue, const float *bias, unsigned member, unsigned members);

/*
 * What else a product has: `add` is called, by any member, for each group of
 * outputs and up to 16 rows at a time, and adds to the sums before the bias and
 * the epilogue.
 */
struct matrix_addition {
	void (*add)(const void *user, size_t group, size_t first_row, size_t rows, float (*sums)[MATRIX_GROUP]);
	const void *user;
};

void matrix_multiply_adding(const struct matrix *m, const struct activations *x, float *out, size_t stride,
	enum epilogue epilogue, const float *bias, const struct matrix_addition *more, unsigned member,
	unsigned members);
