/*
 * Keys and values lie in the engine's pages, and what others have computed of a
 * sequence's beginning is found there.  A run takes rows of all timelines given;
 * logits are the decoder's own memory, so they are there until its next run.
 */
#include "base/mem.h"
#include "model/timeline_inside.h"

/* The model as it is has world 0. */
static uint32_t world_of(const struct timeline *t)
{
	return t->adapter ? adapter_world(t->adapter) : 0;
}

/* ---- Life ---- */

static bool open_timeline(struct timeline *t, struct error *err)
{
	(void)err;
	t->sequence = sequence_create(t->engine->pages, world_of(t));
	return true;
}

static void close_timeline(struct timeline *t)
{
	sequence_destroy(t->sequence);
}

/* ---- The sequence ---- */

static size_t length(const struct timeline *t) { return sequence_length(t->sequence); }

static size_t bytes(const struct timeline *t)
{
	return sequence_page_count(t->sequence) * decoder_page_bytes(t->engine->decoder);
}

static void truncate_to(struct timeline *t, size_t tokens)
{
	sequence_truncate(t->sequence, tokens);
	t->run = 0;
}

static void adopt(struct timeline *t, const int32_t *tokens, size_t count)
{
	bool same = timeline_common(t, tokens, count) == count && count == length(t);

	if (same)
		return;
	if (t->engine->beginnings)
		(void)beginnings_load(t->engine->beginnings, world_of(t), tokens, count, &t->engine->complaint);
	sequence_begin(t->sequence, tokens, count);
	t->run = 0;
}

static void restart(struct timeline *t)
{
	sequence_destroy(t->sequence);
	t->sequence = sequence_create(t->engine->pages, world_of(t));
	t->run = 0;
}

static bool fork_into(struct timeline *copy, const struct timeline *t, size_t tokens, struct error *err)
{
	(void)err;
	copy->adapter = adapter_share(t->adapter);
	sequence_destroy(copy->sequence);
	copy->sequence = sequence_fork(t->sequence, tokens);
	if (tokens == length(t)) {
		copy->run = t->run;
		copy->first_logits = t->first_logits;
		copy->logits_count = t->logits_count;
	}
	return true;
}

static float *logits(const struct timeline *t, size_t back)
{
	const struct engine *e = t->engine;

	if (t->run == 0 || t->run != e->runs || back >= t->logits_count)
		return NULL;
	return decoder_logits(e->decoder, t->first_logits + t->logits_count - 1 - back);
}

/* ---- Runs ---- */

/* Answers go before the disk: what is being written there gives its pages up. */
static bool find_pages(struct timeline *t, size_t count, struct error *err)
{
	struct error why = {0};

	if (sequence_reserve(t->sequence, count, &why))
		return true;
	if (t->engine->beginnings && beginnings_yield(t->engine->beginnings))
		return sequence_reserve(t->sequence, count, err);
	*err = why;
	return false;
}

/*
 * Somebody else may have computed more of the sequence by now, or it gave its
 * pages up, and they are still there.
 */
static void catch_up(struct timeline *t)
{
	size_t had = length(t);

	if (t->count - had <= PAGE_TOKENS && had)
		return;
	if (page_pool_find(t->engine->pages, world_of(t), t->tokens, t->count - 1) <= had)
		return;
	sequence_begin(t->sequence, t->tokens, t->count - 1);
	if (length(t) > t->most)
		t->found += length(t) - (had > t->most ? had : t->most);
}

/* Rows it computes in this run; 0, with its result filled in, when it takes no part. */
static size_t reserve(struct advance *a)
{
	struct timeline *t = a->timeline;

	if (cancel_fired(a->cancel)) {
		error_set(&a->err, ERROR_CANCELLED, "cancelled");
		return 0;
	}
	if (t->count)
		catch_up(t);
	size_t pending = timeline_pending(t), count = a->tokens < pending ? a->tokens : pending;
	if (pending == 0)
		a->ok = true;
	return count && find_pages(t, count, &a->err) ? count : 0;
}

static struct decoder_row *make_room(struct engine *e, size_t rows)
{
	if (rows > e->row_room) {
		e->row_room = 2 * rows;
		e->rows = mem_resize(e->rows, e->row_room, sizeof *e->rows);
	}
	return e->rows;
}

/* Appends a timeline's rows; the last ones want logits when nothing stays pending after them. */
static void add_rows(struct advance *a, struct decoder_row *rows, size_t count, size_t *logits_so_far)
{
	struct timeline *t = a->timeline;
	size_t past = length(t), wanted = count < timeline_pending(t) ? 0 : a->logits < count ? a->logits : count;

	for (size_t i = 0; i < count; i++)
		rows[i] = (struct decoder_row){
			.token = t->tokens[past + i], .position = (uint32_t)(past + i),
			.pages = sequence_pages(t->sequence),
			.wants_logits = i + wanted >= count, .adapter = t->adapter,
		};
	t->run = 0;
	t->first_logits = *logits_so_far;
	t->logits_count = wanted;
	*logits_so_far += wanted;
}

/* As long as the writer is busy, it is tried again with the next run. */
static void keep(struct timeline *t)
{
	if (t->keep && length(t) >= t->keep && beginnings_save(t->engine->beginnings, t->sequence, t->keep))
		t->keep = 0;
}

static void settle(struct advance *a, size_t count)
{
	struct timeline *t = a->timeline;

	sequence_extend(t->sequence, t->tokens + length(t), count);
	keep(t);
	t->most = length(t) > t->most ? length(t) : t->most;
	t->run = t->logits_count ? t->engine->runs : 0;
	a->ok = true;
}

static void advance(struct advance *list, size_t count)
{
	struct engine *e = list[0].timeline->engine;
	own_mem size_t *counts = mem_zeroed(count, sizeof *counts);
	size_t rows = 0, logits_so_far = 0;
	struct error err = {0};

	for (size_t i = 0; i < count; i++)
		rows += counts[i] = reserve(&list[i]);
	if (rows == 0)
		return;
	struct decoder_row *next = make_room(e, rows);
	for (size_t i = 0; i < count; next += counts[i++])
		if (counts[i])
			add_rows(&list[i], next, counts[i], &logits_so_far);
	e->runs++;
	/* A run for several is not ended for one of them. */
	bool ok = decoder_run(e->decoder, e->rows, rows, count == 1 ? list[0].cancel : NULL, &err);
	for (size_t i = 0; i < count; i++) {
		if (counts[i] && ok)
			settle(&list[i], counts[i]);
		else if (counts[i])
			list[i].err = err;
	}
}

const struct timeline_kind timeline_of_pages = {
	.open = open_timeline, .close = close_timeline, .length = length, .bytes = bytes, .truncate = truncate_to,
	.adopt = adopt, .restart = restart, .fork = fork_into, .logits = logits, .advance = advance,
};
