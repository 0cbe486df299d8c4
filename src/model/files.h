/*
 * What lies in a model's folder, in the layout that Hugging Face's exporters
 * write: config.json, generation_config.json, tokenizer.json,
 * tokenizer_config.json, and ONNX graphs in onnx/ or in the folder itself.
 */
#pragma once

#include "chat/request.h"

#define END_TOKENS_MAX 32

struct model_files {
	char *name;               /* "owner/name" in a Hugging Face cache, else the folder's own name */
	char *folder;
	char *graph;              /* path of the ONNX file to use */
	const char *precision;    /* "q4", "int8", "fp32", … as the file's name says */

	/* From config.json. */
	char *type;               /* model_type, "" when not stated */
	size_t context;           /* max_position_embeddings; 0: not stated */
	size_t vocabulary;        /* vocab_size; 0: not stated */

	/* From generation_config.json, else config.json. */
	int32_t end_tokens[END_TOKENS_MAX];
	size_t end_token_count;
	struct sampling sampling; /* the model's own defaults, every wish stated */
};

/*
 * Of several graphs the first in the order of hub/graphs.h is used.  `precision`
 * names one to use instead (NULL: none).
 * An error names what is missing.
 */
bool model_files_find(struct model_files *f, const char *folder, const char *precision, struct error *err) must_use;
/* The name alone, which the caller frees; the folder need not be there. */
char *model_folder_name(const char *folder) must_use;

void model_files_done(struct model_files *f);
#define own_model_files owns(model_files_done) struct model_files
