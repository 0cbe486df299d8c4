#include "support/fake_teacher.h"

#include <ctype.h>
#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"
#include "support/teacher/reply.h"

#define REQUESTS_MAX 4096

struct fake_teacher {
	struct scripted_server *server;

	pthread_mutex_t lock;  /* guards what follows */
	json_t *turns, *always;
	unsigned used;         /* of the first turn's times */
	struct fake_teacher_request requests[REQUESTS_MAX];
	size_t request_count;
};

static const struct teacher_dialect *const dialects[] = {
	&teacher_claude, &teacher_openai, &teacher_responses, &teacher_gemini
};

/* --- reading a request ------------------------------------------------------------- */

static json_t *read_headers(struct str head)
{
	json_t *headers = json_object();
	struct str line;

	(void)str_split(&head, '\n', &line);
	while (str_split(&head, '\n', &line)) {
		const char *colon = memchr(line.p, ':', line.n);
		if (!colon)
			continue;
		own_mem char *name = mem_strndup(line.p, (size_t)(colon - line.p));
		struct str value = str_trim(str_from(line, (size_t)(colon - line.p) + 1));
		for (char *c = name; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		json_object_set_new(headers, name, json_stringn_nocheck(value.p, value.n));
	}
	return headers;
}

static struct fake_teacher_request read_request(struct str bytes)
{
	const char *end = memmem(bytes.p, bytes.n, "\r\n\r\n", 4);
	struct str head = { bytes.p, (size_t)(end - bytes.p) }, body = str_from(bytes, head.n + 4), rest = head;
	struct str method = { 0 }, target = { 0 };
	struct error err;

	(void)str_split(&rest, ' ', &method);
	(void)str_split(&rest, ' ', &target);
	return (struct fake_teacher_request){
		.method = mem_strndup(method.p, method.n), .target = mem_strndup(target.p, target.n),
		.headers = read_headers(head), .body = body.n ? json_parse_nul(body, "body", &err) : NULL,
	};
}

static void request_done(struct fake_teacher_request *r)
{
	free(r->method);
	free(r->target);
	json_decref(r->headers);
	json_decref(r->body);
}
#define own_request_in owns(request_done) struct fake_teacher_request

static const struct teacher_dialect *find_dialect(const char *target)
{
	struct str path = { target, strcspn(target, "?") };

	for (size_t i = 0; i < countof(dialects); i++)
		for (size_t k = 0; k < countof(dialects[i]->paths); k++) {
			const char *end = dialects[i]->paths[k];
			if (end && path.n >= strlen(end) && str_is(str_from(path, path.n - strlen(end)), end))
				return dialects[i];
		}
	return NULL;
}

static bool is_key(const char *value, const char *prefix)
{
	size_t n = strlen(prefix);

	return value && strncmp(value, prefix, n) == 0 && strcmp(value + n, FAKE_TEACHER_KEY) == 0;
}

static bool has_key(const struct teacher_dialect *dialect, const struct fake_teacher_request *r)
{
	const char *bearer = json_member_string(r->headers, "authorization");

	if (!dialect->bearer && is_key(json_member_string(r->headers, dialect->key_header), ""))
		return true;
	return (dialect->bearer || dialect->or_bearer) && is_key(bearer, "Bearer ");
}

static const char *last_text(const json_t *message)
{
	json_t *content = json_object_get(message, "content"), *block;
	const char *found = json_string_value(content);
	size_t i;

	if (!content)
		content = json_object_get(message, "parts");
	json_array_foreach(content, i, block) {
		const char *text = json_member_string(block, "text");
		found = text ? text : found;
	}
	return found;
}

/* The text of the last user message; "" when there is none.  Borrowed from the body. */
static const char *heard(const struct teacher_dialect *dialect, const json_t *body)
{
	const json_t *messages = json_object_get(body, dialect->messages_key);
	const char *found = json_is_string(messages) ? json_string_value(messages) : "";
	json_t *message;
	size_t i;

	json_array_foreach(messages, i, message) {
		const char *role = json_member_string(message, "role"), *text = last_text(message);
		if (role && strcmp(role, "user") == 0 && text)
			found = text;
	}
	return found;
}

/* The model's name, also where the path has it. */
static void find_model(const struct fake_teacher_request *r, char model[128])
{
	const char *name = json_member_string(r->body, "model"), *slash = strrchr(r->target, '/');

	if (name)
		snprintf(model, 128, "%s", name);
	else
		snprintf(model, 128, "%.*s", (int)strcspn(slash ? slash + 1 : "", ":"), slash ? slash + 1 : "");
}

/* --- what becomes of it -------------------------------------------------------------- */

/* A turn with no words of its own says what is always said.  Shares nothing with either. */
static json_t *with_words(const json_t *turn, const json_t *always)
{
	static const char *const words[] = { "text", "long", "parts" };
	json_t *whole = json_deep_copy(turn);
	bool own = false;

	for (size_t i = 0; i < countof(words); i++)
		own = own || json_object_get(turn, words[i]);
	for (size_t i = 0; !own && i < countof(words); i++)
		if (json_object_get(always, words[i]))
			json_object_set_new(whole, words[i], json_deep_copy(json_object_get(always, words[i])));
	return whole;
}

/* The caller's reference. */
static json_t *next_turn(struct fake_teacher *t)
{
	pthread_mutex_lock(&t->lock);
	json_t *turn = with_words(json_array_size(t->turns) ? json_array_get(t->turns, 0) : t->always, t->always);
	if (json_array_size(t->turns) && ++t->used >= turn_times(turn)) {
		json_array_remove(t->turns, 0);
		t->used = 0;
	}
	pthread_mutex_unlock(&t->lock);
	return turn;
}

/* A member that the vendor does not know; NULL: none. */
static const char *unknown_field(const struct teacher_dialect *dialect, json_t *body)
{
	const char *key;
	json_t *value;

	json_object_foreach(body, key, value) {
		const char *const *known = dialect->fields;
		while (*known && strcmp(*known, key) != 0)
			known++;
		if (!*known)
			return key;
	}
	return NULL;
}

static bool refused(const struct teacher_dialect *dialect, const struct fake_teacher_request *r,
	struct scripted_reply *reply, struct buf *storage)
{
	struct teacher_error error = dialect->errors[0];
	const char *unknown = unknown_field(dialect, r->body);
	char message[200];

	if (!has_key(dialect, r)) {
		teacher_refuse(dialect, &dialect->wrong_key, reply, storage);
		return true;
	}
	if (json_is_object(r->body) && !unknown)
		return false;
	snprintf(message, sizeof message, "The body is not valid JSON.");
	if (unknown)
		snprintf(message, sizeof message, dialect->unknown, unknown);
	error.message = message;
	teacher_refuse(dialect, &error, reply, storage);
	return true;
}

static void answer_question(struct fake_teacher *t, const struct teacher_dialect *dialect,
	const struct fake_teacher_request *r, struct scripted_reply *reply, struct buf *storage)
{
	char model[128];
	struct teacher_question q = { .target = r->target, .body = r->body, .model = model };
	own_turn turn;

	find_model(r, model);
	q.stream = dialect->streams_by_path ? strstr(r->target, ":stream") != NULL :
		json_is_true(json_object_get(r->body, "stream"));
	own_json *source = next_turn(t);
	turn_read(&turn, source);
	turn_say(&turn, dialect->name, heard(dialect, r->body));
	teacher_answer(dialect, &q, &turn, reply, storage);
}

/* Takes the request. */
static const struct fake_teacher_request *record(struct fake_teacher *t, struct fake_teacher_request request)
{
	pthread_mutex_lock(&t->lock);
	if (t->request_count == REQUESTS_MAX)
		mem_panic("fake teacher: too many requests");
	struct fake_teacher_request *r = &t->requests[t->request_count++];
	*r = request;
	pthread_mutex_unlock(&t->lock);
	return r;
}

/* --- control ----------------------------------------------------------------------------- */

/* Takes the value, no part of which anybody else may hold: from now on it is touched under the lock only. */
static void set(struct fake_teacher *t, json_t **place, json_t *value)
{
	pthread_mutex_lock(&t->lock);
	json_decref(*place);
	*place = value;
	if (place == &t->turns)
		t->used = 0;
	pthread_mutex_unlock(&t->lock);
}

static json_t *show_requests(struct fake_teacher *t)
{
	json_t *all = json_array();

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->request_count; i++) {
		const struct fake_teacher_request *r = &t->requests[i];
		json_array_append_new(all, json_pack("{s:s, s:s, s:O, s:O?}", "method", r->method, "target", r->target,
			"headers", r->headers, "body", r->body));
	}
	pthread_mutex_unlock(&t->lock);
	return all;
}

static json_t *show_state(struct fake_teacher *t)
{
	pthread_mutex_lock(&t->lock);
	size_t count = t->request_count, left = json_array_size(t->turns);
	pthread_mutex_unlock(&t->lock);
	return json_pack("{s:I, s:I, s:I}", "requests", (json_int_t)count, "turns", (json_int_t)left, "hang_ups",
		(json_int_t)scripted_server_hang_ups(t->server));
}

static json_t *control(struct fake_teacher *t, const struct fake_teacher_request *r)
{
	if (strcmp(r->target, "/control/turns") == 0)
		set(t, &t->turns, json_deep_copy(r->body));
	else if (strcmp(r->target, "/control/always") == 0)
		set(t, &t->always, json_deep_copy(r->body));
	else if (strcmp(r->target, "/control/requests") == 0)
		return show_requests(t);
	return show_state(t);
}

static void answer(void *user, size_t index, struct str bytes, struct scripted_reply *reply, struct buf *storage)
{
	struct fake_teacher *t = user;
	struct fake_teacher_request request = read_request(bytes);
	const struct teacher_dialect *dialect = find_dialect(request.target);

	(void)index;
	if (str_starts(str_of(request.target), (struct str)STR("/control/"))) {
		teacher_tell(200, control(t, &request), reply, storage);
		request_done(&request);
		return;
	}
	const struct fake_teacher_request *r = record(t, request);
	if (!dialect || strcmp(r->method, "POST") != 0)
		teacher_tell(404, json_pack("{s:{s:s}}", "error", "message", "there is nothing here"), reply, storage);
	else if (!refused(dialect, r, reply, storage))
		answer_question(t, dialect, r, reply, storage);
}

/* --- its life -------------------------------------------------------------------------------- */

struct fake_teacher *fake_teacher_start(uint16_t port)
{
	struct fake_teacher *t = mem_zeroed(1, sizeof *t);

	pthread_mutex_init(&t->lock, NULL);
	t->turns = json_array();
	t->always = json_object();
	t->server = scripted_server_start_with(port, answer, t);
	if (t->server)
		return t;
	fake_teacher_stop(t);
	return NULL;
}

void fake_teacher_stop(struct fake_teacher *t)
{
	if (!t)
		return;
	scripted_server_stop(t->server);
	for (size_t i = 0; i < t->request_count; i++)
		request_done(&t->requests[i]);
	json_decref(t->turns);
	json_decref(t->always);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

const char *fake_teacher_url(struct fake_teacher *t, const char *path)
{
	return scripted_server_url(t->server, path);
}

static void set_text(struct fake_teacher *t, json_t **place, const char *text)
{
	struct error err;
	json_t *value = json_parse(str_of(text), "turns", &err);

	if (!value)
		mem_panic(err.text);
	set(t, place, value);
}

void fake_teacher_turns(struct fake_teacher *t, const char *turns) { set_text(t, &t->turns, turns); }
void fake_teacher_always(struct fake_teacher *t, const char *turn) { set_text(t, &t->always, turn); }

size_t fake_teacher_requests(struct fake_teacher *t)
{
	pthread_mutex_lock(&t->lock);
	size_t count = t->request_count;
	pthread_mutex_unlock(&t->lock);
	return count;
}

const struct fake_teacher_request *fake_teacher_request(struct fake_teacher *t, size_t i)
{
	return i < fake_teacher_requests(t) ? &t->requests[i] : NULL;
}

size_t fake_teacher_hang_ups(struct fake_teacher *t) { return scripted_server_hang_ups(t->server); }

bool fake_teacher_wait_hang_ups(struct fake_teacher *t, size_t count)
{
	for (uint64_t end = clock_ms() + 5000; clock_ms() < end; clock_sleep_ms(1))
		if (scripted_server_hang_ups(t->server) >= count)
			return true;
	return false;
}
