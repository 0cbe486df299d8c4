/*
 * The end of a product, in plain C: included by the files with inner loops, so
 * that each is compiled for its own instructions.
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
