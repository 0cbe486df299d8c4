#include "hub/ask.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "hub/names.h"
#include "net/retry_after.h"
#include "net/url.h"

#define BACKOFF_MAX_MS 8000u
#define REDIRECTS 5
#define SILENT_TRIES 3     /* a listing from a Hub that nothing is heard of: the cache may do instead */

static void copy(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text && strlen(text) < size ? text : "");
}

static uint64_t number(const char *text)
{
	size_t n = text ? strspn(text, "0123456789") : 0;

	return n > 0 && n < 19 && text[n] == '\0' ? strtoull(text, NULL, 10) : HUB_SIZE_UNKNOWN;
}

/* W/"x" and "x" are x: _normalize_etag() of huggingface_hub. */
static void bare_hash(char out[HUB_HASH_MAX + 1], const char *etag)
{
	struct str bare = str_trim(str_of(etag ? etag : ""));

	if (str_starts(bare, (struct str)STR("W/")))
		bare = str_from(bare, 2);
	if (bare.n >= 2 && bare.p[0] == '"' && bare.p[bare.n - 1] == '"')
		bare = (struct str){ bare.p + 1, bare.n - 2 };
	snprintf(out, HUB_HASH_MAX + 1, "%.*s", (int)(bare.n <= HUB_HASH_MAX ? bare.n : 0), bare.p);
	if (!name_is_hash(out))
		out[0] = '\0';
}

/* "bytes 0-99/1000" */
static void read_range(struct answer *answer, const char *text)
{
	unsigned long long first, last, total;

	if (!text || sscanf(text, "bytes %18llu-%18llu/%18llu", &first, &last, &total) != 3)
		return;
	answer->first = first;
	answer->total = total;
}

/* A server's words, for people: one line of printable ASCII. */
static void copy_message(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; text && *text && n + 1 < size; text++)
		out[n++] = *text >= ' ' && *text < 0x7f ? *text : '?';
	out[n] = '\0';
}

void answer_read(struct answer *answer, const struct http_head *head)
{
	const char *linked = http_head_get(head, "X-Linked-Etag"), *etag = http_head_get(head, "ETag");
	const char *commit = http_head_get(head, "X-Repo-Commit"), *retry = http_head_get(head, "Retry-After");

	*answer = (struct answer){ .status = http_head_status(head), .first = HUB_SIZE_UNKNOWN,
		.total = HUB_SIZE_UNKNOWN };
	if (commit && name_is_commit(commit))
		copy(answer->commit, sizeof answer->commit, commit);
	copy(answer->etag, sizeof answer->etag, etag);
	bare_hash(answer->hash, linked ? linked : etag);
	answer->linked_size = number(http_head_get(head, "X-Linked-Size"));
	answer->length = number(http_head_get(head, "Content-Length"));
	read_range(answer, http_head_get(head, "Content-Range"));
	copy(answer->code, sizeof answer->code, http_head_get(head, "X-Error-Code"));
	copy_message(answer->message, sizeof answer->message, http_head_get(head, "X-Error-Message"));
	answer->has_retry_after = retry && retry_after_parse(retry, clock_unix(), &answer->retry_after);
	copy(answer->location, sizeof answer->location, http_head_get(head, "Location"));
	copy(answer->link, sizeof answer->link, http_head_get(head, "Link"));
}

bool answer_is_passing(int status)
{
	return status == 408 || status == 429 || (status >= 500 && status != 501 && status <= 599);
}

static bool explain_token(const struct hub *hub, const char *repo, const char *host, struct error *err)
{
	if (hub->token)
		return error_set(err, ERROR_DENIED,
			"%s does not accept the token that was sent for %s: "
			"make a new one at %s/settings/tokens and put it into HF_TOKEN or %s",
			host, repo, hub->endpoint, hub->token_path);
	return error_set(err, ERROR_DENIED,
		"%s is private, gated or does not exist, and there is no token: "
		"get one at %s/settings/tokens and put it into HF_TOKEN or %s",
		repo, hub->endpoint, hub->token_path);
}

static bool explain_gated(const struct hub *hub, const char *repo, struct error *err)
{
	return error_set(err, ERROR_DENIED, "%s is gated: accept its licence at %s/%s%s%s", repo, hub->endpoint, repo,
		hub->token ? " with the account of your token" : ", then put a token into HF_TOKEN or ",
		hub->token ? "" : hub->token_path);
}

bool answer_explain(const struct hub *hub, const char *repo, const char *what, const char *url,
	const struct answer *answer, struct error *err)
{
	own_mem char *host = url_host(url);
	const char *name = what ? what : "";
	/* Whoever is sent a token could send it back. */
	const char *words = hub->token && strstr(answer->message, hub->token) ? "" : answer->message;

	/* The code tells more than the status: a gated repository may answer 401 whoever asks. */
	if (strcmp(answer->code, "GatedRepo") == 0)
		return explain_gated(hub, repo, err);
	if (strcmp(answer->code, "EntryNotFound") == 0)
		return error_set(err, ERROR_NOT_FOUND, "%s has no file %.200s", repo, name);
	if (strcmp(answer->code, "RevisionNotFound") == 0)
		return error_set(err, ERROR_NOT_FOUND, "%s has no revision %.100s", repo, name);
	if (answer->status == 401 && !(hub->token && strcmp(answer->code, "RepoNotFound") == 0))
		return explain_token(hub, repo, host, err);
	if (answer->status == 404 || strcmp(answer->code, "RepoNotFound") == 0)
		return error_set(err, ERROR_NOT_FOUND, "%s has no repository %s%s%.200s: check its name%s", host, repo,
			what ? ", or not its " : "", name, hub->token ? "" : ", and whether it needs a token");
	if (answer->status == 403)
		return error_set(err, ERROR_DENIED, "%s denies access to %s%s%s", host, repo, *words ? ": " : "",
			words);
	if (answer->status == 429)
		return error_set(err, ERROR_UNAVAILABLE, "%s is asked too often: try again %s", host,
			hub->token ? "later" : "later, or with a token");
	return error_set(err, answer_is_passing(answer->status) ? ERROR_UNAVAILABLE : ERROR_INVALID,
		"%s answers %d%s%s", host, answer->status, *words ? ": " : "", words);
}

bool question_send(const struct question *q, struct error *err)
{
	const struct hub *hub = q->hub;
	own_mem char *bearer = hub->token ? mem_printf("Bearer %s", hub->token) : NULL;
	struct http_header headers[2];
	size_t n = 0;

	if (bearer && url_same_origin(hub->endpoint, q->url))
		headers[n++] = (struct http_header){ "Authorization", bearer, true };
	if (q->range)
		headers[n++] = (struct http_header){ "Range", q->range };
	struct http_call call = {
		.method = q->method, .url = q->url, .headers = headers, .header_count = n, .redirects = q->redirects,
		.body_max = q->body_max, .connect_ms = hub->answer_ms, .first_byte_ms = hub->answer_ms,
		.silence_ms = q->silence_ms ? q->silence_ms : hub->answer_ms, .cancel = q->cancel,
		.on_head = q->on_head, .on_body = q->on_body, .user = q->user,
	};
	return http_send(q->client, &call, err);
}

static unsigned random_below(struct patience *p, unsigned n)
{
	if (p->seed == 0)
		p->seed = clock_ns() | 1;
	p->seed ^= p->seed << 13;
	p->seed ^= p->seed >> 7;
	p->seed ^= p->seed << 17;
	return n ? (unsigned)(p->seed % n) : 0;
}

/* Doubles with each failure, half of it by chance, so that many who failed together do not come back together. */
static unsigned backoff(struct patience *p)
{
	unsigned ms = p->hub->backoff_ms;

	for (unsigned i = 1; i < p->failures && ms < BACKOFF_MAX_MS; i++)
		ms *= 2;
	ms = ms < BACKOFF_MAX_MS ? ms : BACKOFF_MAX_MS;
	return ms / 2 + random_below(p, ms / 2 + 1);
}

bool patience_wait(struct patience *p, const struct answer *answer, struct error *err)
{
	unsigned wait = 0;

	if (err->kind == ERROR_CANCELLED || ++p->failures >= (p->most ? p->most : p->hub->tries))
		return false;
	wait = backoff(p);
	if (answer && answer->has_retry_after && answer->retry_after > RETRY_AFTER_MAX) {
		char text[sizeof err->text];
		snprintf(text, sizeof text, "%s", err->text);
		return error_set(err, ERROR_UNAVAILABLE, "%.300s (it says: in %u seconds)", text, answer->retry_after);
	}
	if (answer && answer->has_retry_after && answer->retry_after * 1000 > wait)
		wait = answer->retry_after * 1000;
	return http_client_wait(p->client, wait, p->cancel) || error_set(err, ERROR_CANCELLED, "cancelled");
}

bool error_is_passing(const struct error *err)
{
	return err->kind == ERROR_UNAVAILABLE || err->kind == ERROR_TIMEOUT;
}

struct reading {
	struct answer *answer;
	struct buf *body;
};

static bool read_head(void *user, const struct http_head *head, struct error *err)
{
	struct reading *r = user;

	(void)err;
	answer_read(r->answer, head);
	return true;
}

static enum http_next read_body(void *user, struct str bytes, struct error *err)
{
	struct reading *r = user;

	if (r->answer->status / 100 != 2)
		return HTTP_ENOUGH;
	return buf_add_str(r->body, bytes, err) ? HTTP_MORE : HTTP_FAIL;
}

bool ask_body(const struct hub *hub, struct http_client *client, struct cancel *cancel, const char *repo,
	const char *what, const char *url, struct answer *answer, struct buf *body, struct error *err)
{
	struct reading reading = { answer, body };
	struct question q = { .hub = hub, .client = client, .cancel = cancel, .url = url, .redirects = REDIRECTS,
		.body_max = body->max, .on_head = read_head, .on_body = read_body, .user = &reading };
	struct patience patience = { hub, client, cancel };

	for (;;) {
		buf_clear(body);
		*answer = (struct answer){ 0 };
		bool sent = question_send(&q, err);
		if (sent && answer->status / 100 == 2)
			return true;
		bool passing = sent ? answer_is_passing(answer->status) : error_is_passing(err);
		if (sent)
			answer_explain(hub, repo, what, url, answer, err);
		patience.most = sent ? hub->tries : SILENT_TRIES;
		if (!passing || !patience_wait(&patience, sent ? answer : NULL, err))
			return false;
	}
}
