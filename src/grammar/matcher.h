/*
 * One answer held to a grammar: which tokens may come next.
 *
 *	struct matcher *m = matcher_create(masks, ends, end_count, vocabulary);
 *	const uint32_t *allowed = matcher_allowed(m);
 *	matcher_accept(m, token);
 *
 * A token is allowed if and only if matcher_accept() takes it.  Whatever has been
 * accepted can be completed: a matcher is never stuck as long as the vocabulary
 * has a token for every byte.  One thread at a time, and the masks' thread.
 */
#pragma once

#include "grammar/masks.h"

struct matcher;

/*
 * Borrows the masks.  Tokens of `ends` end the text: allowed exactly where it is
 * complete.  `bits` is the size of masks given out, at least the tokenizer's.
 */
struct matcher *matcher_create(struct masks *masks, const int32_t *ends, size_t end_count, size_t bits);
void matcher_destroy(struct matcher *m);         /* accepts NULL */
static inline void matcher_release(struct matcher **m) { matcher_destroy(*m); }
#define own_matcher owns(matcher_release) struct matcher

/* A bit for every token, token 0 the lowest of word 0; valid until the next call of any of these. */
const uint32_t *matcher_allowed(struct matcher *m);

/* Takes the next token; false, and nothing changes, when it is not allowed. */
bool matcher_accept(struct matcher *m, int32_t token) must_use;

/* The same for text that is no token of its own. */
bool matcher_accept_text(struct matcher *m, struct str text) must_use;

/* Whether the text may end here, */
bool matcher_is_complete(const struct matcher *m);

/* and whether it must: complete, and nothing may follow. */
bool matcher_must_end(const struct matcher *m);

/*
 * The text that comes next whatever the model wants, at most `most` bytes of it;
 * "" where it has a choice.
 */
size_t matcher_forced(struct matcher *m, char *text, size_t most);
