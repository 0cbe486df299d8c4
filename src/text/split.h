/*
 * Cutting text into the words that byte-level BPE works on.
 *
 * A splitter is one stage: a regular expression, or one of the few well-known
 * ones done by hand (and tested equal to their expression on random text).
 * Text is well-formed UTF-8.  A splitter is read-only and serves any number of
 * threads, each with a scratch of its own.
 */
#pragma once

#include "text/regex.h"

/* What becomes of the text between two matches. */
enum split_gaps { GAPS_KEPT, GAPS_DROPPED };   /* "Isolated"; "Removed" with invert */

struct split {
	size_t (*by_hand)(const char *p, const char *end);   /* length of the first word; NULL: regex */
	struct regex *regex;                                 /* ours */
	enum split_gaps gaps;
};

/*
 * `pattern` as Hugging Face's tokenizers would understand it (Oniguruma).
 * Errors: an expression that PCRE2 cannot compile.
 */
bool split_init(struct split *s, struct str pattern, enum split_gaps gaps, struct error *err) must_use;
void split_done(struct split *s);

/* The same without the shortcut for known patterns; for tests. */
bool split_init_regex(struct split *s, struct str pattern, enum split_gaps gaps, struct error *err) must_use;

typedef bool split_word_fn(void *user, struct str word, struct error *err);

/*
 * Calls on_word for every word of `text` in order; none is empty.  Errors: those
 * of on_word, and an expression that needs too much work on this text.
 */
bool split_run(const struct split *s, struct regex_scratch *scratch, struct str text, split_word_fn *on_word,
	void *user, struct error *err) must_use;

/* What ByteLevel does with use_regex: GPT-2's pattern. */
extern const struct str split_gpt2;
