/*
 * Tool calls in what a model writes: <tool_call>{"name": …, "arguments": {…}}</tool_call>
 * (Qwen, Hermes).
 *
 * Feed text in pieces of any size; text and calls come out as soon as they are
 * certain, and how the text was cut never changes them.  Text that may be the
 * beginning of a tag is held back, and so is white space that may stand before a
 * call, which is dropped with it.  What is no well-formed call, or ends before it
 * is complete, is given back as text: nothing is lost.  Not thread-safe: one
 * extractor belongs to one answer.
 */
#pragma once

#include "base/buf.h"

#define TOOLCALL_MAX (4u << 20)   /* bytes of one call; beyond it is text */

/* What is handed over is valid only during the callback; false stops the extractor.  Arguments are JSON text. */
struct toolcall_sink {
	bool (*on_text)(void *user, struct str text, struct error *err);
	bool (*on_call)(void *user, struct str name, struct str arguments, struct error *err);
	void *user;
};

struct toolcall {
	struct toolcall_sink sink;
	struct buf held;           /* what has come and not gone out */
	size_t at;                 /* bytes of held that have been looked at */
	size_t certain;            /* bytes at the start of held that are text whatever follows */
	size_t matched;            /* bytes of the tag at hand that stand right before `at` */
	size_t body;               /* where a call's JSON begins; 0: not in a call */
	size_t depth;              /* of brackets in it */
	bool closed, in_string, escaped;   /* its outermost bracket is; the state at `at` */
};

void toolcall_init(struct toolcall *t, struct toolcall_sink sink);
void toolcall_done(struct toolcall *t);

/* False when the sink said so. */
bool toolcall_feed(struct toolcall *t, struct str text, struct error *err) must_use;

/* The answer has ended: gives back what is held.  Call it once, after the last piece. */
bool toolcall_finish(struct toolcall *t, struct error *err) must_use;
