#include "daemon/embeddings.h"

#include <pthread.h>
#include <stdio.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/path.h"
#include "daemon/service.h"
#include "hub/spec.h"
#include "model/embedder.h"
#include "text/lexical.h"

#define OUT_MAX ((size_t)128 << 20)
#define REQUEST_MAX (2 * BODY_MAX)
#define TOKENS_COUNTED 1000000          /* of a text, before we give up counting */

struct task {
	struct embed_request request;
	struct reply *reply;
	struct task *next;
};

enum state { LEXICAL, CONFIGURED, READY, FAILED };

struct embeddings {
	char *model;                     /* as configured; NULL: none */
	int threads;
	struct embedder *embedder;       /* the thread's own */
	pthread_t thread;

	pthread_mutex_t lock;            /* guards everything below */
	pthread_cond_t wake;
	bool stopped, joined;
	enum state state;
	struct task *first, **end;
	size_t waiting;
	char name[128], error[400];
	size_t dimensions;
};

/* --- one request ------------------------------------------------------------------- */

static bool is_stopped(struct embeddings *e)
{
	pthread_mutex_lock(&e->lock);
	bool stopped = e->stopped;
	pthread_mutex_unlock(&e->lock);
	return stopped;
}

static void refuse(struct task *t, const struct error *err, const char *param, const char *code)
{
	const char *type;
	unsigned status = openai_status(err, &type);

	reply_error(t->reply, status, type, param, code, err->text);
}

static void task_destroy(struct task *t)
{
	own_buf nothing = BUF_INIT(1);

	reply_finish(t->reply, &nothing);
	reply_unref(t->reply);
	embed_request_done(&t->request);
	free(t);
}

/* What answers: each kind makes the vector of one input and counts its tokens. */
struct maker {
	struct openai_source source;
	size_t dimensions;
	const struct embedder *embedder;     /* NULL: lexical */
	struct embeddings *owner;
};

static bool too_long(const struct maker *m, size_t count, struct error *err)
{
	size_t most = embedder_info(m->embedder)->most_tokens;

	return count > most && !error_set(err, ERROR_TOO_LARGE,
		"This model's maximum context length is %zu tokens. However, an input resulted in %zu tokens.", most,
		count);
}

static bool make_vector(const struct maker *m, const struct embed_input *in, float *vector, size_t *tokens,
	struct error *err)
{
	own_tokens ids = TOKENS_INIT(TOKENS_COUNTED);

	if (!m->embedder && !in->text.p)
		return error_set(err, ERROR_INVALID, "input must be text: %s knows no tokens", EMBEDDINGS_LEXICAL);
	if (!m->embedder)
		return lexical_embed(in->text, vector, tokens, err);
	if (!(in->text.p ? embedder_tokenize(m->embedder, in->text, &ids, err) :
		embedder_frame(m->embedder, in->ids, in->count, &ids, err)) || too_long(m, ids.count, err))
		return false;
	*tokens = ids.count;
	return embedder_run(m->embedder, ids.ids, ids.count, vector, err);
}

/* The result's vectors stand close together, however many of their dimensions are wanted. */
static bool make_vectors(const struct maker *m, struct task *t, float *vectors, struct embed_result *result,
	struct error *err)
{
	for (size_t i = 0; i < t->request.input_count; i++) {
		own_mem float *vector = mem_zeroed(m->dimensions, sizeof *vector);
		size_t tokens = 0;
		if (reply_is_gone(t->reply))
			return error_set(err, ERROR_CANCELLED, "the client hung up");
		if (is_stopped(m->owner))
			return error_set(err, ERROR_UNAVAILABLE, "the daemon is stopping");
		if (!make_vector(m, &t->request.inputs[i], vector, &tokens, err))
			return false;
		if (m->embedder)
			embedder_cut(embedder_info(m->embedder), vector, result->dimensions);
		memcpy(vectors + i * result->dimensions, vector, result->dimensions * sizeof *vector);
		result->tokens += tokens;
	}
	return true;
}

static bool has_dimensions(const struct maker *m, size_t wanted)
{
	return wanted == 0 || wanted == m->dimensions ||
		(m->embedder && embedder_has_dimensions(embedder_info(m->embedder), wanted));
}

static void answer(const struct maker *m, struct task *t)
{
	size_t wanted = t->request.dimensions;
	struct embed_result result = { .count = t->request.input_count, .dimensions = wanted ? wanted : m->dimensions };
	struct error err = {0};
	own_buf body = BUF_INIT(OUT_MAX);

	if (!has_dimensions(m, wanted)) {
		error_set(&err, ERROR_INVALID,
			"dimensions must be %zu, or left out: %.100s was not made for other sizes", m->dimensions,
			m->source.name);
		refuse(t, &err, "dimensions", NULL);
		return;
	}
	own_mem float *vectors = mem_zeroed(result.count * result.dimensions, sizeof *vectors);
	result.vectors = vectors;
	if (!make_vectors(m, t, vectors, &result, &err))
		refuse(t, &err, err.kind == ERROR_INVALID || err.kind == ERROR_TOO_LARGE ? "input" : NULL,
			err.kind == ERROR_TOO_LARGE ? "context_length_exceeded" : NULL);
	else if (!openai_write_embed(&t->request, &result, &m->source, &body, &err))
		refuse(t, &err, NULL, NULL);
	else
		reply_whole(t->reply, (struct reply_head){ .status = 200, .type = "application/json" }, &body);
}

/* --- whom the request's model names ------------------------------------------------- */

static void note_load(struct embeddings *e, const struct error *err)
{
	pthread_mutex_lock(&e->lock);
	e->state = e->embedder ? READY : FAILED;
	snprintf(e->error, sizeof e->error, "%s", e->embedder ? "" : err->text);
	if (e->embedder) {
		snprintf(e->name, sizeof e->name, "%s", embedder_info(e->embedder)->name);
		e->dimensions = embedder_info(e->embedder)->dimensions;
	}
	pthread_mutex_unlock(&e->lock);
	if (e->embedder)
		log_info("embedding model %s is ready", e->model);
	else
		log_error("embedding model %s: %s", e->model, err->text);
}

/* Tried again with every request that needs it: it may have been installed meanwhile. */
static bool load(struct embeddings *e, struct error *err)
{
	if (e->embedder)
		return true;
	own_mem char *folder = spec_locate(e->model, err);
	if (folder)
		e->embedder = embedder_open(folder, e->threads, err);
	note_load(e, err);
	return e->embedder != NULL;
}

static bool is_local(const struct embeddings *e, struct str name)
{
	return e->model && (str_is(name, "auto") || str_is(name, "local") || str_is(name, e->model) ||
		str_is(name, e->name));
}

static void serve(struct embeddings *e, struct task *t)
{
	struct str name = t->request.model;
	struct error err = {0};
	struct maker m = {
		.source = { "lexical", EMBEDDINGS_LEXICAL,
			e->model ? "it was asked for" : "no embedding model is configured", NULL },
		.dimensions = LEXICAL_DIMENSIONS, .owner = e,
	};

	/* A model that is not loaded has no other name than its setting, yet. */
	bool known = str_is(name, EMBEDDINGS_LEXICAL) || (!e->model && str_is(name, "auto"));
	if (!known && e->model) {
		if (!load(e, &err)) {
			err.kind = ERROR_UNAVAILABLE;
			refuse(t, &err, NULL, "embedding_model_failed");
			return;
		}
		m = (struct maker){ .source = { "local", e->name, "it is configured", NULL },
			.dimensions = e->dimensions,
			.embedder = e->embedder, .owner = e };
		known = is_local(e, name);
	}
	if (!known) {
		error_set(&err, ERROR_NOT_FOUND, "there is no embedding model of this name; use \"auto\" or \"%s\"%s%s",
			EMBEDDINGS_LEXICAL, e->model ? ", or " : "", e->model ? e->name : "");
		refuse(t, &err, "model", "model_not_found");
		return;
	}
	answer(&m, t);
}

/* --- the thread ------------------------------------------------------------------------ */

static struct task *next_task(struct embeddings *e)
{
	pthread_mutex_lock(&e->lock);
	while (!e->first && !e->stopped)
		pthread_cond_wait(&e->wake, &e->lock);
	struct task *t = e->stopped ? NULL : e->first;
	if (t) {
		e->first = t->next;
		if (!e->first)
			e->end = &e->first;
		e->waiting--;
	}
	pthread_mutex_unlock(&e->lock);
	return t;
}

static void *work(void *user)
{
	struct embeddings *e = user;
	struct error stopping = {0};
	struct task *t;

	while ((t = next_task(e))) {
		serve(e, t);
		task_destroy(t);
	}
	error_set(&stopping, ERROR_UNAVAILABLE, "the daemon is stopping");
	while ((t = e->first)) {
		e->first = t->next;
		refuse(t, &stopping, NULL, NULL);
		task_destroy(t);
	}
	return NULL;
}

/* --- from outside ------------------------------------------------------------------------ */

struct embeddings *embeddings_create(const char *model, int threads)
{
	struct embeddings *e = mem_zeroed(1, sizeof *e);

	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->wake, NULL);
	e->model = mem_strdup(model);
	e->threads = threads;
	e->end = &e->first;
	e->state = model ? CONFIGURED : LEXICAL;
	e->dimensions = model ? 0 : LEXICAL_DIMENSIONS;
	/* A folder goes by its own name, as it will when it is loaded. */
	bool folder = model && strchr("/.~", *model);
	snprintf(e->name, sizeof e->name, "%s", folder ? path_base(model) : model ? model : EMBEDDINGS_LEXICAL);
	if (pthread_create(&e->thread, NULL, work, e) != 0)
		mem_panic("cannot start the thread for embeddings");
	return e;
}

void embeddings_stop(struct embeddings *e)
{
	pthread_mutex_lock(&e->lock);
	e->stopped = true;
	bool join = !e->joined;
	e->joined = true;
	pthread_cond_signal(&e->wake);
	pthread_mutex_unlock(&e->lock);
	if (join)
		pthread_join(e->thread, NULL);
}

void embeddings_destroy(struct embeddings *e)
{
	embeddings_stop(e);
	embedder_destroy(e->embedder);
	pthread_cond_destroy(&e->wake);
	pthread_mutex_destroy(&e->lock);
	free(e->model);
	free(e);
}

void embeddings_ask(struct embeddings *e, struct embed_request *r, struct reply *reply)
{
	struct task *t = mem_zeroed(1, sizeof *t);
	struct error err = {0};

	t->request = *r;
	*r = (struct embed_request)EMBED_REQUEST_INIT(0);
	t->reply = reply_ref(reply);
	pthread_mutex_lock(&e->lock);
	bool stopped = e->stopped, ok = !stopped && e->waiting < EMBEDDINGS_WAITING_MAX;
	if (ok) {
		*e->end = t;
		e->end = &t->next;
		e->waiting++;
		pthread_cond_signal(&e->wake);
	}
	pthread_mutex_unlock(&e->lock);
	if (ok)
		return;
	if (stopped)
		error_set(&err, ERROR_UNAVAILABLE, "the daemon is stopping");
	else
		error_set(&err, ERROR_UNAVAILABLE, "%d requests already wait for embeddings; try again in a moment",
			EMBEDDINGS_WAITING_MAX);
	refuse(t, &err, NULL, NULL);
	task_destroy(t);
}

void embeddings_status(struct embeddings *e, struct embeddings_status *s)
{
	static const char *const names[] = {
		[LEXICAL] = "lexical", [CONFIGURED] = "configured", [READY] = "ready", [FAILED] = "failed",
	};

	pthread_mutex_lock(&e->lock);
	*s = (struct embeddings_status){ .state = names[e->state], .dimensions = e->dimensions, .waiting = e->waiting };
	snprintf(s->name, sizeof s->name, "%s", e->name);
	snprintf(s->error, sizeof s->error, "%s", e->error);
	pthread_mutex_unlock(&e->lock);
}

void embeddings_handler(void *user, const struct http_request_in *in, struct reply *reply)
{
	struct service *s = user;
	own_embed_request r = EMBED_REQUEST_INIT(REQUEST_MAX);
	struct openai_fault fault = {0};
	struct error err = {0};
	const char *type;

	if (openai_read_embed(in->body, &r, &fault, &err)) {
		embeddings_ask(s->embeddings, &r, reply);
		return;
	}
	unsigned status = openai_status(&err, &type);
	reply_error(reply, status, type, *fault.place.param ? fault.place.param : NULL, fault.code, err.text);
}
