/*
 * Straight from the formulas, in float as the quantisers compute.  Rounding goes to
 * the nearest, ties to even.
 */
#include "support/model/quantise.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "support/model/half.h"

struct q4_block q4_quantise(const struct stack *m, size_t row, size_t block)
{
	struct q4_block q = { 0 };
	float values[Q4_BLOCK], extreme = 0;

	for (size_t i = 0; i < Q4_BLOCK; i++) {
		values[i] = stack_at(m, row, block * Q4_BLOCK + i);
		if (fabsf(values[i]) > fabsf(extreme))
			extreme = values[i];
	}
	q.scale = extreme / -8;
	for (size_t i = 0; i < Q4_BLOCK; i++)
		q.levels[i] = (uint8_t)fminf(15, rintf(values[i] / q.scale) + 8);
	return q;
}

float int8_scale(const struct stack *m)
{
	float largest = 0;

	for (size_t row = 0; row < m->rows; row++)
		for (size_t col = 0; col < m->cols; col++)
			largest = fmaxf(largest, fabsf(stack_at(m, row, col)));
	return largest / 127;
}

int8_t int8_quantise(float value, float scale)
{
	return (int8_t)rintf(value / scale);
}

enum precision precision_of_vectors(const struct model_shape *s)
{
	bool half = s->precision == PRECISION_FLOAT16 || s->precision == PRECISION_Q4F16;

	return half ? PRECISION_FLOAT16 : PRECISION_FLOAT32;
}

/* A table that is the head as well stays as it is, as in many published files. */
enum precision precision_of_embedding(const struct model_shape *s)
{
	return s->precision == PRECISION_INT8 && s->separate_head ? PRECISION_INT8 : precision_of_vectors(s);
}

enum precision precision_of_head(const struct model_shape *s)
{
	return s->separate_head ? s->precision : precision_of_embedding(s);
}

static void round_q4(const struct stack *m, bool half_scales, float *out)
{
	for (size_t row = 0; row < m->rows; row++) {
		for (size_t block = 0; block < m->cols / Q4_BLOCK; block++) {
			struct q4_block q = q4_quantise(m, row, block);
			float scale = half_scales ? half_round(q.scale) : q.scale;

			for (size_t i = 0; i < Q4_BLOCK; i++)
				*out++ = (float)(q.levels[i] - 8) * scale;
		}
	}
}

static float round_one(float value, enum precision precision, float scale)
{
	switch (precision) {
	case PRECISION_FLOAT16: return half_round(value);
	case PRECISION_INT8:    return int8_quantise(value, scale) * scale;
	default:                return value;
	}
}

void stack_rounded(const struct stack *m, enum precision precision, float *out)
{
	float scale = precision == PRECISION_INT8 ? int8_scale(m) : 0;

	if (precision == PRECISION_Q4 || precision == PRECISION_Q4F16) {
		round_q4(m, precision == PRECISION_Q4F16, out);
		return;
	}
	for (size_t row = 0; row < m->rows; row++)
		for (size_t col = 0; col < m->cols; col++)
			*out++ = round_one(stack_at(m, row, col), precision, scale);
}

/* In int8, packed projections share one scale. */
void projection_rounded(const struct model_shape *s, size_t layer, enum projection which, float *out)
{
	bool packed = s->packed_qkv && which <= PROJECT_V;
	struct stack m = packed ? stack_of_qkv(s, layer) : stack_of(weight_projection(s, layer, which));
	own_mem float *all = mem_alloc(m.rows * m.cols * sizeof *all);
	size_t skipped = 0;

	stack_rounded(&m, s->precision, all);
	for (enum projection p = PROJECT_Q; packed && p < which; p++)
		skipped += weight_projection(s, layer, p).rows;
	memcpy(out, all + skipped * m.cols, weight_projection(s, layer, which).rows * m.cols * sizeof *all);
}
