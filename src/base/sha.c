#include "base/sha.h"

#include "base/sha_blocks.h"

static const uint32_t beginnings[][8] = {
	[SHA_1] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 },
	[SHA_256] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 },
};
static const size_t words[] = { [SHA_1] = 5, [SHA_256] = 8 };

static bool only_plain;

void sha_use_plain_code(bool plain)
{
	only_plain = plain;
}

static void fold(struct sha *s, const uint8_t *blocks, size_t count)
{
	sha_blocks_fn *fn = s->kind == SHA_1 ? sha_1_plain : only_plain ? sha_256_plain : sha_256_best();

	fn(s->state, blocks, count);
}

void sha_init(struct sha *s, enum sha_kind kind)
{
	*s = (struct sha){ .kind = kind };
	memcpy(s->state, beginnings[kind], sizeof s->state);
}

void sha_feed(struct sha *s, struct str bytes)
{
	size_t held = s->bytes % 64;

	s->bytes += bytes.n;
	if (held) {
		size_t n = bytes.n < 64 - held ? bytes.n : 64 - held;
		memcpy(s->block + held, bytes.p, n);
		if (held + n < 64)
			return;
		fold(s, s->block, 1);
		bytes = str_from(bytes, n);
	}
	if (bytes.n >= 64)
		fold(s, (const uint8_t *)bytes.p, bytes.n / 64);
	if (bytes.n % 64)
		memcpy(s->block, bytes.p + bytes.n / 64 * 64, bytes.n % 64);
}

void sha_hex(struct sha *s, char hex[SHA_HEX_MAX + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint64_t bits = s->bytes * 8;
	uint8_t tail[72] = { 0x80 };
	size_t zeros = (s->bytes % 64 < 56 ? 56 : 120) - s->bytes % 64;

	for (size_t i = 0; i < 8; i++)
		tail[zeros + i] = (uint8_t)(bits >> (56 - 8 * i));
	sha_feed(s, (struct str){ (const char *)tail, zeros + 8 });
	for (size_t i = 0; i < 8 * words[s->kind]; i++)
		*hex++ = digits[s->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
	*hex = '\0';
}
