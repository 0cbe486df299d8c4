/*
 * What BERT does to a text before it cuts it into words, as Hugging Face's
 * BertNormalizer: control characters dropped, white space made blanks, blanks
 * around Chinese characters, accents dropped, lower case.  Stateless.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

struct bert_normalizer {
	bool clean, chinese, strip_accents, lowercase;
};

/* Appends the normalised text of well-formed UTF-8. */
bool bert_normalize(const struct bert_normalizer *n, struct str text, struct buf *out, struct error *err) must_use;

/* Where words are cut: white space is dropped, punctuation is a word of its own. */
bool bert_is_space(uint32_t c);
bool bert_is_punctuation(uint32_t c);
