/*
 * Plain C, written for compilers that vectorise: loops run over the 64 bytes of
 * a step or the 16 outputs of a group, without a branch.
 */
#include <math.h>
#include <string.h>

#include "base/half.h"
#include "kernel/matrix_inside.h"

enum { STEP = 4 * MATRIX_GROUP };

typedef int16_t block_levels[STEPS * STEP];

static void unpack(enum weights type, const uint8_t *block, block_levels w)
{
	if (type == WEIGHTS_I8) {
		for (size_t i = 0; i < STEPS * STEP; i++)
			w[i] = (int16_t)(block[i] - 128);
		return;
	}
	for (size_t i = 0; i < STEPS / 2 * STEP; i++) {
		w[i] = (int16_t)((block[i] & 15) - 8);
		w[STEPS / 2 * STEP + i] = (int16_t)((block[i] >> 4) - 8);
	}
}

static void load_scales(enum weights type, const uint8_t *scales, size_t block, float *out)
{
	for (size_t lane = 0; lane < MATRIX_GROUP; lane++) {
		int16_t scale = (int8_t)scales[block * MATRIX_GROUP + lane];
		if (type == WEIGHTS_I8)
			memcpy(&scale, scales + (block * MATRIX_GROUP + lane) * sizeof scale, sizeof scale);
		out[lane] = scale;
	}
}

/* Σ level · level for each output; a step's 4 inputs stay apart until the end. */
static void dot(const block_levels w, const int8_t *x, int32_t *out)
{
	int32_t sums[STEP] = {0};
	int16_t spread[STEP];

	for (size_t s = 0; s < STEPS; s++) {
		const int16_t four[4] = { x[s * 4], x[s * 4 + 1], x[s * 4 + 2], x[s * 4 + 3] };
		for (size_t lane = 0; lane < MATRIX_GROUP; lane++)
			memcpy(spread + lane * 4, four, sizeof four);
		for (size_t i = 0; i < STEP; i++)
			sums[i] += w[s * STEP + i] * spread[i];
	}
	for (size_t lane = 0; lane < MATRIX_GROUP; lane++)
		out[lane] = sums[lane * 4] + sums[lane * 4 + 1] + sums[lane * 4 + 2] + sums[lane * 4 + 3];
}

/* One row's block. */
static void add_block(float *y, const block_levels w, const float *scales, const int8_t *x, float x_scale)
{
	int32_t sums[MATRIX_GROUP];

	dot(w, x, sums);
	for (size_t lane = 0; lane < MATRIX_GROUP; lane++)
		y[lane] += (float)sums[lane] * (scales[lane] * x_scale);
}

static void integers(enum weights type, const uint8_t *group, const struct tile *x, group_sums y)
{
	struct layout l = matrix_layout(type, x->inputs);
	float unit[MATRIX_GROUP], scales[MATRIX_GROUP], x_scale;
	block_levels w;

	memcpy(unit, group, sizeof unit);
	memset(y, 0, x->rows * sizeof *y);
	for (size_t b = 0; b < x->inputs / MATRIX_BLOCK; b++) {
		const uint8_t *at = x->rounded + b * x->rows * ROUNDED_BYTES, *x_scales = at + x->rows * MATRIX_BLOCK;
		unpack(type, group + l.levels + b * l.block, w);
		load_scales(type, group + sizeof unit, b, scales);
		for (size_t r = 0; r < x->rows; r++) {
			memcpy(&x_scale, x_scales + r * sizeof x_scale, sizeof x_scale);
			add_block(y[r], w, scales, (const int8_t *)at + r * MATRIX_BLOCK, x_scale);
		}
	}
	for (size_t r = 0; r < x->rows; r++)
		for (size_t lane = 0; lane < MATRIX_GROUP; lane++)
			y[r][lane] *= unit[lane];
}

static void add_number(float *y, const float *w, float x)
{
	for (size_t lane = 0; lane < MATRIX_GROUP; lane++)
		y[lane] += w[lane] * x;
}

static void all_numbers(enum weights type, const void *group, const struct tile *x, group_sums y)
{
	float sums[4][MATRIX_GROUP], w[MATRIX_GROUP];

	for (size_t r = 0; r < x->rows; r++) {
		memset(sums, 0, sizeof sums);
		for (size_t i = 0; i < x->inputs; i++) {
			if (type == WEIGHTS_F32)
				memcpy(w, (const float *)group + i * MATRIX_GROUP, sizeof w);
			else
				half_to_float(w, (const uint16_t *)group + i * MATRIX_GROUP, MATRIX_GROUP);
			add_number(sums[i % 4], w, x->values[r * x->inputs + i]);
		}
		for (size_t lane = 0; lane < MATRIX_GROUP; lane++)
			y[r][lane] = (sums[0][lane] + sums[1][lane]) + (sums[2][lane] + sums[3][lane]);
	}
}

/* Adding and taking away 1.5 · 2^23 rounds to nearest, ties to even; NaN becomes -127. */
static int8_t nearest(float value)
{
	value = value > -127 ? value : -127;
	value = value < 127 ? value : 127;
	return (int8_t)(int)(value + 0x1.8p23f - 0x1.8p23f);
}

/* Of 32 values the largest size; compared as integers, so that NaN counts as larger than all. */
static float furthest(const float *values)
{
	uint32_t bits[MATRIX_BLOCK], most = 0;
	float value;

	memcpy(bits, values, sizeof bits);
	for (size_t i = 0; i < MATRIX_BLOCK; i++)
		most = (bits[i] & 0x7FFFFFFF) > most ? bits[i] & 0x7FFFFFFF : most;
	memcpy(&value, &most, sizeof value);
	return value;
}

static void round_block(uint8_t *at, size_t rows, size_t row, const float *values)
{
	int8_t levels[MATRIX_BLOCK];
	int32_t sum = 0;
	float most = furthest(values), scale = most * (1.0f / 127), inverse = most > ROUND_TO_ZERO ? 127 / most : 0;

	for (size_t i = 0; i < MATRIX_BLOCK; i++) {
		levels[i] = nearest(values[i] * inverse);
		sum += levels[i];
	}
	sum *= -8;
	memcpy(at + row * MATRIX_BLOCK, levels, sizeof levels);
	memcpy(at + rows * MATRIX_BLOCK + row * sizeof scale, &scale, sizeof scale);
	memcpy(at + rows * (MATRIX_BLOCK + sizeof scale) + row * sizeof sum, &sum, sizeof sum);
}

static void swiglu(float *out, size_t stride, const group_sums gate, const group_sums up, size_t rows)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t i = 0; i < MATRIX_GROUP; i++)
			out[r * stride + i] = gate[r][i] / (1 + expf(-gate[r][i])) * up[r][i];
}

#include "kernel/matrix_rest.h"

const struct matrix_kernels matrix_portable = MATRIX_KERNELS;
