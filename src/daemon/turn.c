#include "daemon/turn.h"

#include "base/mem.h"

enum {
	ROWS_BESIDE = 64,        /* of prompts in a run, beside answers that are being written */
	ROWS_ALONE = 256,        /* when there are none such */
	ROWS_LEAST = 16,         /* of one prompt */
	ROWS_OF_ORT = 64,        /* of a prompt in a run of ONNX Runtime */
	ROWS_GUESSED = 16,       /* answers and guesses together, in a run; more would cost more than they give */
};

/* ---- Who goes on ---- */

static bool is_prepared(const struct job *j)
{
	return engine_info(model_engine(j->loaded->model))->prepared;
}

static bool is_writing(const struct job *j)
{
	return generation_pending(j->generation) == 1;
}

/* Whether it takes part in this turn; one whose client has gone ends here. */
static bool can_go_on(struct job *j)
{
	struct error err = {0};

	if (job_gone(j, &err)) {
		job_end(j, &err);
		return false;
	}
	j->blocked = !delivery_flush(j->delivery);
	if (j->blocked)
		return false;
	if (j->parked)
		j->parked = !pool_resume(j->loaded->pool, j->timeline);
	return !j->parked;
}

/* ---- A run ---- */

static void want(struct turn *t, struct job *j, size_t slice)
{
	struct advance *a = &t->advances[t->batch_count];

	generation_want(j->generation, slice, a);
	a->cancel = reply_cancel(j->delivery->reply);
	t->batch[t->batch_count++] = j;
}

/* Answers that are being written: one row each, and guesses while rows are cheap. */
static void want_written(struct turn *t, struct job *const *ready, size_t count, size_t writing)
{
	size_t guesses = writing < ROWS_GUESSED ? ROWS_GUESSED / writing - 1 : 0;

	for (size_t i = 0; i < count; i++) {
		if (!is_writing(ready[i]))
			continue;
		generation_guess(ready[i]->generation, guesses);
		want(t, ready[i], 1);
	}
}

/* Prompts share what rows there are, beginning with another one each turn. */
static void want_read(struct turn *t, struct job *const *ready, size_t count, size_t writing)
{
	size_t rows = writing ? ROWS_BESIDE : ROWS_ALONE, share = rows / (count - writing);

	if (share < ROWS_LEAST)
		share = ROWS_LEAST;
	for (size_t i = 0; i < count && rows; i++) {
		struct job *j = ready[(i + t->turns) % count];
		if (is_writing(j))
			continue;
		want(t, j, share < rows ? share : rows);
		rows -= share < rows ? share : rows;
	}
}

/* The newest of those that hold pages, but not the only one. */
static struct job *newest_of(struct turn *t, const struct loaded *loaded)
{
	struct job *newest = NULL;
	size_t holders = 0;

	for (size_t i = 0; i < t->count; i++) {
		struct job *j = t->jobs[i];
		if (j->over || j->parked || j->loaded != loaded)
			continue;
		holders++;
		if (!newest || j->number > newest->number)
			newest = j;
	}
	return holders > 1 ? newest : NULL;
}

static void take_one(struct job *j)
{
	struct error err = {0};
	bool ended = false;

	if (!generation_take(j->generation, &ended, &err))
		job_end(j, &err);
	else if (ended)
		job_end(j, NULL);
	else
		(void)delivery_flush(j->delivery);
}

/* One has found no pages: the newest gives up its own.  Nobody but the last has to fail for that. */
static void make_room(struct turn *t, struct job *j, const struct error *failure)
{
	struct job *newest = newest_of(t, j->loaded);

	if (!newest) {
		job_end(j, failure);
		return;
	}
	pool_park(newest->loaded->pool, newest->timeline);
	newest->parked = true;
}

static void run_batch(struct turn *t)
{
	struct job *starved = NULL;
	struct error failure = {0};

	timelines_advance(t->advances, t->batch_count);
	for (size_t i = 0; i < t->batch_count; i++) {
		struct advance *a = &t->advances[i];
		if (a->ok) {
			take_one(t->batch[i]);
		} else if (a->err.kind == ERROR_UNAVAILABLE && is_prepared(t->batch[i])) {
			starved = t->batch[i];
			failure = a->err;
		} else {
			job_end(t->batch[i], &a->err);
		}
	}
	if (starved)
		make_room(t, starved, &failure);
	t->batch_count = 0;
}

/* All that are ready of one model. */
static void run_prepared(struct turn *t, struct job *const *ready, size_t count)
{
	size_t writing = 0;

	for (size_t i = 0; i < count; i++)
		writing += is_writing(ready[i]);
	if (writing)
		want_written(t, ready, count, writing);
	if (writing < count)
		want_read(t, ready, count, writing);
	run_batch(t);
}

/* ---- The turn ---- */

static void drop_ended(struct turn *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->count; i++) {
		if (t->jobs[i]->over)
			free(t->jobs[i]);
		else
			t->jobs[kept++] = t->jobs[i];
	}
	t->count = kept;
}

/* Takes those of the first one's model out of the list: all of a prepared one's, else the first alone. */
static size_t take_group(struct job **ready, size_t *count, struct job **group)
{
	const struct loaded *loaded = ready[0]->loaded;
	bool together = is_prepared(ready[0]);
	size_t taken = 0, kept = 0;

	for (size_t i = 0; i < *count; i++) {
		if (ready[i]->loaded == loaded && (together || taken == 0))
			group[taken++] = ready[i];
		else
			ready[kept++] = ready[i];
	}
	*count = kept;
	return taken;
}

bool turn_take(struct turn *t)
{
	struct job *ready[ANSWERS_MAX], *group[ANSWERS_MAX];
	size_t before = t->count, count = 0;

	for (size_t i = 0; i < t->count; i++)
		if (can_go_on(t->jobs[i]))
			ready[count++] = t->jobs[i];
	bool moved = count > 0;
	while (count) {
		size_t taken = take_group(ready, &count, group);
		if (is_prepared(group[0])) {
			run_prepared(t, group, taken);
		} else {
			want(t, group[0], ROWS_OF_ORT);
			run_batch(t);
		}
	}
	t->turns++;
	drop_ended(t);
	return moved || t->count != before;
}

size_t turn_parked(const struct turn *t)
{
	size_t parked = 0;

	for (size_t i = 0; i < t->count; i++)
		parked += t->jobs[i]->parked;
	return parked;
}
