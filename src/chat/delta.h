/*
 * An answer as it comes: the pieces that every answerer (known answers, local
 * model, teacher) emits and every API dialect writes.
 *
 * Order of a stream: any number of DELTA_THOUGHT, DELTA_SEAL, DELTA_TEXT and tool calls (each DELTA_CALL
 * followed by its DELTA_ARGUMENTS), then one DELTA_END.  A stream that fails ends
 * with an error instead of DELTA_END.  Text never ends in the middle of a UTF-8
 * sequence.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* DELTA_THOUGHT: what a model thinks before it answers; shown apart or not at all, never part of the answer. */
enum delta_kind {
	DELTA_TEXT,
	DELTA_THOUGHT,
	DELTA_SEAL,                /* a vendor's seal (chat.h) on the thoughts since the last one, or on a call begun;
	                              without text: nobody sealed those thoughts */
	DELTA_CALL,
	DELTA_ARGUMENTS,
	DELTA_END,
};

#define DELTA_NO_CALL SIZE_MAX     /* what a DELTA_SEAL on thoughts has as `call` */

enum finish { FINISH_STOP, FINISH_LENGTH, FINISH_TOOL_CALLS, FINISH_REFUSED };

struct usage {
	size_t prompt_tokens;
	size_t cached_tokens;      /* of the prompt, not computed again */
	size_t completion_tokens;
	size_t drafted_tokens;     /* guessed at (model/guess.h), and how many of these were right */
	size_t accepted_tokens;
	uint64_t prompt_ns;        /* the wait for the prompt, and for the tokens of the answer; 0: not known */
	uint64_t completion_ns;
	size_t written_tokens;     /* of the prompt, put into a vendor's cache, which costs more */
	size_t lasting_tokens;     /* of those, for an hour, which costs more still */
	size_t thought_tokens;     /* of the completion, spent on thoughts */
	bool costed;               /* its vendor said what it cost: */
	uint64_t cost;             /* micro-dollars */
};

/* One token's log-probability and its rivals'. */
struct token_logprob {
	struct str text;           /* the token's bytes; need not be valid UTF-8 */
	float logprob;             /* natural logarithm */
	const struct token_logprob *rivals;   /* the most likely, best first */
	size_t rival_count;
};

/* Everything pointed at is valid only during the callback. */
struct delta {
	enum delta_kind kind;
	unsigned choice;           /* which of several answers, from 0 */
	struct str text;           /* DELTA_TEXT, DELTA_THOUGHT: text; DELTA_ARGUMENTS: piece of JSON; DELTA_SEAL */
	size_t call;               /* DELTA_CALL, DELTA_ARGUMENTS: 0, 1, … in this answer; DELTA_SEAL: or none */
	struct str id, name;       /* DELTA_CALL; DELTA_SEAL: the thought's id, where it has one */
	struct str vendor;         /* DELTA_SEAL: whose it is */
	bool redacted;             /* DELTA_SEAL: the thought itself is in the seal, and nowhere else */
	const struct token_logprob *logprobs;   /* DELTA_TEXT, when asked for: the tokens in it */
	size_t logprob_count;
	enum finish finish;        /* DELTA_END */
	struct usage usage;        /* DELTA_END */
};

/* False stops the stream; err says why (ERROR_CANCELLED when nobody listens any more). */
typedef bool delta_fn(void *user, const struct delta *delta, struct error *err);

static inline struct delta delta_text(struct str text)
{
	return (struct delta){ .kind = DELTA_TEXT, .text = text };
}

static inline struct delta delta_end(enum finish finish, struct usage usage)
{
	return (struct delta){ .kind = DELTA_END, .finish = finish, .usage = usage };
}
