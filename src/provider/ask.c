/*
 * One attempt is one HTTP call with a stream reader of its own.  What the server
 * says instead of a stream is kept, up to a ceiling, for the provider to read.
 */
#include "provider/ask.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "provider/retry.h"
#include "provider/secret.h"

#define BODY_MAX ((size_t)64 << 20)         /* of a request */
#define ERROR_BODY_MAX ((size_t)64 << 10)   /* what is read of an error; the rest does not matter */
#define HEADERS_MAX 40                      /* a teacher's own 32, and ours */
#define CRAWL ((size_t)4096)                /* bytes, without a line: less in the time of a silence is one */
#define URL_MAX ((size_t)8 << 10)

struct attempt {
	const struct ask *ask;
	struct provider_stream *stream;
	bool requested;        /* the request went out */
	uint64_t moved_ms;     /* when the answer last went on by a line, or by CRAWL bytes; 0: it has not begun */
	size_t crept;          /* bytes since */
	int status;
	struct retry_told told;
	bool stream_failed;    /* the stream itself said why there will be no answer */
	struct buf problem;    /* the body of an answer that is no stream */
};

struct asking {
	struct http_client *client;
	const struct ask *ask;
	struct ask_report *report;
	const struct tool_names *names;    /* NULL: the client's own */
};

static unsigned or_default(unsigned wish, unsigned otherwise) { return wish ? wish : otherwise; }

/* Nothing here asks for compression; a stream that comes so could not be read. */
static bool is_plain(const struct attempt *a, const struct http_head *head, struct error *err)
{
	const char *coding = http_head_get(head, "Content-Encoding");

	return !coding || str_is(str_of(coding), "identity") ||
	       error_set(err, ERROR_INVALID,
		       "%s's address answered with a compressed stream (%.20s), which nobody asked for: check the base "
		       "URL, and any proxy before it",
		       a->ask->teacher.provider->display_name, coding);
}

static bool on_head(void *user, const struct http_head *head, struct error *err)
{
	struct attempt *a = user;
	const char *type = http_head_get(head, "Content-Type");

	a->status = http_head_status(head);
	a->told = retry_read(head, clock_unix());
	if (a->status != 200)
		return true;
	if (!is_plain(a, head, err))
		return false;
	if (!type || str_starts(str_of(type), (struct str)STR("text/event-stream")))
		return true;
	/* Some servers know no streams, and some say what went wrong with a status of success. */
	if (str_starts(str_of(type), (struct str)STR("application/json")) && provider_stream_expect_whole(a->stream))
		return true;
	return error_set(err, ERROR_INVALID, "%s's address answered with %.60s instead of a stream: check the base URL",
		a->ask->teacher.provider->display_name, type);
}

static void on_request(void *user)
{
	struct attempt *a = user;

	a->requested = true;
}

/* Who sends a byte now and then is as good as silent, but never would be by the clock of net/. */
static bool moves(struct attempt *a, struct str bytes, struct error *err)
{
	unsigned silence = or_default(a->ask->patience.silence_ms, HTTP_SILENCE_MS);
	uint64_t now = clock_ms();

	a->crept += bytes.n;
	if (!a->moved_ms || a->crept >= CRAWL || memchr(bytes.p, '\n', bytes.n)) {
		a->moved_ms = now;
		a->crept = 0;
	}
	return now - a->moved_ms < silence || error_set(err, ERROR_TIMEOUT,
		"%s sends a few bytes now and then, and no line in %g s", a->ask->teacher.provider->display_name,
		silence / 1000.0);
}

static enum http_next on_body(void *user, struct str bytes, struct error *err)
{
	struct attempt *a = user;

	if (bytes.n && !moves(a, bytes, err))
		return HTTP_FAIL;
	if (a->status != 200) {
		size_t room = a->problem.max - a->problem.len;
		struct str part = { bytes.p, bytes.n < room ? bytes.n : room };
		if (!buf_add_str(&a->problem, part, err))
			return HTTP_FAIL;
		return part.n < bytes.n ? HTTP_ENOUGH : HTTP_MORE;
	}
	if (!provider_stream_feed(a->stream, bytes, err)) {
		a->stream_failed = true;
		return HTTP_FAIL;
	}
	return provider_stream_ended(a->stream) ? HTTP_ENOUGH : HTTP_MORE;
}

static const struct dialect *dialect_of(const struct teacher *t)
{
	return provider_dialect(t->provider, provider_model(t->provider, t->model));
}

static char *make_url(const struct teacher *t, const struct target *target, struct error *err)
{
	const char *base = t->base_url ? t->base_url : t->provider->default_base_url;
	own_buf url = BUF_INIT(URL_MAX);
	struct str trimmed = str_of(base);

	while (trimmed.n > 0 && trimmed.p[trimmed.n - 1] == '/')
		trimmed.n--;
	if (!buf_add_str(&url, trimmed, err) || !dialect_of(t)->write_path(target, &url, err))
		return NULL;
	return mem_strdup(url.data);
}

static bool add_headers(struct http_header headers[HEADERS_MAX], size_t *count, const struct http_header *more,
	struct error *err)
{
	for (; more && more->name; more++) {
		if (*count == HEADERS_MAX)
			return error_set(err, ERROR_INVALID, "more than %d headers for one teacher", HEADERS_MAX);
		headers[(*count)++] = *more;
	}
	return true;
}

/* `bearer` keeps the value of an Authorization header; the caller clears it. */
static bool make_headers(const struct teacher *t, struct http_header headers[HEADERS_MAX], size_t *count, char **bearer,
	struct error *err)
{
	const struct http_header standard[] = {
		{ "Content-Type", "application/json" }, { "Accept", "text/event-stream" }, { 0 },
	};
	bool named = t->provider->key_header && !t->bearer;
	struct http_header key[3] = { 0 };
	size_t keys = 0;

	if (t->key && named)
		key[keys++] = (struct http_header){ t->provider->key_header, t->key, .secret = true };
	if (t->key && (!named || t->both)) {
		*bearer = mem_printf("Bearer %s", t->key);
		key[keys] = (struct http_header){ "Authorization", *bearer, .secret = true };
	}
	*count = 0;
	return add_headers(headers, count, standard, err) &&
		add_headers(headers, count, dialect_of(t)->headers, err) &&
		add_headers(headers, count, key, err) && add_headers(headers, count, t->headers, err);
}

static bool call_once(struct http_client *client, struct attempt *a, const char *url, struct str body,
	struct error *err)
{
	const struct ask *ask = a->ask;
	struct http_header headers[HEADERS_MAX];
	char *bearer = NULL;
	struct http_call call = {
		.method = "POST", .url = url, .body = body, .headers = headers,
		.connect_ms = ask->patience.connect_ms, .first_byte_ms = ask->patience.first_byte_ms,
		.silence_ms = ask->patience.silence_ms, .cancel = ask->cancel,
		.on_request = on_request, .on_head = on_head, .on_body = on_body, .user = a,
	};

	bool ok = make_headers(&ask->teacher, headers, &call.header_count, &bearer, err) &&
		http_send(client, &call, err);
	mem_forget(bearer);
	return ok;
}

/* What a server, or something before it, may quote of what we sent: our key, and headers that may be credentials. */
static void hide_secrets(char *text, const struct teacher *t, size_t least)
{
	if (t->key && strlen(t->key) >= least)
		secret_hide(text, t->key);
	for (const struct http_header *h = t->headers; h && h->name; h++) {
		const char *word = strrchr(h->value, ' ');      /* "Bearer KEY" */
		if (strlen(h->value) >= SECRET_LONG)
			secret_hide(text, h->value);
		if (word && strlen(word + 1) >= SECRET_LONG)
			secret_hide(text, word + 1);
	}
}

/* What the body of an error says besides why. */
static void read_problem(struct attempt *a)
{
	const struct dialect *dialect = dialect_of(&a->ask->teacher);

	if (dialect->read_status)
		a->status = dialect->read_status(a->status, buf_str(&a->problem));
	if (!a->told.when && dialect->read_delay)
		a->told.when = dialect->read_delay(buf_str(&a->problem), &a->told.ms);
}

/* In the body too: what it says is cut to fit.  A key of few letters may be a word that its JSON needs. */
static void explain(struct attempt *a, struct error *err)
{
	const struct teacher *t = &a->ask->teacher;

	if (a->problem.data)
		hide_secrets(a->problem.data, t, SECRET_LONG);
	read_problem(a);
	(void)!dialect_of(t)->read_error(t->provider, a->status, buf_str(&a->problem), err);
}

/* What the call's outcome means for the answer. */
static bool judge(struct attempt *a, bool sent, struct error *err)
{
	struct provider_stream *stream = a->stream;
	bool explained = sent && a->status != 200;

	if (explained)
		explain(a, err);
	else if (sent && provider_stream_close(stream, err))
		return true;
	a->stream_failed |= sent && !explained;
	if (!sent && provider_stream_spoken(stream) && !provider_stream_refused(stream) && err->kind != ERROR_CANCELLED)
		provider_stream_cut(stream, err);
	hide_secrets(err->text, &a->ask->teacher, 1);
	return false;
}

/* Whether another attempt may end better. */
static bool passing(const struct attempt *a, const struct error *err)
{
	bool final = err->kind == ERROR_DENIED || err->kind == ERROR_CANCELLED || a->status == 400;

	if (provider_stream_spoken(a->stream) || a->told.word == RETRY_NO)
		return false;
	return err->kind == ERROR_TIMEOUT || err->kind == ERROR_UNAVAILABLE || (a->told.word == RETRY_YES && !final);
}

static unsigned attempts_for(const struct ask *ask, const struct error *err)
{
	unsigned attempts = or_default(ask->patience.attempts, ASK_ATTEMPTS);
	unsigned timeouts = or_default(ask->patience.timeouts, ASK_TIMEOUTS);

	return err->kind == ERROR_TIMEOUT && timeouts < attempts ? timeouts : attempts;
}

/* After an attempt: true when it is time for the next; false, with err, when there shall be none. */
static bool wait_for_next(struct asking *x, const struct attempt *a, struct error *err)
{
	const struct ask *ask = x->ask;
	unsigned longest = or_default(ask->patience.longest_wait_ms, ASK_LONGEST_WAIT_MS);
	unsigned made = x->report->attempts;
	struct error why = *err;
	struct ask_notice notice = { &why, 0, made + 1, attempts_for(ask, err) };

	if (!passing(a, err))
		return false;
	if (a->told.when && a->told.ms > longest) {
		x->report->told_ms = a->told.ms;
		return error_set(err, why.kind, "%s (it asks to wait %u s)", why.text, a->told.ms / 1000);
	}
	if (made >= notice.attempts)
		return made > 1 && error_set(err, why.kind, "%s (tried %u times)", why.text, made);
	notice.wait_ms = a->told.when ? a->told.ms :
		retry_pause(or_default(ask->patience.pause_ms, ASK_PAUSE_MS), longest, made + 1, clock_ns());
	if (ask->on_notice)
		ask->on_notice(ask->user, &notice);
	return http_client_wait(x->client, notice.wait_ms, ask->cancel) ||
		error_set(err, ERROR_CANCELLED, "cancelled");
}

/* Whether the request was refused for a wish that can be left out. */
static bool refuses_a_wish(const struct attempt *a, const struct error *err)
{
	const char *const *wish = a->ask->teacher.provider->refusable;

	if ((a->status != 400 && a->status != 422) || !wish)
		return false;
	while (*wish && !strstr(err->text, *wish))
		wish++;
	return *wish != NULL;
}

enum outcome { ANSWERED, FAILED, AGAIN, AGAIN_PLAIN };

static enum ask_end end_of(const struct attempt *a, const struct error *err)
{
	static const enum ask_end ends[] = {
		[ERROR_NONE] = ASK_ANSWERED, [ERROR_INVALID] = ASK_UNKNOWN, [ERROR_NOT_FOUND] = ASK_UNKNOWN,
		[ERROR_DENIED] = ASK_DENIED, [ERROR_CANCELLED] = ASK_STOPPED, [ERROR_TIMEOUT] = ASK_DOWN,
		[ERROR_UNAVAILABLE] = ASK_DOWN, [ERROR_TOO_LARGE] = ASK_TOO_LARGE, [ERROR_INTERNAL] = ASK_DOWN,
	};

	if (provider_stream_refused(a->stream) || err->kind == ERROR_CANCELLED)
		return ASK_STOPPED;
	if (provider_stream_spoken(a->stream))
		return ASK_CUT;
	if (err->kind == ERROR_DENIED && a->status == 401)
		return ASK_KEY;
	/* In a stream an error that is the request's comes with a status of 200. */
	if (err->kind == ERROR_INVALID && (a->status == 400 || a->status == 422 || a->stream_failed))
		return ASK_REFUSED;
	return ends[err->kind];
}

static enum outcome try(struct asking *x, const char *url, struct str body, struct error *err)
{
	const struct ask *ask = x->ask;
	own_provider_stream *stream = provider_stream_create_in(
		ask->teacher.provider, dialect_of(&ask->teacher), ask->on_delta, ask->user);
	struct attempt a = { .ask = ask, .stream = stream, .problem = BUF_INIT(ERROR_BODY_MAX) };
	enum outcome outcome = FAILED;

	provider_stream_rename(stream, x->names);
	bool sent = call_once(x->client, &a, url, body, err);
	if (!sent && a.requested && !a.status && err->kind == ERROR_TIMEOUT)
		x->report->unanswered++;
	if (judge(&a, sent, err))
		outcome = ANSWERED;
	else if (refuses_a_wish(&a, err))
		outcome = AGAIN_PLAIN;
	else if (wait_for_next(x, &a, err))
		outcome = AGAIN;
	x->report->end = outcome == ANSWERED ? ASK_ANSWERED : end_of(&a, err);
	buf_done(&a.problem);
	return outcome;
}

/* Where the provider's own server or model cannot be known, they must be told. */
static bool is_complete(const struct teacher *t, struct error *err)
{
	const struct provider *p = t->provider;

	if (!t->base_url && !p->default_base_url)
		return error_set(err, ERROR_INVALID, "%s: where it is must be configured (base_url)", p->display_name);
	if (!t->model && !p->default_model)
		return error_set(err, ERROR_INVALID, "%s: which model must be configured (model)", p->display_name);
	return true;
}

static bool write_body(const struct target *target, const struct request *request, struct buf *body, struct error *err)
{
	buf_clear(body);
	return provider_dialect(target->provider, target->model)->write_body(target, request, body, err);
}

bool ask_provider(struct http_client *client, const struct ask *ask, const struct request *request,
	struct ask_report *report, struct error *err)
{
	const struct provider *provider = ask->teacher.provider;
	struct asking x = { client, ask, report, NULL };
	own_tool_names *names = NULL;

	*report = (struct ask_report){ .end = ASK_UNFIT };
	if (!is_complete(&ask->teacher, err))
		return false;
	struct target target = { provider, provider_model(provider, ask->teacher.model),
		.uncached = ask->teacher.uncached, .lasting = ask->teacher.lasting };
	own_buf body = BUF_INIT(BODY_MAX);
	own_mem char *url = make_url(&ask->teacher, &target, err);
	enum outcome outcome = AGAIN;

	if (!url || !tool_names_make(provider->tool_names, request, &names, err))
		return false;
	x.names = names;
	request = names ? tool_names_request(names) : request;
	if (!write_body(&target, request, &body, err))
		return false;
	while (outcome >= AGAIN) {
		report->attempts += outcome == AGAIN;
		outcome = try(&x, url, buf_str(&body), err);
		if (outcome != AGAIN_PLAIN)
			continue;
		if (target.plain)
			return false;
		target.plain = true;
		if (!write_body(&target, request, &body, err))
			return false;
	}
	return outcome == ANSWERED;
}
