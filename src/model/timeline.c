/*
 * The sequence itself is kept here; what was computed of it, by the kind.
 */
#include "model/timeline.h"

#include <assert.h>

#include "base/mem.h"
#include "model/timeline_inside.h"

/* ---- Life ---- */

struct timeline *timeline_create(struct engine *e, struct error *err)
{
	own_timeline *t = mem_zeroed(1, sizeof *t);

	t->engine = engine_share(e);
	return e->kind->open(t, err) ? take(t) : NULL;
}

void timeline_destroy(struct timeline *t)
{
	if (!t)
		return;
	t->engine->kind->close(t);
	adapter_release(t->adapter);
	engine_release(t->engine);
	free(t->tokens);
	free(t);
}

bool timeline_set_adapter(struct timeline *t, struct adapter *a, struct error *err)
{
	if (a == t->adapter)
		return true;
	if (!t->engine->kind->restart)
		return error_set(err, ERROR_INVALID, "ONNX Runtime runs %s: only prepared models take adapters",
			t->engine->info.name);
	if (a && !adapter_fits(a, engine_shape(t->engine)))
		return error_set(err, ERROR_INVALID, "the adapter is for a model of another shape than %s",
			t->engine->info.name);
	adapter_release(t->adapter);
	t->adapter = adapter_share(a);
	t->keep = t->found = t->most = 0;
	t->engine->kind->restart(t);
	return true;
}

/* ---- The sequence ---- */

struct engine *timeline_engine(const struct timeline *t) { return t->engine; }
size_t timeline_length(const struct timeline *t) { return t->engine->kind->length(t); }
size_t timeline_pending(const struct timeline *t) { return t->count - timeline_length(t); }

size_t timeline_common(const struct timeline *t, const int32_t *tokens, size_t count)
{
	size_t length = timeline_length(t), most = count < length ? count : length, n = 0;

	while (n < most && t->tokens[n] == tokens[n])
		n++;
	return n;
}

size_t timeline_found(const struct timeline *t) { return t->found; }

size_t timeline_bytes(const struct timeline *t)
{
	return t->engine->kind->bytes(t) + t->room * sizeof *t->tokens;
}

float *timeline_logits(const struct timeline *t)
{
	return timeline_logits_at(t, 0);
}

float *timeline_logits_at(const struct timeline *t, size_t back)
{
	return timeline_pending(t) == 0 ? t->engine->kind->logits(t, back) : NULL;
}

void timeline_truncate(struct timeline *t, size_t length)
{
	if (length < timeline_length(t))
		t->engine->kind->truncate(t, length);
	t->count = timeline_length(t);
}

void timeline_yield(struct timeline *t)
{
	if (timeline_length(t))
		t->engine->kind->truncate(t, 0);
}

void timeline_keep(struct timeline *t, size_t length)
{
	t->keep = engine_keeps(t->engine) && !t->adapter && length <= t->count ? length : 0;
}

static void make_room(struct timeline *t, size_t count)
{
	if (count <= t->room)
		return;
	t->room = count < 256 ? 256 : count + count / 2;
	t->tokens = mem_resize(t->tokens, t->room, sizeof *t->tokens);
}

static bool check_tokens(const struct timeline *t, const int32_t *tokens, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++)
		if (tokens[i] < 0 || (size_t)tokens[i] >= t->engine->info.vocabulary)
			return error_set(err, ERROR_INVALID, "the model has no token %ld", (long)tokens[i]);
	return true;
}

static bool check_length(const struct timeline *t, size_t count, struct error *err)
{
	return count <= t->engine->info.context ||
	       error_set(err, ERROR_TOO_LARGE, "%zu tokens are more than the model's context of %zu", count,
		       t->engine->info.context);
}

bool timeline_begin(struct timeline *t, const int32_t *tokens, size_t count, struct error *err)
{
	const struct timeline_kind *kind = t->engine->kind;

	if (!check_length(t, count, err) || !check_tokens(t, tokens, count, err))
		return false;
	t->keep = 0;
	kind->adopt(t, tokens, count);
	if (count && timeline_length(t) == count && !kind->logits(t, 0))
		kind->truncate(t, count - 1);
	make_room(t, count);
	if (count)
		memcpy(t->tokens, tokens, count * sizeof *tokens);
	t->count = count;
	t->found = t->most = timeline_length(t);
	return true;
}

bool timeline_push(struct timeline *t, int32_t token, struct error *err)
{
	if (!check_length(t, t->count + 1, err) || !check_tokens(t, &token, 1, err))
		return false;
	make_room(t, t->count + 1);
	t->tokens[t->count++] = token;
	return true;
}

void timeline_pop(struct timeline *t, size_t count)
{
	assert(count <= timeline_pending(t));
	t->count -= count;
}

struct timeline *timeline_fork(const struct timeline *t, size_t length, struct error *err)
{
	own_timeline *copy = timeline_create(t->engine, err);

	if (length > timeline_length(t))
		length = timeline_length(t);
	if (!copy || !t->engine->kind->fork(copy, t, length, err))
		return NULL;
	make_room(copy, length);
	if (length)
		memcpy(copy->tokens, t->tokens, length * sizeof *t->tokens);
	copy->count = length;
	return take(copy);
}

/* ---- Runs ---- */

void timelines_advance(struct advance *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		assert(list[i].tokens > 0 && list[i].timeline->engine == list[0].timeline->engine);
		list[i].ok = false;
	}
	if (count)
		list[0].timeline->engine->kind->advance(list, count);
}

bool timeline_advance(struct timeline *t, size_t chunk, struct cancel *cancel, struct error *err)
{
	struct advance one = { .timeline = t, .tokens = chunk, .logits = 1, .cancel = cancel };

	timelines_advance(&one, 1);
	if (!one.ok)
		*err = one.err;
	return one.ok;
}
