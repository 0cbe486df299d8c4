/* How whole blocks of 64 bytes are folded into a digest's state.  Internal to base/. */
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef void sha_blocks_fn(uint32_t *state, const uint8_t *blocks, size_t count);

extern const uint32_t sha_256_constants[64];

sha_blocks_fn sha_1_plain, sha_256_plain;

/* The processor's own way where it has one, else the plain one. */
sha_blocks_fn *sha_256_best(void);
