/* AVX2 with FMA and F16C: 6 rows of 16 columns are 12 sums in registers; a panel is two such halves. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef float vec __attribute__((vector_size(32)));
typedef int32_t ivec __attribute__((vector_size(32)));
enum { LANES = 8, PANEL_ROWS = 6, PANEL_VECS = 2 };

static inline vec load_f32(const void *p) { return _mm256_loadu_ps(p); }
static inline vec load_f16(const void *p) { return _mm256_cvtph_ps(_mm_loadu_si128(p)); }
static inline vec load_i8(const void *p)
{
	return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(p)));
}

static inline void store(float *p, vec v) { _mm256_storeu_ps(p, v); }
static inline vec splat(float x) { return _mm256_set1_ps(x); }
static inline vec multiply_add(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
static inline vec larger(vec a, vec b) { return _mm256_max_ps(a, b); }

static inline float add_up(vec v)
{
	__m128 four = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	__m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));

	return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

static inline float largest(vec v)
{
	__m128 four = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
	__m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));

	return _mm_cvtss_f32(_mm_max_ss(two, _mm_shuffle_ps(two, two, 1)));
}

static inline void narrow16(unsigned short *out, const float *in)
{
	for (size_t i = 0; i < 16; i += LANES) {
		__m256 most = _mm256_set1_ps(65504), least = _mm256_set1_ps(-65504);
		__m256 held = _mm256_max_ps(_mm256_min_ps(_mm256_loadu_ps(in + i), most), least);

		__m128i half = _mm256_cvtps_ph(held, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);

		_mm_storeu_si128((__m128i *)(out + i), half);
	}
}

#include "kernel/attention_lanes.h"

const struct attention_kernels attention_avx2 = ATTENTION_KERNELS;
