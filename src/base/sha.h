/*
 * SHA-1 and SHA-256, fed piece by piece: FIPS 180-4; HMAC-SHA-256: RFC 2104.
 *
 * For names of content that somebody else has chosen (git's blobs, the Hub's
 * large files), not for secrets, except with a key.  Uses the processor's SHA instructions where it
 * has them, and is then faster than most disks.  A digest belongs to one thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum sha_kind { SHA_1, SHA_256 };

struct sha {
	enum sha_kind kind;
	uint32_t state[8];
	uint64_t bytes;        /* fed so far */
	uint8_t block[64];     /* holds bytes % 64 of them */
};

#define SHA_HEX_MAX 64     /* digits of a SHA-256; a SHA-1 has 40 */

void sha_init(struct sha *s, enum sha_kind kind);
void sha_feed(struct sha *s, struct str bytes);

/* Ends the digest and writes it in small hexadecimal digits and a NUL. */
void sha_hex(struct sha *s, char hex[SHA_HEX_MAX + 1]);

/* The SHA-256 of a message that only who has the key can make: hexadecimal digits and a NUL. */
void sha_hmac_hex(struct str key, struct str message, char hex[SHA_HEX_MAX + 1]);

/* Makes all digests do without the processor's instructions; for tests.  Set before threads start. */
void sha_use_plain_code(bool plain);
