#include "cli/link.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "daemon/server.h"
#include "hub/spec.h"
#include "net/sse.h"

#define JSON_MAX ((size_t)1 << 20)
#define EVENT_MAX ((size_t)16 << 20)
#define CONNECT_MS 2000
#define FIND_MS 20000                 /* a daemon may take its time to end before the next can start */
#define STARTS_MAX 3                  /* for one that ends at once, again and again */
#define TICK_MS 200
#define LINES 3                        /* of headers */
#define ATTEMPTS 3                    /* to ask one that was there, when it ends or forgets before it answers */
#define WAIT_MS (10u * 60 * 1000)     /* for the first byte: a prompt may be long; comments come every 10 s */

/* --- finding, starting, telling ------------------------------------------------- */

static bool wrong_port(const struct config *c, const struct running *running, struct error *err)
{
	const struct value *wanted = &c->values[SETTING_PORT];

	return error_set(err, ERROR_UNAVAILABLE,
		"the daemon runs on port %u, but %s asks for %s; run `shammah daemon stop` first",
		running->port, wanted->origin, wanted->text);
}

/* Finds the daemon that listens; starts one when none lives, and waits while one begins or ends. */
static bool find_listening(struct link *l, struct running *running, struct error *err)
{
	uint64_t deadline = clock_ms() + FIND_MS;

	for (int starts = 0; clock_ms() < deadline && starts <= STARTS_MAX; ) {
		if (!life_find(l->home, running, err))
			return false;
		if (running->pid && running->port)
			return true;
		if (running->pid)
			clock_sleep_ms(2);
		else if (starts++ < STARTS_MAX && !link_start_daemon(l->config, l->home, err))
			return false;
	}
	return error_set(err, ERROR_TIMEOUT, "the daemon does not stay; see `shammah daemon logs`");
}

/*
 * While the daemon lives it holds its lock and the port that it has published:
 * nobody else can be there.  So it is looked for before every question.
 */
static bool find_or_start(struct link *l, struct error *err)
{
	struct running running;

	if (!find_listening(l, &running, err))
		return false;
	if (running.port != config_number(l->config, SETTING_PORT, 0) &&
		strcmp(l->config->values[SETTING_PORT].origin, "default") != 0)
		return wrong_port(l->config, &running, err);
	l->pid = running.pid;
	l->port = running.port;
	return life_read_token(l->home, l->token, err);
}

bool link_refused(const json_t *reply, int status, struct error *err)
{
	const char *text = json_member_string(json_object_get(reply, "error"), "message");

	return error_set(err, status == 404 ? ERROR_NOT_FOUND : ERROR_INVALID, "%s", text ? text : status == 401 ?
		"the daemon does not accept this user's token" : "the daemon refused the request");
}

/*
 * The model's folder, NULL when none is configured, or when what `shammah models
 * use` chose has gone meanwhile: that is said, and the rest works on.
 */
static bool find_model(struct link *l, char **folder, struct error *err)
{
	const struct value *model = &l->config->values[SETTING_MODEL];
	struct error why = {0};

	*folder = model->text ? spec_locate(model->text, &why) : NULL;
	if (!model->text || *folder)
		return true;
	if (strcmp(model->origin, CONFIG_MODEL_FILE) != 0) {
		*err = why;
		return error_prefix(err, "%s", model->origin);
	}
	if (!l->told)
		fprintf(stderr, "shammah: %s\n", why.text);
	return true;
}

static bool tell_model(struct link *l, struct error *err)
{
	own_mem char *full = NULL;
	int status;

	if (!find_model(l, &full, err))
		return false;
	if (!full)
		return true;
	if (!utf8_valid(full, strlen(full)))
		return error_set(err, ERROR_INVALID, "the model folder's path is not valid UTF-8 text; rename it");
	own_json *body = json_pack("{s:s}", "model", full);
	own_json *reply = link_json(l, "/v1/daemon/configure", body, &status, err);
	return reply && (status == 200 || link_refused(reply, status, err));
}

/* The daemon keeps them as long as they are used, beside those of others; each question names them. */
static bool bring_teachers(struct link *l, struct error *err)
{
	const struct config *c = l->config;
	int status;

	*l->teachers = '\0';
	if (!c->teacher_count)
		return true;
	own_json *body = json_pack("{s:o}", "teachers", teacher_list_json(c->teachers, c->teacher_count));
	own_json *reply = link_json(l, "/v1/daemon/teachers", body, &status, err);
	if (!reply || (status != 200 && !link_refused(reply, status, err)))
		return false;
	const char *id = json_member_string(reply, "list");
	snprintf(l->teachers, sizeof l->teachers, "%s", id ? id : "");
	return id || error_set(err, ERROR_INTERNAL, "the daemon keeps no teachers; run `shammah daemon stop`");
}

/* The daemon may have been started elsewhere: it is told what is known here. */
static bool tell(struct link *l, struct error *err)
{
	bool knows = l->told == l->pid;

	if (!knows && !tell_model(l, err))
		return false;
	return (knows && *l->teachers) || bring_teachers(l, err);
}

/* Ready to ask: a daemon listens, and has been told. */
static bool reach(struct link *l, struct error *err)
{
	for (int attempt = 0; ; attempt++) {
		if (!find_or_start(l, err))
			return false;
		if (tell(l, err)) {
			l->told = l->pid;
			return true;
		}
		/* It may have been about to end. */
		if (err->kind != ERROR_UNAVAILABLE || attempt)
			return false;
	}
}

bool link_open(struct link *l, const struct config *config, struct error *err)
{
	*l = (struct link){ .config = config };
	l->home = path_shammah(err);
	l->http = l->home ? http_client_create(err) : NULL;
	return l->http && reach(l, err);
}

bool link_attach(struct link *l, const struct config *config, struct error *err)
{
	struct running running;

	*l = (struct link){ .config = config };
	l->home = path_shammah(err);
	if (!l->home || !life_find(l->home, &running, err))
		return false;
	if (!running.pid || !running.port)
		return error_set(err, ERROR_NOT_FOUND, "no daemon runs");
	l->pid = running.pid;
	l->port = running.port;
	l->http = http_client_create(err);
	return l->http && life_read_token(l->home, l->token, err);
}

void link_done(struct link *l)
{
	http_client_destroy(l->http);
	free(l->home);
	*l = (struct link){0};
}

/* --- asking for JSON --------------------------------------------------------------- */

struct collector {
	int status;
	struct buf body;
};

static bool on_head(void *user, const struct http_head *head, struct error *err)
{
	struct collector *c = user;

	(void)err;
	c->status = http_head_status(head);
	return true;
}

static enum http_next on_body(void *user, struct str bytes, struct error *err)
{
	struct collector *c = user;

	return buf_add_str(&c->body, bytes, err) ? HTTP_MORE : HTTP_FAIL;
}

/* Header lines every request carries; `out` has room for them. */
static size_t headers(struct link *l, struct http_header out[LINES], char authorization[TOKEN_LENGTH + 16])
{
	snprintf(authorization, TOKEN_LENGTH + 16, "Bearer %s", l->token);
	out[0] = (struct http_header){ .name = "Content-Type", .value = "application/json" };
	out[1] = (struct http_header){ .name = "Authorization", .value = authorization, .secret = true };
	out[2] = (struct http_header){ .name = TEACHERS_HEADER, .value = l->teachers, .secret = true };
	return *l->teachers ? 3 : 2;
}

json_t *link_json(struct link *l, const char *path, const json_t *body, int *status, struct error *err)
{
	struct collector c = { .body = BUF_INIT(JSON_MAX) };
	own_buf request = BUF_INIT(JSON_MAX);
	own_mem char *url = mem_printf("http://127.0.0.1:%u%s", l->port, path);
	struct http_header lines[LINES];
	char authorization[TOKEN_LENGTH + 16];
	json_t *reply = NULL;

	if (body && !json_write(&request, body, err))
		return NULL;
	struct http_call call = {
		.method = body ? "POST" : "GET", .url = url, .headers = lines,
		.header_count = headers(l, lines, authorization),
		.body = buf_str(&request), .connect_ms = CONNECT_MS, .first_byte_ms = 10000,
		.on_head = on_head, .on_body = on_body, .user = &c,
	};
	if (http_send(l->http, &call, err))
		reply = json_parse(buf_str(&c.body), "the daemon's answer", err);
	*status = c.status;
	buf_done(&c.body);
	return reply;
}

json_t *link_status(struct link *l)
{
	struct error err = {0};
	struct running running;
	int status;

	if (!life_find(l->home, &running, &err) || running.pid != l->pid || running.port != l->port)
		return NULL;
	return link_json(l, "/v1/status", NULL, &status, &err);
}

/* --- asking a question --------------------------------------------------------------- */

struct asking {
	struct collector whole;       /* an answer that is no stream: an error */
	struct sse_parser *events;
	const struct link_listener *listener;
	struct link_answer *answer;
	uint64_t started;
	bool spoken;                  /* something was handed over */
	bool ended;                   /* the last event came */
};

void link_answer_done(struct link_answer *a)
{
	free(a->kind);
	free(a->name);
	free(a->reason);
	free(a->teacher);
	link_calls_done(&a->calls);
	*a = (struct link_answer){0};
}

static void note_source(struct asking *x, const json_t *source)
{
	struct link_answer *a = x->answer;
	const json_t *cost = json_object_get(source, "cost_usd");

	if (json_is_number(cost))
		a->cost_usd = json_number_value(cost);
	if (!json_member_string(source, "source") || a->kind)
		return;
	a->teacher = mem_strdup(json_member_string(source, "teacher"));
	a->kind = mem_strdup(json_member_string(source, "source"));
	a->name = mem_strdup(json_member_string(source, "name"));
	a->reason = mem_strdup(json_member_string(source, "reason"));
}

static unsigned number(const json_t *object, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(object, key));

	return n > 0 && n <= UINT32_MAX ? (unsigned)n : 0;
}

static void take_notice(struct asking *x, const json_t *notice)
{
	struct link_notice n = {
		json_member_string(notice, "kind"), json_member_string(notice, "teacher"),
		json_member_string(notice, "text"), json_member_string(notice, "why"),
		number(notice, "wait_ms"), number(notice, "attempt"), number(notice, "attempts"),
	};

	if (n.kind && n.text && x->listener->on_notice)
		x->listener->on_notice(x->listener->user, &n);
}

static void note_usage(struct asking *x, const json_t *usage)
{
	if (!json_is_object(usage))
		return;
	const json_t *prompt = json_object_get(usage, "prompt_tokens_details");
	x->answer->completion_tokens = number(usage, "completion_tokens");
	x->answer->prompt_tokens = number(usage, "prompt_tokens");
	x->answer->cached_tokens = number(prompt, "cached_tokens");
	x->answer->written_tokens = number(prompt, "cache_write_tokens");
}

static void begin_speaking(struct asking *x)
{
	if (!x->spoken)
		x->answer->first_ns = clock_ns() - x->started;
	x->spoken = true;
}

static bool hand_over(struct asking *x, link_text_fn *listener, struct str text, struct error *err)
{
	if (!text.n)
		return true;
	begin_speaking(x);
	return listener(x->listener->user, text, err);
}

static bool take_choice(struct asking *x, const json_t *choice, struct error *err)
{
	const json_t *delta = json_object_get(choice, "delta");
	const char *finish = json_member_string(choice, "finish_reason");

	if (finish && strcmp(finish, "length") == 0)
		x->answer->cut_by_length = true;
	if (finish && strcmp(finish, "content_filter") == 0)
		x->answer->refused = true;
	bool called = false;
	if (!link_calls_add(&x->answer->calls, delta, &called, err))
		return false;
	if (called)
		begin_speaking(x);
	return hand_over(x, x->listener->on_thought, json_member_str(delta, "reasoning_content"), err) &&
		hand_over(x, x->listener->on_text, json_member_str(delta, "content"), err);
}

static bool on_event(void *user, const struct sse_event *event, struct error *err)
{
	struct asking *x = user;

	if (str_is(event->data, "[DONE]")) {
		x->ended = true;
		return true;
	}
	own_json *chunk = json_parse_nul(event->data, "the daemon's event", err);
	if (!chunk)
		return false;
	const char *failure = json_member_string(json_object_get(chunk, "error"), "message");
	if (failure)
		return error_set(err, ERROR_INTERNAL, "%s", failure);
	const json_t *own = json_object_get(chunk, "shammah");
	note_source(x, own);
	take_notice(x, json_object_get(own, "notice"));
	note_usage(x, json_object_get(chunk, "usage"));
	const json_t *choice = json_array_get(json_object_get(chunk, "choices"), 0);
	return !choice || take_choice(x, choice, err);
}

static enum http_next on_piece(void *user, struct str bytes, struct error *err)
{
	struct asking *x = user;

	if (x->whole.status != 200)
		return on_body(&x->whole, bytes, err);
	return sse_feed(x->events, bytes, err) ? HTTP_MORE : HTTP_FAIL;
}

static void on_tick(void *user)
{
	const struct asking *x = user;

	if (x->listener->on_tick)
		x->listener->on_tick(x->listener->user);
}

/* What an answer with an error status says. */
static bool explain_status(struct asking *x, struct error *err)
{
	struct error unread = {0};
	own_json *reply = json_parse(buf_str(&x->whole.body), "the daemon's answer", &unread);

	x->answer->nobody = str_is(json_member_str(json_object_get(reply, "error"), "code"), "nobody_can_answer");
	return link_refused(reply, x->whole.status, err);
}

static bool ask_once(struct link *l, const struct buf *request, struct cancel *cancel, struct asking *x,
	struct error *err)
{
	own_mem char *url = mem_printf("http://127.0.0.1:%u/v1/chat/completions", l->port);
	struct http_header lines[LINES];
	char authorization[TOKEN_LENGTH + 16];
	struct http_call call = {
		.method = "POST", .url = url, .headers = lines, .header_count = headers(l, lines, authorization),
		.body = buf_str(request), .connect_ms = CONNECT_MS, .first_byte_ms = WAIT_MS,
		.cancel = cancel, .on_head = on_head, .on_body = on_piece, .tick_ms = TICK_MS, .on_tick = on_tick,
		.user = x,
	};

	bool sent = http_send(l->http, &call, err);
	if (sent && x->whole.status != 200)
		return explain_status(x, err);
	if (sent ? x->ended : !x->spoken || err->kind != ERROR_UNAVAILABLE)
		return sent;
	return error_set(err, ERROR_UNAVAILABLE,
		"the daemon ended in the middle of the answer; see `shammah daemon logs`");
}

bool link_ask(struct link *l, const json_t *question, struct cancel *cancel, const struct link_listener *listener,
	struct link_answer *answer, struct error *err)
{
	own_buf request = BUF_INIT(EVENT_MAX);
	bool ok = false;

	*answer = (struct link_answer){ .cost_usd = -1 };
	if (!json_write(&request, question, err))
		return false;
	for (int attempt = 0; attempt < ATTEMPTS && !ok && reach(l, err); attempt++) {
		struct asking x = {
			.whole.body = BUF_INIT(JSON_MAX), .listener = listener, .answer = answer, .started = clock_ns(),
		};
		x.events = sse_create(EVENT_MAX, on_event, &x);
		ok = ask_once(l, &request, cancel, &x, err);
		link_calls_end(&answer->calls);
		answer->total_ns = clock_ns() - x.started;
		answer->cut = !ok && x.spoken;
		sse_destroy(x.events);
		buf_done(&x.whole.body);
		bool forgot = !ok && x.whole.status == HTTP_UNKNOWN_TEACHERS;
		if (forgot)
			*l->teachers = '\0';
		if (!ok && ((err->kind != ERROR_UNAVAILABLE && !forgot) || x.spoken || cancel_fired(cancel)))
			break;
	}
	return ok;
}
