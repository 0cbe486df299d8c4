/*
 * A question as the matcher of known answers reads it: folded words.
 *
 * Letters, digits and '_' make words, apostrophes inside them are dropped, and
 * everything is folded as NFKC case folding without accents does.  What looks
 * like something to type keeps its mark: "/clear", "--model", "-p", ".shammah",
 * "c++".  Stateless; any thread.
 */
#pragma once

#include <stdint.h>

#include "base/str.h"

/* Longer messages bring text along and are never a known question. */
#define QUESTION_BYTES_MAX 1000
#define QUESTION_WORDS_MAX 96

#define WORD_BYTES_MAX 23          /* longer words are cut */

struct word {
	uint8_t n;
	char text[WORD_BYTES_MAX];     /* folded UTF-8, no NUL at the end */
};

struct words {
	struct word at[QUESTION_WORDS_MAX];
	size_t count;
};

/* False when the text is longer than a question can be; any bytes may come, malformed ones separate words. */
bool words_read(struct str text, struct words *words);

static inline struct str word_str(const struct word *w) { return (struct str){ w->text, w->n }; }
