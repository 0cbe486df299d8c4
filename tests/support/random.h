/* Seeded random numbers and texts: the same on every machine and in every run. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/utf8.h"

/* Marsaglia's xorshift64*; *seed must not be 0. */
static inline uint32_t random_next(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (uint32_t)((*seed * 0x2545F4914F6CDD1Du) >> 32);
}

static inline uint32_t random_below(uint64_t *seed, uint32_t n) { return random_next(seed) % n; }

/* A code point that is more often than not one where something is decided. */
static inline uint32_t random_code_point(uint64_t *seed)
{
	static const char ascii[] = "aZ'sStTdDmMlLrReEvV09 \t\n\r.,_-<|>!\"({\v";
	static const uint32_t blocks[][2] = {
		{ 0x20, 0x7F },
		{ 0xA0, 0x180 },
		{ 0x300, 0x370 },
		{ 0x370, 0x600 },
		{ 0x600, 0xE80 },
		{ 0x1100, 0x1200 },
		{ 0x1680, 0x1700 },
		{ 0x1800, 0x1810 },
		{ 0x1E00, 0x2070 },
		{ 0x2070, 0x2200 },
		{ 0x3000, 0x3200 },
		{ 0x4E00, 0x4F00 },
		{ 0xAC00, 0xAD00 },
		{ 0xF900, 0xFFFE },
		{ 0x10000, 0x10400 },
		{ 0x1D100, 0x1D200 },
		{ 0x1F300, 0x1F600 },
		{ 0xE000, 0x110000 },
	};

	if (random_below(seed, 2))
		return (unsigned char)ascii[random_below(seed, sizeof ascii - 1)];
	const uint32_t *block = blocks[random_below(seed, sizeof blocks / sizeof *blocks)];
	return block[0] + random_below(seed, block[1] - block[0]);
}

/* Up to `most` characters of UTF-8 in out, which has room for 4 * most; returns the bytes. */
static inline size_t random_text(uint64_t *seed, char *out, uint32_t most)
{
	uint32_t c = 'a';
	size_t n = 0;

	for (uint32_t count = random_below(seed, most + 1); count; count--) {
		if (random_below(seed, 4))
			c = random_code_point(seed);
		n += utf8_encode(c, out + n);
	}
	return n;
}
