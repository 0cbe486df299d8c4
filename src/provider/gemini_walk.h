/* One walk over a schema that is translated for Gemini.  Internal to gemini_schema.c and gemini_open.c. */
#pragma once

#include "provider/gemini.h"

#define WALK_OPEN_MAX 32       /* references being followed */

struct walk {
	const json_t *root;
	bool exact;                /* what cannot be said is an error */
	bool lost;                 /* something was not said, not even in words */
	int deep;
	size_t nodes;
	const json_t *open[WALK_OPEN_MAX];  /* where the references that are being followed lead */
	size_t open_count;
	struct error *err;
};

/* That the answer cannot be held to a keyword; always false. */
bool walk_refuse(struct walk *w, const char *keyword);

/* The same where that must be exact; else takes note that something was lost: true. */
bool walk_lose(struct walk *w, const char *keyword);

/*
 * A copy of a schema without references and allOf of its own; the caller owns it.  The references it followed
 * stay in w->open for what lies within.  NULL (error set) on failure.
 */
json_t *walk_open(struct walk *w, const json_t *schema);
