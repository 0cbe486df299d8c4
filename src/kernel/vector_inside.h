/* Between vector.c and vector_loops.c, which is compiled for each set of instructions. */
#pragma once

#include <stddef.h>

struct vector_kernels {
	void (*norm)(float *out, const float *in, const float *weight, size_t n, float eps);
	void (*shrink)(float *out, const float *a, size_t rank, const float *in, size_t n, float scale);
	void (*expand)(float (*out)[16], const float *b, size_t rank, const float *in, size_t stride, size_t rows);
	void (*turn)(float *head, const float *cosine, const float *sine, size_t half);
};

extern const struct vector_kernels vector_portable;
#if defined(__x86_64__)
extern const struct vector_kernels vector_avx2, vector_avx512;
#endif
