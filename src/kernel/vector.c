#include "kernel/vector.h"

#include <math.h>

#include "kernel/cpu.h"
#include "kernel/vector_inside.h"

static const struct vector_kernels *const sets[ISA_COUNT] = {
	[ISA_PORTABLE] = &vector_portable,
	[ISA_NEON] = &vector_portable,
#if defined(__x86_64__)
	[ISA_AVX2] = &vector_avx2,
	[ISA_AVX_VNNI] = &vector_avx2,
	[ISA_AVX512] = &vector_avx512,
#endif
};

void rms_norm(float *out, const float *in, const float *weight, size_t n, float eps)
{
	sets[kernel_isa()]->norm(out, in, weight, n, eps);
}

void heads_norm(float *heads, size_t count, size_t dimension, const float *weight, float eps)
{
	for (size_t i = 0; i < count; i++)
		rms_norm(heads + i * dimension, heads + i * dimension, weight, dimension, eps);
}

void vector_shrink(float *out, const float *a, size_t rank, const float *in, size_t n, float scale)
{
	sets[kernel_isa()]->shrink(out, a, rank, in, n, scale);
}

void vector_expand(float (*out)[16], const float *b, size_t rank, const float *in, size_t stride, size_t rows)
{
	sets[kernel_isa()]->expand(out, b, rank, in, stride, rows);
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
	for (size_t h = 0; h < count; h++)
		sets[kernel_isa()]->turn(heads + h * dimension, cosine, sine, half);
}
