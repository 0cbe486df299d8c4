/*
 * A normal number's bits shift into place once the exponent's bias is mended;
 * a subnormal is its mantissa times 2^-24.  Both are computed and one chosen, so
 * that the compiler can do several at once; no step meets a subnormal single,
 * which some threads are told to take for zero.
 */
#include "base/half.h"

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

/*
 * Normal halves round by adding just less than half of their last bit (carries
 * walk into the exponent by themselves); subnormal ones by adding 0.5, whose
 * last bit weighs what theirs weighs.
 */
static inline uint16_t shorten(float value)
{
	uint32_t bits, magnitude, rounded;
	float anchor, sum;

	memcpy(&bits, &value, sizeof bits);
	uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);

	magnitude = bits & 0x7FFFFFFF;
	if (magnitude >= 0x47800000)             /* 65536 and more, infinity, NaN */
		return sign | (magnitude > 0x7F800000 ? 0x7E00 : 0x7C00);
	if (magnitude < 0x38800000) {            /* below 2^-14 */
		memcpy(&anchor, &magnitude, sizeof anchor);
		sum = anchor + 0.5f;
		memcpy(&rounded, &sum, sizeof rounded);
		return sign | (uint16_t)(rounded - 0x3F000000);
	}
	magnitude += 0xFFF + (magnitude >> 13 & 1);
	return sign | (uint16_t)((magnitude - (uint32_t)REBIAS) >> 13);
}

void half_from_float(uint16_t *out, const float *in, size_t count)
{
	for (size_t i = 0; i < count; i++)
		out[i] = shorten(in[i]);
}
