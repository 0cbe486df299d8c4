/*
 * Finding added tokens (<|im_start|>, …) in text.
 *
 * A finder looks for one set of them: those for raw or for normalised text, with
 * control tokens or without.  At each place the longest wins, as in Hugging
 * Face's tokenizers; so do the rules for lstrip, rstrip and single_word.
 * Read-only once made; any number of threads.
 */
#pragma once

#include "text/vocab.h"

struct added_finder {
	const struct vocab *vocab;
	uint32_t first, count;      /* the set is vocab->added[first …], sorted by bytes */
	bool control;               /* control tokens too */
	bool spaces;                /* stand for U+2581 in this text, which is not white */
	bool begins[256];           /* a byte that some token of the set begins with */
};

void added_finder_init(struct added_finder *f, const struct vocab *v, bool normalized, bool control);

struct added_match {
	size_t start, end;          /* with the white space the token swallows */
	int32_t id;
};

/*
 * The next match in text, looking from *at on; *at moves behind the token, not
 * behind the white space it swallows, for in that the reference looks for more.
 * No white space before `floor`, where the last match ended, is swallowed again.
 */
bool added_find(const struct added_finder *f, struct str text, size_t floor, size_t *at, struct added_match *match);
