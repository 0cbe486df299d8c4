/*
 * The thread owns the request and everything of the Hub's; what others may see is
 * copied into the status under the lock, a few times a second.
 */
#include "daemon/download.h"

#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "config/config.h"
#include "config/home.h"
#include "hub/choose.h"
#include "hub/obtain.h"
#include "hub/graphs.h"
#include "prepare/prepare.h"

#define NOTE_MAX ((size_t)64 << 10)

/* What the thread works on: its own copy. */
struct job {
	char *model, *precision, *endpoint, *cache, *token;
	bool use;
};

struct download {
	char *home;
	struct worker *worker;

	pthread_mutex_t lock;            /* guards everything below */
	pthread_t thread;
	bool started, stopping;          /* a thread is to be joined; the daemon ends */
	struct job job;                  /* the thread's while it runs */
	struct cancel cancel;
	struct download_status status;
};

static const char *const stage_names[] = {
	[HUB_ASKING] = "asking", [HUB_FETCHING] = "fetching", [HUB_WAITING] = "waiting", [HUB_VERIFYING] = "verifying",
};

/* ---- The job ---- */

static void job_done(struct job *j)
{
	free(j->model);
	free(j->precision);
	free(j->endpoint);
	free(j->cache);
	free(j->token);
	*j = (struct job){0};
}

static struct job job_of(const struct download_request *r)
{
	return (struct job){
		mem_strdup(r->model), mem_strdup(r->precision), mem_strdup(r->endpoint), mem_strdup(r->cache),
		mem_strdup(r->token), r->use,
	};
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void set(json_t *object, const char *key, const char *text)
{
	if (text)
		json_object_set_new(object, key, json_string(text));
}

/* Notes what is under way; without a note only the next daemon knows nothing of it. */
static void note(const struct download *d, const struct job *j)
{
	own_mem char *path = home_path(d->home, HOME_DOWNLOAD);
	own_json *value = json_pack("{s:b}", "use", j->use);
	own_buf text = BUF_INIT(NOTE_MAX);
	struct error err = {0};

	set(value, "model", j->model);
	set(value, "precision", j->precision);
	set(value, "endpoint", j->endpoint);
	set(value, "cache", j->cache);
	if (!json_write(&text, value, &err) || !file_write(path, buf_str(&text), 0600, &err))
		log_warn("%s", err.text);
}

static void forget(const struct download *d)
{
	own_mem char *path = home_path(d->home, HOME_DOWNLOAD);

	(void)unlink(path);
}

/* ---- The thread ---- */

static void on_begin(void *user, const struct obtained *what)
{
	struct download *d = user;

	log_info("downloading %s (%s)", what->repo, what->precision);
	pthread_mutex_lock(&d->lock);
	snprintf(d->status.repository, sizeof d->status.repository, "%s", what->repo);
	snprintf(d->status.precision, sizeof d->status.precision, "%s", what->precision);
	d->status.total = what->bytes;
	pthread_mutex_unlock(&d->lock);
}

static void on_skip(void *user, const struct catalogue_model *skipped, const struct error *why)
{
	(void)user;
	log_warn("%s cannot be had, the next smaller model is taken: %s", skipped->name, why->text);
}

static void on_progress(void *user, const struct hub_progress *p)
{
	struct download *d = user;

	pthread_mutex_lock(&d->lock);
	struct download_status *s = &d->status;
	s->stage = stage_names[p->stage];
	s->done = p->done;
	s->total = p->total ? p->total : s->total;
	s->per_second = p->per_second;
	s->files_done = p->files_done;
	s->files = p->files;
	snprintf(s->trouble, sizeof s->trouble, "%s", p->trouble ? p->trouble : "");
	pthread_mutex_unlock(&d->lock);
}

static void replace(char **own, const char *text)
{
	if (!text)
		return;
	free(*own);
	*own = mem_strdup(text);
}

static bool open_hub(const struct job *j, struct hub *hub, struct error *err)
{
	if (!hub_init(hub, err))
		return false;
	replace(&hub->endpoint, j->endpoint);
	replace(&hub->cache, j->cache);
	replace(&hub->token, j->token);
	return true;
}

/* The name by which the model is known from then on goes into `name`. */
static bool fetch(const struct obtain *f, const struct job *j, struct obtained *result, char **name, struct error *err)
{
	const struct catalogue_model *taken;
	own_model_spec spec = {0};
	struct machine machine;
	struct choice choice;

	if (j->model) {
		*name = mem_strdup(j->model);
		return spec_parse(&spec, j->model, err) && obtain_model(f, &spec, result, err);
	}
	machine_look(&machine, f->hub->cache);
	choose_model(&choice, &machine, j->precision ? j->precision : graph_names[0].precision);
	if (!obtain_first(f, choice.ranked, choice.count, &taken, result, err))
		return false;
	*name = mem_strdup(taken->name);
	return true;
}

/* Somebody may have asked for that meanwhile. */
static bool wants_use(struct download *d)
{
	pthread_mutex_lock(&d->lock);
	bool use = d->job.use;
	pthread_mutex_unlock(&d->lock);
	return use;
}

static void on_prepare(void *user, enum prepare_stage stage, double share)
{
	struct download *d = user;

	(void)stage;
	pthread_mutex_lock(&d->lock);
	d->status.stage = "preparing";
	d->status.share = share;
	pthread_mutex_unlock(&d->lock);
}

/* While the old model is still there to answer.  What cannot be prepared runs as it is; the loader says so. */
static bool prepare(struct download *d, const struct obtained *what, struct error *err)
{
	own_mem char *cache = home_path(d->home, HOME_CACHE);
	struct prepare_options options = {
		.engine.precision = what->precision, .cache_dir = cache, .progress = on_prepare, .user = d,
		.cancel = &d->cancel,
	};
	own_prepared_model prepared = {0};

	return prepare_model(what->folder, &options, &prepared, err);
}

static bool bring(struct download *d, const struct job *j, struct error *err)
{
	own_obtained result = {0};
	own_mem char *name = NULL;
	own_hub hub = {0};

	if (!open_hub(j, &hub, err))
		return false;
	struct obtain f = {
		.hub = &hub, .precision = j->precision, .on_begin = on_begin, .on_skip = on_skip,
		.on_progress = on_progress,
		.user = d, .cancel = &d->cancel,
	};
	if (!fetch(&f, j, &result, &name, err))
		return false;
	log_info("%s is here, in %s", result.repo, result.folder);
	if (!prepare(d, &result, err))
		return false;
	if (!wants_use(d))
		return true;
	if (!config_use_model(d->home, name, err))
		return false;
	worker_load(d->worker, result.folder);
	return true;
}

/* What the next daemon may go on with stays noted: an end of this one, or a network that was away. */
static bool worth_another_time(const struct download *d, const struct error *err)
{
	return d->stopping || err->kind == ERROR_UNAVAILABLE || err->kind == ERROR_TIMEOUT;
}

static void end(struct download *d, bool ok, const struct error *err)
{
	pthread_mutex_lock(&d->lock);
	struct download_status *s = &d->status;
	s->state = ok ? DOWNLOAD_DONE : err->kind == ERROR_CANCELLED ? DOWNLOAD_CANCELLED : DOWNLOAD_FAILED;
	s->stage = "";
	s->per_second = 0;
	s->trouble[0] = '\0';
	snprintf(s->error, sizeof s->error, "%s", s->state == DOWNLOAD_FAILED ? err->text : "");
	bool keep = !ok && worth_another_time(d, err);
	pthread_mutex_unlock(&d->lock);
	if (!keep)
		forget(d);
}

static void *run(void *user)
{
	struct download *d = user;
	struct error err = {0};

	bool ok = bring(d, &d->job, &err);
	if (!ok && err.kind != ERROR_CANCELLED)
		log_error("download: %s", err.text);
	end(d, ok, &err);
	return NULL;
}

/* ---- From outside ---- */

struct download *download_create(const char *home, struct worker *worker)
{
	struct download *d = mem_zeroed(1, sizeof *d);

	d->home = mem_strdup(home);
	d->worker = worker;
	d->status.stage = "";
	pthread_mutex_init(&d->lock, NULL);
	cancel_init(&d->cancel);
	return d;
}

static void join(struct download *d)
{
	if (!d->started)
		return;
	pthread_join(d->thread, NULL);
	d->started = false;
}

void download_stop(struct download *d)
{
	pthread_mutex_lock(&d->lock);
	d->stopping = true;
	pthread_mutex_unlock(&d->lock);
	cancel_fire(&d->cancel);
	join(d);
}

void download_destroy(struct download *d)
{
	job_done(&d->job);
	cancel_done(&d->cancel);
	pthread_mutex_destroy(&d->lock);
	free(d->home);
	free(d);
}

static void begin_locked(struct download *d, const struct download_request *r)
{
	join(d);                         /* it has nothing more to do */
	job_done(&d->job);
	cancel_done(&d->cancel);
	cancel_init(&d->cancel);
	d->job = job_of(r);
	d->status = (struct download_status){ .state = DOWNLOAD_RUNNING, .stage = stage_names[HUB_ASKING] };
	snprintf(d->status.model, sizeof d->status.model, "%s", r->model ? r->model : "");
	note(d, &d->job);
	d->started = pthread_create(&d->thread, NULL, run, d) == 0;
	if (!d->started) {
		d->status.state = DOWNLOAD_FAILED;
		snprintf(d->status.error, sizeof d->status.error, "no thread to download with");
	}
}

static bool start_locked(struct download *d, const struct download_request *r, struct error *err)
{
	if (d->stopping)
		return error_set(err, ERROR_UNAVAILABLE, "the daemon is stopping");
	if (d->status.state != DOWNLOAD_RUNNING) {
		begin_locked(d, r);
		return true;
	}
	if (same(d->job.model, r->model) && same(d->job.precision, r->precision)) {
		d->job.use |= r->use;
		return true;
	}
	return error_set(err, ERROR_UNAVAILABLE,
		"%s is being downloaded; wait for it, or `shammah models cancel` stops it",
		d->job.model ? d->job.model : "another model");
}

bool download_start(struct download *d, const struct download_request *r, struct error *err)
{
	own_model_spec spec = {0};

	if (r->model && !spec_parse(&spec, r->model, err))
		return false;
	if (spec.folder)
		return error_set(err, ERROR_INVALID, "%s is a folder; only models of the Hub are downloaded", r->model);
	if (r->precision && !graph_precision_known(r->precision))
		return error_set(err, ERROR_INVALID, "there is no precision %.40s; there are %s", r->precision,
			graph_precisions);
	pthread_mutex_lock(&d->lock);
	bool ok = start_locked(d, r, err);
	pthread_mutex_unlock(&d->lock);
	return ok;
}

void download_resume(struct download *d)
{
	own_mem char *path = home_path(d->home, HOME_DOWNLOAD);
	struct error err = {0};
	own_json *value = json_parse_file(path, NOTE_MAX, &err);
	struct download_request r = {
		.model = json_member_string(value, "model"), .precision = json_member_string(value, "precision"),
		.endpoint = json_member_string(value, "endpoint"), .cache = json_member_string(value, "cache"),
		.use = json_is_true(json_object_get(value, "use")),
	};

	if (value ? download_start(d, &r, &err) : err.kind == ERROR_NOT_FOUND)
		return;
	log_warn("the last download is not gone on with: %s", err.text);
	forget(d);
}

bool download_cancel(struct download *d)
{
	pthread_mutex_lock(&d->lock);
	bool running = d->status.state == DOWNLOAD_RUNNING;
	if (running)
		cancel_fire(&d->cancel);
	pthread_mutex_unlock(&d->lock);
	return running;
}

void download_status(struct download *d, struct download_status *status)
{
	pthread_mutex_lock(&d->lock);
	*status = d->status;
	pthread_mutex_unlock(&d->lock);
}

json_t *download_json(const struct download_status *s)
{
	static const char *const names[] = {
		[DOWNLOAD_NONE] = "none", [DOWNLOAD_RUNNING] = "running", [DOWNLOAD_DONE] = "done",
		[DOWNLOAD_FAILED] = "failed", [DOWNLOAD_CANCELLED] = "cancelled",
	};
	json_t *eta = s->per_second && s->total >= s->done ?
		json_integer((json_int_t)((s->total - s->done) / s->per_second)) : json_null();

	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:o, s:f, s:I, s:I, s:s, s:s}",
		"state", names[s->state], "stage", s->stage, "model", s->model, "repository", s->repository,
		"precision", s->precision,
		"bytes", (json_int_t)s->done, "total", (json_int_t)s->total, "per_second", (json_int_t)s->per_second,
		"eta_s", eta, "share", s->share,
		"files_done", (json_int_t)s->files_done, "files", (json_int_t)s->files, "error", s->error,
		"trouble", s->trouble);
}
