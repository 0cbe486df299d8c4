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

enum { LANES = 16 };

/* Lane i sums the elements i, i + 16, …; then halves are added until one is left. */
static float sum_of_squares(const float *in, size_t n)
{
	float lanes[LANES] = {0};
	size_t whole = n / LANES * LANES;

	for (size_t i = 0; i < whole; i += LANES)
		for (size_t lane = 0; lane < LANES; lane++)
			lanes[lane] += in[i + lane] * in[i + lane];
	for (size_t i = whole; i < n; i++)
		lanes[i - whole] += in[i] * in[i];
	for (size_t half = LANES / 2; half; half /= 2)
		for (size_t lane = 0; lane < half; lane++)
			lanes[lane] += lanes[lane + half];
	return lanes[0];
}

static void norm(float *out, const float *in, const float *weight, size_t n, float eps)
{
	float factor = 1 / sqrtf(sum_of_squares(in, n) / (float)n + eps);

	for (size_t i = 0; i < n; i++)
		out[i] = in[i] * factor * weight[i];
}

static void add(float *out, const float *in, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] += in[i];
}

static void turn(float *head, const float *cosine, const float *sine, size_t half)
{
	for (size_t i = 0; i < half; i++) {
		float a = head[i], b = head[i + half];
		head[i] = a * cosine[i] - b * sine[i];
		head[i + half] = b * cosine[i] + a * sine[i];
	}
}

const struct vector_kernels VECTOR_SET = { .norm = norm, .add = add, .turn = turn };
