/*
 * A growing list of token ids with a ceiling.  One thread at a time.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

struct tokens {
	int32_t *ids;
	size_t count, cap, max;
};

#define TOKENS_INIT(limit) { .max = (limit) }

void tokens_done(struct tokens *t);
#define own_tokens owns(tokens_done) struct tokens

/* Adds all n or, past the ceiling, none (ERROR_TOO_LARGE). */
bool tokens_add(struct tokens *t, const int32_t *ids, size_t n, struct error *err) must_use;

/* Empties the list and keeps its memory. */
static inline void tokens_clear(struct tokens *t) { t->count = 0; }
