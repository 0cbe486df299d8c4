/*
 * A real request to a teacher, as small as one can be: whether key, address and
 * model are right.
 */
#pragma once

#include "base/cancel.h"
#include "config/config.h"
#include "provider/ask.h"

struct tried {
	unsigned ms;             /* until the answer had come whole */
	char *text;              /* what it said, its beginning; NULL: nothing */
	enum ask_end end;
};

/* Asks once, in this thread, for at most half a minute beside what a key helper takes.  tried_done() in any case. */
bool try_teacher(
	const struct teacher_config *t, struct cancel *cancel, struct tried *tried, struct error *err) must_use;
void tried_done(struct tried *tried);
