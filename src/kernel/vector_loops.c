/*
 * Plain C that compilers vectorise; once for each set of instructions, which
 * VECTOR_SET names.  Nothing is fused and sums run in 16 lanes, so all sets give
 * the same bits.
 */
#include <math.h>

#include "kernel/vector_inside.h"

#ifndef VECTOR_SET
#define VECTOR_SET vector_portable
#endif

enum {
	LANES = 16,
	SHRINK_ROWS = 4,
	EXPAND_AHEAD = 1024,    /* floats to ask memory for in advance */
};

typedef float vec __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

/* Halves are added until one lane is left. */
static float sum_of_lanes(float lanes[LANES])
{
	for (size_t half = LANES / 2; half; half /= 2)
		for (size_t lane = 0; lane < half; lane++)
			lanes[lane] += lanes[lane + half];
	return lanes[0];
}

/* Lane i sums the elements i, i + 16, … */
static float sum_of_squares(const float *in, size_t n)
{
	float lanes[LANES] = {0};
	size_t whole = n / LANES * LANES;

	for (size_t i = 0; i < whole; i += LANES)
		for (size_t lane = 0; lane < LANES; lane++)
			lanes[lane] += in[i + lane] * in[i + lane];
	for (size_t i = whole; i < n; i++)
		lanes[i - whole] += in[i] * in[i];
	return sum_of_lanes(lanes);
}

static void norm(float *out, const float *in, const float *weight, size_t n, float eps)
{
	float factor = 1 / sqrtf(sum_of_squares(in, n) / (float)n + eps);

	for (size_t i = 0; i < n; i++)
		out[i] = in[i] * factor * weight[i];
}

/* Several of A's rows at a time, so that no sum waits for itself; `rows` is a constant wherever this is inlined. */
static inline __attribute__((always_inline)) void shrink_rows(const size_t rows, float *out, const float *a,
	const float *in, size_t n, float scale)
{
	vec sums[SHRINK_ROWS] = {0};

	for (size_t i = 0; i < n; i += LANES)
#pragma GCC unroll 4
		for (size_t j = 0; j < rows; j++) {
			sums[j] += *(const vec *)(a + j * n + i) * *(const vec *)(in + i);
			__builtin_prefetch(a + (j + rows) * n + i);   /* the next rows; harmless behind the last */
		}
	for (size_t j = 0; j < rows; j++)
		out[j] = scale * sum_of_lanes((float *)&sums[j]);
}

static void shrink(float *out, const float *a, size_t rank, const float *in, size_t n, float scale)
{
	size_t j = 0;

	for (; j + SHRINK_ROWS <= rank; j += SHRINK_ROWS)
		shrink_rows(SHRINK_ROWS, out + j, a + j * n, in, n, scale);
	for (; j < rank; j++)
		shrink_rows(1, out + j, a + j * n, in, n, scale);
}

static void expand(float (*out)[LANES], const float *b, size_t rank, const float *in, size_t stride, size_t rows)
{
	for (size_t j = 0; j < rank; j++)
		__builtin_prefetch(b + EXPAND_AHEAD + j * LANES);
	for (size_t row = 0; row < rows; row++, in += stride) {
		vec sum = {0};
		for (size_t j = 0; j < rank; j++)
			sum += *(const vec *)(b + j * LANES) * in[j];
		*(vec *)out[row] += sum;
	}
}

static void turn(float *head, const float *cosine, const float *sine, size_t half)
{
	for (size_t i = 0; i < half; i++) {
		float a = head[i], b = head[i + half];
		head[i] = a * cosine[i] - b * sine[i];
		head[i + half] = b * cosine[i] + a * sine[i];
	}
}

const struct vector_kernels VECTOR_SET = { .norm = norm, .shrink = shrink, .expand = expand, .turn = turn };
