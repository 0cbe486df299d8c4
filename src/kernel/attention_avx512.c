/* AVX-512: 12 rows of 32 columns are 24 sums in registers, 2 registers hold what they are multiplied with. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

typedef float vec __attribute__((vector_size(64)));
typedef int32_t ivec __attribute__((vector_size(64)));
enum { LANES = 16, PANEL_ROWS = 12, PANEL_VECS = 2 };

static inline vec load_f32(const void *p) { return _mm512_loadu_ps(p); }
static inline vec load_f16(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256(p)); }
static inline vec load_i8(const void *p)
{
	return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(p)));
}

static inline void store(float *p, vec v) { _mm512_storeu_ps(p, v); }
static inline vec splat(float x) { return _mm512_set1_ps(x); }
static inline vec multiply_add(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
static inline vec larger(vec a, vec b) { return _mm512_max_ps(a, b); }
static inline float add_up(vec v) { return _mm512_reduce_add_ps(v); }
static inline float largest(vec v) { return _mm512_reduce_max_ps(v); }

static inline void narrow16(unsigned short *out, const float *in)
{
	__m512 most = _mm512_set1_ps(65504), least = _mm512_set1_ps(-65504);
	__m512 held = _mm512_max_ps(_mm512_min_ps(_mm512_loadu_ps(in), most), least);

	_mm256_storeu_si256((__m256i *)out, _mm512_cvtps_ph(held, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
}

#include "kernel/attention_lanes.h"

const struct attention_kernels attention_avx512 = ATTENTION_KERNELS;
