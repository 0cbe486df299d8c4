/* Seeded numbers for the tests of this folder. */
#pragma once

#include <math.h>
#include <stddef.h>
#include <stdint.h>

/* xorshift64*; the state must not be 0. */
static inline uint32_t random_bits(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return (uint32_t)(*state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

static inline size_t random_below(uint64_t *state, size_t n)
{
	return random_bits(state) % n;
}

/* About normal: the sum of four uniform numbers, of variance `deviation`². */
static inline float random_normal(uint64_t *state, float deviation)
{
	float sum = -2;

	for (int i = 0; i < 4; i++)
		sum += (float)(random_bits(state) >> 8) * 0x1p-24f;
	return sum * sqrtf(3) * deviation;
}
