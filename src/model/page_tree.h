/*
 * The tree of what has been computed: each block stands for up to PAGE_TOKENS
 * tokens that follow its parent's, and names the page where their keys and values
 * lie.  Only full blocks have children.  No sibling's tokens begin with all of
 * another's.  Blocks also stand in a list, the one used last in front.
 *
 * A tree owns its blocks, not their pages: whoever enters or drops a block keeps
 * the page's books (model/pages.c).  One thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/attention.h"

struct page;

struct block {
	int32_t tokens[PAGE_TOKENS];
	size_t count;
	uint32_t world;              /* matters at the top only */
	struct page *page;
	struct block *parent, *children, *before, *after;    /* before, after: siblings */
	struct block *newer, *older;
};

struct page_tree {
	struct block *top;           /* blocks that begin sequences */
	struct block *newest, *oldest;
};

/* Frees the blocks. */
void page_tree_done(struct page_tree *t);

/*
 * The child of `parent` (NULL: the top, of one world) that has most tokens in
 * common with these, and how many; NULL when none has any.
 */
struct block *page_tree_child(const struct page_tree *t, const struct block *parent, uint32_t world,
	const int32_t *tokens, size_t count, size_t *common);

/* Adds a block, which is then the newest; its tokens are copied. */
struct block *page_tree_add(struct page_tree *t, struct block *parent, uint32_t world, const int32_t *tokens,
	size_t count, struct page *page);

/* Takes a block without children out and frees it. */
void page_tree_drop(struct page_tree *t, struct block *b);

/* A block and those it follows are used now. */
void page_tree_touch(struct page_tree *t, struct block *b);
