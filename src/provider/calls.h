/*
 * The tool calls of one answer, put in order.
 *
 * Servers send calls in pieces, some of them several calls at once; ours come
 * one after the other (chat/delta.h).  The one whose turn it is is passed on as
 * it comes; pieces of later ones wait.  Its turn ends when its arguments are a
 * whole object and another has begun, or with the answer.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"
#include "provider/stream.h"

#define CALLS_MAX 128                      /* of one answer */
#define CALLS_HELD_MAX ((size_t)16 << 20)  /* bytes that wait */
#define CALLS_NO_INDEX INT64_MIN

struct call_slot {
	int64_t index;         /* as the server counts */
	struct buf id, name, arguments;    /* arguments that wait */
	struct buf seal;
	bool begun;            /* passed on */
	bool given;            /* some arguments have been, or wait */
	unsigned depth;        /* of the arguments' brackets */
	bool quoted, escaped, complete;
};

/* All zero: none yet. */
struct calls {
	struct call_slot *slots;
	size_t count, turn;    /* slots[turn] is passed on */
	size_t held;           /* bytes that wait */
	uint64_t origin;       /* ids are made of it, where the server has none */
};

/* What a server said of a call; whatever it left out is empty. */
struct call_piece {
	int64_t index;         /* CALLS_NO_INDEX: none */
	struct str id, name, arguments, seal;
};

/* Of the answer's own id, from which ids of calls are made. */
void calls_note_origin(struct calls *c, struct str id);

/* ERROR_UNAVAILABLE when what came makes no calls; ERROR_TOO_LARGE past the ceilings. */
bool calls_add(struct provider_stream *s, struct calls *c, const struct call_piece *piece, struct error *err) must_use;

/* Some arguments of the call of that index have come. */
bool calls_has_arguments(const struct calls *c, int64_t index);

/* The answer has ended: passes on what waits.  A call without arguments gets an empty object. */
bool calls_finish(struct provider_stream *s, struct calls *c, struct error *err) must_use;

void calls_done(struct calls *c);
