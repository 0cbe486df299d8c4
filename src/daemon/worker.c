/*
 * Two lists: jobs that wait (for a place, for memory, or for the model), in
 * order of arrival, and jobs under way, visited in turn.  Other threads only
 * append to the first and set `woken`; everything else is the worker's own.
 *
 * A job that cannot go on (its client reads slowly) is passed over; when every
 * job is, the worker sleeps until somebody wakes it.
 */
#include "daemon/worker.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "daemon/loader.h"

#define LOOK_MS 250                      /* how often waiting clients are looked at */

struct job {
	struct delivery *delivery;
	struct loaded *loaded;           /* the model it began with; NULL while it waits */
	struct generation *generation;
	struct timeline *timeline;
	struct job *next;
};

struct worker {
	struct loader *loader;
	pthread_t thread;

	pthread_mutex_t lock;            /* guards everything below */
	pthread_cond_t wake;
	bool woken, stopped;
	struct job *arrived, **arrived_end;
	size_t waiting, active;          /* for the status; the worker's own lists are its own */
};

/* The worker's own. */
struct lists {
	struct job *waiting, **waiting_end;
	struct job *active[ANSWERS_MAX];
	size_t active_count;
	const struct loaded *full;       /* the model without memory for more, until an answer ends; only compared */
};

static void wake(void *user)
{
	struct worker *w = user;

	pthread_mutex_lock(&w->lock);
	w->woken = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
}

/* --- one job ---------------------------------------------------------------------------- */

static void job_release(struct job *j)
{
	generation_destroy(j->generation);
	if (j->timeline)
		pool_give(j->loaded->pool, j->timeline);
	loaded_release(j->loaded);
	free(j);
}

static void job_end(struct job *j, const struct error *failure)
{
	struct delivery *a = j->delivery;

	job_release(j);
	/* Before the first slice too large means one thing: the prompt. */
	if (failure && failure->kind == ERROR_TOO_LARGE && !a->sent)
		delivery_refuse(a, failure, "messages", "context_length_exceeded");
	else
		delivery_finish(a, failure);
}

enum progress { PROGRESS, BLOCKED, ENDED };

static enum progress job_fail(struct job *j, const struct error *err)
{
	job_end(j, err);
	return ENDED;
}

static bool job_gone(struct job *j, struct error *err)
{
	return delivery_is_gone(j->delivery) && !error_set(err, ERROR_CANCELLED, "the client hung up");
}

/* One slice: a piece of the prompt, or a token. */
static enum progress job_step(struct job *j)
{
	struct error err = {0};
	bool ended = false;

	if (job_gone(j, &err))
		return job_fail(j, &err);
	if (!delivery_flush(j->delivery))
		return BLOCKED;
	if (!generation_step(j->generation, reply_cancel(j->delivery->reply), &ended, &err))
		return job_fail(j, &err);
	if (ended) {
		job_end(j, NULL);
		return ENDED;
	}
	(void)delivery_flush(j->delivery);
	return PROGRESS;
}

/* --- from waiting to active ----------------------------------------------------------------- */

enum admission { ADMITTED, LATER, REFUSED };

static enum admission admit(struct job *j, struct loaded *loaded, struct error *err)
{
	size_t count;

	j->generation = generation_create(loaded->model, &j->delivery->request, delivery_delta, j->delivery, err);
	if (!j->generation)
		return REFUSED;
	const int32_t *prompt = generation_prompt(j->generation, &count);
	j->timeline = pool_take(loaded->pool, prompt, count, err);
	if (j->timeline && generation_begin(j->generation, j->timeline, err)) {
		j->loaded = loaded_share(loaded);
		return ADMITTED;
	}
	bool memory = !j->timeline && err->kind == ERROR_UNAVAILABLE;
	if (j->timeline)
		pool_give(loaded->pool, take(j->timeline));
	generation_destroy(take(j->generation));
	return memory ? LATER : REFUSED;
}

static void leave_waiting(struct lists *l, struct job **link)
{
	struct job *j = *link;

	*link = j->next;
	if (!j->next)
		l->waiting_end = link;
	j->next = NULL;
}

/* Without a model nobody waits in vain. */
static bool model_error(struct loader *loader, struct error *err)
{
	struct worker_status status = {0};

	loader_status(loader, &status);
	if (status.state == LOCAL_LOADING || status.state == LOCAL_READY)
		return false;
	error_set(err, ERROR_UNAVAILABLE, "the local model is not there: %s", *status.error ? status.error : "none is configured");
	return true;
}

/* Goes through those that wait, once; in order, but nobody holds up who can be served or is gone. */
static void admit_waiting(struct worker *w, struct lists *l)
{
	struct loaded *loaded = loader_get(w->loader);
	bool full = loaded && l->full == loaded && l->active_count > 0;

	for (struct job **link = &l->waiting; *link; ) {
		struct job *j = *link;
		struct error err = {0};
		bool over = job_gone(j, &err) || (!loaded && model_error(w->loader, &err));

		if (!over && loaded && !full && l->active_count < ANSWERS_MAX) {
			enum admission result = admit(j, loaded, &err);
			/* Memory that nobody under way can give back is not waited for. */
			full = result == LATER && l->active_count > 0;
			l->full = full ? loaded : NULL;
			over = result == REFUSED || (result == LATER && !full);
		}
		if (!over && !j->loaded) {
			link = &j->next;
			continue;
		}
		leave_waiting(l, link);
		if (over)
			job_end(j, &err);
		else
			l->active[l->active_count++] = j;
	}
	loaded_release(loaded);
}

/* --- the thread ---------------------------------------------------------------------------------- */

static void take_arrived_locked(struct worker *w, struct lists *l)
{
	*l->waiting_end = w->arrived;
	if (w->arrived)
		l->waiting_end = w->arrived_end;
	w->arrived = NULL;
	w->arrived_end = &w->arrived;
}

static size_t length(const struct job *j)
{
	size_t n = 0;

	for (; j; j = j->next)
		n++;
	return n;
}

static struct timespec soon(void)
{
	struct timespec at;

	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_nsec += LOOK_MS * 1000000L;
	at.tv_sec += at.tv_nsec / 1000000000L;
	at.tv_nsec %= 1000000000L;
	return at;
}

/* Sleeps when there is nothing to do; false when the worker is to end. */
static bool wait_for_work(struct worker *w, struct lists *l, bool idle)
{
	struct timespec deadline = soon();

	pthread_mutex_lock(&w->lock);
	while (idle && !w->woken && !w->stopped) {
		if (!l->waiting && !l->active_count)
			pthread_cond_wait(&w->wake, &w->lock);
		else if (pthread_cond_timedwait(&w->wake, &w->lock, &deadline))
			break;
	}
	w->woken = false;
	take_arrived_locked(w, l);
	w->waiting = length(l->waiting);
	w->active = l->active_count;
	bool go_on = !w->stopped;
	pthread_mutex_unlock(&w->lock);
	return go_on;
}

/* Whether anybody got further. */
static bool visit_active(struct lists *l)
{
	bool moved = false;

	for (size_t i = 0; i < l->active_count; ) {
		enum progress progress = job_step(l->active[i]);
		moved |= progress != BLOCKED;
		if (progress != ENDED) {
			i++;
			continue;
		}
		memmove(&l->active[i], &l->active[i + 1], (--l->active_count - i) * sizeof *l->active);
		l->full = NULL;
	}
	return moved;
}

static void end_all(struct lists *l)
{
	struct error err = {0};

	error_set(&err, ERROR_UNAVAILABLE, "the daemon is stopping");
	for (size_t i = 0; i < l->active_count; i++)
		job_end(l->active[i], &err);
	while (l->waiting) {
		struct job *j = l->waiting;
		l->waiting = j->next;
		job_end(j, &err);
	}
}

static void *work(void *user)
{
	struct worker *w = user;
	struct lists l = {0};
	bool idle = true;

	l.waiting_end = &l.waiting;
	while (wait_for_work(w, &l, idle)) {
		size_t before = l.active_count;
		admit_waiting(w, &l);
		idle = !visit_active(&l) && l.active_count == before;
	}
	end_all(&l);
	return NULL;
}

/* --- from outside ---------------------------------------------------------------------------------- */

struct worker *worker_create(const struct worker_options *options)
{
	struct worker *w = mem_zeroed(1, sizeof *w);

	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->wake, NULL);
	w->arrived_end = &w->arrived;
	w->loader = loader_create(options, wake, w);
	if (pthread_create(&w->thread, NULL, work, w) != 0)
		mem_panic("cannot start the inference thread");
	return w;
}

void worker_stop(struct worker *w)
{
	pthread_mutex_lock(&w->lock);
	bool running = !w->stopped;
	w->stopped = true;
	pthread_cond_signal(&w->wake);
	pthread_mutex_unlock(&w->lock);
	if (running)
		pthread_join(w->thread, NULL);
}

void worker_destroy(struct worker *w)
{
	worker_stop(w);
	loader_destroy(w->loader);
	pthread_cond_destroy(&w->wake);
	pthread_mutex_destroy(&w->lock);
	free(w);
}

void worker_load(struct worker *w, const char *folder)
{
	loader_load(w->loader, folder);
}

void worker_status(struct worker *w, struct worker_status *status)
{
	*status = (struct worker_status){0};
	loader_status(w->loader, status);
	pthread_mutex_lock(&w->lock);
	status->active = w->active;
	status->waiting = w->waiting;
	pthread_mutex_unlock(&w->lock);
}

bool worker_submit(struct worker *w, struct delivery *a, struct error *err)
{
	struct job *j = mem_zeroed(1, sizeof *j);

	j->delivery = a;
	reply_on_room(a->reply, wake, w);
	pthread_mutex_lock(&w->lock);
	bool ok = !w->stopped && w->waiting + length(w->arrived) < WAITING_MAX;
	if (ok) {
		*w->arrived_end = j;
		w->arrived_end = &j->next;
		w->woken = true;
		pthread_cond_signal(&w->wake);
	}
	pthread_mutex_unlock(&w->lock);
	if (ok)
		return true;
	free(j);
	return error_set(err, ERROR_UNAVAILABLE, "%d requests already wait for the local model; try again in a moment", WAITING_MAX);
}
