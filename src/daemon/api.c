/* The handlers behind the paths: what each says, in JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "daemon/api.h"
#include "daemon/chat.h"
#include "daemon/models.h"
#include "daemon/teacher_list.h"

#define JSON "application/json"
#define BODY ((size_t)1 << 20)

static const char *const state_names[] = {
	[LOCAL_NONE] = "none", [LOCAL_LOADING] = "loading", [LOCAL_READY] = "ready", [LOCAL_FAILED] = "failed",
};

static void send_text(struct reply *r, const char *type, struct buf *body)
{
	reply_whole(r, (struct reply_head){ .status = 200, .type = type }, body);
}

void api_send(struct reply *r, json_t *value)
{
	own_buf body = BUF_INIT(BODY);
	own_json *owned = value;
	struct error err = {0};

	if (json_write(&body, owned, &err))
		send_text(r, JSON, &body);
	else
		reply_error(r, 500, "server_error", NULL, NULL, err.text);
}

static void health(void *user, const struct http_request_in *in, struct reply *r)
{
	struct service *s = user;
	struct worker_status w;
	own_buf body = BUF_INIT(256);

	(void)in;
	worker_status(s->worker, &w);
	buf_putf(&body, "{\"status\":\"ok\",\"version\":\"%s\",\"model\":\"%s\"}", SHAMMAH_VERSION,
		state_names[w.state]);
	send_text(r, JSON, &body);
}

/* Of keys and values, in bytes; total 0: each answer has its own, and no common account. */
static json_t *memory_json(const struct engine_memory *m)
{
	return json_pack("{s:I, s:I, s:I, s:I}", "used", (json_int_t)m->used, "cached", (json_int_t)m->cached,
		"total", (json_int_t)m->total, "runs", (json_int_t)m->runs);
}

static json_t *embeddings_json(struct service *s)
{
	struct embeddings_status e;

	embeddings_status(s->embeddings, &e);
	return json_pack("{s:s, s:s, s:s, s:I, s:I}", "state", e.state, "name", e.name, "error", e.error,
		"dimensions", (json_int_t)e.dimensions, "waiting", (json_int_t)e.waiting);
}

/* An error holds as long as the files are broken; the last good reading is in use then. */
static json_t *config_json(struct reload *r)
{
	char problem[400] = "";

	(void)reload_problem(r, problem, sizeof problem);
	return json_pack("{s:s}", "error", problem);
}

static void status(void *user, const struct http_request_in *in, struct reply *r)
{
	struct service *s = user;
	struct worker_status w;
	struct download_status d;

	(void)in;
	worker_status(s->worker, &w);
	download_status(s->download, &d);
	json_t *value = json_pack("{s:s, s:I, s:{s:s, s:b, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o}, s:o, "
		"s:{s:I, s:I, s:I}}",
		"version", SHAMMAH_VERSION, "uptime_s", (json_int_t)((clock_ms() - s->started_ms) / 1000), "model",
		"state", state_names[w.state], "asleep", (int)w.asleep, "progress", w.progress, "name", w.name,
		"folder", w.folder, "error", w.error, "precision", w.precision, "attention", w.attention, "runtime",
		w.runtime, "reason", w.reason, "context", (json_int_t)w.context, "memory", memory_json(&w.memory),
		"teachers", teachers_json(s->teachers), "queue", "active", (json_int_t)w.active, "waiting",
		 (json_int_t)w.waiting, "parked", (json_int_t)w.parked);
	json_object_set_new(value, "config", config_json(s->reload));
	json_object_set_new(value, "spending", books_json(s->books));
	json_object_set_new(value, "download", download_json(&d));
	json_object_set_new(value, "embeddings", embeddings_json(s));
	api_send(r, value);
}

static void metrics(void *user, const struct http_request_in *in, struct reply *r)
{
	struct service *s = user;
	struct worker_status w;
	own_buf body = BUF_INIT(BODY);

	(void)in;
	worker_status(s->worker, &w);
	struct metric_gauges gauges = {
		.active = w.active, .waiting = w.waiting, .model_state = (int)w.state,
		.uptime_s = (clock_ms() - s->started_ms) / 1000,
		.parked = w.parked, .kv_used = w.memory.used, .kv_cached = w.memory.cached, .kv_total = w.memory.total,
	};
	teachers_count(s->teachers, &gauges.teachers, &gauges.resting);
	metrics_write(&s->metrics, &gauges, &body);
	send_text(r, "text/plain; version=0.0.4; charset=utf-8", &body);
}

static json_t *model_json(const struct service *s, const char *id, const char *owner)
{
	int64_t created = clock_unix() - (int64_t)((clock_ms() - s->started_ms) / 1000);

	return json_pack("{s:s, s:s, s:I, s:s}", "id", id, "object", "model", "created", (json_int_t)created,
		"owned_by", owner);
}

struct listing {
	const struct service *service;
	json_t *list;
	const char *loaded;
};

/* Installed, but not to be asked for until it is loaded. */
static void add_installed(void *user, const char *name)
{
	struct listing *l = user;

	if (strcmp(name, l->loaded) == 0)
		return;
	json_t *entry = model_json(l->service, name, "local");
	json_object_set_new(entry, "shammah", json_pack("{s:b}", "loaded", 0));
	json_array_append_new(l->list, entry);
}

static void add_embedding_models(struct service *s, json_t *list)
{
	struct embeddings_status e;

	embeddings_status(s->embeddings, &e);
	json_array_append_new(list, model_json(s, EMBEDDINGS_LEXICAL, "shammah"));
	if (strcmp(e.name, EMBEDDINGS_LEXICAL) != 0)
		json_array_append_new(list, model_json(s, e.name, "local"));
}

static void add_teacher_model(void *user, const char *id, const char *provider)
{
	struct listing *l = user;

	json_array_append_new(l->list, model_json(l->service, id, provider));
}

/* What `model` may be in a request now, and the models that could be loaded. */
static json_t *models_json(struct service *s, const struct teacher_list *teachers)
{
	json_t *list = json_array();
	struct worker_status w;

	worker_status(s->worker, &w);
	json_array_append_new(list, model_json(s, "auto", "shammah"));
	json_array_append_new(list, model_json(s, "known-answers", "shammah"));
	if (w.state == LOCAL_READY) {
		json_array_append_new(list, model_json(s, "local", "shammah"));
		json_array_append_new(list, model_json(s, w.name, "local"));
	}
	struct listing installed = { s, list, w.state == LOCAL_READY ? w.name : "" };
	teachers_each_model(s->teachers, teachers, add_teacher_model, &installed);
	add_embedding_models(s, list);
	models_installed(add_installed, &installed);
	return list;
}

static void models(void *user, const struct http_request_in *in, struct reply *r)
{
	struct service *s = user;
	own_teacher_list *teachers = api_teachers(s, in, r);

	if (teachers)
		api_send(r, json_pack("{s:s, s:o}", "object", "list", "data", models_json(s, teachers)));
}

static void model(void *user, const struct http_request_in *in, struct reply *r)
{
	struct service *s = user;
	own_teacher_list *teachers = api_teachers(s, in, r);
	if (!teachers)
		return;
	own_json *list = models_json(s, teachers);
	size_t i;
	json_t *entry;

	json_array_foreach(list, i, entry) {
		if (str_equal(in->tail, json_member_str(entry, "id"))) {
			api_send(r, json_incref(entry));
			return;
		}
	}
	reply_error(r, 404, "invalid_request_error", "model", "model_not_found",
		"there is no such model; GET /v1/models lists them");
}

json_t *api_own_body(const struct service *s, const struct http_request_in *in, struct reply *r)
{
	struct error err = {0};

	if (!life_token_is(&s->life, in->token)) {
		reply_error(r, 401, "authentication_error", NULL, "invalid_token", "needs the token in daemon.token");
		return NULL;
	}
	json_t *body = json_parse_object(in->body, "request body", &err);
	if (!body)
		reply_error(r, 400, "invalid_request_error", NULL, NULL, err.text);
	return body;
}

struct teacher_list *api_teachers(const struct service *s, const struct http_request_in *in, struct reply *r)
{
	if (!in->teachers)
		return teachers_own(s->teachers);
	struct teacher_list *list = teachers_brought(s->teachers, in->teachers);
	if (!list)
		reply_error(r, HTTP_UNKNOWN_TEACHERS, "invalid_request_error", NULL, "unknown_teachers",
			"these teachers are not known, or not any more: bring them (POST /v1/daemon/teachers), and "
			"ask again");
	return list;
}

static void configure(void *user, const struct http_request_in *in, struct reply *r)
{
	struct service *s = user;
	own_secret_json *body = api_own_body(s, in, r);

	if (!body)
		return;
	const char *folder = json_member_string(body, "model");
	const json_t *teachers = json_object_get(body, "teachers");
	struct error err = {0};

	if (teachers && !teacher_list_use(s->teachers, teachers, &err)) {
		reply_error(r, 400, "invalid_request_error", "teachers", NULL, err.text);
		return;
	}
	if (folder)
		worker_load(s->worker, folder);
	api_send(r, json_pack("{s:b}", "ok", 1));
}

static void bring_teachers(void *user, const struct http_request_in *in, struct reply *r)
{
	struct service *s = user;
	own_secret_json *body = api_own_body(s, in, r);
	char id[TEACHER_LIST_ID + 1];
	struct error err = {0};

	if (!body)
		return;
	if (teacher_list_bring(s->teachers, json_object_get(body, "teachers"), id, &err))
		api_send(r, json_pack("{s:s}", "list", id));
	else
		reply_error(r, 400, "invalid_request_error", "teachers", NULL, err.text);
}

void service_answered(void *user, unsigned http_status)
{
	struct service *s = user;

	metrics_http(&s->metrics, http_status);
}

const struct route routes[] = {
	{ "GET", "/health", health, "alive, and the local model's state" },
	{ "GET", "/v1/status", status, "model, teachers, queue, download, uptime" },
	{ "GET", "/metrics", metrics, "counters for Prometheus" },
	{ "GET", "/v1/models", models, "what `model` may be in a request, and what is installed" },
	{ "GET", "/v1/models/", model, "one of them" },
	{ "POST", "/v1/chat/completions", chat_completions, "a question, in OpenAI's form" },
	{ "POST", "/v1/embeddings", embeddings_handler, "texts as vectors, in OpenAI's form" },
	{ "POST", "/v1/daemon/configure", configure, "model and its own teachers, from this user's own programs" },
	{ "POST", "/v1/daemon/teachers", bring_teachers, "teachers for who names them, from this user's own programs" },
	{ "POST", "/v1/daemon/models", models_change,
		"download, cancel or use a model, from this user's own programs" },
};
const size_t route_count = countof(routes);
