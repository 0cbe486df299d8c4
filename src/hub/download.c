/*
 * The calling thread lists, chooses, starts the workers, and then shows progress
 * until they are done.  refs/ is written at the very end: until then a branch
 * leads to what it led to before, which is whole.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "hub/job.h"
#include "hub/layout.h"
#include "hub/list_files.h"
#include "hub/tree.h"
#include "hub/want.h"

#define SHOW_MS 100
#define SPEED_SAMPLES 32       /* every SHOW_MS */

struct speed {
	struct { uint64_t when, bytes; } samples[SPEED_SAMPLES];
	size_t count;
};

struct show {
	hub_progress_fn *fn;
	void *user;
	struct speed speed;
};

static uint64_t measure(struct speed *s, uint64_t bytes)
{
	uint64_t now = clock_ms();
	size_t oldest = s->count < SPEED_SAMPLES ? 0 : s->count % SPEED_SAMPLES;
	uint64_t since = s->count ? s->samples[oldest].when : now, before = s->count ? s->samples[oldest].bytes : bytes;

	s->samples[s->count % SPEED_SAMPLES].when = now;
	s->samples[s->count % SPEED_SAMPLES].bytes = bytes;
	s->count++;
	return now > since && bytes > before ? (bytes - before) * 1000 / (now - since) : 0;
}

static void *work(void *user)
{
	struct worker *w = user;
	struct job *job = w->job;
	struct step step;

	while ((step = job_next(job)).kind != STEP_END) {
		struct error err = { 0 };
		bool ok = step.kind == STEP_PREPARE ? item_prepare(w, step.item, &err)
			: step.kind == STEP_FETCH   ? item_fetch(w, &step, &err)
						    : item_finish(w, step.item, &err);
		if (!ok)
			job_stop(job, &err);
	}
	return NULL;
}

/* Under the job's lock. */
static struct hub_progress look(const struct job *job)
{
	struct hub_progress p = { .stage = HUB_VERIFYING, .files = job->count };
	bool fetching = false, checking = false;

	for (size_t i = 0; i < job->count; i++) {
		const struct item *item = &job->items[i];
		fetching |= item->state == ITEM_OPEN || item->state == ITEM_PREPARING || item->state == ITEM_NEW;
		checking |= item->state == ITEM_CHECKING;
		p.files_done += item->state == ITEM_DONE;
		p.done += item->bytes;
		p.total += item->size != HUB_SIZE_UNKNOWN ? item->size : 0;
	}
	p.stage = fetching ? HUB_FETCHING : checking ? HUB_VERIFYING : HUB_WAITING;
	if (p.files_done == p.files)
		p.stage = HUB_VERIFYING;
	return p;
}

/* Tells how far it is; false when there is nothing more to wait for. */
static bool show(struct job *job, struct show *s)
{
	char trouble[sizeof job->trouble];

	pthread_mutex_lock(&job->lock);
	struct hub_progress p = look(job);
	memcpy(trouble, job->trouble, sizeof trouble);
	bool more = !job->stopping && p.files_done < p.files;
	pthread_mutex_unlock(&job->lock);
	p.trouble = trouble[0] ? trouble : NULL;
	p.per_second = measure(&s->speed, p.done);
	if (s->fn)
		s->fn(s->user, &p);
	return more;
}

static void wait_for_change(struct job *job)
{
	uint64_t end = clock_ms() + SHOW_MS;

	pthread_mutex_lock(&job->lock);
	while (!job->stopping && look(job).files_done < job->count)
		if (!clock_wait(&job->changed, &job->lock, end))
			break;
	pthread_mutex_unlock(&job->lock);
}

static void on_cancel(void *user)
{
	struct error why;

	error_set(&why, ERROR_CANCELLED, "cancelled: what has come is kept");
	job_stop(user, &why);
}

/* Starts as many workers as can be had; the first must be. */
static bool start_workers(struct job *job, struct worker *workers, unsigned *started, struct error *err)
{
	for (*started = 0; *started < job->workers; ++*started) {
		struct worker *w = &workers[*started];
		*w = (struct worker){ .job = job, .cancel = &job->cancels[*started],
			.client = http_client_create(err) };
		if (w->client && pthread_create(&w->thread, NULL, work, w) == 0)
			continue;
		http_client_destroy(w->client);
		return *started > 0 ||
			(w->client ? error_set(err, ERROR_INTERNAL, "no more threads can be had") : false);
	}
	return true;
}

static bool run(struct job *job, struct show *s, struct cancel *cancel, struct error *err)
{
	struct worker workers[JOB_WORKERS_MAX];
	unsigned started;

	if (!start_workers(job, workers, &started, err))
		return false;
	if (cancel)
		cancel_set_wake(cancel, on_cancel, job);
	while (show(job, s))
		wait_for_change(job);
	for (unsigned i = 0; i < started; i++) {
		pthread_join(workers[i].thread, NULL);
		http_client_destroy(workers[i].client);
	}
	if (cancel)
		cancel_set_wake(cancel, NULL, NULL);
	if (job->problem.kind != ERROR_NONE)
		*err = job->problem;
	return job->problem.kind == ERROR_NONE;
}

/* A plain path that is asked for and not there is noted as the Python client does. */
static void note_missing(const struct hub_want *want, const char *folder, const struct hub_listing *all)
{
	for (size_t i = 0; i < want->file_count; i++)
		if (!strpbrk(want->files[i], "*?[") && want->files[i][strlen(want->files[i]) - 1] != '/' &&
		    !tree_file(all, want->files[i]))
			layout_note_missing(folder, all->commit, want->files[i]);
}

static char *download(const struct hub *hub, const struct hub_want *want, const struct hub_listing *all, struct show *s,
	struct cancel *cancel, struct error *err)
{
	own_mem char *folder = layout_repo(hub, want->repo), *snapshots = path_join(folder, "snapshots");
	own_hub_listing chosen = { 0 };
	struct job job;

	if (!want_choose(want, all, &chosen, err)) {
		note_missing(want, folder, all);
		return NULL;
	}
	if (chosen.count == 0)
		return error_set(err, ERROR_NOT_FOUND, "%s has no files", want->repo), NULL;
	if (!layout_make_cache(hub, err) || !path_make(snapshots, 0755, err) || !tree_write(folder, all, err) ||
	    !tree_want(folder, all->commit, &chosen, err))
		return NULL;
	job_init(&job, hub, want->repo, folder, &chosen);
	bool ok = run(&job, s, cancel, err);
	job_done(&job);
	if (!ok || !layout_write_ref(folder, want_revision(want), all->commit, err))
		return NULL;
	return layout_snapshot(folder, all->commit);
}

static char *from_cache(const struct hub *hub, const struct hub_want *want, const char *why, struct error *err)
{
	char *found = hub_find(hub, want, err);

	if (!found)
		error_prefix(err, "%s", why);
	return found;
}

char *hub_download(const struct hub *hub, const struct hub_want *want, hub_progress_fn *on_progress, void *user,
	struct cancel *cancel, struct error *err)
{
	struct show s = { on_progress, user };
	own_hub_listing all = { 0 };

	if (!want_check(want, err))
		return NULL;
	if (hub->offline)
		return from_cache(hub, want, "HF_HUB_OFFLINE forbids to ask", err);
	if (on_progress)
		on_progress(user, &(struct hub_progress){ .stage = HUB_ASKING });
	own_http_client *client = http_client_create(err);
	if (!client)
		return NULL;
	if (!list_files_ask(hub, client, cancel, want->repo, want_revision(want), &all, err)) {
		/* Without a network, what is here will do. */
		struct error ignored;
		return error_is_passing(err) ? hub_find(hub, want, &ignored) : NULL;
	}
	return download(hub, want, &all, &s, cancel, err);
}
