/* Numbers that look random and are the same every time (xorshift64). */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct random { uint64_t state; };

#define RANDOM_INIT { 88172645463325252u }

static inline uint32_t random_next(struct random *r)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (uint32_t)(r->state >> 32);
}

/* 0 to n - 1 in a random order. */
static inline void random_order(struct random *r, size_t *order, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t j = random_next(r) % (i + 1);
		order[i] = order[j];
		order[j] = i;
	}
}
