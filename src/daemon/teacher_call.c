/*
 * A question put to teachers is a thread with a client of its own.  Clients that a
 * question has done with wait in a small pool, so that the next needs no new
 * handshake; it takes the one that asked the same provider last.
 */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "daemon/teachers_inside.h"
#include "provider/failure.h"

#define STACK ((size_t)512 << 10)        /* bytes, of a call's thread */

struct teacher_call {
	struct teachers *teachers;
	struct delivery *delivery;
	struct reply *reply;             /* outlives the answer, to be cancelled */
	struct teacher_choice choice;
	char *key;                       /* of the one that is asked */
	struct teacher_call *next, **link;
};

void teachers_stop(struct teachers *t)
{
	pthread_mutex_lock(&t->lock);
	t->stopped = true;
	for (struct teacher_call *c = t->calls; c; c = c->next)
		reply_abort(c->reply);
	while (t->call_count)
		pthread_cond_wait(&t->done, &t->lock);
	pthread_mutex_unlock(&t->lock);
}

/* --- clients ----------------------------------------------------------------------------- */

static struct http_client *take_client(struct teachers *t, const struct provider *provider, struct error *err)
{
	struct http_client *client = NULL;

	pthread_mutex_lock(&t->lock);
	if (t->idle_count) {
		size_t best = t->idle_count - 1;
		while (best > 0 && t->idle[best].provider != provider)
			best--;
		if (t->idle[best].provider != provider)
			best = t->idle_count - 1;
		client = t->idle[best].client;
		t->idle[best] = t->idle[--t->idle_count];
	}
	pthread_mutex_unlock(&t->lock);
	return client ? client : http_client_create(err);
}

static void give_back(struct teachers *t, struct http_client *client, const struct provider *provider)
{
	pthread_mutex_lock(&t->lock);
	if (t->idle_count < CLIENTS_MAX)
		t->idle[t->idle_count++] = (struct idle_client){ take(client), provider };
	pthread_mutex_unlock(&t->lock);
	http_client_destroy(client);
}

/* --- one question ------------------------------------------------------------------------ */

static bool find_key(void *user, size_t i, bool refused, const char **key, struct error *err)
{
	struct teacher_call *c = user;
	struct teacher_key *source = &c->choice.entries[i]->reach->key;
	own_mem char *before = refused ? mem_strdup(c->key) : NULL;

	mem_forget(take(c->key));
	bool ok = teacher_key_get(source, before, reply_cancel(c->reply), &c->key, err);
	if (before)
		explicit_bzero(before, strlen(before));
	*key = c->key;
	return ok;
}

static bool on_delta(void *user, const struct delta *delta, struct error *err)
{
	struct teacher_call *c = user;

	return delivery_delta(c->delivery, delta, err);
}

static void on_teacher(void *user, size_t i)
{
	struct teacher_call *c = user;
	const struct teacher_entry *e = c->choice.entries[i];
	const char *model = c->choice.model ? c->choice.model : e->model;

	delivery_teacher(c->delivery, e->name, e->provider, model, teacher_entry_price(e, model));
}

static void on_unanswered(void *user, size_t i, unsigned attempts)
{
	struct teacher_call *c = user;

	(void)i;               /* the one of the last on_teacher() */
	delivery_unanswered(c->delivery, attempts);
}

/* What is said of a request, by a vendor or by us, may quote it: that is for the user, not for the log. */
static char *without_words(enum error_kind kind, const char *text)
{
	char *told = mem_strdup(kind == ERROR_INVALID ? "the request was refused; who asked knows why" : text);

	failure_drop_words(told);
	return told;
}

static void log_notice(const struct chain_notice *n)
{
	own_mem char *why = without_words(n->kind, n->why);
	struct chain_notice told = *n;
	char text[CHAIN_TEXT_MAX];

	told.why = why;
	chain_notice_text(&told, text);
	log_warn("teacher %s: %s", n->teacher, text);
}

static void on_notice(void *user, const struct chain_notice *n)
{
	static const char *const kinds[] = {
		[CHAIN_RETRY] = "retry", [CHAIN_NEXT] = "next", [CHAIN_SKIP] = "skip",
	};
	static const enum metric_event events[] = {
		[CHAIN_RETRY] = METRIC_RETRY, [CHAIN_NEXT] = METRIC_FALLBACK, [CHAIN_SKIP] = METRIC_SKIP,
	};
	struct teacher_call *c = user;
	char text[CHAIN_TEXT_MAX];

	chain_notice_text(n, text);
	log_notice(n);
	metrics_event(c->delivery->metrics, events[n->event]);
	delivery_notice(c->delivery, &(struct openai_notice){ .kind = kinds[n->event], .teacher = n->teacher,
		.text = text, .why = n->why, .wait_ms = n->wait_ms, .attempt = n->attempt, .attempts = n->attempts });
}

static bool ask_chain(struct teacher_call *c, struct http_client *client, struct error *err)
{
	struct chain_teacher list[TEACHER_LIST_MAX];
	struct chain chain = {
		.teachers = list, .count = c->choice.count, .lock = &c->teachers->lock,
		.cancel = reply_cancel(c->reply), .on_delta = on_delta, .on_notice = on_notice,
		.find_key = find_key, .on_teacher = on_teacher, .on_unanswered = on_unanswered, .user = c,
	};

	for (size_t i = 0; i < chain.count; i++) {
		struct teacher_entry *e = c->choice.entries[i];
		list[i] = (struct chain_teacher){
			.teacher = teacher_entry_asked(e, c->choice.model ? c->choice.model : e->model),
			.name = provider_title(e->provider, e->name), .key_origin = e->origin,
			.breaker = &e->reach->breaker,
		};
	}
	return chain_ask(client, &chain, &c->delivery->request, err);
}

static void unlink_call(struct teacher_call *c)
{
	struct teachers *t = c->teachers;

	pthread_mutex_lock(&t->lock);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	t->call_count--;
	pthread_cond_broadcast(&t->done);
	pthread_mutex_unlock(&t->lock);
	reply_unref(c->reply);
	mem_forget(c->key);
	teacher_choice_done(&c->choice);
	free(c);
}

static void log_failure(const struct teacher_call *c, const struct error *err)
{
	own_mem char *why = without_words(err->kind, err->text);

	if (err->kind != ERROR_CANCELLED)
		log_warn("teacher %s: %s", c->choice.first, why);
}

/* Whether somebody else takes an answer that has not begun, after what is no fault of the request's. */
static bool asks_otherwise(struct teacher_call *c, const struct error *err)
{
	bool theirs = err->kind != ERROR_INVALID && err->kind != ERROR_CANCELLED;

	return theirs && !c->delivery->sent && c->choice.otherwise &&
		c->choice.otherwise(c->choice.user, c->delivery, err);
}

static void *run_call(void *user)
{
	struct teacher_call *c = user;
	struct teachers *t = c->teachers;
	const struct provider *first = c->choice.entries[0]->provider;
	struct error err = {0};
	struct http_client *client = take_client(t, first, &err);

	bool ok = client && ask_chain(c, client, &err);
	if (client)
		give_back(t, client, first);
	if (!ok)
		log_failure(c, &err);
	if (ok || !asks_otherwise(c, &err))
		delivery_finish(c->delivery, ok ? NULL : &err);
	unlink_call(c);
	return NULL;
}

/* False when there are too many; else the call is on the list. */
static bool link_call(struct teachers *t, struct teacher_call *c)
{
	pthread_mutex_lock(&t->lock);
	bool ok = !t->stopped && t->call_count < TEACHER_CALLS_MAX;
	if (ok) {
		(void)reply_ref(c->reply);
		c->next = t->calls;
		c->link = &t->calls;
		if (c->next)
			c->next->link = &c->next;
		t->calls = c;
		t->call_count++;
	}
	pthread_mutex_unlock(&t->lock);
	return ok;
}

static bool start_thread(struct teacher_call *c)
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

bool teachers_ask(struct teachers *t, struct delivery *a, struct teacher_choice *choice, struct error *err)
{
	struct teacher_call *c = mem_zeroed(1, sizeof *c);

	*c = (struct teacher_call){ .teachers = t, .delivery = a, .reply = a->reply };
	a->waits = true;
	if (!link_call(t, c)) {
		free(c);
		return error_set(err, ERROR_UNAVAILABLE,
			"%d questions to teachers are under way; try again in a moment", TEACHER_CALLS_MAX);
	}
	c->choice = *choice;
	if (start_thread(c)) {
		*choice = (struct teacher_choice){0};
		return true;
	}
	c->choice = (struct teacher_choice){0};
	unlink_call(c);
	return error_set(err, ERROR_UNAVAILABLE, "no more threads for questions to teachers; try again in a moment");
}
