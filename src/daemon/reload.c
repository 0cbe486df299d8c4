#include "daemon/reload.h"

#include <pthread.h>
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "config/watch.h"
#include "daemon/teacher_list.h"

#define LOOK_S 2

struct reload {
	reload_fn *use;
	void *user;
	pthread_t thread;
	bool runs;
	/* The thread's own: */
	struct config_watch watch;
	struct config *good;           /* the last reading that could be used */

	pthread_mutex_t lock;          /* guards everything below */
	pthread_cond_t over;
	bool stopped;
	char problem[400];             /* "": none */
};

static void forget(struct config *c)
{
	if (c)
		config_done(c);
	free(c);
}

/* A fresh reading, and what is wrong with it: NULL then. */
static struct config *read_files(struct reload *r, struct error *err)
{
	own_config_places places = {0};
	struct config *c = mem_zeroed(1, sizeof *c);

	config_places_init(&places, false);
	bool ok = config_load(c, &places, err);
	config_watch_take(&r->watch, c);
	if (ok)
		return c;
	forget(c);
	return NULL;
}

static void set_problem(struct reload *r, const char *text)
{
	pthread_mutex_lock(&r->lock);
	bool new = strcmp(r->problem, text) != 0;
	snprintf(r->problem, sizeof r->problem, "%s", text);
	pthread_mutex_unlock(&r->lock);
	if (new && *text)
		log_warn("%s; the last good configuration stays in use", text);
}

static void look(struct reload *r)
{
	struct error err = {0};

	if (!config_watch_changed(&r->watch))
		return;
	struct config *now = read_files(r, &err);
	set_problem(r, now ? "" : err.text);
	if (!now)
		return;
	log_info("the configuration has changed and was read again");
	r->use(r->user, r->good, now);
	forget(r->good);
	r->good = now;
}

/* False when it is time to end. */
static bool wait_for_turn(struct reload *r)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LOOK_S;
	pthread_mutex_lock(&r->lock);
	while (!r->stopped && pthread_cond_timedwait(&r->over, &r->lock, &until) == 0)
		;
	bool go = !r->stopped;
	pthread_mutex_unlock(&r->lock);
	return go;
}

static void *run(void *user)
{
	struct reload *r = user;

	while (wait_for_turn(r))
		look(r);
	return NULL;
}

struct reload *reload_create(reload_fn *use, void *user)
{
	struct reload *r = mem_zeroed(1, sizeof *r);
	struct error err = {0};

	r->use = use;
	r->user = user;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->over, NULL);
	r->good = read_files(r, &err);
	if (!r->good)
		set_problem(r, err.text);
	r->runs = pthread_create(&r->thread, NULL, run, r) == 0;
	if (!r->runs)
		log_warn("no thread to look after the configuration: changes count from the next start on");
	return r;
}

void reload_stop(struct reload *r)
{
	pthread_mutex_lock(&r->lock);
	r->stopped = true;
	pthread_cond_signal(&r->over);
	pthread_mutex_unlock(&r->lock);
	if (r->runs)
		pthread_join(r->thread, NULL);
	r->runs = false;
}

void reload_destroy(struct reload *r)
{
	if (!r)
		return;
	reload_stop(r);
	config_watch_done(&r->watch);
	forget(r->good);
	pthread_cond_destroy(&r->over);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

bool reload_problem(struct reload *r, char *text, size_t size)
{
	pthread_mutex_lock(&r->lock);
	bool broken = r->problem[0] != '\0';
	if (broken)
		snprintf(text, size, "%s", r->problem);
	pthread_mutex_unlock(&r->lock);
	return broken;
}

bool reload_same_teachers(const struct config *a, const struct config *b)
{
	own_json *one = teacher_list_json(a->teachers, a->teacher_count);
	own_json *other = teacher_list_json(b->teachers, b->teacher_count);

	return json_equal(one, other);
}
