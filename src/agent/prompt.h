/*
 * System prompts: a full one for models with room, a brief one for small models on this
 * machine.  Both end with what differs between conversations, so that what comes before
 * is computed once (docs/kv-cache.md).
 */
#pragma once

#include "agent/environment.h"

enum prompt_size { PROMPT_FULL, PROMPT_BRIEF };

struct prompt_wish {
	enum prompt_size size;
	const struct environment *place;
	bool plan;                 /* the mode in which nothing is changed */
	const char *more;          /* the user's words behind all; NULL: none */
};

/* The caller frees it. */
char *prompt_make(const struct prompt_wish *wish);
