/*
 * Fast 64-bit digests of bytes, for tables and against accidents: whoever wants
 * two texts with one digest can make them.  The same on every machine of one
 * byte order.
 *
 * Folded multiplication: the halves of a 128-bit product, xored.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DIGEST_A 0x9E3779B97F4A7C15u   /* 2^64 / golden ratio */
#define DIGEST_B 0xC2B2AE3D27D4EB4Fu   /* an odd number with its bits well spread */

static inline uint64_t digest_fold(uint64_t a, uint64_t b)
{
	__uint128_t product = (__uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t digest_load(const void *p, size_t n)
{
	uint64_t word = 0;

	memcpy(&word, p, n);
	return word;
}

/* For short keys. */
static inline uint64_t digest_short(const char *p, size_t n)
{
	uint64_t h = DIGEST_A ^ n;

	for (; n > 8; p += 8, n -= 8)
		h = digest_fold(h ^ digest_load(p, 8), DIGEST_B);
	return digest_fold(h ^ digest_load(p, n), DIGEST_B);
}

/* For megabytes: four lanes side by side. */
uint64_t digest_long(const void *bytes, size_t n);
