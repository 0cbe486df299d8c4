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

#define BYTES_MAX 32

/* Ends the digest; returns the number of its bytes. */
static size_t end_digest(struct sha *s, uint8_t bytes[BYTES_MAX])
{
	uint64_t bits = s->bytes * 8;
	uint8_t tail[72] = { 0x80 };
	size_t zeros = (s->bytes % 64 < 56 ? 56 : 120) - s->bytes % 64, n = 4 * words[s->kind];

	for (size_t i = 0; i < 8; i++)
		tail[zeros + i] = (uint8_t)(bits >> (56 - 8 * i));
	sha_feed(s, (struct str){ (const char *)tail, zeros + 8 });
	for (size_t i = 0; i < n; i++)
		bytes[i] = (uint8_t)(s->state[i / 4] >> (24 - 8 * (i % 4)));
	return n;
}

void sha_hex(struct sha *s, char hex[SHA_HEX_MAX + 1])
{
	static const char digits[] = "0123456789abcdef";
	uint8_t bytes[BYTES_MAX];
	size_t n = end_digest(s, bytes);

	for (size_t i = 0; i < n; i++) {
		*hex++ = digits[bytes[i] >> 4];
		*hex++ = digits[bytes[i] & 15];
	}
	*hex = '\0';
}

void sha_hmac_hex(struct str key, struct str message, char hex[SHA_HEX_MAX + 1])
{
	uint8_t pad[64] = { 0 }, inner[BYTES_MAX];
	struct sha s;

	sha_init(&s, SHA_256);
	if (key.n > sizeof pad) {
		sha_feed(&s, key);
		end_digest(&s, pad);
		sha_init(&s, SHA_256);
	} else if (key.n) {
		memcpy(pad, key.p, key.n);
	}
	for (size_t i = 0; i < sizeof pad; i++)
		pad[i] ^= 0x36;
	sha_feed(&s, (struct str){ (const char *)pad, sizeof pad });
	sha_feed(&s, message);
	end_digest(&s, inner);
	for (size_t i = 0; i < sizeof pad; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	sha_init(&s, SHA_256);
	sha_feed(&s, (struct str){ (const char *)pad, sizeof pad });
	sha_feed(&s, (struct str){ (const char *)inner, sizeof inner });
	sha_hex(&s, hex);
	explicit_bzero(pad, sizeof pad);
}
