#include "daemon/turn.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "kernel/attention.h"

enum {
	ROWS_FIRST = 64,         /* of prompts in a run, before it is known how long they take */
	ROWS_MOST = 256,
	ROWS_LEAST = 16,         /* of one prompt; the kernels' stride */
	MS_BESIDE = 50,          /* that rows of prompts may take in a run, beside answers that are being written */
	MS_ALONE = 250,          /* when there are none such: how long a new question waits at most */
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

/* How many rows of prompts fit into the time that they may take. */
static size_t rows_that_fit(const struct loaded *loaded, size_t writing)
{
	double rows = (writing ? MS_BESIDE : MS_ALONE) * 1e6 / loaded->row_ns;

	if (loaded->row_ns == 0)
		return ROWS_FIRST;
	return rows > ROWS_MOST ? ROWS_MOST : rows < ROWS_LEAST ? ROWS_LEAST : (size_t)rows / ROWS_LEAST * ROWS_LEAST;
}

/* Whether both prompts have so many tokens, and the same. */
static bool begin_alike(const struct job *a, const struct job *b, size_t tokens)
{
	size_t counts[2];
	const int32_t *first = generation_prompt(a->generation, &counts[0]);
	const int32_t *second = generation_prompt(b->generation, &counts[1]);

	return tokens <= counts[0] && tokens <= counts[1] && memcmp(first, second, tokens * sizeof *first) == 0;
}

/*
 * Whether an older prompt is about to compute a page that this one needs as well:
 * then it waits, and finds it there (several questions of one program at once).
 */
static bool is_ahead(const struct job *older, const struct job *j)
{
	size_t done = timeline_length(j->timeline), ahead = timeline_length(older->timeline);

	return ahead >= done && begin_alike(older, j, ahead + PAGE_TOKENS);
}

static bool waits_for_another(struct job *const *reading, size_t count, const struct job *j)
{
	for (size_t i = 0; i < count; i++)
		if (is_ahead(reading[i], j))
			return true;
	return false;
}

/* Prompts share what rows there are, beginning with another one each turn. */
static void want_read(struct turn *t, struct job *const *ready, size_t count, size_t writing)
{
	struct job *reading[ANSWERS_MAX];
	size_t rows = rows_that_fit(ready[0]->loaded, writing), readers = 0;

	for (size_t i = 0; i < count; i++)
		if (!is_writing(ready[i]) && !waits_for_another(reading, readers, ready[i]))
			reading[readers++] = ready[i];
	size_t share = rows / readers < ROWS_LEAST ? ROWS_LEAST : rows / readers;
	for (size_t i = 0; i < readers && rows; i++) {
		size_t slice = share < rows ? share : rows;
		want(t, reading[(i + t->turns) % readers], slice);
		rows -= slice;
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

/* Whether an answer of the run has ended, and its pages can be had. */
static bool has_ended(const struct turn *t)
{
	for (size_t i = 0; i < t->batch_count; i++)
		if (t->batch[i]->over)
			return true;
	return false;
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

/* Learns what a row of a prompt takes, from runs that have mostly such. */
static void note_time(struct loaded *loaded, size_t rows, uint64_t ns)
{
	double each = (double)ns / (double)rows;

	if (rows >= ROWS_LEAST)
		loaded->row_ns = loaded->row_ns == 0 ? each : 0.75 * loaded->row_ns + 0.25 * each;
}

static void advance_batch(struct turn *t)
{
	uint64_t start = clock_ns();
	size_t rows = 0;

	for (size_t i = 0; i < t->batch_count; i++) {
		size_t pending = generation_pending(t->batch[i]->generation), most = t->advances[i].tokens;
		rows += pending > 1 ? (pending < most ? pending : most) : 0;
	}
	timelines_advance(t->advances, t->batch_count);
	note_time(t->batch[0]->loaded, rows, clock_ns() - start);
}

static void run_batch(struct turn *t)
{
	struct job *starved = NULL;
	struct error failure = {0};

	advance_batch(t);
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
	if (starved && !has_ended(t))
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
