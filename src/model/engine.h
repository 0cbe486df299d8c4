/*
 * A loaded model: weights and what is known about them.
 *
 * Shared and read-only after engine_open(): any thread may use it, many
 * timelines (model/timeline.h) run on it at once.  Reference-counted; the last
 * engine_release() frees it.
 */
#pragma once

#include "chat/request.h"

struct engine;

struct engine_options {
	int threads;               /* a run may use; 0: as many as there are processors */
	size_t context;            /* tokens a timeline may hold at most; 0: what the model was made for */
	const char *precision;     /* which of several graphs; NULL: model/files.h says */
	const char *const *ort_paths;   /* where else to look for ONNX Runtime; model/ort.h */
};

struct engine_info {
	const char *name;          /* "owner/name", or the folder's name */
	const char *type;          /* "qwen2", …; "" when config.json does not say */
	const char *precision;     /* "q4", "fp32", … */
	const char *attention;     /* "GroupQueryAttention, shared cache", … */
	const char *runtime;       /* ONNX Runtime's version */
	size_t vocabulary;         /* logits per token */
	size_t context;            /* tokens a timeline may hold */
	size_t layers, kv_heads, head_dimension;   /* the first layer's, where they differ */
	size_t token_bytes;        /* of keys and values, per token */
	uint64_t weight_bytes;     /* of the files */
	const int32_t *end_tokens;
	size_t end_token_count;
	struct sampling sampling;  /* the model's own defaults, every wish stated */
};

/*
 * Loads the model in a folder; takes seconds for a large one and cannot be
 * cancelled.  Files may come from strangers: what is wrong with them ends in an
 * error that names it.
 */
struct engine *engine_open(const char *folder, const struct engine_options *options, struct error *err) must_use;

struct engine *engine_share(struct engine *e);
void engine_release(struct engine *e);

static inline void engine_release_ptr(struct engine **e) { engine_release(*e); }
#define own_engine owns(engine_release_ptr) struct engine

const struct engine_info *engine_info(const struct engine *e);
bool engine_is_end(const struct engine *e, int32_t token);
