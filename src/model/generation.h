/*
 * One answer under way.
 *
 *     own_generation *g = generation_create(model, &request, on_delta, user, &err);
 *     const int32_t *prompt = generation_prompt(g, &count);
 *     struct timeline *t = pool_take(pool, prompt, count, &err);
 *     generation_begin(g, t, &err);
 *     while (!ended) {
 *             generation_want(g, 64, &advance);
 *             timelines_advance(&advance, 1);
 *             if (!advance.ok || !generation_take(g, &ended, &err))
 *                     break;
 *     }
 *     generation_destroy(g), pool_give(pool, t);
 *
 * Each round is one slice of work, a piece of the prompt or one token with guesses
 * at what follows, so that many answers can take turns on one thread, or share
 * their runs: timelines_advance() takes what several want.  Deltas come in the
 * order that
 * chat/delta.h describes: text in whole characters, without end tokens and stop
 * strings; tool calls taken out of it when the request has tools.  One thread at a
 * time.
 */
#pragma once

#include "chat/delta.h"
#include "model/model.h"
#include "model/timeline.h"

struct generation;

/*
 * Renders and encodes the request, of which only the tools must outlive the
 * answer; shares the model.  ERROR_TOO_LARGE with both counts when prompt and
 * max_tokens do not fit the context, ERROR_INVALID for a wish out of its range.
 */
struct generation *generation_create(struct model *m, const struct request *request, delta_fn *on_delta, void *user,
				     struct error *err) must_use;
void generation_destroy(struct generation *g);    /* accepts NULL */

static inline void generation_destroy_ptr(struct generation **g) { generation_destroy(*g); }
#define own_generation owns(generation_destroy_ptr) struct generation

/* The prompt's tokens; they live as long as g. */
const int32_t *generation_prompt(const struct generation *g, size_t *count);

/* Borrows a timeline of the same engine until destruction; nobody else may use it meanwhile. */
bool generation_begin(struct generation *g, struct timeline *t, struct error *err) must_use;

/* What it wants computed next: at most `slice` tokens of its prompt, or its last token and guesses. */
void generation_want(struct generation *g, size_t slice, struct advance *want);

/*
 * What becomes of that, once it was computed.  *ended becomes true when DELTA_END
 * has been emitted.  False when a choice fails or on_delta says so.
 */
bool generation_take(struct generation *g, bool *ended, struct error *err) must_use;

/*
 * How many guesses (model/guess.h) a step may carry from now on; 0 at first, and
 * always of models that ONNX Runtime runs.  The answer is the same with and without.
 */
void generation_guess(struct generation *g, size_t most);

/* Tokens still to be computed before the next one can be chosen: 1 while it writes, more while it reads. */
size_t generation_pending(const struct generation *g);
