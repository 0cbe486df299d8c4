#include "kernel/matrix.h"

#include <math.h>
#include <string.h>

#include "base/half.h"
#include "base/mem.h"
#include "kernel/matrix_inside.h"

/* Of an integer type. */
struct range {
	int level;              /* what the value furthest from zero becomes */
	int scale;              /* the largest block scale */
	int lowest, highest;    /* level */
};

static const struct range ranges[WEIGHTS_COUNT] = {
	[WEIGHTS_I8] = { .level = 127, .scale = 32767, .lowest = -128, .highest = 127 },
	[WEIGHTS_I4] = { .level = -8, .scale = 127, .lowest = -8, .highest = 7 },
};

static void pack_numbers(enum weights type, void *group, const float *const *rows, size_t count, size_t inputs)
{
	for (size_t lane = 0; lane < MATRIX_GROUP; lane++)
		for (size_t i = 0; i < inputs; i++) {
			float value = lane < count ? rows[lane][i] : 0;
			if (type == WEIGHTS_F32)
				((float *)group)[i * MATRIX_GROUP + lane] = value;
			else
				half_from_float((uint16_t *)group + i * MATRIX_GROUP + lane, &value, 1);
		}
}

/* The scale that makes the value furthest from zero level `level`. */
static float wanted_scale(const float *values, int level)
{
	float furthest = 0;

	for (size_t i = 0; i < MATRIX_BLOCK; i++)
		furthest = fabsf(values[i]) > fabsf(furthest) ? values[i] : furthest;
	return furthest / (float)level;
}

/* The output's own scale, of which those of its blocks are multiples. */
static float output_scale(const float *scales, size_t blocks, const struct range *range)
{
	float most = 0;

	for (size_t b = 0; b < blocks; b++)
		most = fmaxf(most, fabsf(scales[b]));
	return most / (float)range->scale;
}

static int nearest(float value, int lowest, int highest)
{
	float rounded = rintf(value);

	return rounded >= (float)highest ? highest : rounded > (float)lowest ? (int)rounded : lowest;
}

static void put_scale(enum weights type, uint8_t *group, size_t lane, size_t block, int scale)
{
	uint8_t *at = group + MATRIX_GROUP * sizeof(float);
	int16_t wide = (int16_t)scale;

	if (type == WEIGHTS_I4)
		at[block * MATRIX_GROUP + lane] = (uint8_t)scale;
	else
		memcpy(at + (block * MATRIX_GROUP + lane) * sizeof wide, &wide, sizeof wide);
}

/* Into a block that was zeros. */
static void put_level(enum weights type, uint8_t *block, size_t lane, size_t i, int level)
{
	size_t step = i / 4, byte = lane * 4 + i % 4;

	if (type == WEIGHTS_I8)
		block[step * 64 + byte] = (uint8_t)(level + 128);
	else
		block[step % 4 * 64 + byte] |= (uint8_t)((level + 8) << step / 4 * 4);
}

/* One output: from values, or from levels where there are some. */
static void pack_output(enum weights type, uint8_t *group, size_t lane, const float *values, const int8_t *levels,
	const float *scales, size_t inputs)
{
	const struct range *range = &ranges[type];
	struct layout l = matrix_layout(type, inputs);
	size_t blocks = inputs / MATRIX_BLOCK;
	float unit = output_scale(scales, blocks, range);

	memcpy(group + lane * sizeof unit, &unit, sizeof unit);
	for (size_t b = 0; b < blocks; b++) {
		int scale = unit > 0 ? nearest(scales[b] / unit, -range->scale, range->scale) : 0;
		float step = unit * (float)scale;
		put_scale(type, group, lane, b, scale);
		for (size_t i = 0; i < MATRIX_BLOCK; i++) {
			size_t at = b * MATRIX_BLOCK + i;
			int level = levels ? levels[at] :
				scale ? nearest(values[at] / step, range->lowest, range->highest) : 0;
			put_level(type, group + l.levels + b * l.block, lane, i, level);
		}
	}
}

/* Lanes without an output: scales of zero, levels of zero. */
static void pack_nothing(enum weights type, uint8_t *group, size_t lane, size_t inputs)
{
	struct layout l = matrix_layout(type, inputs);

	for (size_t at = 0; at < inputs; at++)
		put_level(type, group + l.levels + at / MATRIX_BLOCK * l.block, lane, at % MATRIX_BLOCK, 0);
}

void matrix_pack_floats(enum weights type, void *group, const float *const *rows, size_t count, size_t inputs)
{
	own_mem float *scales = mem_alloc(inputs / MATRIX_BLOCK * sizeof *scales);

	if (type == WEIGHTS_F32 || type == WEIGHTS_F16) {
		pack_numbers(type, group, rows, count, inputs);
		return;
	}
	memset(group, 0, matrix_layout(type, inputs).total);
	for (size_t lane = 0; lane < MATRIX_GROUP; lane++) {
		if (lane >= count) {
			pack_nothing(type, group, lane, inputs);
			continue;
		}
		for (size_t b = 0; b < inputs / MATRIX_BLOCK; b++)
			scales[b] = wanted_scale(rows[lane] + b * MATRIX_BLOCK, ranges[type].level);
		pack_output(type, group, lane, rows[lane], NULL, scales, inputs);
	}
}

void matrix_pack_levels(enum weights type, void *group, const int8_t *const *levels, const float *const *scales,
	size_t count, size_t inputs)
{
	memset(group, 0, matrix_layout(type, inputs).total);
	for (size_t lane = 0; lane < MATRIX_GROUP; lane++)
		if (lane < count)
			pack_output(type, group, lane, NULL, levels[lane], scales[lane], inputs);
		else
			pack_nothing(type, group, lane, inputs);
}
