/*
 * A call is a thread with a connection of its own.  Connections that a call has
 * done with wait in a small pool, so the next question needs no new handshake.
 */
#include "daemon/teacher.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "provider/ask.h"

#define IDLE_MAX 4
#define STACK ((size_t)512 << 10)        /* bytes, of a call's thread */

struct call {
	struct teachers *teacher;
	struct delivery *delivery;
	struct reply *reply;             /* outlives the answer, to be cancelled */
	char *key, *url, *model;         /* as they were when it was asked */
	struct call *next, **link;
};

struct teachers {
	const struct provider *provider;

	pthread_mutex_t lock;            /* guards everything below */
	pthread_cond_t done;             /* a call ended */
	char *key, *url, *model;
	bool stopped;
	struct call *calls;
	size_t count;
	struct http_client *idle[IDLE_MAX];
	size_t idle_count;
};

struct teachers *teacher_create(void)
{
	struct teachers *t = mem_zeroed(1, sizeof *t);

	t->provider = provider_find("claude");
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->done, NULL);
	return t;
}

void teacher_stop(struct teachers *t)
{
	pthread_mutex_lock(&t->lock);
	t->stopped = true;
	for (struct call *c = t->calls; c; c = c->next)
		reply_abort(c->reply);
	while (t->count)
		pthread_cond_wait(&t->done, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

static void forget(struct teachers *t)
{
	if (t->key)
		explicit_bzero(t->key, strlen(t->key));
	free(t->key);
	free(t->url);
	free(t->model);
}

void teacher_destroy(struct teachers *t)
{
	for (size_t i = 0; i < t->idle_count; i++)
		http_client_destroy(t->idle[i]);
	forget(t);
	pthread_cond_destroy(&t->done);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

void teacher_set(struct teachers *t, const char *key, const char *url, const char *model)
{
	pthread_mutex_lock(&t->lock);
	forget(t);
	t->key = mem_strdup(key);
	t->url = mem_strdup(url);
	t->model = mem_strdup(provider_model(t->provider, model));
	pthread_mutex_unlock(&t->lock);
}

void teacher_status(struct teachers *t, struct teacher_status *status)
{
	pthread_mutex_lock(&t->lock);
	*status = (struct teacher_status){ .ready = t->key != NULL };
	snprintf(status->name, sizeof status->name, "%s", t->provider->name);
	snprintf(status->model, sizeof status->model, "%s", t->model ? t->model : t->provider->default_model);
	pthread_mutex_unlock(&t->lock);
}

/* --- one call ---------------------------------------------------------------------- */

static struct http_client *take_client(struct teachers *t, struct error *err)
{
	pthread_mutex_lock(&t->lock);
	struct http_client *client = t->idle_count ? t->idle[--t->idle_count] : NULL;
	pthread_mutex_unlock(&t->lock);
	return client ? client : http_client_create(err);
}

static void give_back(struct teachers *t, struct http_client *client)
{
	pthread_mutex_lock(&t->lock);
	if (t->idle_count < IDLE_MAX)
		t->idle[t->idle_count++] = take(client);
	pthread_mutex_unlock(&t->lock);
	http_client_destroy(client);
}

static void on_notice(void *user, const struct ask_notice *notice)
{
	(void)user;
	log_warn("teacher: attempt %u of %u in %u ms: %s", notice->attempt, notice->attempts, notice->wait_ms,
		notice->why->text);
}

static void unlink_call(struct call *c)
{
	struct teachers *t = c->teacher;

	pthread_mutex_lock(&t->lock);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	t->count--;
	pthread_cond_broadcast(&t->done);
	pthread_mutex_unlock(&t->lock);
	reply_unref(c->reply);
	explicit_bzero(c->key, strlen(c->key));
	free(c->key);
	free(c->url);
	free(c->model);
	free(c);
}

static void *run_call(void *user)
{
	struct call *c = user;
	struct teachers *t = c->teacher;
	struct ask_report report;
	struct error err = {0};
	struct http_client *client = take_client(t, &err);
	struct ask ask = {
		.teacher = { .provider = t->provider, .base_url = c->url, .key = c->key, .model = c->model },
		.cancel = reply_cancel(c->reply), .on_delta = delivery_delta, .on_notice = on_notice,
		.user = c->delivery,
	};

	bool ok = client && ask_provider(client, &ask, &c->delivery->request, &report, &err);
	if (client)
		give_back(t, client);
	if (!ok && err.kind != ERROR_CANCELLED)
		log_warn("teacher: %s", err.text);
	delivery_finish(c->delivery, ok ? NULL : &err);
	unlink_call(c);
	return NULL;
}

/* False when there are too many; else the call is on the list. */
static bool link_call(struct teachers *t, struct call *c)
{
	pthread_mutex_lock(&t->lock);
	bool ok = t->key && !t->stopped && t->count < TEACHER_CALLS_MAX;
	if (ok) {
		(void)reply_ref(c->reply);
		c->key = mem_strdup(t->key);
		c->url = mem_strdup(t->url);
		c->model = mem_strdup(t->model);
		c->next = t->calls;
		c->link = &t->calls;
		if (c->next)
			c->next->link = &c->next;
		t->calls = c;
		t->count++;
	}
	pthread_mutex_unlock(&t->lock);
	return ok;
}

static bool start_thread(struct call *c)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK);
	bool ok = pthread_create(&thread, &attributes, run_call, c) == 0;
	pthread_attr_destroy(&attributes);
	return ok;
}

bool teacher_ask(struct teachers *t, struct delivery *a, struct error *err)
{
	struct call *c = mem_zeroed(1, sizeof *c);

	*c = (struct call){ .teacher = t, .delivery = a, .reply = a->reply };
	a->waits = true;
	if (!link_call(t, c)) {
		free(c);
		return error_set(err, ERROR_UNAVAILABLE,
			"%d questions to the teacher are under way; try again in a moment", TEACHER_CALLS_MAX);
	}
	if (start_thread(c))
		return true;
	unlink_call(c);
	return error_set(err, ERROR_UNAVAILABLE, "no more threads for questions to the teacher; try again in a moment");
}
