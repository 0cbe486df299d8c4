#include "model/pool.h"

#include <assert.h>

#include "base/mem.h"

struct place {
	struct timeline *timeline;
	bool out;             /* taken, not given back yet */
	uint64_t used;        /* when, in takes */
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

struct timeline *pool_take(struct pool *p, const int32_t *tokens, size_t count, struct error *err)
{
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
	for (size_t i = 0; i < p->count; i++) {
		if (p->places[i].timeline != t)
			continue;
		assert(p->places[i].out);
		p->places[i].out = false;
		p->places[i].used = ++p->takes;
		return;
	}
	assert(!"a timeline of this pool");
}
