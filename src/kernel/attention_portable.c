/*
 * Plain C for whatever processor: vectors of four floats, which every compiler
 * has instructions for.  Products and sums are rounded one by one.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/half.h"

typedef float vec __attribute__((vector_size(16)));
typedef int32_t ivec __attribute__((vector_size(16)));
enum { LANES = 4, PANEL_ROWS = 3, PANEL_VECS = 4 };

static inline vec splat(float x) { return (vec){ x, x, x, x }; }
static inline vec multiply_add(vec a, vec b, vec c) { return a * b + c; }
static inline void store(float *p, vec v) { memcpy(p, &v, sizeof v); }

static inline vec load_f32(const void *p)
{
	vec v;

	memcpy(&v, p, sizeof v);
	return v;
}

/* As base/half.c does it, four at once. */
static inline vec load_f16(const void *p)
{
	uint16_t half[LANES];
	ivec bits = {0};

	memcpy(half, p, sizeof half);
	for (size_t i = 0; i < LANES; i++)
		bits[i] = half[i];
	ivec magnitude = bits & 0x7FFF, small = magnitude < 0x0400;
	ivec normal = (magnitude << 13) + ((127 - 15) << 23);
	vec subnormal = __builtin_convertvector(magnitude, vec) * splat(0x1p-24f);

	return (vec)(((bits >> 15) * INT32_MIN) | (small & (ivec)subnormal) | (~small & normal));
}

static inline vec load_i8(const void *p)
{
	int8_t byte[LANES];

	memcpy(byte, p, sizeof byte);
	return (vec){ byte[0], byte[1], byte[2], byte[3] };
}

static inline vec larger(vec a, vec b)
{
	ivec first = a > b;

	return (vec)((first & (ivec)a) | (~first & (ivec)b));
}

static inline float add_up(vec v) { return (v[0] + v[2]) + (v[1] + v[3]); }

static inline float largest(vec v)
{
	float a = v[0] > v[1] ? v[0] : v[1], b = v[2] > v[3] ? v[2] : v[3];

	return a > b ? a : b;
}

static inline void narrow16(unsigned short *out, const float *in)
{
	float held[16];

	for (size_t i = 0; i < 16; i++)
		held[i] = in[i] > 65504 ? 65504 : in[i] < -65504 ? -65504 : in[i];
	half_from_float(out, held, 16);
}

#include "kernel/attention_lanes.h"

const struct attention_kernels attention_portable = ATTENTION_KERNELS;
