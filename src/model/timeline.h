/*
 * One mutable inference: a sequence of tokens, what the model has computed of it
 * so far, and the logits after its last token.
 *
 * The caller hands over the whole sequence each time; what it has in common with
 * the last one is not computed again:
 *
 *     timeline_begin(t, tokens, count);
 *     while (timeline_pending(t))
 *             timeline_advance(t, 256, cancel, &err)      // a prompt, piece by piece
 *     float *logits = timeline_logits(t);
 *     timeline_push(t, chosen, &err) … timeline_advance(t, 1, cancel, &err)
 *
 * Several timelines of one engine advance together (timelines_advance), which a
 * prepared model computes in one run.  Its logits come out the same bit for bit
 * however that is cut.
 *
 * When a step fails (cancelled, out of memory) the timeline stays whole: what was
 * computed before is kept, the rest is still pending.  One thread at a time; all
 * timelines of a prepared model belong to one.
 */
#pragma once

#include <stdint.h>

#include "base/cancel.h"
#include "model/adapter.h"
#include "model/engine.h"

struct timeline;

/* Empty; shares the engine.  NULL when ONNX Runtime has no more memory. */
struct timeline *timeline_create(struct engine *e, struct error *err) must_use;
void timeline_destroy(struct timeline *t);

static inline void timeline_destroy_ptr(struct timeline **t) { timeline_destroy(*t); }
#define own_timeline owns(timeline_destroy_ptr) struct timeline

/* A new timeline with the first `length` computed tokens of this one, at most what it has. */
struct timeline *timeline_fork(const struct timeline *t, size_t length, struct error *err) must_use;

struct engine *timeline_engine(const struct timeline *t);

/*
 * From now on it computes with this adapter (NULL: without), which it shares;
 * forks do too.  With another than before, all of its sequence is pending:
 * nothing is shared between adapters.  Nothing of it is kept on disk either.
 * ERROR_INVALID when the adapter is for another shape than engine_shape()'s, or
 * ONNX Runtime runs the model.
 */
bool timeline_set_adapter(struct timeline *t, struct adapter *a, struct error *err) must_use;

/* Tokens computed; how many of them a sequence begins with; memory taken for them, in bytes. */
size_t timeline_length(const struct timeline *t);
size_t timeline_common(const struct timeline *t, const int32_t *tokens, size_t count);
size_t timeline_bytes(const struct timeline *t);

/*
 * Makes `tokens` the sequence: computed tokens it does not begin with are
 * dropped, the rest of it becomes pending (at least its last token, unless the
 * logits are still there).  ERROR_TOO_LARGE when it is longer than the context,
 * ERROR_INVALID for a token the model does not have; then nothing has changed.
 */
bool timeline_begin(struct timeline *t, const int32_t *tokens, size_t count, struct error *err) must_use;

/* Adds one token to the sequence; same errors. */
bool timeline_push(struct timeline *t, int32_t token, struct error *err) must_use;

/* Takes the last `count` pending tokens off again. */
void timeline_pop(struct timeline *t, size_t count);

/* How many tokens were found computed by others, not computed here, since timeline_begin(). */
size_t timeline_found(const struct timeline *t);

/* Tokens of the sequence not computed yet. */
size_t timeline_pending(const struct timeline *t);

/*
 * Computes at most `chunk` pending tokens in one run (fewer where the logits
 * of so many would take too much memory).  `cancel`, which may be NULL, ends a
 * run within milliseconds (ERROR_CANCELLED); its waker is ours during the call.
 */
bool timeline_advance(struct timeline *t, size_t chunk, struct cancel *cancel, struct error *err) must_use;

/* One timeline's part of a common run. */
struct advance {
	struct timeline *timeline;
	size_t tokens;             /* pending ones to compute, at most; > 0 */
	size_t logits;             /* wanted of the last ones, when none stays pending; 1, or more if prepared */
	struct cancel *cancel;     /* as above, NULL: none; a run for several is not ended for one of them */
	bool ok;                   /* the result; when false, err says why */
	struct error err;
};

/*
 * Advances each, all of one engine; the results are in the list.  ERROR_UNAVAILABLE
 * for one of a prepared model when there are no pages left: another must be
 * destroyed, truncated or yield first.
 */
void timelines_advance(struct advance *list, size_t count);

/*
 * The first `length` tokens of the sequence are what others will begin with too:
 * where the engine keeps such on disk (engine_keeps()), they are written when
 * they have been computed, and found by later runs of the program.
 */
void timeline_keep(struct timeline *t, size_t length);

/*
 * Gives back the memory of what was computed; all of the sequence is pending.  What
 * is still known of it when it advances the next time is not computed again.
 */
void timeline_yield(struct timeline *t);

/* Forgets computed tokens behind the first `length`, and what is pending. */
void timeline_truncate(struct timeline *t, size_t length);

/*
 * The logits after the last token, engine_info()->vocabulary of them, when
 * nothing is pending; NULL before anything was computed or after a truncation.
 * They stay until the next call that changes the timeline, a prepared model's also
 * no longer than until any timeline of the engine advances; a reader may write into
 * them if it puts back what was there.
 */
float *timeline_logits(const struct timeline *t);

/* The same after the token `back` before the last, of as many as were wanted. */
float *timeline_logits_at(const struct timeline *t, size_t back);
