/*
 * NEON with the products of bytes that ARMv8.2 added (SDOT): 4 outputs, 4 inputs.
 *
 * A block is worked through in two halves of 8 outputs, whose 8 steps are
 * unpacked into 16 registers and met by every row of the tile; rows' floats stay
 * in memory.  4-bit levels are taken as 0..15, and what that is too much is in
 * the activations; 8-bit ones become signed.
 */
#include "kernel/matrix_inside.h"

#include <arm_neon.h>
#include <string.h>


#define INLINE static inline __attribute__((always_inline))

enum {
	HALF = MATRIX_GROUP / 2,
	FLOAT_ROWS = 2,         /* of a tile at a time; 2 · 4 sums each */
};

/* Half a block: two registers a step. */
INLINE void unpack(enum weights type, const uint8_t *block, int8x16_t w[STEPS][2])
{
	for (int part = 0; part < 2; part++) {
		for (int s = 0; type == WEIGHTS_I8 && s < STEPS; s++)
			w[s][part] = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(block + s * 64 + part * 16),
				vdupq_n_u8(0x80)));
		for (int s = 0; type == WEIGHTS_I4 && s < STEPS / 2; s++) {
			uint8x16_t two = vld1q_u8(block + s * 64 + part * 16);
			w[s][part] = vreinterpretq_s8_u8(vandq_u8(two, vdupq_n_u8(15)));
			w[s + STEPS / 2][part] = vreinterpretq_s8_u8(vshrq_n_u8(two, 4));
		}
	}
}

INLINE void load_scales(enum weights type, const uint8_t *scales, size_t at, float32x4_t out[2])
{
	int16x8_t wide = type == WEIGHTS_I8 ? vreinterpretq_s16_u8(vld1q_u8(scales + at * 2)) :
		vmovl_s8(vreinterpret_s8_u8(vld1_u8(scales + at)));

	out[0] = vcvtq_f32_s32(vmovl_s16(vget_low_s16(wide)));
	out[1] = vcvtq_f32_s32(vmovl_high_s16(wide));
}

/* Four outputs' Σ level · level, added to `sum`. */
INLINE int32x4_t dot(int32x4_t sum, const int8x16_t w[STEPS][2], int part, const int8_t *x)
{
	int8x16_t low = vld1q_s8(x), high = vld1q_s8(x + 16);

	sum = vdotq_laneq_s32(sum, w[0][part], low, 0);
	sum = vdotq_laneq_s32(sum, w[1][part], low, 1);
	sum = vdotq_laneq_s32(sum, w[2][part], low, 2);
	sum = vdotq_laneq_s32(sum, w[3][part], low, 3);
	sum = vdotq_laneq_s32(sum, w[4][part], high, 0);
	sum = vdotq_laneq_s32(sum, w[5][part], high, 1);
	sum = vdotq_laneq_s32(sum, w[6][part], high, 2);
	return vdotq_laneq_s32(sum, w[7][part], high, 3);
}

INLINE void half_block(enum weights type, const uint8_t *block, const float32x4_t scale[2], const uint8_t *x,
	size_t rows, float *y)
{
	const uint8_t *x_scales = x + rows * MATRIX_BLOCK, *excesses = x_scales + rows * sizeof(float);
	int8x16_t w[STEPS][2];

	unpack(type, block, w);
	for (size_t r = 0; r < rows; r++) {
		float x_scale;
		int32_t excess = 0;
		memcpy(&x_scale, x_scales + r * sizeof x_scale, sizeof x_scale);
		if (type == WEIGHTS_I4)
			memcpy(&excess, excesses + r * sizeof excess, sizeof excess);
		for (int part = 0; part < 2; part++) {
			float *to = y + r * MATRIX_GROUP + part * 4;
			int32x4_t sum = dot(vdupq_n_s32(excess), w, part, (const int8_t *)x + r * MATRIX_BLOCK);
			vst1q_f32(to, vfmaq_f32(vld1q_f32(to), vcvtq_f32_s32(sum), vmulq_n_f32(scale[part], x_scale)));
		}
	}
}

INLINE void integers(enum weights type, const uint8_t *group, const struct tile *x, group_sums y)
{
	struct layout l = matrix_layout(type, x->inputs);
	const uint8_t *scales = group + MATRIX_GROUP * sizeof(float), *levels = group + l.levels, *at = x->rounded;
	float32x4_t scale[2];

	memset(y, 0, x->rows * sizeof *y);
	for (size_t b = 0; b < x->inputs / MATRIX_BLOCK; b++, levels += l.block, at += x->rows * ROUNDED_BYTES) {
		for (size_t i = 0; i < l.block; i += 64)
			__builtin_prefetch(levels + x->ahead + i);
		for (size_t half = 0; half < 2; half++) {
			load_scales(type, scales, b * MATRIX_GROUP + half * HALF, scale);
			half_block(type, levels + half * 32, scale, at, x->rows, y[0] + half * HALF);
		}
	}
	for (size_t r = 0; r < x->rows; r++)
		for (size_t i = 0; i < MATRIX_GROUP; i += 4)
			vst1q_f32(&y[r][i], vmulq_f32(vld1q_f32(&y[r][i]),
				vld1q_f32((const float *)(const void *)group + i)));
}

INLINE float32x4_t load_numbers(enum weights type, const void *group, size_t at)
{
	if (type == WEIGHTS_F32)
		return vld1q_f32((const float *)group + at);
	return vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16((const uint16_t *)group + at)));
}

/* `rows` rows of a tile, from `first` on, and half a group; `half` is its first output. */
INLINE void numbers(enum weights type, const size_t rows, const void *group, size_t half, const struct tile *x,
	size_t first, group_sums y)
{
	const float *values = x->values + first * x->inputs;
	float32x4_t sums[FLOAT_ROWS][4][2];

	memset(sums, 0, sizeof sums);
	for (size_t i = 0; i < x->inputs; i += 4)
#pragma GCC unroll 4
		for (size_t k = 0; k < 4; k++)
			for (size_t part = 0; part < 2; part++) {
				float32x4_t w = load_numbers(type, group, (i + k) * MATRIX_GROUP + half + part * 4);
				for (size_t r = 0; r < rows; r++)
					sums[r][k][part] = vfmaq_n_f32(sums[r][k][part], w,
						values[r * x->inputs + i + k]);
			}
	for (size_t r = 0; r < rows; r++)
		for (size_t part = 0; part < 2; part++)
			vst1q_f32(y[first + r] + half + part * 4,
				vaddq_f32(vaddq_f32(sums[r][0][part], sums[r][1][part]),
				vaddq_f32(sums[r][2][part], sums[r][3][part])));
}

INLINE void all_numbers(enum weights type, const void *group, const struct tile *x, group_sums y)
{
	for (size_t half = 0; half < MATRIX_GROUP; half += HALF) {
		size_t r = 0;
		for (; r + FLOAT_ROWS <= x->rows; r += FLOAT_ROWS)
			numbers(type, FLOAT_ROWS, group, half, x, r, y);
		for (; r < x->rows; r++)
			numbers(type, 1, group, half, x, r, y);
	}
}

INLINE float largest_size(const float *values)
{
	uint32x4_t sizes = vdupq_n_u32(0);
	float most;

	for (int i = 0; i < MATRIX_BLOCK; i += 4)
		sizes = vmaxq_u32(sizes, vandq_u32(vreinterpretq_u32_f32(vld1q_f32(values + i)),
			vdupq_n_u32(0x7FFFFFFF)));
	uint32_t bits = vmaxvq_u32(sizes);
	memcpy(&most, &bits, sizeof most);
	return most;
}

INLINE void round_block(uint8_t *at, size_t rows, size_t row, const float *values)
{
	float most = largest_size(values), scale = most * (1.0f / 127), inverse = most > ROUND_TO_ZERO ? 127 / most : 0;
	int32_t sum = 0;

	for (int i = 0; i < MATRIX_BLOCK; i += 8) {
		int32x4_t a = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(values + i), inverse));
		int32x4_t b = vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(values + i + 4), inverse));
		sum += vaddvq_s32(vaddq_s32(a, b));
		vst1_s8((int8_t *)at + row * MATRIX_BLOCK + i, vqmovn_s16(vcombine_s16(vqmovn_s32(a), vqmovn_s32(b))));
	}
	sum *= -8;
	memcpy(at + rows * 32 + row * sizeof scale, &scale, sizeof scale);
	memcpy(at + rows * 36 + row * sizeof sum, &sum, sizeof sum);
}

/* As in matrix_avx512.c. */
INLINE float32x4_t exponential(float32x4_t x)
{
	x = vminq_f32(vmaxq_f32(x, vdupq_n_f32(-87)), vdupq_n_f32(88));
	float32x4_t n = vrndnq_f32(vmulq_n_f32(x, 0x1.715476p+0f));
	float32x4_t r = vfmsq_f32(x, n, vdupq_n_f32(0x1.62e400p-1f));
	r = vfmsq_f32(r, n, vdupq_n_f32(0x1.7f7d1cp-20f));
	float32x4_t p = vdupq_n_f32(1.0f / 720);
	p = vfmaq_f32(vdupq_n_f32(1.0f / 120), p, r);
	p = vfmaq_f32(vdupq_n_f32(1.0f / 24), p, r);
	p = vfmaq_f32(vdupq_n_f32(1.0f / 6), p, r);
	p = vfmaq_f32(vdupq_n_f32(0.5f), p, r);
	p = vfmaq_f32(vdupq_n_f32(1), p, r);
	p = vfmaq_f32(vdupq_n_f32(1), p, r);
	return vmulq_f32(p, vreinterpretq_f32_s32(vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23)));
}

static void swiglu(float *out, size_t stride, const group_sums gate, const group_sums up, size_t rows)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t i = 0; i < MATRIX_GROUP; i += 4) {
			float32x4_t g = vld1q_f32(&gate[r][i]);
			float32x4_t silu = vdivq_f32(g, vaddq_f32(vdupq_n_f32(1), exponential(vnegq_f32(g))));
			vst1q_f32(out + r * stride + i, vmulq_f32(silu, vld1q_f32(&up[r][i])));
		}
}

#include "kernel/matrix_rest.h"

const struct matrix_kernels matrix_neon = MATRIX_KERNELS;
