/*
 * Tool calls in what a model writes, taken out while it comes.
 *
 * Feed text in pieces of any size; however it was cut, the same text and calls
 * come out.  A call is handed over as soon as its name is certain and its
 * arguments begin, the arguments piece by piece behind it; what has come of them
 * is always the beginning of a JSON object.  Text that may be the beginning of a
 * call is held back, and so is white space that may stand before one, which is
 * dropped with it.  What turns out to be no call before its name went out is
 * given back as text; afterwards the call ends there and the rest is text: nothing
 * is lost.  Forms: those of the family's dialect, and when tools are given also
 * bare or fenced JSON at the beginning of a line that names one of them.
 * Not thread-safe: one extractor belongs to one answer.
 */
#pragma once

#include "base/buf.h"
#include "chat/chat.h"
#include "text/dialect.h"
#include "text/jsonscan.h"

#define TOOLCALL_MAX      (4u << 20)   /* bytes held of one call; beyond it is text */
#define TOOLCALL_NAME_MAX 256u         /* bytes of a name as written */

/*
 * What is handed over is valid only during the callback; false stops the
 * extractor.  on_arguments belongs to the call before it; pieces are JSON text.
 */
struct toolcall_sink {
	bool (*on_text)(void *user, struct str text, struct error *err);
	bool (*on_call)(void *user, struct str name, struct error *err);
	bool (*on_arguments)(void *user, struct str piece, struct error *err);
	void *user;
};

/* Bytes of the text from its beginning on; `to` behind the last. */
struct toolcall_span {
	size_t from, to;
};

struct toolcall {
	struct toolcall_sink sink;
	const struct dialect *dialect;
	const struct tool *tools;
	size_t tool_count;
	struct buf held;           /* what has come and not gone out, */
	size_t base;               /* and where it begins in the whole text, as all places below */
	size_t at;                 /* the next byte to be looked at */
	size_t certain;            /* all before is text whatever follows */
	size_t resume;             /* where to go on when this is no call */
	unsigned char stage;
	bool line_start;           /* nothing but white space since the line began */
	bool waits;                /* for more text, to decide */
	bool finishing;            /* no more text comes */
	bool in_list, named, open; /* the call: stands in a list; began with its bare name; has been handed over */
	const struct dialect_form *form;
	struct jsonscan scan;
	unsigned char member;      /* of the call's object, at hand */
	struct toolcall_span key, name, arguments;
	struct buf decoded;        /* the name */
};

/* The tools (may be none) must outlive the extractor. */
void toolcall_init(struct toolcall *t, const struct dialect *dialect, const struct tool *tools, size_t tool_count,
	struct toolcall_sink sink);
void toolcall_done(struct toolcall *t);

/* False when the sink said so. */
bool toolcall_feed(struct toolcall *t, struct str text, struct error *err) must_use;

/* The answer has ended: gives back what is held.  Call it once, after the last piece. */
bool toolcall_finish(struct toolcall *t, struct error *err) must_use;

/* A call has been handed over and its arguments are not complete. */
static inline bool toolcall_is_open(const struct toolcall *t) { return t->open; }
