/*
 * A normal number's bits shift into place once the exponent's bias is mended;
 * a subnormal is its mantissa times 2^-24.  Both are computed and one chosen, so
 * that the compiler can do several at once; no step meets a subnormal single,
 * which some threads are told to take for zero.
 */
#include "model/half.h"

#include <string.h>

enum { REBIAS = (127 - 15) << 23 };

static inline float convert(uint16_t half)
{
	uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7FFF;
	uint32_t normal = (magnitude << 13) + REBIAS + (magnitude >= 0x7C00 ? REBIAS : 0);
	float subnormal = (float)(int32_t)magnitude * 0x1p-24f;
	uint32_t bits;
	float value;

	memcpy(&bits, &subnormal, sizeof bits);
	bits = sign | (magnitude < 0x0400 ? bits : normal);
	memcpy(&value, &bits, sizeof value);
	return value;
}

void half_to_float(float *out, const uint16_t *in, size_t count)
{
	for (size_t i = 0; i < count; i++)
		out[i] = convert(in[i]);
}
