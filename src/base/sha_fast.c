/*
 * x86's instructions (Intel, "Intel SHA Extensions", 2013) keep the state as two
 * vectors, ABEF and CDGH, do two rounds at a time, and make four words of the
 * schedule from the sixteen before in two steps.
 */
#include "base/sha_blocks.h"

#ifdef __x86_64__
#include <cpuid.h>
#include <immintrin.h>

#define SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))

/* Four words of the schedule, from the sixteen before, w[0] the oldest. */
SHA_TARGET static inline __m128i next_words(const __m128i *w)
{
	__m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w[0], w[1]), _mm_alignr_epi8(w[3], w[2], 4));

	return _mm_sha256msg2_epu32(sum, w[3]);
}

SHA_TARGET static void fold_block(__m128i *abef, __m128i *cdgh, const uint8_t *block)
{
	const __m128i big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	const __m128i *words = (const void *)block, *constants = (const void *)sha_256_constants;
	__m128i w[16], before_abef = *abef, before_cdgh = *cdgh;

#pragma GCC unroll 16
	for (int i = 0; i < 16; i++) {
		w[i] = i < 4 ? _mm_shuffle_epi8(_mm_loadu_si128(words + i), big_endian) : next_words(w + i - 4);
		__m128i sum = _mm_add_epi32(w[i], _mm_loadu_si128(constants + i));
		*cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, sum);
		*abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(sum, 0x0e));
	}
	*abef = _mm_add_epi32(*abef, before_abef);
	*cdgh = _mm_add_epi32(*cdgh, before_cdgh);
}

SHA_TARGET static void fold(uint32_t *h, const uint8_t *blocks, size_t count)
{
	__m128i abef = _mm_set_epi32((int)h[0], (int)h[1], (int)h[4], (int)h[5]);
	__m128i cdgh = _mm_set_epi32((int)h[2], (int)h[3], (int)h[6], (int)h[7]);

	for (; count > 0; count--, blocks += 64)
		fold_block(&abef, &cdgh, blocks);
	h[0] = (uint32_t)_mm_extract_epi32(abef, 3), h[1] = (uint32_t)_mm_extract_epi32(abef, 2);
	h[4] = (uint32_t)_mm_extract_epi32(abef, 1), h[5] = (uint32_t)_mm_extract_epi32(abef, 0);
	h[2] = (uint32_t)_mm_extract_epi32(cdgh, 3), h[3] = (uint32_t)_mm_extract_epi32(cdgh, 2);
	h[6] = (uint32_t)_mm_extract_epi32(cdgh, 1), h[7] = (uint32_t)_mm_extract_epi32(cdgh, 0);
}

/* CPUID leaf 7: bit 29 of EBX; the older instructions came long before. */
static sha_blocks_fn *choose(void)
{
	unsigned a, b, c, d;

	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & 1u << 29) ? fold : sha_256_plain;
}
#else
static sha_blocks_fn *choose(void)
{
	return sha_256_plain;
}
#endif

sha_blocks_fn *sha_256_best(void)
{
	static sha_blocks_fn *_Atomic chosen;   /* asking costs microseconds in a virtual machine */

	if (!chosen)
		chosen = choose();
	return chosen;
}
