/*
 * Server-Sent Events, decoded: https://html.spec.whatwg.org/multipage/server-sent-events.html
 *
 * Feed bytes as they arrive, in pieces of any size; on_event is called once per
 * complete event.  How the bytes are cut never changes the events.  A parser
 * belongs to one stream and one thread.
 */
#pragma once

#include "base/error.h"
#include "base/str.h"

struct sse_event {
	const char *name;   /* "" when the stream gave none */
	struct str data;    /* ends with a NUL that n does not count; valid only during the callback */
};

/* False stops the parser; err says why. */
typedef bool sse_event_fn(void *user, const struct sse_event *event, struct error *err);

struct sse_parser;

/* No line and no event may be longer than `limit` bytes. */
struct sse_parser *sse_create(size_t limit, sse_event_fn *on_event, void *user);
void sse_destroy(struct sse_parser *p);

/*
 * False when an event is over the limit (ERROR_TOO_LARGE) or on_event returned
 * false; the parser must not be fed again.
 */
bool sse_feed(struct sse_parser *p, struct str bytes, struct error *err) must_use;
