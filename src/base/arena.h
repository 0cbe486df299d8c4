/*
 * Memory that is released all at once.
 *
 * One arena holds the parsed tree of one request or turn; nothing in it is
 * freed on its own.  The ceiling bounds what an outsider can make us hold: past
 * it the allocators return NULL (arena_alloc) and the caller reports
 * ERROR_TOO_LARGE.  One thread at a time.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"
#include "base/str.h"

struct arena_block;

struct arena {
	struct arena_block *blocks;
	size_t used, max;
};

#define ARENA_INIT(limit) { .max = (limit) }

void arena_done(struct arena *a);
#define own_arena owns(arena_done) struct arena

/* Zeroed and aligned for any type; NULL past the ceiling. */
void *arena_alloc(struct arena *a, size_t size) must_use;

/* The memory it takes: more than is used, for it comes in blocks. */
size_t arena_held(const struct arena *a);

/* A NUL-terminated copy; NULL past the ceiling. */
char *arena_copy(struct arena *a, struct str text) must_use;
