/*
 * One attempt is one HTTP call with a stream reader of its own.  What the server
 * says instead of a stream is kept, up to a ceiling, for the provider to read.
 */
#include "provider/ask.h"

#include <assert.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/retry_after.h"

#define BODY_MAX ((size_t)64 << 20)         /* of a request */
#define ERROR_BODY_MAX ((size_t)64 << 10)   /* what is read of an error; the rest does not matter */
#define HEADERS_MAX 8

struct attempt {
	const struct ask *ask;
	struct provider_stream *stream;
	int status;
	bool told_when;        /* to come back: a Retry-After */
	unsigned retry_after;  /* seconds */
	struct buf problem;    /* the body of an answer that is no stream */
};

static unsigned or_default(unsigned wish, unsigned otherwise) { return wish ? wish : otherwise; }

static bool on_head(void *user, const struct http_head *head, struct error *err)
{
	struct attempt *a = user;
	const char *type = http_head_get(head, "Content-Type"), *retry_after = http_head_get(head, "Retry-After");

	a->status = http_head_status(head);
	a->told_when = retry_after && retry_after_parse(retry_after, clock_unix(), &a->retry_after);
	if (a->status == 200 && type && !str_starts(str_of(type), (struct str)STR("text/event-stream")))
		return error_set(err, ERROR_INVALID,
			"%s's address answered with %.60s instead of a stream: check the base URL",
			a->ask->provider->display_name, type);
	return true;
}

static enum http_next on_body(void *user, struct str bytes, struct error *err)
{
	struct attempt *a = user;

	if (a->status != 200) {
		size_t room = a->problem.max - a->problem.len;
		struct str part = { bytes.p, bytes.n < room ? bytes.n : room };
		if (!buf_add_str(&a->problem, part, err))
			return HTTP_FAIL;
		return part.n < bytes.n ? HTTP_ENOUGH : HTTP_MORE;
	}
	if (!provider_stream_feed(a->stream, bytes, err))
		return HTTP_FAIL;
	return provider_stream_ended(a->stream) ? HTTP_ENOUGH : HTTP_MORE;
}

static char *make_url(const struct ask *ask)
{
	const char *base = ask->base_url ? ask->base_url : ask->provider->default_base_url;
	size_t n = strlen(base);

	while (n > 0 && base[n - 1] == '/')
		n--;
	return mem_printf("%.*s%s", (int)n, base, ask->provider->path);
}

static size_t make_headers(const struct ask *ask, struct http_header headers[HEADERS_MAX])
{
	size_t count = 0;

	headers[count++] = (struct http_header){ "Content-Type", "application/json" };
	headers[count++] = (struct http_header){ "Accept", "text/event-stream" };
	for (const struct http_header *h = ask->provider->headers; h->name; h++)
		headers[count++] = *h;
	assert(count < HEADERS_MAX);
	if (ask->key)
		headers[count++] = (struct http_header){ ask->provider->key_header, ask->key, .secret = true };
	return count;
}

static bool call_once(struct http_client *client, struct attempt *a, struct str body, struct error *err)
{
	const struct ask *ask = a->ask;
	struct http_header headers[HEADERS_MAX];
	own_mem char *url = make_url(ask);
	struct http_call call = {
		.method = "POST", .url = url, .body = body,
		.headers = headers, .header_count = make_headers(ask, headers),
		.connect_ms = ask->patience.connect_ms, .first_byte_ms = ask->patience.first_byte_ms,
		.silence_ms = ask->patience.silence_ms, .cancel = ask->cancel,
		.on_head = on_head, .on_body = on_body, .user = a,
	};

	return http_send(client, &call, err);
}

/* A server, or something before it, may quote our key in what it says. */
static void hide_key(char *text, const char *key)
{
	if (!key || !key[0])
		return;
	for (char *at = text; (at = strstr(at, key)) != NULL;)
		memset(at, '*', strlen(key));
}

/* What the call's outcome means for the answer. */
static bool judge(struct attempt *a, bool sent, struct error *err)
{
	struct provider_stream *stream = a->stream;

	if (sent && a->status != 200) {
		hide_key(a->problem.data, a->ask->key);
		return a->ask->provider->read_error(a->status, buf_str(&a->problem), err);
	}
	if (sent)
		return provider_stream_close(stream, err);
	if (provider_stream_spoken(stream) && !provider_stream_refused(stream) && err->kind != ERROR_CANCELLED)
		provider_stream_cut(stream, err);
	hide_key(err->text, a->ask->key);
	return false;
}

static bool passing(const struct error *err)
{
	return err->kind == ERROR_TIMEOUT || err->kind == ERROR_UNAVAILABLE;
}

static unsigned attempts_for(const struct ask *ask, const struct error *err)
{
	unsigned attempts = or_default(ask->patience.attempts, ASK_ATTEMPTS);

	return err->kind == ERROR_TIMEOUT && attempts > 2 ? 2 : attempts;
}

/* Doubles from attempt to attempt, spread by half so that many clients do not come back at once. */
static unsigned pause_before(const struct ask *ask, unsigned next, unsigned longest)
{
	uint64_t pause = or_default(ask->patience.pause_ms, ASK_PAUSE_MS);

	for (; next > 2 && pause < longest; next--)
		pause *= 2;
	pause = pause < longest ? pause : longest;
	return (unsigned)(pause / 2 + clock_ns() % (pause + 1));
}

/* After the attempt of that number: true when it is time for the next; false, with err, when there shall be none. */
static bool wait_for_next(struct http_client *client, const struct attempt *a, unsigned attempt, struct error *err)
{
	const struct ask *ask = a->ask;
	unsigned longest = or_default(ask->patience.longest_wait_ms, ASK_LONGEST_WAIT_MS);
	struct error why = *err;
	struct ask_notice notice = { &why, 0, attempt + 1, attempts_for(ask, err) };

	if (!passing(err) || notice.attempts == 1)
		return false;
	if (attempt >= notice.attempts)
		return error_set(err, why.kind, "%s (tried %u times: try again later)", why.text, attempt);
	if (a->told_when && a->retry_after > longest / 1000)
		return error_set(err, why.kind, "%s (it asks to wait %u s)", why.text, a->retry_after);
	notice.wait_ms = a->told_when ? a->retry_after * 1000 : pause_before(ask, attempt + 1, longest);
	if (ask->on_notice)
		ask->on_notice(ask->user, &notice);
	if (!http_client_wait(client, notice.wait_ms, ask->cancel))
		return error_set(err, ERROR_CANCELLED, "cancelled");
	return true;
}

/* Whether the request was refused for a wish that can be left out. */
static bool refuses_a_wish(const struct attempt *a, const struct error *err)
{
	const char *const *wish = a->ask->provider->refusable;

	if (a->status != 400)
		return false;
	while (*wish && !strstr(err->text, *wish))
		wish++;
	return *wish != NULL;
}

enum outcome { ANSWERED, FAILED, AGAIN, AGAIN_PLAIN };

static enum outcome try(struct http_client *client, const struct ask *ask, struct str body, unsigned attempt,
	struct error *err)
{
	own_provider_stream *stream = provider_stream_create(ask->provider, ask->on_delta, ask->user);
	struct attempt a = { .ask = ask, .stream = stream, .problem = BUF_INIT(ERROR_BODY_MAX) };
	enum outcome outcome = FAILED;

	if (judge(&a, call_once(client, &a, body, err), err))
		outcome = ANSWERED;
	else if (refuses_a_wish(&a, err))
		outcome = AGAIN_PLAIN;
	else if (!provider_stream_spoken(stream) && wait_for_next(client, &a, attempt, err))
		outcome = AGAIN;
	buf_done(&a.problem);
	return outcome;
}

bool ask_provider(struct http_client *client, const struct ask *ask, const struct request *request, struct error *err)
{
	const char *model = provider_model(ask->provider, ask->model);
	own_buf body = BUF_INIT(BODY_MAX);
	enum outcome outcome = AGAIN;
	bool plain = false;

	if (!ask->provider->write_body(request, model, plain, &body, err))
		return false;
	for (unsigned attempt = 1; outcome >= AGAIN; attempt++) {
		outcome = try(client, ask, buf_str(&body), attempt, err);
		if (outcome != AGAIN_PLAIN)
			continue;
		if (plain)
			return false;
		plain = true;
		buf_clear(&body);
		if (!ask->provider->write_body(request, model, plain, &body, err))
			return false;
	}
	return outcome == ANSWERED;
}
