/*
 * A prompt: text, and which parts of it are control tokens.
 *
 * Templates write their control tokens through prompt_control() and everything
 * else, their own words and other people's, through prompt_text().  Only the
 * former become control tokens, whatever the latter say.  One thread at a time.
 */
#pragma once

#include "text/tokenizer.h"

struct prompt_mark {
	size_t start, len;           /* of a control token in text */
};

struct prompt {
	struct buf text;
	struct prompt_mark *marks;
	size_t mark_count, mark_cap;
};

/* The ceiling is on the text in bytes. */
#define PROMPT_INIT(limit) { .text = BUF_INIT(limit) }

void prompt_done(struct prompt *p);
#define own_prompt owns(prompt_done) struct prompt

bool prompt_text(struct prompt *p, struct str text, struct error *err) must_use;
bool prompt_words(struct prompt *p, const char *words, struct error *err) must_use;
bool prompt_control(struct prompt *p, const char *token, struct error *err) must_use;

/*
 * Appends the prompt's tokens.  What stands between two control tokens is encoded
 * as one text, as the reference does; a control token that the tokenizer does
 * not have is text.  On failure nothing is appended.
 */
bool prompt_encode(const struct prompt *p, const struct tokenizer *t, struct tokens *out, struct error *err) must_use;
