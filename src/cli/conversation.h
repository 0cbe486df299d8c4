/*
 * The client's side of a conversation: the messages so far, and one turn of it.
 */
#pragma once

#include "cli/link.h"
#include "cli/options.h"
#include "cli/show.h"

struct conversation {
	struct link *link;
	const struct options *options;
	struct show show;
	json_t *messages;            /* OpenAI's form; the system prompt first, if any */
	bool goes_on;                /* there will be further questions */
	bool nobody;                 /* nobody could answer the last question */
};

void conversation_init(struct conversation *c, struct link *link, const struct options *options);
void conversation_done(struct conversation *c);

/* Forgets everything but the system prompt. */
void conversation_clear(struct conversation *c);

/*
 * Asks, shows the answer as it comes and who gave it, and keeps both.  What came
 * before a failure or Ctrl+C is kept as well; a question without any answer is
 * forgotten.  The exit code for it.
 */
int conversation_ask(struct conversation *c, struct str question);
