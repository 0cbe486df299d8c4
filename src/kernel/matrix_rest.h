/*
 * What the files with inner loops have in common, in plain C: each includes it at
 * its end, so that it is compiled for that file's instructions.  It expects
 * integers(), all_numbers(), round_block() and swiglu().
 */
#pragma once

#include "kernel/matrix_inside.h"

/* A group's sums into `count` columns of `rows` rows of the result. */
static inline void finish_columns(const struct finish *f, const group_sums y, size_t rows, size_t count)
{
	for (size_t r = 0; r < rows; r++) {
		float *out = f->out + r * f->stride;
		for (size_t i = 0; i < count; i++) {
			float value = f->bias ? y[r][i] + f->bias[i] : y[r][i];
			out[i] = f->add ? out[i] + value : value;
		}
	}
}

static inline void finish_rows(const struct finish *f, const group_sums y, size_t rows, size_t count)
{
	if (count == MATRIX_GROUP)
		finish_columns(f, y, rows, MATRIX_GROUP);
	else
		finish_columns(f, y, rows, count);
}

static void multiply_f32(const void *group, const struct tile *x, group_sums y)
{
	all_numbers(WEIGHTS_F32, group, x, y);
}

static void multiply_f16(const void *group, const struct tile *x, group_sums y)
{
	all_numbers(WEIGHTS_F16, group, x, y);
}

static void multiply_i8(const void *group, const struct tile *x, group_sums y)
{
	integers(WEIGHTS_I8, group, x, y);
}

static void multiply_i4(const void *group, const struct tile *x, group_sums y)
{
	integers(WEIGHTS_I4, group, x, y);
}

static void round_blocks(uint8_t *at, size_t rows, size_t row, const float *values, size_t count)
{
	for (size_t b = 0; b < count; b++)
		round_block(at + b * rows * ROUNDED_BYTES, rows, row, values + b * MATRIX_BLOCK);
}

/* A struct matrix_kernels of all that. */
#define MATRIX_KERNELS { \
		.multiply = { \
			[WEIGHTS_F32] = multiply_f32, \
			[WEIGHTS_F16] = multiply_f16, \
			[WEIGHTS_I8] = multiply_i8, \
			[WEIGHTS_I4] = multiply_i4, \
		}, \
		.round = round_blocks, \
		.finish = finish_rows, \
		.swiglu = swiglu, \
	}
