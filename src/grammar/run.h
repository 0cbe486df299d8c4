/*
 * Following a machine, byte by byte, on all ways at once.
 *
 * A place is a state with the stack of where to return to; a set of places is
 * where all ways that the text so far leaves open have come to.  Sets lie one
 * behind the other in one array, so that whoever walks a tree of texts goes back
 * by cutting it.
 *
 * Stacks are shared: a node is a return address and the stack below, and may have
 * alternatives beside it.  Equal ones are one node, so equal stacks have equal
 * numbers, and ways that differ only in their stack become one place.  No
 * ambiguity of a schema can make sets grow without bound.
 *
 * One thread at a time.
 */
#pragma once

#include "grammar/quoted.h"

/* Special return addresses. */
#define RUN_END     (MACHINE_NONE - 1)   /* the text is complete */
#define RUN_OUTSIDE (MACHINE_NONE - 2)   /* a part followed on its own is complete */

struct place {
	uint32_t state;                /* or RUN_END: complete */
	uint32_t stack;
	struct quoted quoted;          /* zero unless the state has a string */
};

struct stack_node {
	uint32_t to, below;
	uint32_t beside;               /* an alternative with a larger `to`; 0: none */
	uint32_t chain;                /* of the table */
};

struct run {
	const struct machine *machine;
	struct place *places;
	uint32_t count, room;
	struct stack_node *nodes;      /* from 1 */
	uint32_t node_count, node_room;
	uint32_t *buckets, bucket_count;
	struct { uint32_t place, stack; } *todo;
	uint32_t todo_count, todo_room;
	uint32_t set;                  /* where the set being made begins */
	bool outside;                  /* the last step came to RUN_OUTSIDE */
};

/* places[from .. to) */
struct set {
	uint32_t from, to;
};

void run_init(struct run *r, const struct machine *g);
void run_done(struct run *r);

/* Makes the set of the machine's beginning. */
struct set run_begin(struct run *r);

/* The set of one place whose stack ends in RUN_OUTSIDE. */
struct set run_begin_at(struct run *r, uint32_t state, const struct quoted *q);

/* The set behind a byte, made behind all others; empty when no way is left. */
struct set run_byte(struct run *r, struct set from, uint8_t byte);

/* The set behind a control token. */
struct set run_token(struct run *r, struct set from, int32_t token);

/* The set that one comes to by returning from a place with this stack. */
struct set run_return(struct run *r, uint32_t stack);

/* Whether the text may end here. */
bool run_is_complete(const struct run *r, struct set at);

/* What has been made since may be forgotten: cut back to it. */
struct run_mark { uint32_t count, node_count; };

static inline struct run_mark run_mark(const struct run *r) { return (struct run_mark){ r->count, r->node_count }; }
void run_cut(struct run *r, struct run_mark mark);
