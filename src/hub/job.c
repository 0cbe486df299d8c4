#include "hub/job.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"

#define LOOK_MS 200        /* how often a worker without work looks whether others have let go of a file */

void job_init(struct job *job, const struct hub *hub, const char *repo, const char *folder,
	const struct hub_listing *chosen)
{
	unsigned workers = hub->connections < JOB_WORKERS_MAX ? hub->connections : JOB_WORKERS_MAX;

	*job = (struct job){ .hub = hub, .repo = repo, .folder = folder, .commit = chosen->commit,
		.count = chosen->count,
		.workers = workers ? workers : 1 };
	job->items = mem_zeroed(chosen->count + 1, sizeof *job->items);
	for (size_t i = 0; i < chosen->count; i++) {
		struct item *item = &job->items[i];
		item->listed = &chosen->files[i];
		item->size = item->listed->size;
		item->lock = item->parts.fd = -1;
		snprintf(item->hash, sizeof item->hash, "%s", item->listed->hash);
	}
	for (unsigned i = 0; i < JOB_WORKERS_MAX; i++)
		cancel_init(&job->cancels[i]);
	pthread_mutex_init(&job->lock, NULL);
	clock_cond_init(&job->changed);
}

void job_done(struct job *job)
{
	for (size_t i = 0; i < job->count; i++) {
		struct item *item = &job->items[i];
		parts_done(&item->parts);
		file_close(&item->lock);
		free(item->blob);
		free(item->url);
		free(item->pieces);
	}
	free(job->items);
	for (unsigned i = 0; i < JOB_WORKERS_MAX; i++)
		cancel_done(&job->cancels[i]);
	pthread_mutex_destroy(&job->lock);
	pthread_cond_destroy(&job->changed);
}

/* The first run of free pieces, no longer than is asked for at once. */
static bool take_run(const struct job *job, struct item *item, struct step *step)
{
	uint64_t most = item->one_stream ? item->parts.count : job->hub->span / item->parts.piece;
	size_t first = 0, n = 0;

	while (first < item->parts.count && item->pieces[first] != PIECE_FREE)
		first++;
	while (first + n < item->parts.count && item->pieces[first + n] == PIECE_FREE && (n == 0 || n < most))
		item->pieces[first + n++] = PIECE_TAKEN;
	*step = (struct step){ .kind = STEP_FETCH, .item = item, .first = first, .count = n };
	return n > 0;
}

static bool take_open(const struct job *job, struct item *item, struct step *step)
{
	if (item->restart || item->left == 0) {
		if (item->busy)
			return false;
		*step = (struct step){ .kind = item->restart ? STEP_PREPARE : STEP_FINISH, .item = item };
		item->state = item->restart ? ITEM_PREPARING : ITEM_CHECKING;
		return true;
	}
	if (item->streaming || !take_run(job, item, step))
		return false;
	item->busy++;
	item->streaming = step->from_start = item->one_stream;
	return true;
}

static bool take_step(const struct job *job, struct item *item, struct step *step)
{
	if (item->state == ITEM_OPEN)
		return take_open(job, item, step);
	if (item->state != ITEM_NEW && (item->state != ITEM_BLOCKED || clock_ms() < item->retry_at))
		return false;
	item->state = ITEM_PREPARING;
	*step = (struct step){ .kind = STEP_PREPARE, .item = item };
	return true;
}

/* Waits for a change, or until it is time to look at what others do.  Under the lock. */
static void wait_a_while(struct job *job)
{
	(void)clock_wait(&job->changed, &job->lock, clock_ms() + LOOK_MS);
}

struct step job_next(struct job *job)
{
	struct step step = { .kind = STEP_END };

	pthread_mutex_lock(&job->lock);
	while (!job->stopping) {
		size_t finished = 0;
		bool taken = false;
		for (size_t i = 0; i < job->count && !taken; i++) {
			taken = take_step(job, &job->items[i], &step);
			finished += job->items[i].state == ITEM_DONE;
		}
		if (taken || finished == job->count)
			break;
		wait_a_while(job);
	}
	pthread_mutex_unlock(&job->lock);
	return step;
}

void job_return(struct job *job, const struct step *step)
{
	struct item *item = step->item;

	pthread_mutex_lock(&job->lock);
	for (size_t i = step->first; i < step->first + step->count; i++)
		if (item->pieces[i] == PIECE_TAKEN)
			item->pieces[i] = PIECE_FREE;
	item->busy--;
	if (item->busy == 0)
		item->streaming = false;
	pthread_cond_broadcast(&job->changed);
	pthread_mutex_unlock(&job->lock);
}

void job_set_state(struct job *job, struct item *item, enum item_state state)
{
	pthread_mutex_lock(&job->lock);
	item->state = state;
	if (state == ITEM_BLOCKED)
		item->retry_at = clock_ms() + LOOK_MS;
	if (state == ITEM_DONE)
		item->bytes = item->size;
	pthread_cond_broadcast(&job->changed);
	pthread_mutex_unlock(&job->lock);
}

void job_restart(struct job *job, struct item *item)
{
	pthread_mutex_lock(&job->lock);
	item->restart = true;
	pthread_mutex_unlock(&job->lock);
}

void job_stop(struct job *job, const struct error *why)
{
	pthread_mutex_lock(&job->lock);
	if (!job->stopping)
		job->problem = *why;
	job->stopping = true;
	pthread_cond_broadcast(&job->changed);
	pthread_mutex_unlock(&job->lock);
	for (unsigned i = 0; i < job->workers; i++)
		cancel_fire(&job->cancels[i]);
}

void job_trouble(struct job *job, const char *text)
{
	pthread_mutex_lock(&job->lock);
	snprintf(job->trouble, sizeof job->trouble, "%s", text);
	pthread_mutex_unlock(&job->lock);
}

uint64_t job_left(struct job *job)
{
	uint64_t left = 0;

	pthread_mutex_lock(&job->lock);
	for (size_t i = 0; i < job->count; i++) {
		const struct item *item = &job->items[i];
		if (item->state != ITEM_DONE && item->size != HUB_SIZE_UNKNOWN && item->size > item->bytes)
			left += item->size - item->bytes;
	}
	pthread_mutex_unlock(&job->lock);
	return left;
}
