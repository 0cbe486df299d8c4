/*
 * BERT's tokenizer: text cleaned, cut into words and punctuation, words cut into
 * the longest pieces that the vocabulary has (WordPiece; Wu et al. 2016, Devlin et
 * al. 2019), as tokenizer.json describes it: BertNormalizer, BertPreTokenizer,
 * WordPiece, and [CLS] … [SEP] around the text.
 *
 *	own_wordpiece *w = wordpiece_open(model_directory, &err);
 *	own_tokens tokens = TOKENS_INIT(TOKENS_MAX);
 *	wordpiece_encode(w, text, &tokens, &err);
 *
 * Ids are those of the reference (the tokenizers library in Rust), but for one
 * thing: what a text says is text; "[SEP]" in it is a bracket, a word and a
 * bracket.  Read-only after opening; any number of threads.
 */
#pragma once

#include "base/str.h"
#include "text/tokens.h"

#define WORDPIECE_FILE_MAX (32u << 20)   /* bytes of tokenizer.json */
#define WORDPIECE_IDS_MAX  (1 << 21)
#define WORDPIECE_TEXT_MAX (8u << 20)    /* bytes of a text to encode */

struct wordpiece;

/* From directory/tokenizer.json, or its text.  Kinds of step that we do not have are an error that names them. */
struct wordpiece *wordpiece_open(const char *directory, struct error *err) must_use;
struct wordpiece *wordpiece_parse(struct str json, struct error *err) must_use;

void wordpiece_destroy(struct wordpiece *w);
static inline void wordpiece_release(struct wordpiece **w) { wordpiece_destroy(*w); }
#define own_wordpiece owns(wordpiece_release) struct wordpiece

/* Ids are below this. */
size_t wordpiece_size(const struct wordpiece *w);

/* What stands before and behind every text. */
int32_t wordpiece_first(const struct wordpiece *w);
int32_t wordpiece_last(const struct wordpiece *w);

/* Appends the tokens of well-formed UTF-8, those two included; on failure nothing. */
bool wordpiece_encode(const struct wordpiece *w, struct str text, struct tokens *out, struct error *err) must_use;
