/*
 * Reading a large JSON text front to back, without building a tree.
 *
 * A tokenizer.json has 300,000 strings; this hands them out one at a time.
 * Values that are not of interest are skipped and only checked for balance: give
 * such a slice to json_parse() (base/json.h) when its content matters.
 *
 *	for (bool more = pull_enter(&p, '{'); more; more = pull_more(&p, '}')) {
 *		pull_key(&p, &key);
 *		pull_integer(&p, &n);
 *	}
 *	if (p.failed) …
 *
 * A mistake in the text makes every later call fail, so that checking once at
 * the end is enough.  One thread at a time.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

struct pull {
	const char *start, *at, *end;
	struct buf unescaped;         /* behind a string that had escapes */
	bool failed;
};

#define PULL_INIT(text) { \
	.start = (text).p, .at = (text).p, .end = (text).p + (text).n, .unescaped = BUF_INIT(1 << 20) }

static inline void pull_done(struct pull *p) { buf_done(&p->unescaped); }
#define own_pull owns(pull_done) struct pull

/* Always false, so `return pull_fail(p)` reads well. */
bool pull_fail(struct pull *p);

/* The first character of the next value, 0 at the end: '{', '[', '"', … */
char pull_peek(struct pull *p);

/* Steps over an opening bracket; true when something stands in it. */
bool pull_enter(struct pull *p, char open);

/* Steps over a comma (true) or the closing bracket (false). */
bool pull_more(struct pull *p, char close);

/* A string, valid until the next call.  Not checked for well-formed UTF-8. */
bool pull_string(struct pull *p, struct str *value);

/* A member's name and the colon behind it. */
bool pull_key(struct pull *p, struct str *name);

bool pull_integer(struct pull *p, int64_t *value);

/* Steps over any value and hands out its text. */
bool pull_skip(struct pull *p, struct str *text);

/* ERROR_INVALID with the place where reading failed; false. */
bool pull_error(const struct pull *p, const char *what, struct error *err);
