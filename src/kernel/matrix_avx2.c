/*
 * AVX2 with FMA and F16C; compiled a second time for AVX-VNNI.  A group is
 * worked through in two halves of 8 outputs.
 *
 * As with AVX-512, a half block's 8 steps are unpacked into 8 registers and met
 * by every row of the tile; rows' floats stay in memory, which costs little
 * beside 8 steps.
 *
 * Without VNNI pairs of products are summed in 16 bits, which must not
 * saturate.  I4: 8 steps of 2 · 15 · 127 are 30480.  I8: |level| up to 128 times
 * an activation of its sign, 2 · 128 · 127 = 32512, widened at once.
 */
#include "kernel/matrix_inside.h"

#include <immintrin.h>
#include <string.h>


#define INLINE static inline __attribute__((always_inline))

enum {
	HALF = MATRIX_GROUP / 2,
	FLOAT_ROWS = 3,         /* of a tile at a time; 4 sums each */
};

INLINE __m256i broadcast(const void *at)
{
	int32_t word;

	memcpy(&word, at, sizeof word);
	return _mm256_set1_epi32(word);
}

/* Half a block: unsigned levels. */
INLINE void unpack(enum weights type, const uint8_t *block, __m256i *w)
{
	const __m256i nibble = _mm256_set1_epi8(15);

	if (type == WEIGHTS_I8) {
		for (int s = 0; s < STEPS; s++)
			w[s] = _mm256_loadu_si256((const void *)(block + s * 64));
		return;
	}
	for (int s = 0; s < STEPS / 2; s++) {
		__m256i two = _mm256_loadu_si256((const void *)(block + s * 64));
		w[s] = _mm256_and_si256(two, nibble);
		w[s + STEPS / 2] = _mm256_and_si256(_mm256_srli_epi16(two, 4), nibble);
	}
}

/* Σ level · level of 8 outputs; x: a row's 32 levels, excess: -8 times their sum. */
#if defined(__AVXVNNI__)
INLINE __m256i dot(enum weights type, const __m256i *w, const uint8_t *x, const uint8_t *excess)
{
	__m256i sum = broadcast(excess);

	if (type == WEIGHTS_I8)
		sum = _mm256_slli_epi32(sum, 4);
	for (int s = 0; s < STEPS; s++)
		sum = _mm256_dpbusd_avx_epi32(sum, w[s], broadcast(x + s * 4));
	return sum;
}
#else
INLINE __m256i dot(enum weights type, const __m256i *w, const uint8_t *x, const uint8_t *excess)
{
	const __m256i ones = _mm256_set1_epi16(1), offset = _mm256_set1_epi8(-128);
	__m256i sum = _mm256_setzero_si256();

	if (type == WEIGHTS_I4) {
		for (int s = 0; s < STEPS; s++)
			sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(w[s], broadcast(x + s * 4)));
		return _mm256_add_epi32(_mm256_madd_epi16(sum, ones), broadcast(excess));
	}
	for (int s = 0; s < STEPS; s++) {
		__m256i level = _mm256_xor_si256(w[s], offset);
		__m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(level),
			_mm256_sign_epi8(broadcast(x + s * 4), level));
		sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
	}
	return sum;
}
#endif

INLINE __m256 load_scales(enum weights type, const uint8_t *scales, size_t at)
{
	if (type == WEIGHTS_I8)
		return _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128((const void *)(scales + at * 2))));
	return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const void *)(scales + at))));
}

INLINE void half_block(enum weights type, const uint8_t *block, __m256 scale, const uint8_t *x, size_t rows, float *y)
{
	const uint8_t *x_scales = x + rows * MATRIX_BLOCK, *excess = x_scales + rows * sizeof(float);
	__m256i w[STEPS];

	unpack(type, block, w);
	for (size_t r = 0; r < rows; r++) {
		__m256i sum = dot(type, w, x + r * MATRIX_BLOCK, excess + r * 4);
		__m256 both = _mm256_mul_ps(scale, _mm256_castsi256_ps(broadcast(x_scales + r * 4)));
		float *to = y + r * MATRIX_GROUP;
		_mm256_storeu_ps(to, _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum), both, _mm256_loadu_ps(to)));
	}
}

INLINE void integers(enum weights type, const uint8_t *group, const struct tile *x, group_sums y)
{
	struct layout l = matrix_layout(type, x->inputs);
	const uint8_t *scales = group + MATRIX_GROUP * sizeof(float), *levels = group + l.levels, *at = x->rounded;

	memset(y, 0, x->rows * sizeof *y);
	for (size_t b = 0; b < x->inputs / MATRIX_BLOCK; b++, levels += l.block, at += x->rows * ROUNDED_BYTES) {
		for (size_t i = 0; i < l.block; i += 64)
			_mm_prefetch((const char *)levels + x->ahead + i, _MM_HINT_T0);
		for (size_t half = 0; half < 2; half++)
			half_block(type, levels + half * 32, load_scales(type, scales, b * MATRIX_GROUP + half * HALF),
				at, x->rows, y[0] + half * HALF);
	}
	const float *unit = (const void *)group;
	for (size_t r = 0; r < x->rows; r++)
		for (size_t i = 0; i < MATRIX_GROUP; i += HALF)
			_mm256_storeu_ps(&y[r][i], _mm256_mul_ps(_mm256_loadu_ps(&y[r][i]), _mm256_loadu_ps(unit + i)));
}

INLINE __m256 load_numbers(enum weights type, const void *group, size_t at)
{
	if (type == WEIGHTS_F32)
		return _mm256_loadu_ps((const float *)group + at);
	return _mm256_cvtph_ps(_mm_loadu_si128((const void *)((const uint16_t *)group + at)));
}

/* `rows` rows of a tile, from `first` on, and half a group; `half` is its first output. */
INLINE void numbers(enum weights type, const size_t rows, const void *group, size_t half, const struct tile *x,
	size_t first, group_sums y)
{
	const float *values = x->values + first * x->inputs;
	const char *soon = (const char *)group + (first || half ? 0 : x->ahead);
	size_t step = matrix_group_bytes(type, 1), inputs = x->inputs;
	__m256 sums[FLOAT_ROWS][4];

	for (size_t r = 0; r < rows; r++)
		for (int k = 0; k < 4; k++)
			sums[r][k] = _mm256_setzero_ps();
	for (size_t i = 0; i < inputs; i += 4)
#pragma GCC unroll 4
		for (size_t k = 0; k < 4; k++) {
			_mm_prefetch(soon + (i + k) * step, _MM_HINT_T0);
			__m256 w = load_numbers(type, group, (i + k) * MATRIX_GROUP + half);
#pragma GCC unroll 4
			for (size_t r = 0; r < rows; r++)
				sums[r][k] = _mm256_fmadd_ps(w, _mm256_set1_ps(values[r * inputs + i + k]), sums[r][k]);
		}
	for (size_t r = 0; r < rows; r++)
		_mm256_storeu_ps(y[first + r] + half, _mm256_add_ps(_mm256_add_ps(sums[r][0], sums[r][1]),
			_mm256_add_ps(sums[r][2], sums[r][3])));
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

INLINE uint32_t largest(__m256i v)
{
	__m128i m = _mm_max_epu32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));

	m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0x4E));
	m = _mm_max_epu32(m, _mm_shuffle_epi32(m, 0xB1));
	return (uint32_t)_mm_cvtsi128_si32(m);
}

INLINE int32_t total(__m256i v)
{
	__m128i m = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));

	m = _mm_add_epi32(m, _mm_shuffle_epi32(m, 0x4E));
	m = _mm_add_epi32(m, _mm_shuffle_epi32(m, 0xB1));
	return _mm_cvtsi128_si32(m);
}

INLINE float largest_size(const float *values)
{
	__m256i sizes = _mm256_setzero_si256();
	float most;

	for (int i = 0; i < MATRIX_BLOCK; i += 8) {
		__m256i bits = _mm256_castps_si256(_mm256_loadu_ps(values + i));
		sizes = _mm256_max_epu32(sizes, _mm256_and_si256(bits, _mm256_set1_epi32(0x7FFFFFFF)));
	}
	uint32_t largest_bits = largest(sizes);
	memcpy(&most, &largest_bits, sizeof most);
	return most;
}

INLINE void round_block(uint8_t *at, size_t rows, size_t row, const float *values)
{
	float most = largest_size(values), scale = most * (1.0f / 127), inverse = most > ROUND_TO_ZERO ? 127 / most : 0;
	__m256i q[4];

	for (int i = 0; i < 4; i++)
		q[i] = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(values + i * 8), _mm256_set1_ps(inverse)));
	__m256i sums = _mm256_add_epi32(_mm256_add_epi32(q[0], q[1]), _mm256_add_epi32(q[2], q[3]));
	int32_t sum = (int32_t)(-8u * (uint32_t)total(sums));   /* NaN overflows */
	/* Packing works within 16 bytes: fours come out as 0 2 4 6 1 3 5 7. */
	__m256i packed = _mm256_packs_epi16(_mm256_packs_epi32(q[0], q[1]), _mm256_packs_epi32(q[2], q[3]));
	packed = _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
	_mm256_storeu_si256((void *)(at + row * MATRIX_BLOCK), packed);
	memcpy(at + rows * 32 + row * sizeof scale, &scale, sizeof scale);
	memcpy(at + rows * 36 + row * sizeof sum, &sum, sizeof sum);
}

/* As in matrix_avx512.c. */
INLINE __m256 exponential(__m256 x)
{
	x = _mm256_min_ps(_mm256_max_ps(x, _mm256_set1_ps(-87)), _mm256_set1_ps(88));
	__m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(0x1.715476p+0f)),
		_MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
	__m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0x1.62e400p-1f), x);
	r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0x1.7f7d1cp-20f), r);
	__m256 p = _mm256_set1_ps(1.0f / 720);
	p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 120));
	p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 24));
	p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.0f / 6));
	p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(0.5f));
	p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1));
	p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1));
	__m256i power = _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
	return _mm256_mul_ps(p, _mm256_castsi256_ps(power));
}

static void swiglu(float *out, size_t stride, const group_sums gate, const group_sums up, size_t rows)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t i = 0; i < MATRIX_GROUP; i += HALF) {
			__m256 g = _mm256_loadu_ps(&gate[r][i]);
			__m256 e = exponential(_mm256_sub_ps(_mm256_setzero_ps(), g));
			__m256 silu = _mm256_div_ps(g, _mm256_add_ps(_mm256_set1_ps(1), e));
			_mm256_storeu_ps(out + r * stride + i, _mm256_mul_ps(silu, _mm256_loadu_ps(&up[r][i])));
		}
}

#include "kernel/matrix_rest.h"

#if defined(__AVXVNNI__)
const struct matrix_kernels matrix_avxvnni = MATRIX_KERNELS;
#else
const struct matrix_kernels matrix_avx2 = MATRIX_KERNELS;
#endif
