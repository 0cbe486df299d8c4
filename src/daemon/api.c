/* The handlers behind the paths: what each says, in JSON. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "daemon/chat.h"
#include "daemon/service.h"

#define JSON "application/json"
#define BODY ((size_t)1 << 20)

static const char *const state_names[] = {
	[LOCAL_NONE] = "none", [LOCAL_LOADING] = "loading", [LOCAL_READY] = "ready", [LOCAL_FAILED] = "failed",
};

static void send_text(struct reply *r, const char *type, struct buf *body)
{
	reply_whole(r, (struct reply_head){ .status = 200, .type = type }, body);
}

static void send_json(struct reply *r, json_t *value)
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
	buf_putf(&body, "{\"status\":\"ok\",\"version\":\"%s\",\"model\":\"%s\"}", SHAMMAH_VERSION, state_names[w.state]);
	send_text(r, JSON, &body);
}

/* Of keys and values, in bytes; total 0: each answer has its own, and no common account. */
static json_t *memory_json(const struct engine_memory *m)
{
	return json_pack("{s:I, s:I, s:I}", "used", (json_int_t)m->used, "cached", (json_int_t)m->cached,
		"total", (json_int_t)m->total);
}

static void status(void *user, const struct http_request_in *in, struct reply *r)
{
	struct service *s = user;
	struct worker_status w;
	struct teacher_status t;

	(void)in;
	worker_status(s->worker, &w);
	teacher_status(s->teacher, &t);
	send_json(r, json_pack("{s:s, s:I, s:{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o}, s:{s:s, s:s, s:s}, s:{s:I, s:I, s:I}}",
		"version", SHAMMAH_VERSION, "uptime_s", (json_int_t)((clock_ms() - s->started_ms) / 1000),
		"model", "state", state_names[w.state], "name", w.name, "folder", w.folder, "error", w.error,
			"precision", w.precision, "attention", w.attention, "runtime", w.runtime, "reason", w.reason,
			"context", (json_int_t)w.context, "memory", memory_json(&w.memory),
		"teacher", "state", t.ready ? "ready" : "no key", "name", t.name, "model", t.model,
		"queue", "active", (json_int_t)w.active, "waiting", (json_int_t)w.waiting,
			"parked", (json_int_t)w.parked));
}

static void metrics(void *user, const struct http_request_in *in, struct reply *r)
{
	struct service *s = user;
	struct worker_status w;
	own_buf body = BUF_INIT(BODY);

	(void)in;
	worker_status(s->worker, &w);
	struct metric_gauges gauges = {
		.active = w.active, .waiting = w.waiting, .model_state = (int)w.state, .uptime_s = (clock_ms() - s->started_ms) / 1000,
		.parked = w.parked, .kv_used = w.memory.used, .kv_cached = w.memory.cached, .kv_total = w.memory.total,
	};
	metrics_write(&s->metrics, &gauges, &body);
	send_text(r, "text/plain; version=0.0.4; charset=utf-8", &body);
}

static json_t *model_json(const struct service *s, const char *id, const char *owner)
{
	int64_t created = clock_unix() - (int64_t)((clock_ms() - s->started_ms) / 1000);

	return json_pack("{s:s, s:s, s:I, s:s}", "id", id, "object", "model", "created", (json_int_t)created, "owned_by", owner);
}

/* What `model` may be in a request now. */
static json_t *models_json(struct service *s)
{
	json_t *list = json_array();
	struct worker_status w;
	struct teacher_status t;

	worker_status(s->worker, &w);
	teacher_status(s->teacher, &t);
	json_array_append_new(list, model_json(s, "auto", "shammah"));
	json_array_append_new(list, model_json(s, "known-answers", "shammah"));
	if (w.state == LOCAL_READY) {
		json_array_append_new(list, model_json(s, "local", "shammah"));
		json_array_append_new(list, model_json(s, w.name, "local"));
	}
	if (t.ready)
		json_array_append_new(list, model_json(s, t.model, t.name));
	return list;
}

static void models(void *user, const struct http_request_in *in, struct reply *r)
{
	(void)in;
	send_json(r, json_pack("{s:s, s:o}", "object", "list", "data", models_json(user)));
}

static void model(void *user, const struct http_request_in *in, struct reply *r)
{
	own_json *list = models_json(user);
	size_t i;
	json_t *entry;

	json_array_foreach(list, i, entry) {
		if (str_equal(in->tail, json_member_str(entry, "id"))) {
			send_json(r, json_incref(entry));
			return;
		}
	}
	reply_error(r, 404, "invalid_request_error", "model", "model_not_found", "there is no such model; GET /v1/models lists them");
}

static void configure(void *user, const struct http_request_in *in, struct reply *r)
{
	struct service *s = user;
	struct error err = {0};

	if (!life_token_is(&s->life, in->token)) {
		reply_error(r, 401, "authentication_error", NULL, "invalid_token", "needs the token in daemon.token");
		return;
	}
	own_json *body = json_parse(in->body, "request body", &err);
	if (!json_is_object(body)) {
		reply_error(r, 400, "invalid_request_error", NULL, NULL, body ? "the request body must be a JSON object" : err.text);
		return;
	}
	const char *folder = json_member_string(body, "model"), *key = json_member_string(body, "api_key");
	const char *url = json_member_string(body, "teacher_url"), *name = json_member_string(body, "teacher_model");
	if (key && url)
		teacher_set(s->teacher, key, url, name);
	if (folder)
		worker_load(s->worker, folder);
	send_json(r, json_pack("{s:b}", "ok", 1));
}

void service_answered(void *user, unsigned http_status)
{
	struct service *s = user;

	metrics_http(&s->metrics, http_status);
}

const struct route routes[] = {
	{ "GET", "/health", health, "alive, and the local model's state" },
	{ "GET", "/v1/status", status, "model, teacher, queue, uptime" },
	{ "GET", "/metrics", metrics, "counters for Prometheus" },
	{ "GET", "/v1/models", models, "what `model` may be in a request" },
	{ "GET", "/v1/models/", model, "one of them" },
	{ "POST", "/v1/chat/completions", chat_completions, "a question, in OpenAI's form" },
	{ "POST", "/v1/daemon/configure", configure, "model and key, from this user's own programs" },
};
const size_t route_count = countof(routes);
