/*
 * The timelines of one model, so that a conversation finds its own again.
 *
 * pool_take() gives the timeline that saves most work on a sequence; when using
 * it would destroy what another conversation may come back to, a copy of the
 * common beginning is given instead, as long as there is room.  Room is made by
 * dropping what was not used for longest.  One thread at a time.
 *
 * Timelines of a prepared model share what they have computed by themselves
 * (model/pages.h), so there the pool only sees to it that the pages suffice: for
 * the prompt and a piece of the answer, counting what was promised to those out.
 * When they run out all the same, one is parked until there is room again.
 */
#pragma once

#include "model/timeline.h"

struct pool;

/*
 * At most `most` timelines and `bytes` of memory for them (0: no ceiling; a prepared
 * engine has its own); shares the engine.
 */
struct pool *pool_create(struct engine *e, size_t most, size_t bytes);

/* No timeline may be out. */
void pool_destroy(struct pool *p);

static inline void pool_destroy_ptr(struct pool **p) { pool_destroy(*p); }
#define own_pool owns(pool_destroy_ptr) struct pool

/*
 * A timeline for a sequence that begins with these tokens; the caller begins it
 * (timeline_begin) and gives it back.  ERROR_UNAVAILABLE when all are out or
 * memory is short: try again when one has come back.
 */
struct timeline *pool_take(struct pool *p, const int32_t *tokens, size_t count, struct error *err) must_use;
void pool_give(struct pool *p, struct timeline *t);

/*
 * Takes the pages of a timeline that is out, for others; it computes nothing until
 * pool_resume() says true, which it does when there is room for it.  Prepared
 * models only.
 */
void pool_park(struct pool *p, struct timeline *t);
bool pool_resume(struct pool *p, struct timeline *t);

size_t pool_bytes(const struct pool *p);
size_t pool_count(const struct pool *p);
