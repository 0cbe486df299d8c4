/*
 * A tokenizer.json of a few hundred tokens, for tests.
 *
 * Ids 0 to 255 are the bytes, 256 and up what the merges make, then the added
 * tokens <|im_start|>, <|im_end|> (special), <tool_call>, </tool_call> and four
 * spaces (neither), and last the word "lone", which no merge makes.
 */
#pragma once

#include <stdbool.h>

#define TINY_MERGES 12
#define TINY_ADDED  (256 + TINY_MERGES)    /* the first added id */

/* What differs from the usual; JSON texts, NULL: as in Qwen2. */
struct tiny_tokenizer {
	const char *normalizer, *pre_tokenizer, *decoder, *added;
	const char *model;            /* members to be added to the model */
	bool pairs;                   /* merges as ["a","b"] */
};

/* The caller frees the text. */
char *tiny_tokenizer(const struct tiny_tokenizer *options);

/* Writes it to directory/tokenizer.json; false when that fails. */
bool tiny_tokenizer_save(const char *directory);
