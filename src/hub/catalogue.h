/*
 * The models that Shammah knows by name: a table, so that choosing, listing and
 * documenting read the same facts.
 *
 * Any other repository of the Hub, or a folder, works as well; of those nothing is
 * known beforehand.  Sizes of downloads are what was published when the table was
 * written, or estimates: before anything is downloaded the Hub is asked.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

/* As config.json says it. */
struct catalogue_shape {
	unsigned layers, hidden, intermediate, heads, kv_heads, head_dim, vocabulary;
	bool tied;                   /* the head is the embedding once more */
	unsigned context;            /* tokens it was made for */
};

#define CATALOGUE_FILES 4
#define CATALOGUE_REPOSITORIES 3

struct catalogue_model {
	const char *name;            /* "qwen2.5-coder-1.5b": what one types */
	const char *title;           /* "Qwen2.5-Coder 1.5B Instruct" */
	const char *family;          /* "Qwen2.5-Coder" */
	const char *licence;         /* "Apache-2.0" */
	const char *terms;           /* one clause on what the licence asks for; NULL: nothing unusual */
	const char *remark;          /* one clause; NULL: none */
	/* To be tried in this order; ends with NULL. */
	const char *repositories[CATALOGUE_REPOSITORIES + 1];
	bool as_published;           /* never prepared, for our forward pass does not know it: ONNX Runtime runs it */
	bool confirmed;              /* the first is known to exist in the layout that we read */
	struct catalogue_shape shape;
	/* Published sizes; those of other precisions are estimated. */
	struct { const char *precision; uint64_t bytes; } files[CATALOGUE_FILES];
	unsigned memory_gb;          /* the machine it is chosen for by itself: 8, 16, …; 0: never */
};

/* By family, small ones first. */
extern const struct catalogue_model catalogue[];
extern const size_t catalogue_count;

/* By name, title or repository, whatever the case; NULL when it is none of them. */
const struct catalogue_model *catalogue_find(struct str name);

uint64_t catalogue_parameters(const struct catalogue_model *m);

/* Bytes to download: "q4", "q4f16", "int8", "fp16", "fp32", …; 0 for a precision that is none. */
uint64_t catalogue_download_bytes(const struct catalogue_model *m, const char *precision);

/*
 * Bytes of the copy prepared from 4 bits (model/prepared.h), at most: 4.25 bits a
 * weight of the layers and of the head, 8.5 bits one of the embedding.  0 when
 * there will be none.
 */
uint64_t catalogue_prepared_bytes(const struct catalogue_model *m);

/* Keys and values of so many tokens, two bytes a number (four as published): layers x 2 x kv heads x head size x 2. */
uint64_t catalogue_kv_bytes(const struct catalogue_model *m, uint64_t tokens);

/* To run it: weights, keys and values of `context` tokens, and CATALOGUE_WORK for everything else. */
uint64_t catalogue_memory_bytes(const struct catalogue_model *m, uint64_t context);

/* Bytes of memory that the weights take: prepared, or as published, a quarter more for what ONNX Runtime repacks. */
uint64_t catalogue_weight_bytes(const struct catalogue_model *m);

/* To have it: the download, and the prepared copy beside it. */
uint64_t catalogue_disk_bytes(const struct catalogue_model *m, const char *precision);

#define CATALOGUE_WORK ((uint64_t)384 << 20)    /* bytes: tokenizer, activations, logits, the program itself */
