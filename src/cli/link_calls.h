/*
 * An answer's tool calls, put together from the pieces in which a stream brings them
 * (OpenAI's chat.completion.chunk).  One thread at a time.
 */
#pragma once

#include "base/json.h"

#define LINK_CALLS_MAX 128                 /* of one answer */

struct link_calls {
	json_t *calls;             /* complete after link_calls_end() */
	json_t *details;           /* reasoning_details, in order; NULL: none */
	struct buf *arguments;     /* of each call */
	size_t count;
};

void link_calls_done(struct link_calls *c);
#define own_link_calls owns(link_calls_done) struct link_calls

/* Takes what a chunk's delta brings; *came: it brought something.  False: it makes no sense, or past a ceiling. */
bool link_calls_add(struct link_calls *c, const json_t *delta, bool *came, struct error *err) must_use;

/* No more comes: the calls have their arguments. */
void link_calls_end(struct link_calls *c);
