/*
 * The timeline's inside, for its own files and the pool's only: what is common, and
 * the two kinds (model/engine_inside.h).
 */
#pragma once

#include "model/engine_inside.h"
#include "model/timeline.h"

struct timeline {
	struct engine *engine;
	int32_t *tokens;           /* the sequence: computed ones, then pending */
	size_t count, room;        /* of tokens */
	size_t found;              /* computed ones that were there already */

	/* On pages. */
	struct adapter *adapter;   /* NULL: none */
	struct sequence *sequence; /* in the adapter's world */
	size_t keep;               /* tokens to be kept on disk once they are computed; 0: none, or done */
	size_t most;               /* tokens it ever had computed since it began */
	uint64_t run;              /* the engine's run that gave it logits; 0: none, or not the last token's */
	size_t first_logits, logits_count;     /* which of that run's */

	/* ONNX Runtime's. */
	struct kv_cache cache;
	bool has_logits;           /* of the last computed token */
	float *logits;
	uint16_t *half_logits;     /* as a float16 graph gives them */
	OrtRunOptions *run_options;

	/* One run's tensors: the engine's own inputs, then caches; logits, then caches. */
	OrtValue **inputs, **outputs;
	void *wrapped;             /* where the caches were when they were wrapped, NULL: not */
	int64_t *numbers[GRAPH_INPUTS];   /* what the own inputs hold, as int64 or int32 */
	size_t number_room[GRAPH_INPUTS];
};

/* What the kinds do differently; timeline.c says when. */
struct timeline_kind {
	bool (*open)(struct timeline *t, struct error *err);
	void (*close)(struct timeline *t);     /* also after open has failed */
	size_t (*length)(const struct timeline *t);
	size_t (*bytes)(const struct timeline *t);
	void (*truncate)(struct timeline *t, size_t length);   /* length < its length */

	/* Drops what `tokens` do not begin with, and takes what is known of them from elsewhere. */
	void (*adopt)(struct timeline *t, const int32_t *tokens, size_t count);

	/* Empties it, for another adapter; NULL: it can have none. */
	void (*restart)(struct timeline *t);

	/* Makes `copy`, which is empty, begin with the first `length` computed tokens. */
	bool (*fork)(struct timeline *copy, const struct timeline *t, size_t length, struct error *err);

	/* After the token `back` before the last computed one; NULL: not there (any more). */
	float *(*logits)(const struct timeline *t, size_t back);

	/* All of one engine. */
	void (*advance)(struct advance *list, size_t count);
};

/* Pages it holds; 0 without any. */
static inline size_t timeline_pages(const struct timeline *t)
{
	return t->sequence ? sequence_page_count(t->sequence) : 0;
}
