/*
 * Random tokenizers of SentencePiece's kind, as a tokenizer.json, and a slow
 * reading of such a file: straight from the definition, a pair at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/json.h"
#include "text/tokens.h"

enum piece_kind {
	PIECES_GEMMA,                 /* Replace and an idle Split; nothing is put before a text */
	PIECES_LLAMA,                 /* Prepend and Replace: a space before every piece */
	PIECES_ALWAYS,                /* Metaspace, cut at spaces */
	PIECES_FIRST,                 /* Metaspace, not cut, a space before the first piece */
	PIECES_DECODED,               /* Metaspace, cut; Metaspace decodes, too */
	PIECES_KINDS
};

/* Ids: <unk>, <s>, </s>, 256 bytes, characters, what merges make, added tokens. */
#define PIECES_BYTES 3

/* The caller frees it. */
json_t *piece_tokenizer(uint64_t *seed, enum piece_kind kind);

/* A text of at most 4 * most bytes of what such a tokenizer has tokens for, and has not. */
size_t piece_text(uint64_t *seed, char *out, size_t most);

/* The tokens of a text; with control tokens found in it or without. */
void piece_encode(const json_t *tokenizer, struct str text, bool control, struct tokens *out);

/* The text of tokens, which must be well-formed UTF-8. */
void piece_decode(const json_t *tokenizer, const int32_t *ids, size_t count, struct buf *out);
