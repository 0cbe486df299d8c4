/*
 * Known answers: texts of ours that answer questions about Shammah and the ten
 * patterns, matched by a small linear model (see docs/known-answers.md).  No
 * language model, and it never pretends to be one.
 *
 * Texts and model are part of the program.  Everything here is read-only,
 * allocates nothing, needs some 40 KB of stack, and may be called from any
 * thread.  It looks at one message alone; whether a conversation's later message
 * may be matched at all is for the caller to decide.
 */
#pragma once

#include "base/str.h"

struct answer {
	const char *id;                /* "patterns/reciprocity", "topics/daemon-stop" */
	const char *title;
	struct str text;               /* Markdown, ends with a newline */
};

struct answer_match {
	const struct answer *answer;
	float score;                   /* estimated probability that this answer is right, 0 to 1 */
};

/*
 * The answer to give, or NULL: the best one if it reaches the bar.  Text of any
 * length and any bytes; what is too long for a question (route/words.h) matches
 * nothing.
 */
const struct answer *answers_match(struct str question, struct answer_match *best);

/*
 * The `max` best answers, best first; returns how many, which is less than `max`
 * only when there are no more answers or the text is no question (0).
 */
size_t answers_rank(struct str question, struct answer_match *best, size_t max);

/* The score from which on an answer is given. */
float answers_bar(void);

/* All answers, the patterns first. */
size_t answers_count(void);
const struct answer *answers_at(size_t index);

/* Whether it is one of the ten patterns; `id` is then the name without the folder. */
bool answer_is_pattern(const struct answer *a, const char **id);
