/*
 * AVX-512 with VNNI.  A register is one step of a group: 16 outputs, 4 inputs.
 *
 * A block's 8 steps are unpacked once into 8 registers and met by every row of
 * the tile, whose floats so far lie in 16 more.  Per row and block that is 8
 * VPDPBUSD with the row's levels broadcast from memory, a conversion, a product
 * of scales and a fused multiply-add.  Functions are compiled for each number of
 * rows, so that all of it stays in registers.
 */
#include "kernel/matrix_inside.h"

#include <immintrin.h>
#include <string.h>


#define INLINE static inline __attribute__((always_inline))

enum {
	FLOAT_ROWS = 6,         /* of a tile at a time; 4 sums each */
};

INLINE __m512i broadcast(const void *at)
{
	int32_t word;

	memcpy(&word, at, sizeof word);
	return _mm512_set1_epi32(word);
}

INLINE void unpack(enum weights type, const uint8_t *block, __m512i *w)
{
	const __m512i nibble = _mm512_set1_epi8(15);

	if (type == WEIGHTS_I8) {
		for (int s = 0; s < STEPS; s++)
			w[s] = _mm512_loadu_si512(block + s * 64);
		return;
	}
	for (int s = 0; s < STEPS / 2; s++) {
		__m512i two = _mm512_loadu_si512(block + s * 64);
		w[s] = _mm512_and_si512(two, nibble);
		w[s + STEPS / 2] = _mm512_and_si512(_mm512_srli_epi16(two, 4), nibble);
	}
}

INLINE __m512 load_scales(enum weights type, const uint8_t *scales, size_t block)
{
	if (type == WEIGHTS_I8)
		return _mm512_cvtepi32_ps(
			_mm512_cvtepi16_epi32(_mm256_loadu_si256((const void *)(scales + block * 32))));
	return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const void *)(scales + block * 16))));
}

INLINE void integers_of(enum weights type, const size_t rows, const uint8_t *group, const struct tile *x,
	group_sums out)
{
	size_t blocks = x->inputs / MATRIX_BLOCK, size = type == WEIGHTS_I8 ? 512 : 256;
	size_t scale_bytes = blocks * MATRIX_GROUP * (type == WEIGHTS_I8 ? 2 : 1);
	const uint8_t *scales = group + 64, *levels = scales + (scale_bytes + 63) / 64 * 64, *at = x->rounded;
	__m512i w[STEPS];
	__m512 y[TILE_ROWS];

	for (size_t r = 0; r < rows; r++)
		y[r] = _mm512_setzero_ps();
	for (size_t b = 0; b < blocks; b++, levels += size, at += rows * ROUNDED_BYTES) {
		for (size_t i = 0; i < size; i += 64)
			_mm_prefetch((const char *)levels + x->ahead + i, _MM_HINT_T0);
		unpack(type, levels, w);
		__m512 scale = load_scales(type, scales, b);
#pragma GCC unroll 16
		for (size_t r = 0; r < rows; r++) {
			__m512i sum = broadcast(at + rows * 36 + r * 4);
			if (type == WEIGHTS_I8)
				sum = _mm512_slli_epi32(sum, 4);
#pragma GCC unroll 8
			for (int s = 0; s < STEPS; s++)
				sum = _mm512_dpbusd_epi32(sum, w[s], broadcast(at + r * 32 + s * 4));
			__m512 both = _mm512_mul_ps(scale, _mm512_castsi512_ps(broadcast(at + rows * 32 + r * 4)));
			y[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), both, y[r]);
		}
	}
	for (size_t r = 0; r < rows; r++)
		_mm512_storeu_ps(out[r], _mm512_mul_ps(y[r], _mm512_loadu_ps(group)));
}

#define ROWS(n) case n: integers_of(type, n, group, x, y); break;

INLINE void integers(enum weights type, const uint8_t *group, const struct tile *x, group_sums y)
{
	switch (x->rows) {
	ROWS(1) ROWS(2) ROWS(3) ROWS(4) ROWS(5) ROWS(6) ROWS(7) ROWS(8)
	ROWS(9) ROWS(10) ROWS(11) ROWS(12) ROWS(13) ROWS(14) ROWS(15) ROWS(16)
	}
}

INLINE __m512 load_number(enum weights type, const void *group, size_t input)
{
	if (type == WEIGHTS_F32)
		return _mm512_loadu_ps((const float *)group + input * MATRIX_GROUP);
	return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)((const uint16_t *)group + input * MATRIX_GROUP)));
}

/* `rows` rows of a tile, from `first` on. */
INLINE void numbers(enum weights type, const size_t rows, const void *group, const struct tile *x, size_t first,
	group_sums y)
{
	const float *values = x->values + first * x->inputs;
	const char *soon = (const char *)group + (first ? 0 : x->ahead);
	size_t step = matrix_group_bytes(type, 1), inputs = x->inputs;
	__m512 sums[FLOAT_ROWS][4];

	for (size_t r = 0; r < rows; r++)
		for (int k = 0; k < 4; k++)
			sums[r][k] = _mm512_setzero_ps();
	for (size_t i = 0; i < inputs; i += 4)
#pragma GCC unroll 4
		for (size_t k = 0; k < 4; k++) {
			_mm_prefetch(soon + (i + k) * step, _MM_HINT_T0);
			__m512 w = load_number(type, group, i + k);
#pragma GCC unroll 8
			for (size_t r = 0; r < rows; r++)
				sums[r][k] = _mm512_fmadd_ps(w, _mm512_set1_ps(values[r * inputs + i + k]), sums[r][k]);
		}
	for (size_t r = 0; r < rows; r++)
		_mm512_storeu_ps(y[first + r], _mm512_add_ps(_mm512_add_ps(sums[r][0], sums[r][1]),
			_mm512_add_ps(sums[r][2], sums[r][3])));
}

#define SOME(n) case n: numbers(type, n, group, x, r, y); break;

INLINE void all_numbers(enum weights type, const void *group, const struct tile *x, group_sums y)
{
	for (size_t r = 0; r < x->rows; r += FLOAT_ROWS)
		switch (x->rows - r) {
		SOME(1) SOME(2) SOME(3) SOME(4) SOME(5)
		default: numbers(type, FLOAT_ROWS, group, x, r, y);
		}
}

INLINE void round_block(uint8_t *at, size_t rows, size_t row, const float *values)
{
	const __m512i positive = _mm512_set1_epi32(0x7FFFFFFF);
	__m512 low = _mm512_loadu_ps(values), high = _mm512_loadu_ps(values + 16);
	__m512i sizes = _mm512_max_epu32(_mm512_and_si512(_mm512_castps_si512(low), positive),
		_mm512_and_si512(_mm512_castps_si512(high), positive));
	uint32_t bits = _mm512_reduce_max_epu32(sizes);
	float most;

	memcpy(&most, &bits, sizeof most);
	float scale = most * (1.0f / 127), inverse = most > ROUND_TO_ZERO ? 127 / most : 0;
	__m512i a = _mm512_cvtps_epi32(_mm512_mul_ps(low, _mm512_set1_ps(inverse)));
	__m512i b = _mm512_cvtps_epi32(_mm512_mul_ps(high, _mm512_set1_ps(inverse)));
	int32_t sum = (int32_t)(-8u * (uint32_t)_mm512_reduce_add_epi32(_mm512_add_epi32(a, b)));   /* NaN overflows */
	_mm_storeu_si128((void *)(at + row * 32), _mm512_cvtsepi32_epi8(a));
	_mm_storeu_si128((void *)(at + row * 32 + 16), _mm512_cvtsepi32_epi8(b));
	memcpy(at + rows * 32 + row * 4, &scale, sizeof scale);
	memcpy(at + rows * 36 + row * 4, &sum, sizeof sum);
}

/* e^x = 2^n · e^r with |r| <= ln 2 / 2; e^r by its Taylor polynomial, within 2e-7 of itself. */
INLINE __m512 exponential(__m512 x)
{
	x = _mm512_min_ps(_mm512_max_ps(x, _mm512_set1_ps(-87)), _mm512_set1_ps(88));
	__m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(0x1.715476p+0f)),
		_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
	__m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0x1.62e400p-1f), x);
	r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0x1.7f7d1cp-20f), r);
	__m512 p = _mm512_set1_ps(1.0f / 720);
	p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 120));
	p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 24));
	p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.0f / 6));
	p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(0.5f));
	p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
	p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
	return _mm512_scalef_ps(p, n);
}

static void swiglu(float *out, size_t stride, const group_sums gate, const group_sums up, size_t rows)
{
	const __m512 one = _mm512_set1_ps(1);

	for (size_t r = 0; r < rows; r++) {
		__m512 g = _mm512_loadu_ps(gate[r]);
		__m512 e = exponential(_mm512_sub_ps(_mm512_setzero_ps(), g));
		__m512 silu = _mm512_div_ps(g, _mm512_add_ps(one, e));
		_mm512_storeu_ps(out + r * stride, _mm512_mul_ps(silu, _mm512_loadu_ps(up[r])));
	}
}

#include "kernel/matrix_rest.h"

const struct matrix_kernels matrix_avx512 = MATRIX_KERNELS;
