/*
 * Tokenizers: byte-level BPE, and SentencePiece's BPE with bytes for what is in no
 * vocabulary, as Hugging Face's tokenizer.json describes them.
 *
 *	own_tokenizer *t = tokenizer_open(model_directory, cache_directory, &err);
 *	own_tokens tokens = TOKENS_INIT(32768);
 *	tokenizer_encode(t, text, TOKENS_PLAIN, &tokens, &err);
 *
 * Ids and text are exactly those of the reference (the tokenizers library in
 * Rust), but for decoded bytes that are no UTF-8.  Supported are the kinds of step
 * that models of these two kinds use; anything else in the file is an error that
 * names it.  Special tokens around the text
 * (post_processor) are the chat template's business (text/template.h) and never
 * added here.
 *
 * Read-only after opening; any number of threads may use one tokenizer.
 */
#pragma once

#include "base/buf.h"
#include "text/tokens.h"

#define TOKENIZER_TEXT_MAX (8u << 20)   /* bytes that can be encoded in one go */

struct tokenizer;

/*
 * Opens directory/tokenizer.json.  A compact copy is kept in cache_directory and
 * loaded many times faster; NULL: none.  Destroy takes NULL.
 */
struct tokenizer *tokenizer_open(const char *directory, const char *cache_directory, struct error *err) must_use;

/* The same from the text of a tokenizer.json. */
struct tokenizer *tokenizer_parse(struct str json, struct error *err) must_use;

void tokenizer_destroy(struct tokenizer *t);
static inline void tokenizer_release(struct tokenizer **t) { tokenizer_destroy(*t); }
#define own_tokenizer owns(tokenizer_release) struct tokenizer

/* Ids are below this; a model may have more rows than that, and ids in between may be unused. */
size_t tokenizer_size(const struct tokenizer *t);

/* The id of a token given by the text it stands for: "<|im_end|>", " the"; -1 when there is none. */
int32_t tokenizer_find(const struct tokenizer *t, struct str content);

/* The bytes a token stands for, perhaps a part of a character; {0} when there is no such id.  Lives as long as t. */
struct str tokenizer_bytes(const struct tokenizer *t, int32_t id);

/*
 * How many of its first bytes decoding drops when a text begins with this token:
 * spaces that encoding has put there.
 */
size_t tokenizer_dropped_first(const struct tokenizer *t, int32_t id);

/* Left out of decoded text on request: <|im_end|>, but not <tool_call>. */
bool tokenizer_is_special(const struct tokenizer *t, int32_t id);

/*
 * Never made from plain text: special tokens and whatever else was added to the
 * vocabulary but runs of white space and tags of HTML.
 */
bool tokenizer_is_control(const struct tokenizer *t, int32_t id);

/* An added token as templates write it. */
struct token_control {
	int32_t id;
	bool strips_left, strips_right;   /* swallows the white space beside it */
};

/* False when `content` is no added token. */
bool tokenizer_control(const struct tokenizer *t, struct str content, struct token_control *control);

enum token_mode {
	TOKENS_PLAIN,     /* somebody's words: "<|im_end|>" in them is text like any other */
	TOKENS_PARSED,    /* "<|im_end|>" is that token, as the reference encodes */
	TOKENS_BEHIND,    /* as TOKENS_PLAIN, behind a control token */
	TOKENS_INSIDE,    /* as TOKENS_PLAIN, behind other text: no tokenizer puts a space before it */
};

/* Appends the tokens of well-formed UTF-8 (ERROR_INVALID otherwise); on failure nothing is appended. */
bool tokenizer_encode(const struct tokenizer *t, struct str text, enum token_mode mode, struct tokens *out,
	struct error *err) must_use;

/*
 * Appends the text of tokens; bytes that are no UTF-8 become U+FFFD, one for each
 * maximal part of a character (Unicode, section 3.9).  Unknown ids are nothing.
 */
bool tokenizer_decode(const struct tokenizer *t, const int32_t *ids, size_t count, bool skip_special, struct buf *out,
	struct error *err) must_use;

/*
 * Decoding as tokens come: what the pushes and the finish append is together
 * what tokenizer_decode() appends, and always whole characters.  Holds no memory.
 */
struct token_stream {
	const struct tokenizer *tokenizer;
	bool skip_special;
	int32_t shown[4];         /* special tokens that are not skipped */
	size_t shown_count;
	bool begun;               /* a token has come */
	char held[4];             /* the beginning of a character */
	size_t held_count;
};

static inline void token_stream_init(struct token_stream *s, const struct tokenizer *t, bool skip_special)
{
	*s = (struct token_stream){ .tokenizer = t, .skip_special = skip_special };
}

/* Never skips this token (at most four are remembered; -1 is none). */
void token_stream_show(struct token_stream *s, int32_t id);

bool token_stream_push(struct token_stream *s, int32_t id, struct buf *out, struct error *err) must_use;
bool token_stream_finish(struct token_stream *s, struct buf *out, struct error *err) must_use;
