/*
 * A loaded model: weights and what is known about them.
 *
 * Two kinds: a prepared file (model/prepared.h) is run by our own decoder, many
 * timelines in one run; anything else is run by ONNX Runtime, one at a time.
 * Read-only after engine_open(): any thread may look at it.  Timelines
 * (model/timeline.h) of a prepared one belong to one thread, all of them; those
 * of ONNX Runtime may run at once.  Reference-counted; the last
 * engine_release() frees it.
 */
#pragma once

#include "chat/request.h"
#include "model/decoder_shape.h"

struct engine;

struct engine_options {
	int threads;               /* a run may use; 0: as many as there are processors */
	size_t context;            /* tokens a timeline may hold at most; 0: what the model was made for */
	const char *precision;     /* which of several graphs; NULL: model/files.h says */
	const char *const *ort_paths;   /* where else to look for ONNX Runtime; model/ort.h */
	const char *prepared;      /* file to use instead of the graph; NULL: none */
	const char *reason;        /* why there is one, or none; for engine_info, NULL: as a matter of course */
	bool small_kv;             /* keys and values in 8 bits instead of 16; prepared ones only */
	size_t kv_bytes;           /* keys and values of all timelines together, at most; 0: 1 GB; prepared ones only */
	const char *beginnings;    /* folder of system prompts computed before; NULL: none; prepared ones only */
	uint64_t beginnings_limit; /* bytes of its files */
};

struct engine_info {
	const char *name;          /* "owner/name", or the folder's name */
	const char *type;          /* "qwen2", …; "" when config.json does not say */
	const char *precision;     /* "q4", "fp32", … */
	const char *attention;     /* "GroupQueryAttention, shared cache", … */
	const char *runtime;       /* ONNX Runtime's version, or "own kernels, …" */
	bool prepared;             /* our own decoder runs it */
	const char *reason;        /* why so, or why not */
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

/* Memory of a prepared one beside its weights, in bytes; exact.  From its timelines' thread. */
struct engine_memory {
	size_t used, cached, total;    /* of keys and values: of timelines; kept for later; at most in all */
	size_t runs;                   /* that computing needs, of the largest run so far */
};

struct engine_memory engine_memory(const struct engine *e);

/*
 * Whether timeline_keep() keeps anything; and what has gone wrong with that since this
 * was asked last.  From their thread.
 */
bool engine_keeps(const struct engine *e);
bool engine_complaint(struct engine *e, struct error *err);

/* What adapters for it are made for (model/adapter.h); NULL when ONNX Runtime runs it. */
const struct decoder_shape *engine_shape(const struct engine *e);

const struct engine_info *engine_info(const struct engine *e);
bool engine_is_end(const struct engine *e, int32_t token);
