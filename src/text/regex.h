/*
 * Regular expressions of tokenizer files: PCRE2 with its JIT.
 *
 * The files are written for Oniguruma.  What it reads differently is translated
 * (\s, \w) or refused by name.  An expression is read-only and serves any number
 * of threads; each brings a struct regex_scratch of its own, zeroed at first.
 */
#pragma once

#include "base/error.h"
#include "base/str.h"

#define REGEX_PATTERN_MAX 4096   /* bytes */

struct regex;

struct regex *regex_create(struct str pattern, struct error *err) must_use;
void regex_destroy(struct regex *r);

struct regex_scratch {
	void *match, *context, *stack;   /* PCRE2's, made at first use */
};

void regex_scratch_done(struct regex_scratch *s);

/*
 * The first match at or behind `from` in well-formed UTF-8; *start is text.n + 1
 * when there is none.  False when the search needs more work than we allow.
 */
bool regex_find(const struct regex *r, struct regex_scratch *s, struct str text, size_t from, size_t *start,
	size_t *end, struct error *err) must_use;
