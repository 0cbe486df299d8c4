#include "text/digest.h"

uint64_t digest_long(const void *bytes, size_t n)
{
	const char *p = bytes;
	uint64_t lane[4] = { n, DIGEST_A, DIGEST_B, DIGEST_A ^ DIGEST_B };

	for (; n >= 32; p += 32, n -= 32)
		for (size_t i = 0; i < 4; i++)
			lane[i] = digest_fold(lane[i] ^ digest_load(p + 8 * i, 8), DIGEST_A) + DIGEST_B;
	uint64_t h = digest_short(p, n);
	for (size_t i = 0; i < 4; i++)
		h = digest_fold(h ^ lane[i], DIGEST_B);
	return h;
}
