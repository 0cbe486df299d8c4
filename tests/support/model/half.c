/*
 * Half: 1 sign, 5 exponent (bias 15), 10 fraction bits; float: 1, 8 (bias 127),
 * 23.  A normal half is a float with a rebased exponent and 13 bits rounded off;
 * a carry out of the fraction rightly raises the exponent.
 */
#include "support/model/half.h"

#include <math.h>
#include <string.h>

static uint32_t bits_of(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	return bits;
}

uint16_t half_from(float value)
{
	uint16_t sign = bits_of(value) >> 16 & 0x8000;
	float magnitude = fabsf(value);
	uint32_t bits = bits_of(magnitude);

	if (isnan(value))
		return sign | 0x7e00;
	if (magnitude >= 65520)            /* halfway between the largest half and the next power of two */
		return sign | 0x7c00;
	if (magnitude < 0x1p-14f)          /* subnormal: 0.5 is a float whose last bit is worth 2^-24 */
		return sign | (uint16_t)(bits_of(magnitude + 0.5f) - bits_of(0.5f));
	return sign | (uint16_t)(((bits + 0xfff + (bits >> 13 & 1)) >> 13) - (112 << 10));
}

float half_to(uint16_t half)
{
	int exponent = half >> 10 & 31, fraction = half & 1023;
	float magnitude;

	if (exponent == 31)
		magnitude = fraction ? NAN : INFINITY;
	else if (exponent == 0)
		magnitude = ldexpf((float)fraction, -24);
	else
		magnitude = ldexpf((float)(fraction + 1024), exponent - 25);
	return half & 0x8000 ? -magnitude : magnitude;
}
