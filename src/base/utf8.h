/*
 * UTF-8: what may be cut where.  Stateless; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Decodes one code point at s (n bytes follow, n > 0).  Returns its length in
 * bytes, 1 to 4; a malformed byte gives U+FFFD and length 1.  Overlong forms,
 * surrogates and values over U+10FFFF are malformed (RFC 3629).
 */
size_t utf8_decode(const char *s, size_t n, uint32_t *code_point);

/* Writes one code point (1 to 4 bytes) and returns its length; U+FFFD for what is none. */
size_t utf8_encode(uint32_t code_point, char out[4]);

/* How many of the n bytes at s stand before the first that is not ASCII. */
size_t utf8_ascii(const char *s, size_t n);

/* Whether the whole text is well-formed. */
bool utf8_valid(const char *s, size_t n);

/*
 * How many bytes at the end are the beginning of a character that more bytes
 * may complete (0 to 3).  Bytes that can never become one count as 0.
 */
size_t utf8_incomplete_tail(const char *s, size_t n);
