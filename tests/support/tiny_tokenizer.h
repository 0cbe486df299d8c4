/*
 * A tokenizer.json of a few hundred tokens, for tests.
 *
 * Ids 0 to 255 are the bytes, 256 to 267 what the merges make, 268 is the word
 * "lone", which none makes, and 269 to 273 are added tokens: <|im_start|>,
 * <|im_end|> (special), <tool_call>, </tool_call> and four spaces (neither).
 */
#pragma once

#include <stdbool.h>

#define TINY_MERGES 12
#define TINY_ADDED  269    /* the first added id */
#define TINY_SIZE   274

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
