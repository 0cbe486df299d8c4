/*
 * Two lists: jobs that wait (for a place, for memory, or for the model), in
 * order of arrival, and jobs under way, visited in turn.  Other threads only
 * append to the first and set `woken`; everything else is the worker's own.
 *
 * A job that cannot go on (its client reads slowly) is passed over; when every
 * job is, the worker sleeps until somebody wakes it.
 */
#include "daemon/worker.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/loader.h"
#include "daemon/turn.h"

#define LOOK_MS 250                      /* how often waiting clients are looked at */

struct worker {
	struct worker_options options;
	struct loader *loader;
	pthread_t thread;

	pthread_mutex_t lock;            /* guards everything below */
	pthread_cond_t wake;
	bool woken, stopped;
	struct job *arrived, **arrived_end;
	size_t waiting, active, parked;  /* for the status, as is the rest; the worker's own lists are its own */
	struct engine_memory memory;
};

/* The worker's own. */
struct lists {
	struct job *waiting, **waiting_end;
	struct turn turn;                /* those under way */
	uint64_t admitted;
	uint64_t busy_ms;                /* when there was something to do last */
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

/* --- from waiting to active ----------------------------------------------------------------- */

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
	error_set(err, ERROR_UNAVAILABLE, "the local model is not there: %s",
		*status.error ? status.error : "none is configured");
	return true;
}

/* Of several answers the first reads the prompt; the others begin when that is computed, and find it there. */
static bool job_waits_for_first(const struct job *j)
{
	return j->choice && !j->delivery->sent && j->delivery->open == j->delivery->request.choices;
}

/* All answers of a delivery come from the model that the first began with, whichever is there by now. */
static void promise_others(struct lists *l, const struct job *first)
{
	for (struct job *j = l->waiting; j; j = j->next)
		if (j->delivery == first->delivery && !j->promised)
			j->promised = loaded_share(first->loaded);
}

/* Gives it a place in the model if there is one; true when it is over instead. */
static bool try_to_admit(struct lists *l, struct job *j, struct loaded *model, struct error *err)
{
	if (l->full == model || l->turn.count == ANSWERS_MAX || job_waits_for_first(j))
		return false;
	enum admission result = job_admit(j, model, err);
	/* Memory that nobody under way can give back is not waited for. */
	if (result == LATER && l->turn.count > 0)
		l->full = model;
	return result == REFUSED || (result == LATER && l->full != model);
}

/* Answers to one question have one place, the first one's. */
static void tell_places(struct lists *l)
{
	size_t place = 0;

	for (struct job *j = l->waiting; j; j = j->next)
		if (j->choice == 0)
			reply_queued(j->delivery->reply, ++place);
}

/* Goes through those that wait, once; in order, but nobody holds up who can be served or is gone. */
static void admit_waiting(struct worker *w, struct lists *l)
{
	if (!l->waiting)
		return;
	loader_wake(w->loader);
	struct loaded *loaded = loader_get(w->loader);

	if (l->turn.count == 0)
		l->full = NULL;
	for (struct job **link = &l->waiting; *link; ) {
		struct job *j = *link;
		struct error err = {0};
		struct loaded *model = j->promised ? j->promised : loaded;
		bool over = job_gone(j, &err) ||
			(model ? try_to_admit(l, j, model, &err) : model_error(w->loader, &err));

		if (!over && !j->loaded) {
			link = &j->next;
			continue;
		}
		leave_waiting(l, link);
		if (over) {
			job_end(j, &err);
			free(j);
			continue;
		}
		promise_others(l, j);
		reply_queued(j->delivery->reply, 0);
		j->number = l->admitted++;
		l->turn.jobs[l->turn.count++] = j;
	}
	tell_places(l);
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

static bool has_work(const struct lists *l) { return l->waiting || l->turn.count; }

/* How long to sleep at most; 0: until somebody wakes us. */
static uint64_t patience_ms(const struct worker *w, const struct lists *l, bool loaded)
{
	uint64_t keep = (uint64_t)w->options.keep_alive_s * 1000, idle = clock_ms() - l->busy_ms;

	if (has_work(l))
		return LOOK_MS;
	if (!keep || !loaded)
		return 0;
	return keep > idle ? keep - idle : 1;
}

/* The model's memory is given back when nobody has needed it for long. */
static void sleep_when_idle(struct worker *w, struct lists *l)
{
	uint64_t now = clock_ms(), keep = (uint64_t)w->options.keep_alive_s * 1000;

	if (has_work(l) || l->busy_ms == 0)
		l->busy_ms = now;
	else if (keep && now - l->busy_ms >= keep)
		loader_sleep(w->loader);
}

/* Of the model that new answers get; false when none is in memory. */
static bool memory_used(struct worker *w, struct engine_memory *memory)
{
	struct loaded *loaded = loader_get(w->loader);
	struct error err = {0};

	*memory = loaded ? engine_memory(model_engine(loaded->model)) : (struct engine_memory){0};
	if (loaded && engine_complaint(model_engine(loaded->model), &err))
		log_warn("%s", err.text);
	loaded_release(loaded);
	return loaded != NULL;
}

/* Sleeps when there is nothing to do; false when the worker is to end. */
static bool wait_for_work(struct worker *w, struct lists *l, bool idle)
{
	struct engine_memory memory;
	uint64_t patience = patience_ms(w, l, memory_used(w, &memory)), deadline = clock_ms() + patience;

	pthread_mutex_lock(&w->lock);
	while (idle && !w->woken && !w->stopped) {
		if (!patience)
			pthread_cond_wait(&w->wake, &w->lock);
		else if (!clock_wait(&w->wake, &w->lock, deadline))
			break;
	}
	if (w->woken)
		l->busy_ms = clock_ms();
	w->woken = false;
	take_arrived_locked(w, l);
	w->waiting = length(l->waiting);
	w->active = l->turn.count;
	w->parked = turn_parked(&l->turn);
	w->memory = memory;
	bool go_on = !w->stopped;
	pthread_mutex_unlock(&w->lock);
	return go_on;
}

static void end_all(struct lists *l)
{
	struct error err = {0};

	error_set(&err, ERROR_UNAVAILABLE, "the daemon is stopping");
	for (size_t i = 0; i < l->turn.count; i++) {
		job_end(l->turn.jobs[i], &err);
		free(l->turn.jobs[i]);
	}
	while (l->waiting) {
		struct job *j = l->waiting;
		l->waiting = j->next;
		job_end(j, &err);
		free(j);
	}
}

static void *work(void *user)
{
	struct worker *w = user;
	struct lists *l = mem_zeroed(1, sizeof *l);
	bool idle = true;

	l->waiting_end = &l->waiting;
	while (wait_for_work(w, l, idle)) {
		size_t before = l->turn.count;
		sleep_when_idle(w, l);
		admit_waiting(w, l);
		size_t admitted = l->turn.count;
		idle = !turn_take(&l->turn) && admitted == before;
		if (l->turn.count < admitted)
			l->full = NULL;
	}
	end_all(l);
	free(l);
	return NULL;
}

/* --- from outside ---------------------------------------------------------------------------------- */

struct worker *worker_create(const struct worker_options *options)
{
	struct worker *w = mem_zeroed(1, sizeof *w);

	pthread_mutex_init(&w->lock, NULL);
	clock_cond_init(&w->wake);
	w->options = *options;
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
	status->parked = w->parked;
	status->memory = w->memory;
	pthread_mutex_unlock(&w->lock);
}

/* A job for each of the answers. */
static void append_locked(struct worker *w, struct delivery *a)
{
	for (unsigned i = 0; i < a->request.choices; i++) {
		struct job *j = mem_zeroed(1, sizeof *j);
		j->delivery = a;
		j->choice = i;
		*w->arrived_end = j;
		w->arrived_end = &j->next;
	}
	w->woken = true;
	pthread_cond_signal(&w->wake);
}

bool worker_submit(struct worker *w, struct delivery *a, struct error *err)
{
	reply_on_room(a->reply, wake, w);
	pthread_mutex_lock(&w->lock);
	bool stopped = w->stopped, ok = !stopped && w->waiting + length(w->arrived) + a->request.choices <= WAITING_MAX;
	if (ok)
		append_locked(w, a);
	pthread_mutex_unlock(&w->lock);
	if (stopped)
		return error_set(err, ERROR_UNAVAILABLE, "the daemon is stopping");
	return ok || error_set(err, ERROR_UNAVAILABLE,
		"%d requests already wait for the local model; try again in a moment", WAITING_MAX);
}
