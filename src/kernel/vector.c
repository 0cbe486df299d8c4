#include "kernel/vector.h"

#include <math.h>

enum { LANES = 16 };   /* sums run in so many lanes, whatever the processor */

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

void rms_norm(float *out, const float *in, const float *weight, size_t n, float eps)
{
	float factor = 1 / sqrtf(sum_of_squares(in, n) / (float)n + eps);

	for (size_t i = 0; i < n; i++)
		out[i] = in[i] * factor * weight[i];
}

void heads_norm(float *heads, size_t count, size_t dimension, const float *weight, float eps)
{
	for (size_t i = 0; i < count; i++)
		rms_norm(heads + i * dimension, heads + i * dimension, weight, dimension, eps);
}

void vector_add(float *out, const float *in, size_t n)
{
	for (size_t i = 0; i < n; i++)
		out[i] += in[i];
}

void rope_angles(float *cosine, float *sine, const float *frequencies, size_t half, float magnitude, size_t position)
{
	for (size_t i = 0; i < half; i++) {
		float angle = (float)position * frequencies[i];
		cosine[i] = cosf(angle) * magnitude;
		sine[i] = sinf(angle) * magnitude;
	}
}

void rope_turn(float *heads, size_t count, size_t dimension, const float *cosine, const float *sine, size_t half)
{
	for (size_t h = 0; h < count; h++) {
		float *first = heads + h * dimension, *second = first + half;
		for (size_t i = 0; i < half; i++) {
			float a = first[i], b = second[i];
			first[i] = a * cosine[i] - b * sine[i];
			second[i] = b * cosine[i] + a * sine[i];
		}
	}
}
