/*
 * How the tokens of a vocabulary are spelt in a tokenizer.json, and what they
 * stand for.
 *
 * Byte-level tokenizers write bytes in an alphabet of visible characters
 * (text/alphabet.h).  SentencePiece's write characters as they are, a space as
 * U+2581, and single bytes as <0x00> to <0xFF>.
 */
#pragma once

#include "base/buf.h"
#include "text/alphabet.h"

struct spelling {
	bool characters;              /* SentencePiece's */
	struct alphabet alphabet;
};

void spelling_init(struct spelling *s, bool characters);

enum spelt {
	SPELT_WORD,                   /* what merges are made of and make */
	SPELT_BYTE,                   /* a byte that no character stands for */
	SPELT_OTHERWISE,              /* what no text is ever made to: it stands for itself */
};

/* What `written` stands for, at `bytes`, which has room for as much; how many in *n. */
enum spelt spelling_read(const struct spelling *s, struct str written, char *bytes, size_t *n);

/* Copies `text` with every U+2581 a space, at most text.n bytes; how many. */
size_t spelling_spaces(struct str text, char *out);

/* Whether there is a U+2581 in it, at its beginning. */
bool spelling_has_space(struct str text);
bool spelling_begins_with_space(struct str text);

/*
 * Whether an added token is ordinary text that a user may write and mean: a run
 * of white space, or a tag of HTML as Gemma has them.  All others are control
 * tokens, never made from plain text.
 */
bool spelling_is_text(struct str added);
