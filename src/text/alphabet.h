/*
 * The alphabet in which byte-level tokenizers write bytes as visible characters.
 *
 * Bytes that are printable in Latin-1 stand for themselves; the other 68 are
 * U+0100, U+0101, … in order (GPT-2's bytes_to_unicode).
 */
#pragma once

#include <stdint.h>

#include "base/str.h"

#define ALPHABET_END 0x144u   /* behind its last character */

struct alphabet {
	int16_t byte[ALPHABET_END];   /* what a character stands for; -1: nothing */
};

void alphabet_init(struct alphabet *a);

/*
 * Writes the bytes that `written` stands for, at most written.n, and returns
 * their number; SIZE_MAX when a character is none of the alphabet's.
 */
size_t alphabet_decode(const struct alphabet *a, struct str written, char *bytes);
