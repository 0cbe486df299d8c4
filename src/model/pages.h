/*
 * The keys and values of everything a model has computed, in pages that
 * sequences share.
 *
 * A pool has a ceiling in bytes; its pages are all of one size (32 tokens, all
 * layers; kernel/attention.h says what is in them).  A sequence is the table of
 * pages of one timeline.  What sequences have computed is also entered in a tree
 * of token blocks, page by page, so that whoever needs the same beginning later
 * finds it: whole pages are shared by reference count, a page of which only a
 * part fits is copied.  Pages that only the tree holds are a cache: those used
 * longest ago give way when a page is needed.
 *
 * "World" tells apart what may not be shared though the tokens are the same
 * (another adapter on the model).
 *
 * Everything here belongs to one thread, the worker's.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "kernel/attention.h"

struct page_pool;
struct sequence;

/* `ceiling` is rounded down to whole pages, but to no less than one. */
struct page_pool *page_pool_create(size_t page_bytes, size_t ceiling);

/* No sequence may be left. */
void page_pool_destroy(struct page_pool *p);

static inline void page_pool_destroy_ptr(struct page_pool **p) { page_pool_destroy(*p); }
#define own_page_pool owns(page_pool_destroy_ptr) struct page_pool

/* Exact, in pages.  used + cached + idle is what is mapped; used + cached never exceeds ceiling. */
struct page_usage {
	size_t page_bytes;
	size_t ceiling;
	size_t used;         /* held by at least one sequence */
	size_t cached;       /* held by the tree alone */
	size_t idle;         /* mapped, held by nobody */
	uint64_t evicted;    /* dropped from the tree since the beginning */
};

struct page_usage page_pool_usage(const struct page_pool *p);

/* Pages that sequences can still get, cached ones counted. */
size_t page_pool_available(const struct page_pool *p);

/* Drops what is only cached. */
void page_pool_forget(struct page_pool *p);

/* Gives mapped memory that nobody holds back to the system; true when there was some. */
bool page_pool_trim(struct page_pool *p);

/* How many of these tokens a new sequence would find computed. */
size_t page_pool_find(const struct page_pool *p, uint32_t world, const int32_t *tokens, size_t count);

/* Empty. */
struct sequence *sequence_create(struct page_pool *p, uint32_t world);

/* What it computed stays in the tree. */
void sequence_destroy(struct sequence *s);

static inline void sequence_destroy_ptr(struct sequence **s) { sequence_destroy(*s); }
#define own_sequence owns(sequence_destroy_ptr) struct sequence

uint32_t sequence_world(const struct sequence *s);

/* Tokens computed, and which; the table attention reads (it may move when tokens are reserved). */
size_t sequence_length(const struct sequence *s);
const int32_t *sequence_tokens(const struct sequence *s);
void *const *sequence_pages(const struct sequence *s);

/* Pages it holds. */
size_t sequence_page_count(const struct sequence *s);

/*
 * Makes it hold as many of `tokens`' computed beginning as it and the tree have;
 * returns how many.  A page to copy into that is not to be had only makes it fewer.
 */
size_t sequence_begin(struct sequence *s, const int32_t *tokens, size_t count);

/*
 * Makes room to write `more` tokens behind the computed ones: pages that are
 * missing, and a copy of the last one where it is shared.  ERROR_UNAVAILABLE
 * when the pool is full; the sequence is then what it was.
 */
bool sequence_reserve(struct sequence *s, size_t more, struct error *err) must_use;

/* These have been computed and lie in the slots reserved for them; full pages are entered in the tree. */
void sequence_extend(struct sequence *s, const int32_t *tokens, size_t count);

/*
 * Keeps the first `length` tokens, length <= sequence_length(); gives back the
 * pages behind and what was reserved.  The tree remembers what is dropped, unless
 * that is less than a page: guesses that were wrong, as a rule.
 */
void sequence_truncate(struct sequence *s, size_t length);

/* Another with the first `length` computed tokens; shares all pages. */
struct sequence *sequence_fork(const struct sequence *s, size_t length);
