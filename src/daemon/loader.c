/*
 * One thread at most, alive only while there is something to load.  A model that
 * can be prepared (prepare/prepare.h) is, once, before it is loaded for the first
 * time.  A folder asked for meanwhile is loaded next; whatever was loaded for an
 * older wish is dropped, and a preparation for it ends.  The old model is let go first, since two
 * may not fit into memory; answers under way keep it until they end.
 */
#include "daemon/loader.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/home.h"
#include "hub/memory.h"
#include "hub/precision.h"
#include "model/files.h"
#include "prepare/prepare.h"

#define TIMELINES_MAX ANSWERS_MAX
#define MEMORY_SHARE 4                   /* of the memory we may have, timelines get at most 1/4 */

struct loader {
	struct worker_options options;
	void (*changed)(void *user);
	void *user;

	pthread_mutex_t lock;            /* guards everything below */
	pthread_t thread;
	bool started, running;           /* a thread exists; it still loads */
	enum local_state state;
	char *wanted;                    /* folder; NULL: none yet */
	char *precision;                 /* of it; NULL: the first there is */
	unsigned wish;                   /* counts what was wanted */
	char error[400];
	char progress[64];               /* of a preparation, "": none under way */
	bool stopping;
	struct loaded *loaded;           /* NULL while it sleeps */
	struct worker_status known;      /* of the model that is ready */
};

/* --- loaded models ----------------------------------------------------------------- */

struct loaded *loaded_share(struct loaded *l)
{
	atomic_fetch_add(&l->refs, 1);
	return l;
}

void loaded_release(struct loaded *l)
{
	if (!l || atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	pool_destroy(l->pool);
	model_release(l->model);
	free(l);
}

static size_t timeline_memory(void)
{
	struct memory m;

	memory_look(&m, "");
	return (size_t)(m.limit / MEMORY_SHARE);
}

/* What is to be loaded: the thread's own copy. */
struct wish {
	char *folder, *precision;
	unsigned number;
};

static void wish_done(struct wish *w)
{
	free(w->folder);
	free(w->precision);
}

/* What a preparation tells and is told. */
struct preparing {
	struct loader *loader;
	unsigned wish;
	struct cancel cancel;
};

static void note_progress(void *user, enum prepare_stage stage, double share)
{
	struct preparing *p = user;
	struct loader *l = p->loader;

	pthread_mutex_lock(&l->lock);
	bool wanted = !l->stopping && p->wish == l->wish;
	snprintf(l->progress, sizeof l->progress, "%s, %d %%", prepare_stage_name(stage), (int)(100 * share));
	pthread_mutex_unlock(&l->lock);
	if (!wanted)
		cancel_fire(&p->cancel);
}

/* A file for our own kernels, made where it can be and is not there yet. */
static bool prepare(struct loader *l, const struct wish *w, const struct model_options *options,
	struct prepared_model *prepared, struct error *err)
{
	struct preparing p = { .loader = l, .wish = w->number };
	struct prepare_options wishes = {
		.engine = options->engine, .cache_dir = options->cache_dir, .progress = note_progress, .user = &p,
		.cancel = &p.cancel,
	};

	cancel_init(&p.cancel);
	bool ok = prepare_model(w->folder, &wishes, prepared, err);
	cancel_done(&p.cancel);
	pthread_mutex_lock(&l->lock);
	l->progress[0] = '\0';
	pthread_mutex_unlock(&l->lock);
	return ok;
}

static struct loaded *load(struct loader *l, const struct wish *w, struct error *err)
{
	const struct worker_options *o = &l->options;
	struct error homeless = {0};
	own_mem char *home = path_shammah(&homeless);
	own_mem char *cache = home ? home_path(home, HOME_CACHE) : NULL;
	own_mem char *beginnings = cache ? path_join(cache, "beginnings") : NULL;
	own_prepared_model prepared = {0};
	size_t memory = o->kv_bytes ? o->kv_bytes : timeline_memory();
	struct model_options options = {
		.engine = {
			.threads = o->threads, .context = o->context, .precision = w->precision,
			.small_kv = o->small_kv, .kv_bytes = memory,
			.beginnings = beginnings, .beginnings_limit = o->beginnings_bytes,
		},
		.cache_dir = cache,
	};

	if (!prepare(l, w, &options, &prepared, err))
		return NULL;
	options.engine.prepared = prepared.path;
	options.engine.reason = prepared.reason;
	struct model *model = model_open(w->folder, &options, err);
	if (!model)
		return NULL;
	struct loaded *fresh = mem_zeroed(1, sizeof *fresh);
	atomic_init(&fresh->refs, 1);
	fresh->model = model;
	fresh->pool = pool_create(model_engine(model), TIMELINES_MAX, memory);
	return fresh;
}

/* --- the thread ----------------------------------------------------------------------- */

/* What to load, wish_done() is the caller's; the model so far is let go. */
static struct wish begin(struct loader *l)
{
	pthread_mutex_lock(&l->lock);
	struct loaded *old = take(l->loaded);
	struct wish w = { mem_strdup(l->wanted), mem_strdup(l->precision), l->wish };
	pthread_mutex_unlock(&l->lock);
	loaded_release(old);
	return w;
}

static struct worker_status describe(const struct loaded *loaded)
{
	const struct engine_info *info = engine_info(model_engine(loaded->model));
	struct worker_status s = { .context = info->context };

	snprintf(s.name, sizeof s.name, "%s", info->name);
	snprintf(s.precision, sizeof s.precision, "%s", info->precision);
	snprintf(s.attention, sizeof s.attention, "%s", info->attention);
	snprintf(s.runtime, sizeof s.runtime, "%s", info->runtime);
	snprintf(s.reason, sizeof s.reason, "%s", info->reason);
	return s;
}

/* Installs what was loaded for a wish, unless there is another by now; false then. */
static bool install(struct loader *l, const struct wish *w, struct loaded *fresh, const struct error *err)
{
	pthread_mutex_lock(&l->lock);
	bool current = w->number == l->wish;
	if (current) {
		l->loaded = fresh;
		if (fresh)
			l->known = describe(fresh);
		l->state = fresh ? LOCAL_READY : LOCAL_FAILED;
		snprintf(l->error, sizeof l->error, "%s", fresh ? "" : err->text);
		l->running = false;
	}
	pthread_mutex_unlock(&l->lock);
	if (!current)
		loaded_release(fresh);
	return current;
}

static void load_wanted(struct loader *l)
{
	bool installed = false;

	while (!installed) {
		struct error err = {0};
		uint64_t start = clock_ms();
		owns(wish_done) struct wish w = begin(l);

		struct loaded *fresh = load(l, &w, &err);
		if (fresh)
			log_info("model %s is ready after %llu ms; %s (%s)", w.folder,
				(unsigned long long)(clock_ms() - start),
				engine_info(model_engine(fresh->model))->runtime,
				engine_info(model_engine(fresh->model))->reason);
		else
			log_error("model %s: %s", w.folder, err.text);
		installed = install(l, &w, fresh, &err);
	}
	l->changed(l->user);
}

static void *run(void *user)
{
	load_wanted(user);
	return NULL;
}

/* --- from outside ------------------------------------------------------------------------ */

struct loader *loader_create(const struct worker_options *options, void (*changed)(void *user), void *user)
{
	struct loader *l = mem_zeroed(1, sizeof *l);

	l->options = *options;
	l->changed = changed;
	l->user = user;
	pthread_mutex_init(&l->lock, NULL);
	return l;
}

void loader_destroy(struct loader *l)
{
	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	pthread_mutex_unlock(&l->lock);
	if (l->started)
		pthread_join(l->thread, NULL);
	loaded_release(l->loaded);
	pthread_mutex_destroy(&l->lock);
	free(l->wanted);
	free(l->precision);
	free(l);
}

static void start_locked(struct loader *l)
{
	if (l->started)
		pthread_join(l->thread, NULL);   /* it has nothing more to do */
	l->running = l->started = pthread_create(&l->thread, NULL, run, l) == 0;
	if (!l->started) {
		l->state = LOCAL_FAILED;
		snprintf(l->error, sizeof l->error, "no thread to load it");
	}
}

static bool equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

void loader_load(struct loader *l, const char *folder)
{
	struct error homeless = {0};
	own_mem char *home = path_shammah(&homeless);
	own_mem char *precision = home ? precision_chosen(home, folder) : NULL;

	pthread_mutex_lock(&l->lock);
	bool same = equal(l->wanted, folder) && equal(l->precision, precision);
	if (!same || l->state == LOCAL_FAILED) {
		free(l->wanted);
		free(l->precision);
		l->wanted = mem_strdup(folder);
		l->precision = take(precision);
		l->wish++;
		l->state = LOCAL_LOADING;
		l->error[0] = '\0';
		if (!l->running)
			start_locked(l);
	}
	pthread_mutex_unlock(&l->lock);
}

struct loaded *loader_get(struct loader *l)
{
	pthread_mutex_lock(&l->lock);
	struct loaded *loaded = l->state == LOCAL_READY && l->loaded ? loaded_share(l->loaded) : NULL;
	pthread_mutex_unlock(&l->lock);
	return loaded;
}

void loader_sleep(struct loader *l)
{
	pthread_mutex_lock(&l->lock);
	struct loaded *idle = l->state == LOCAL_READY ? take(l->loaded) : NULL;
	pthread_mutex_unlock(&l->lock);
	if (idle)
		log_info("the local model was not needed for a while: its memory is given back");
	loaded_release(idle);
}

void loader_wake(struct loader *l)
{
	pthread_mutex_lock(&l->lock);
	if (l->state == LOCAL_READY && !l->loaded) {
		l->state = LOCAL_LOADING;
		start_locked(l);
	}
	pthread_mutex_unlock(&l->lock);
}

void loader_status(struct loader *l, struct worker_status *s)
{
	pthread_mutex_lock(&l->lock);
	own_mem char *name = l->wanted ? model_folder_name(l->wanted) : NULL;
	if (l->state == LOCAL_READY)
		*s = l->known;
	else
		snprintf(s->name, sizeof s->name, "%s", name ? name : "");
	s->asleep = l->state == LOCAL_READY && !l->loaded;
	s->state = l->state;
	snprintf(s->error, sizeof s->error, "%s", l->error);
	snprintf(s->progress, sizeof s->progress, "%s", l->progress);
	snprintf(s->folder, sizeof s->folder, "%s", l->wanted ? l->wanted : "");
	pthread_mutex_unlock(&l->lock);
}
