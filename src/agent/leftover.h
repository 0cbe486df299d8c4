/*
 * Calls that a small model wrote so badly that the daemon left them in its text
 * (text/toolcall.h gives back what is no JSON): kept from the screen, and made calls.
 *
 * Whatever stands behind <tool_call> is never text.  An answer that begins as a call does,
 * bare or in a fence, is held to its end and becomes one if it names a tool, else it is
 * text.  What cannot be read becomes a call that says why, so that the model reads it.
 * However the text is cut, the same comes out.  One thread at a time.
 */
#pragma once

#include "base/buf.h"
#include "base/json.h"

struct leftover {
	struct buf held;           /* come, and not handed over */
	unsigned char state;
};

struct leftover_sink {
	bool (*on_text)(void *user, struct str text, struct error *err);
	void *user;
};

void leftover_init(struct leftover *l);
void leftover_done(struct leftover *l);
#define own_leftover owns(leftover_done) struct leftover

bool leftover_feed(struct leftover *l, struct str text, const struct leftover_sink *sink, struct error *err) must_use;

/* The answer has ended: adds to `calls` (OpenAI's tool_calls); `tools` are those offered. */
bool leftover_finish(struct leftover *l, const json_t *tools, json_t *calls, const struct leftover_sink *sink,
	struct error *err) must_use;
