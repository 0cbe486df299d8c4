/*
 * Attention over keys and values that lie in pages.
 *
 * A page holds the keys and values of PAGE_TOKENS tokens that follow each other,
 * all layers of them; a sequence has a table of pages, so that sequences with a
 * common beginning can share it (model/pages.h).  Within a page, for each layer
 * and each head of keys and values:
 *
 *     keys     [head_dim][32]             a vector's lanes are tokens
 *     values   [head_dim / 32][32][32]    blocks of 32 columns: token, column
 *     scales   [2][32] floats             KV_I8 only: of the keys, of the values, per token
 *
 * head_dim is a multiple of 16, at most ATTENTION_DIM_MAX; values are padded to
 * a multiple of 32 columns.  Grouped queries: heads is a multiple of kv_heads,
 * and heads / kv_heads heads that stand side by side read one head of keys.
 *
 * A row's result depends on nothing but its own query, its position and the keys
 * and values up to it: the same bits come out whatever other rows are there and
 * however many members work.  (Not so between instruction sets.)  Softmax is
 * taken over ATTENTION_CHUNK keys at a time and the chunks are put together in
 * order, so that a long context can be split over members.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"

/* Of pages that outlive the program: another number with every change to what lies in them. */
#define ATTENTION_LAYOUT 1

enum {
	PAGE_TOKENS = 32,
	ATTENTION_CHUNK = 256,       /* keys */
	ATTENTION_DIM_MAX = 256,
	ATTENTION_GROUP_MAX = 64,    /* heads / kv_heads */
};

/* How a number in the cache is written. */
enum kv_type { KV_F32, KV_F16, KV_I8 };

struct attention_shape {
	size_t heads, kv_heads, head_dim;
	float scale;                 /* of the scores, 1 / sqrt(head_dim) as a rule */
	enum kv_type type;
};

/* Whether this code can compute it. */
bool attention_shape_valid(const struct attention_shape *s);

/* Of one page; a multiple of 64.  Pages must lie at multiples of 64. */
size_t attention_page_bytes(const struct attention_shape *s, size_t layers);

/*
 * Writes one token's keys and values (kv_heads * head_dim floats each) into slot
 * 0 .. PAGE_TOKENS - 1 of a page.  Rounded to the page's type; KV_F16 holds at
 * most 65504 in size, what is larger becomes that.  Different slots may be
 * written by several threads at once.
 */
void attention_store(const struct attention_shape *s, void *page, size_t layer, size_t slot, const float *k,
	const float *v);

/* One token of one sequence. */
struct attention_row {
	const float *q;              /* [heads * head_dim] */
	float *out;                  /* the same; may be q */
	void *const *pages;          /* its sequence's table: at least position / PAGE_TOKENS + 1 pages */
	size_t position;             /* keys 0 .. position are attended to */
};

/* What a run needs beside: memory, and how work is divided.  One forward pass at a time. */
struct attention;

struct attention *attention_create(const struct attention_shape *s);
void attention_destroy(struct attention *a);

/* Memory it has taken so far, for the largest plan yet. */
size_t attention_bytes(const struct attention *a);

static inline void attention_destroy_ptr(struct attention **a) { attention_destroy(*a); }
#define own_attention owns(attention_destroy_ptr) struct attention

/*
 * Divides a forward pass among `members`; by one thread, before attention_run().
 * Rows of one sequence (one `pages` pointer) at consecutive positions share
 * their loads of keys and values when they stand side by side.  The rows' memory
 * must stay until the last layer has run.
 */
void attention_plan(struct attention *a, const struct attention_row *rows, size_t count, size_t members);

/*
 * One layer: called by every member (0 .. members - 1) of the plan; done when
 * all have returned.  The keys and values of all rows are stored before, and the
 * caller's barriers stand before and after.
 */
void attention_run(struct attention *a, size_t layer, size_t member);
