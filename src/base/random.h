/*
 * Unguessable names: random bytes of the system, written as hexadecimal.
 */
#pragma once

#include <stddef.h>

#include "base/error.h"

#define RANDOM_HEX_MAX 64

/*
 * Writes `digits` (even, at most RANDOM_HEX_MAX) and a NUL.  False when the
 * system has no random bytes; the digits are then all zero.
 */
bool random_hex(char *out, size_t digits, struct error *err) must_use;
