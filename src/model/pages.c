/*
 * Memory comes from the system in slabs of many pages.  A page is held by any
 * number of sequences and by at most one block of the tree; it is written only
 * while one sequence holds it and the tree does not.
 *
 * Every full page of a sequence is in the tree, below the page before it; when
 * the tree has a page of the same tokens already, the sequence takes that one
 * and gives its own back (their bits are the same, see kernel/attention.h).
 * What a sequence leaves of a last, partial page becomes a block too.
 */
#include "model/pages.h"

#include <assert.h>
#include <string.h>
#include <sys/mman.h>

#include "base/mapped.h"
#include "base/mem.h"
#include "model/page_tree.h"

enum { SLAB_BYTES = 32 << 20 };

struct page {
	char *data;
	struct slab *slab;
	struct page *next;           /* idle pages */
	size_t holders;              /* sequences */
	struct block *block;
};

struct slab {
	struct slab *next;
	struct mapped memory;
	size_t count, idle;
	struct page pages[];
};

struct page_pool {
	struct page_usage usage;
	struct slab *slabs;
	struct page *idle;
	struct page_tree tree;
	size_t sequences;
};

struct sequence {
	struct page_pool *pool;
	uint32_t world;
	int32_t *tokens;
	size_t length, token_room;
	struct page **pages;
	void **table;                /* their data */
	size_t page_count, page_room;
};

/* ---- Memory ---- */

struct page_pool *page_pool_create(size_t page_bytes, size_t ceiling)
{
	struct page_pool *p = mem_zeroed(1, sizeof *p);

	p->usage.page_bytes = (page_bytes + 63) / 64 * 64;
	p->usage.ceiling = ceiling / p->usage.page_bytes ? ceiling / p->usage.page_bytes : 1;
	return p;
}

void page_pool_destroy(struct page_pool *p)
{
	if (!p)
		return;
	assert(p->sequences == 0);
	page_pool_forget(p);
	page_pool_trim(p);
	page_tree_done(&p->tree);
	free(p);
}

struct page_usage page_pool_usage(const struct page_pool *p)
{
	return p->usage;
}

size_t page_pool_available(const struct page_pool *p)
{
	return p->usage.ceiling - p->usage.used;
}

static void make_idle(struct page_pool *p, struct page *page)
{
	page->next = p->idle;
	p->idle = page;
	page->slab->idle++;
	p->usage.idle++;
}

static bool add_slab(struct page_pool *p)
{
	const size_t mapped = p->usage.used + p->usage.cached + p->usage.idle, bytes = p->usage.page_bytes;
	size_t count = bytes < SLAB_BYTES ? SLAB_BYTES / bytes : 1;
	struct error ignored = {0};

	count = count < p->usage.ceiling - mapped ? count : p->usage.ceiling - mapped;
	if (!count)
		return false;
	struct slab *s = mem_zeroed(1, sizeof *s + count * sizeof *s->pages);
	if (!mapped_pages(&s->memory, count * bytes, &ignored)) {
		free(s);
		return false;
	}
#ifdef MADV_HUGEPAGE
	(void)madvise(s->memory.data, s->memory.len, MADV_HUGEPAGE);     /* attention strides through it */
#endif
	s->count = count;
	s->next = p->slabs;
	p->slabs = s;
	for (size_t i = count; i-- > 0;) {
		s->pages[i] = (struct page){ .data = s->memory.data + i * bytes, .slab = s };
		make_idle(p, &s->pages[i]);
	}
	return true;
}

static void drop_block(struct page_pool *p, struct block *b)
{
	struct page *page = b->page;

	assert(page->holders == 0);
	page->block = NULL;
	page_tree_drop(&p->tree, b);
	p->usage.cached--;
	make_idle(p, page);
}

/* What was used longest ago of what nobody holds and nothing builds on. */
static bool evict(struct page_pool *p)
{
	struct block *b = p->tree.oldest;

	while (b && (b->children || b->page->holders))
		b = b->newer;
	if (!b)
		return false;
	drop_block(p, b);
	p->usage.evicted++;
	return true;
}

/* A page that its caller holds; NULL when there is none. */
static struct page *take_page(struct page_pool *p)
{
	if (!p->idle && !add_slab(p) && !evict(p))
		return NULL;
	struct page *page = p->idle;
	p->idle = page->next;
	page->slab->idle--;
	page->holders = 1;
	p->usage.idle--;
	p->usage.used++;
	return page;
}

static void hold(struct page_pool *p, struct page *page)
{
	if (page->holders++)
		return;
	p->usage.cached--;
	p->usage.used++;
}

static void let_go(struct page_pool *p, struct page *page)
{
	if (--page->holders)
		return;
	p->usage.used--;
	if (page->block)
		p->usage.cached++;
	else
		make_idle(p, page);
}

void page_pool_forget(struct page_pool *p)
{
	/* Children are older than their parents as a rule; what had to wait for some goes in the next round. */
	for (bool more = true; more;) {
		more = false;
		for (struct block *b = p->tree.oldest, *next; b; b = next) {
			next = b->newer;
			if (b->children || b->page->holders)
				continue;
			drop_block(p, b);
			more = true;
		}
	}
}

static void unlist_idle(struct page_pool *p, const struct slab *s)
{
	struct page **at = &p->idle;

	while (*at)
		if ((*at)->slab == s)
			*at = (*at)->next;
		else
			at = &(*at)->next;
	p->usage.idle -= s->count;
}

bool page_pool_trim(struct page_pool *p)
{
	bool some = false;

	for (struct slab **at = &p->slabs; *at;) {
		struct slab *s = *at;
		if (s->idle < s->count) {
			at = &s->next;
			continue;
		}
		unlist_idle(p, s);
		*at = s->next;
		mapped_done(&s->memory);
		free(s);
		some = true;
	}
	return some;
}

/* ---- The tree ---- */

/*
 * The longest computed beginning: its blocks into `path`, which may be NULL, or
 * has room for count / PAGE_TOKENS + 1.  Of the last one maybe only a part fits.
 */
static size_t find(const struct page_pool *p, uint32_t world, const int32_t *tokens, size_t count, struct block **path)
{
	struct block *at = NULL;
	size_t length = 0, common;

	do {
		at = page_tree_child(&p->tree, at, world, tokens + length, count - length, &common);
		if (common && path)
			*path++ = at;
		length += common;
	} while (common == PAGE_TOKENS);
	return length;
}

size_t page_pool_find(const struct page_pool *p, uint32_t world, const int32_t *tokens, size_t count)
{
	return find(p, world, tokens, count, NULL);
}

/* The page stays its holder's. */
static void leave_tree(struct page_pool *p, struct page *page)
{
	if (page->block)
		page_tree_drop(&p->tree, page->block);
	page->block = NULL;
}

/* Partial blocks that say no more than these tokens. */
static void drop_beginnings_of(
	struct page_pool *p, struct block *parent, uint32_t world, const int32_t *tokens, size_t count)
{
	for (struct block *b = parent ? parent->children : p->tree.top, *next; b; b = next) {
		next = b->after;
		if (b->count < count && b->world == world && memcmp(b->tokens, tokens, b->count * sizeof *tokens) == 0)
			drop_block(p, b);
	}
}

static struct block *block_before(const struct sequence *s, size_t page)
{
	return page ? s->pages[page - 1]->block : NULL;
}

/* Puts a page of `count` tokens in the tree, or where it has them already, takes what is there. */
static void enter(struct sequence *s, size_t index, size_t count)
{
	struct page_pool *p = s->pool;
	struct block *parent = block_before(s, index);
	const int32_t *tokens = s->tokens + index * PAGE_TOKENS;
	struct page *page = s->pages[index];
	size_t common;

	if (page->block || page->holders > 1)
		return;
	struct block *same = page_tree_child(&p->tree, parent, s->world, tokens, count, &common);
	if (common < count) {
		drop_beginnings_of(p, parent, s->world, tokens, count);
		page->block = page_tree_add(&p->tree, parent, s->world, tokens, count, page);
	} else if (count == PAGE_TOKENS) {
		hold(p, same->page);
		let_go(p, page);
		s->pages[index] = same->page;
		s->table[index] = same->page->data;
	}
}

/* ---- Sequences ---- */

struct sequence *sequence_create(struct page_pool *p, uint32_t world)
{
	struct sequence *s = mem_zeroed(1, sizeof *s);

	s->pool = p;
	s->world = world;
	p->sequences++;
	return s;
}

uint32_t sequence_world(const struct sequence *s) { return s->world; }
size_t sequence_length(const struct sequence *s) { return s->length; }
const int32_t *sequence_tokens(const struct sequence *s) { return s->tokens; }
void *const *sequence_pages(const struct sequence *s) { return s->table; }
size_t sequence_page_count(const struct sequence *s) { return s->page_count; }

static size_t pages_for(size_t tokens)
{
	return (tokens + PAGE_TOKENS - 1) / PAGE_TOKENS;
}

static void add_page(struct sequence *s, struct page *page)
{
	if (s->page_count == s->page_room) {
		s->page_room = s->page_room * 2 + 8;
		s->pages = mem_resize(s->pages, s->page_room, sizeof *s->pages);
		s->table = mem_resize(s->table, s->page_room, sizeof *s->table);
	}
	s->table[s->page_count] = page->data;
	s->pages[s->page_count++] = page;
}

static void add_tokens(struct sequence *s, const int32_t *tokens, size_t count)
{
	if (s->length + count > s->token_room) {
		s->token_room = (s->length + count) * 2;
		s->tokens = mem_resize(s->tokens, s->token_room, sizeof *s->tokens);
	}
	if (count)
		memcpy(s->tokens + s->length, tokens, count * sizeof *tokens);
	s->length += count;
}

static void drop_pages(struct sequence *s, size_t keep)
{
	while (s->page_count > keep)
		let_go(s->pool, s->pages[--s->page_count]);
}

/* With `remember`, of what goes also a last, partial page stays in the tree. */
static void cut(struct sequence *s, size_t length, bool remember)
{
	const size_t keep = pages_for(length), last = s->length / PAGE_TOKENS, rest = s->length % PAGE_TOKENS;

	if (rest && last >= keep && remember)
		enter(s, last, rest);
	if (keep < pages_for(s->length))
		page_tree_touch(&s->pool->tree, block_before(s, last));
	drop_pages(s, keep);
	s->length = length;
}

void sequence_truncate(struct sequence *s, size_t length)
{
	assert(length <= s->length);
	cut(s, length, s->length - length >= PAGE_TOKENS);
}

void sequence_destroy(struct sequence *s)
{
	if (!s)
		return;
	cut(s, 0, true);
	s->pool->sequences--;
	free(s->tokens);
	free(s->pages);
	free(s->table);
	free(s);
}

/*
 * The last page, where tokens are to be added, must be ours alone.  What the tree
 * knows behind our tokens is given up for that, not copied, where nothing builds
 * on it: guesses that were wrong, as a rule.
 */
static bool own_last_page(struct sequence *s)
{
	const size_t last = s->length / PAGE_TOKENS;

	if (s->length % PAGE_TOKENS == 0)
		return true;
	if (s->pages[last]->holders == 1 && (!s->pages[last]->block || !s->pages[last]->block->children)) {
		leave_tree(s->pool, s->pages[last]);
		return true;
	}
	struct page *copy = take_page(s->pool);
	if (!copy)
		return false;
	memcpy(copy->data, s->pages[last]->data, s->pool->usage.page_bytes);
	let_go(s->pool, s->pages[last]);
	s->pages[last] = copy;
	s->table[last] = copy->data;
	return true;
}

bool sequence_reserve(struct sequence *s, size_t more, struct error *err)
{
	const size_t before = s->page_count, need = pages_for(s->length + more);
	bool ok = more == 0 || own_last_page(s);

	while (ok && s->page_count < need) {
		struct page *page = take_page(s->pool);
		if ((ok = page != NULL))
			add_page(s, page);
	}
	if (ok)
		return true;
	drop_pages(s, before);
	return error_set(err, ERROR_UNAVAILABLE, "no memory left for keys and values (%zu MB are in use)",
		s->pool->usage.used * s->pool->usage.page_bytes >> 20);
}

void sequence_extend(struct sequence *s, const int32_t *tokens, size_t count)
{
	const size_t full = s->length / PAGE_TOKENS;

	add_tokens(s, tokens, count);
	assert(pages_for(s->length) <= s->page_count);
	for (size_t i = full; i < s->length / PAGE_TOKENS; i++)
		enter(s, i, PAGE_TOKENS);
}

static size_t common_tokens(const struct sequence *s, const int32_t *tokens, size_t count)
{
	size_t i = 0;

	while (i < s->length && i < count && s->tokens[i] == tokens[i])
		i++;
	return i;
}

/* A page of our own with what `from` has; NULL when there is none to be had. */
static struct page *copy_page(struct page_pool *p, struct page *from)
{
	hold(p, from);           /* or it might be what gives way */
	struct page *copy = take_page(p);
	if (copy)
		memcpy(copy->data, from->data, p->usage.page_bytes);
	let_go(p, from);
	return copy;
}

/* Makes it the `length` tokens whose blocks are in `path`. */
static void follow(struct sequence *s, struct block *const *path, const int32_t *tokens, size_t length)
{
	const size_t full = length / PAGE_TOKENS;
	struct page *part = NULL;

	for (size_t i = 0; i < full; i++)
		hold(s->pool, path[i]->page);
	page_tree_touch(&s->pool->tree, path[pages_for(length) - 1]);
	if (length % PAGE_TOKENS)
		part = copy_page(s->pool, path[full]->page);
	cut(s, 0, true);
	for (size_t i = 0; i < full; i++)
		add_page(s, path[i]->page);
	if (part)
		add_page(s, part);
	add_tokens(s, tokens, part ? length : full * PAGE_TOKENS);
}

size_t sequence_begin(struct sequence *s, const int32_t *tokens, size_t count)
{
	own_mem struct block **path = mem_zeroed(count / PAGE_TOKENS + 1, sizeof(struct block *));
	const size_t common = common_tokens(s, tokens, count), length = find(s->pool, s->world, tokens, count, path);

	if (length > common)
		follow(s, path, tokens, length);
	else
		sequence_truncate(s, common);
	return s->length;
}

struct sequence *sequence_fork(const struct sequence *s, size_t length)
{
	struct sequence *fork = sequence_create(s->pool, s->world);

	assert(length <= s->length);
	for (size_t i = 0; i < pages_for(length); i++) {
		hold(s->pool, s->pages[i]);
		add_page(fork, s->pages[i]);
	}
	add_tokens(fork, s->tokens, length);
	return fork;
}
