/*
 * Texts as vectors without a model: words, pairs of neighbours and triples of
 * characters, hashed into a fixed number of places (feature hashing with signs;
 * Weinberger et al. 2009), at length 1.  Texts that share words or parts of words
 * are near one another; synonyms are not.  The same text gives the same vector on
 * every machine and in every version of LEXICAL_VERSION.  Stateless.
 */
#pragma once

#include "base/error.h"
#include "base/str.h"

#define LEXICAL_DIMENSIONS 384
#define LEXICAL_VERSION    1
#define LEXICAL_TEXT_MAX   (8u << 20)    /* bytes */

/*
 * The vector of well-formed UTF-8 (ERROR_INVALID otherwise); all zeros for a text
 * without a word.  *words (may be NULL) becomes how many it has.
 */
bool lexical_embed(struct str text, float vector[LEXICAL_DIMENSIONS], size_t *words, struct error *err) must_use;
