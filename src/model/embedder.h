/*
 * Texts as vectors, by a sentence-transformer: a BERT-like encoder in ONNX form
 * with its tokenizer, in the layouts that sentence-transformers and the Hub's
 * exporters publish (MiniLM, bge, gte and their kin).
 *
 *	own_embedder *e = embedder_open(folder, 0, &err);
 *	float *vector = …   embedder_info(e)->dimensions of them
 *	embedder_tokenize(e, text, &tokens, &err) && embedder_run(e, tokens.ids, tokens.count, vector, &err);
 *
 * One text is one run: a vector never depends on what else is asked for.  Read-only
 * after opening; embedder_run() may be called from several threads.
 */
#pragma once

#include "model/files.h"
#include "text/wordpiece.h"

enum pooling {
	POOLING_MEAN,            /* of the tokens' vectors */
	POOLING_FIRST,           /* the first token's, [CLS] */
	POOLING_INSIDE,          /* the graph does it */
};

#define MATRYOSHKA_MAX 16

struct embedder_info {
	const char *name;            /* "owner/name", or the folder's name */
	const char *precision;       /* "fp32", "int8", … */
	size_t dimensions;
	size_t most_tokens;          /* of a text, [CLS] and [SEP] included */
	enum pooling pooling;
	const char *why;             /* how we know the pooling */
	bool normalises;             /* vectors have length 1 */
	/* Shorter vectors that the model was trained to give by their beginning; matryoshka_any: of any length. */
	size_t matryoshka[MATRYOSHKA_MAX], matryoshka_count;
	bool matryoshka_any;
};

struct embedder;

/* `threads` 0: the number of cores.  Blocking; an error names what is missing or of a kind we do not have. */
struct embedder *embedder_open(const char *folder, int threads, struct error *err) must_use;
void embedder_destroy(struct embedder *e);    /* accepts NULL */

static inline void embedder_release(struct embedder **e) { embedder_destroy(*e); }
#define own_embedder owns(embedder_release) struct embedder

const struct embedder_info *embedder_info(const struct embedder *e);

/* Appends a text's tokens, however many; ERROR_INVALID when it is not UTF-8. */
bool embedder_tokenize(const struct embedder *e, struct str text, struct tokens *out, struct error *err) must_use;

/* [CLS] and [SEP] around tokens somebody else made; ERROR_INVALID when one is no token of the model. */
bool embedder_frame(const struct embedder *e, const int32_t *ids, size_t count, struct tokens *out, struct error *err)
	must_use;

/* The vector of 1 to most_tokens tokens. */
bool embedder_run(const struct embedder *e, const int32_t *ids, size_t count, float *vector, struct error *err)
	must_use;

/* Whether vectors cut to so many dimensions are the model's own. */
bool embedder_has_dimensions(const struct embedder_info *info, size_t dimensions);

/* Keeps the first `dimensions` of a vector, at length 1 again if it was. */
void embedder_cut(const struct embedder_info *info, float *vector, size_t dimensions);
