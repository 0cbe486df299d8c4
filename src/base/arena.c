#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define ALIGN 16
#define BLOCK ((size_t)4096)

struct arena_block {
	struct arena_block *next;
	size_t used, cap;
	_Alignas(ALIGN) char bytes[];
};

void arena_done(struct arena *a)
{
	while (a->blocks) {
		struct arena_block *next = a->blocks->next;
		free(a->blocks);
		a->blocks = next;
	}
	a->used = 0;
}

size_t arena_held(const struct arena *a)
{
	size_t held = 0;

	for (const struct arena_block *b = a->blocks; b; b = b->next)
		held += sizeof *b + b->cap;
	return held;
}

static struct arena_block *add_block(struct arena *a, size_t size)
{
	size_t cap = size > BLOCK ? size : BLOCK;
	struct arena_block *b = malloc(sizeof *b + cap);

	if (!b)
		return NULL;
	b->used = 0;
	b->cap = cap;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	if (size > a->max || a->used > a->max - size)
		return NULL;

	size_t rounded = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	struct arena_block *b = a->blocks;
	if (!b || b->cap - b->used < rounded)
		b = add_block(a, rounded);
	if (!b)
		return NULL;
	void *p = b->bytes + b->used;
	b->used += rounded;
	a->used += size;
	return memset(p, 0, size);
}

char *arena_copy(struct arena *a, struct str text)
{
	char *copy = arena_alloc(a, text.n + 1);

	if (copy && text.n)
		memcpy(copy, text.p, text.n);
	return copy;
}
