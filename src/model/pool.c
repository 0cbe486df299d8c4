#include "model/pool.h"

#include <assert.h>

#include "base/mem.h"
#include "model/timeline_inside.h"

enum { ANSWER_RESERVE = 128 };         /* tokens of an answer whose pages are promised beforehand */

struct place {
	struct timeline *timeline;
	bool out;             /* taken, not given back yet */
	uint64_t used;        /* when, in takes */
	size_t tokens;        /* a prepared model's: that pages were promised for */
	bool parked;
};

struct pool {
	struct engine *engine;
	struct place *places;
	size_t count, most, bytes;
	uint64_t takes;
};

struct pool *pool_create(struct engine *e, size_t most, size_t bytes)
{
	struct pool *p = mem_zeroed(1, sizeof *p);

	assert(most > 0);
	p->engine = engine_share(e);
	p->places = mem_zeroed(most, sizeof *p->places);
	p->most = most;
	p->bytes = bytes;
	return p;
}

void pool_destroy(struct pool *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++) {
		assert(!p->places[i].out);
		timeline_destroy(p->places[i].timeline);
	}
	engine_release(p->engine);
	free(p->places);
	free(p);
}

size_t pool_bytes(const struct pool *p)
{
	size_t bytes = 0;

	for (size_t i = 0; i < p->count; i++)
		bytes += timeline_bytes(p->places[i].timeline);
	return bytes;
}

size_t pool_count(const struct pool *p)
{
	return p->count;
}

/* The place whose timeline shares most with the sequence, idle ones before others; NULL when there is none. */
static struct place *find_best(const struct pool *p, const int32_t *tokens, size_t count, size_t *common)
{
	struct place *best = NULL;

	*common = 0;
	for (size_t i = 0; i < p->count; i++) {
		struct place *place = &p->places[i];
		size_t n = timeline_common(place->timeline, tokens, count);
		if (!best || n > *common || (n == *common && best->out && !place->out)) {
			best = place;
			*common = n;
		}
	}
	return best;
}

static struct place *find_oldest_idle(const struct pool *p)
{
	struct place *oldest = NULL;

	for (size_t i = 0; i < p->count; i++)
		if (!p->places[i].out && (!oldest || p->places[i].used < oldest->used))
			oldest = &p->places[i];
	return oldest;
}

static void drop(struct pool *p, struct place *place)
{
	timeline_destroy(place->timeline);
	*place = p->places[--p->count];
}

/* Keys and values of the sequence and of as much answer again; a guess that errs on the safe side for long prompts. */
static size_t expected_bytes(const struct pool *p, size_t count)
{
	const struct engine_info *info = engine_info(p->engine);
	size_t tokens = 2 * count < info->context ? 2 * count : info->context;

	return tokens * info->token_bytes;
}

static bool has_room(const struct pool *p, size_t bytes)
{
	return p->count < p->most && (p->bytes == 0 || pool_bytes(p) + bytes <= p->bytes);
}

static struct timeline *mark_out(struct pool *p, struct place *place)
{
	place->out = true;
	place->used = ++p->takes;
	return place->timeline;
}

static struct timeline *add(struct pool *p, struct timeline *t)
{
	if (!t)
		return NULL;
	p->places[p->count] = (struct place){ .timeline = t };
	return mark_out(p, &p->places[p->count++]);
}

/* ---- Prepared models ---- */

static size_t pages_for(size_t tokens) { return (tokens + PAGE_TOKENS - 1) / PAGE_TOKENS; }

/* What a timeline that is out may still come to want; it always wants one more. */
static size_t owed_pages(const struct place *place)
{
	size_t held = timeline_pages(place->timeline);
	size_t most = pages_for(place->tokens);

	return most > held ? most - held : 1;
}

/* Whether `pages` more can be had, those parked apart: `all` counts what they will want too. */
static bool has_pages(const struct pool *p, size_t pages, bool all)
{
	for (size_t i = 0; i < p->count; i++)
		if (all || !p->places[i].parked)
			pages += owed_pages(&p->places[i]);
	return pages <= page_pool_available(p->engine->pages);
}

/* Whether nobody else is at work: then it has all pages there are. */
static bool only_one(const struct pool *p)
{
	size_t active = 0;

	for (size_t i = 0; i < p->count; i++)
		active += !p->places[i].parked;
	return active == 0;
}

static struct timeline *take_prepared(struct pool *p, const int32_t *tokens, size_t count, struct error *err)
{
	size_t shared = page_pool_find(p->engine->pages, 0, tokens, count) / PAGE_TOKENS;
	size_t wanted = pages_for(count + ANSWER_RESERVE);

	if (p->count == p->most || (p->count && !has_pages(p, wanted - (shared < wanted ? shared : wanted), true))) {
		error_set(err, ERROR_UNAVAILABLE, "no memory for the keys and values of %zu more tokens", count);
		return NULL;
	}
	struct timeline *t = add(p, timeline_create(p->engine, err));
	if (t)
		p->places[p->count - 1].tokens = count + ANSWER_RESERVE;
	return t;
}

static struct place *place_of(struct pool *p, const struct timeline *t)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->places[i].timeline == t)
			return &p->places[i];
	assert(!"a timeline of this pool");
	return NULL;
}

void pool_park(struct pool *p, struct timeline *t)
{
	struct place *place = place_of(p, t);

	place->parked = true;
	place->tokens = timeline_pending(t) + timeline_length(t) + ANSWER_RESERVE;
	timeline_yield(t);
}

bool pool_resume(struct pool *p, struct timeline *t)
{
	struct place *place = place_of(p, t);

	if (!only_one(p) && !has_pages(p, pages_for(place->tokens), false))
		return false;
	place->parked = false;
	return true;
}

/* ---- All ---- */

struct timeline *pool_take(struct pool *p, const int32_t *tokens, size_t count, struct error *err)
{
	if (p->engine->decoder)
		return take_prepared(p, tokens, count, err);
	size_t common, bytes = expected_bytes(p, count);
	struct place *best = find_best(p, tokens, count, &common), *oldest;

	if (best && !best->out && common == timeline_length(best->timeline))
		return mark_out(p, best);
	while (!has_room(p, bytes) && (oldest = find_oldest_idle(p))) {
		if (oldest == best)
			return mark_out(p, best);
		drop(p, oldest);
		best = find_best(p, tokens, count, &common);
	}
	if (p->count == p->most || (p->count && !has_room(p, bytes))) {
		error_set(err, ERROR_UNAVAILABLE, "all %zu inference slots are busy", p->count);
		return NULL;
	}
	return add(p, common ? timeline_fork(best->timeline, common, err) : timeline_create(p->engine, err));
}

void pool_give(struct pool *p, struct timeline *t)
{
	struct place *place = place_of(p, t);

	assert(place->out);
	place->out = false;
	place->used = ++p->takes;
	if (p->engine->decoder)
		drop(p, place);
}
