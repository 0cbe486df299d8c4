/*
 * Siblings are a plain list: they are few, but at the top, where comparing the
 * first token settles nearly all.  Touching goes from a block up to the top, so
 * that parents are newer than their children and the oldest block is mostly one
 * that may go.
 */
#include "model/page_tree.h"

#include <string.h>

#include "base/mem.h"

void page_tree_done(struct page_tree *t)
{
	for (struct block *b = t->newest, *next; b; b = next) {
		next = b->older;
		free(b);
	}
	*t = (struct page_tree){0};
}

static struct block **children_of(struct page_tree *t, struct block *parent)
{
	return parent ? &parent->children : &t->top;
}

static size_t common_tokens(const struct block *b, const int32_t *tokens, size_t count)
{
	size_t i = 0;

	while (i < b->count && i < count && b->tokens[i] == tokens[i])
		i++;
	return i;
}

struct block *page_tree_child(const struct page_tree *t, const struct block *parent, uint32_t world,
	const int32_t *tokens, size_t count, size_t *common)
{
	struct block *best = NULL;

	*common = 0;
	for (struct block *b = parent ? parent->children : t->top; b; b = b->after) {
		size_t same = b->world == world ? common_tokens(b, tokens, count) : 0;
		if (same > *common) {
			*common = same;
			best = b;
		}
	}
	return best;
}

/* ---- The list by use ---- */

static void list_in_front(struct page_tree *t, struct block *b)
{
	b->newer = NULL;
	b->older = t->newest;
	*(t->newest ? &t->newest->newer : &t->oldest) = b;
	t->newest = b;
}

static void list_out(struct page_tree *t, struct block *b)
{
	*(b->newer ? &b->newer->older : &t->newest) = b->older;
	*(b->older ? &b->older->newer : &t->oldest) = b->newer;
}

void page_tree_touch(struct page_tree *t, struct block *b)
{
	for (; b; b = b->parent) {
		list_out(t, b);
		list_in_front(t, b);
	}
}

/* ---- Blocks ---- */

struct block *page_tree_add(struct page_tree *t, struct block *parent, uint32_t world, const int32_t *tokens,
	size_t count, struct page *page)
{
	struct block **children = children_of(t, parent), *b = mem_zeroed(1, sizeof *b);

	*b = (struct block){ .count = count, .world = world, .page = page, .parent = parent, .after = *children };
	memcpy(b->tokens, tokens, count * sizeof *tokens);
	if (*children)
		(*children)->before = b;
	*children = b;
	list_in_front(t, b);
	page_tree_touch(t, parent);
	return b;
}

void page_tree_drop(struct page_tree *t, struct block *b)
{
	*(b->before ? &b->before->after : children_of(t, b->parent)) = b->after;
	if (b->after)
		b->after->before = b->before;
	list_out(t, b);
	free(b);
}
