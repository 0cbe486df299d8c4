/*
 * Reads data/answers/synonyms.txt into a lexicon: "name: phrase, phrase, …" a
 * line, "#" begins a comment.  One thread.
 */
#pragma once

#include "base/error.h"
#include "route/lexicon.h"

struct synonyms {
	struct lexeme *slots;
	uint32_t mask, used;
	uint16_t concepts;
};

void synonyms_done(struct synonyms *s);
#define own_synonyms owns(synonyms_done) struct synonyms

/* `name` is for errors. */
bool synonyms_parse(struct synonyms *s, struct str text, const char *name, struct error *err) must_use;

static inline struct lexicon synonyms_lexicon(const struct synonyms *s)
{
	return (struct lexicon){ s->slots, s->mask };
}
