#include "tool/web.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "net/url.h"

static const char *only_public(void *user, const struct sockaddr *address)
{
	(void)user;
	return url_address_blocked(address) ? "its name leads to an address that is private, local or reserved" : NULL;
}

const struct web_rules web_rules = { .judge = url_judge, .may_connect = only_public };

struct web *web_create(void)
{
	struct web *web = mem_alloc(sizeof *web);

	web->rules = &web_rules;
	web->provider = NULL;
	web_cache_init(&web->cache);
	return web;
}

void web_destroy(struct web *web)
{
	if (!web)
		return;
	web_cache_done(&web->cache);
	free(web);
}

bool web_asker_init(struct web_asker *a, struct web *web, struct cancel *cancel, struct error *err)
{
	*a = (struct web_asker){ .web = web, .cancel = cancel, .deadline = clock_ms() + WEB_TIMEOUT_MS };
	a->client = http_client_create(err);
	return a->client != NULL;
}

void web_asker_done(struct web_asker *a)
{
	http_client_destroy(a->client);
	a->client = NULL;
}

void web_answer_done(struct web_answer *answer)
{
	free(answer->location);
	answer->location = NULL;
	buf_done(&answer->body);
}

/* --- addresses ----------------------------------------------------------------------- */

char *web_url(const struct web_rules *rules, struct str url)
{
	const char *fragment = url.n ? memchr(url.p, '#', url.n) : NULL;

	if (fragment)
		url.n = (size_t)(fragment - url.p);
	if (!rules->plain && str_starts_like(url, "http://"))
		return mem_printf("https://%.*s", STR_ARGS(str_from(url, 7)));
	return mem_strndup(url.p, url.n);
}

char *web_follow(const struct web_rules *rules, const char *url, const char *location, struct error *err)
{
	own_mem char *target = web_url(rules, str_of(location));
	own_mem char *next = url_follow(url, target, err);

	return next ? web_url(rules, str_of(next)) : NULL;
}

/* --- one answer ------------------------------------------------------------------------ */

struct receiver {
	const struct web *web;
	const char *host;
	struct web_answer *answer;
};

static const char *may_connect(void *user, const struct sockaddr *address)
{
	const struct receiver *r = user;

	return r->web->rules->may_connect(NULL, address);
}

/* Types that need not be waited for: what else is no text shows in its bytes. */
static bool is_plainly_binary(const char *type)
{
	static const char *const begins[] = {
		"image/", "audio/", "video/", "font/", "model/", "application/pdf", "application/zip",
		"application/gzip",
		"application/x-", "application/vnd.", "application/octet-stream", "application/java-archive",
		"application/wasm", "application/msword",
	};
	static const char *const texts[] = {
		"image/svg+xml", "application/x-javascript", "application/x-yaml", "application/x-sh",
		"application/x-ndjson", "application/x-tex", "application/x-python",
	};
	struct str bare = { type, strcspn(type, "; ") };

	for (size_t i = 0; i < countof(texts); i++)
		if (str_is_like(bare, texts[i]))
			return false;
	if (str_ends(bare, "+json") || str_ends(bare, "+xml"))
		return false;
	for (size_t i = 0; i < countof(begins); i++)
		if (str_starts_like(bare, begins[i]))
			return true;
	return false;
}

static bool check_head(const struct receiver *r, const struct http_head *head, struct error *err)
{
	const char *encoding = http_head_get(head, "Content-Encoding"), *size = http_head_get(head, "Content-Length");

	if (encoding && encoding[0] && strcasecmp(encoding, "identity") != 0)
		return error_set(err, ERROR_INVALID, "%s sends its answer compressed (%.20s), which nobody asked for",
			r->host, encoding);
	if (r->answer->wants_text && is_plainly_binary(r->answer->type))
		return error_set(err, ERROR_INVALID,
			"this is %.80s (%.20s bytes), not a page or text: read it with a program made for it",
			r->answer->type, size ? size : "it does not say how many");
	if (!r->answer->enough && size && strtoull(size, NULL, 10) > WEB_BODY_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the answer of %s has %.20s bytes: at most %zu MB are read",
			r->host, size, WEB_BODY_MAX >> 20);
	return true;
}

static bool on_head(void *user, const struct http_head *head, struct error *err)
{
	struct receiver *r = user;
	const char *type = http_head_get(head, "Content-Type"), *location = http_head_get(head, "Location");
	int status = http_head_status(head);

	r->answer->status = status;
	(void)snprintf(r->answer->type, sizeof r->answer->type, "%s", type ? type : "");
	if (status / 100 == 3)
		r->answer->location = mem_strdup(location);
	return status / 100 != 2 || check_head(r, head, err);
}

static enum http_next on_body(void *user, struct str bytes, struct error *err)
{
	const struct receiver *r = user;
	struct buf *body = &r->answer->body;
	size_t enough = r->answer->enough;

	if (r->answer->status / 100 != 2)
		return HTTP_ENOUGH;
	if (enough && body->len + bytes.n > enough)
		bytes.n = enough - body->len;
	if (!buf_add_str(body, bytes, err)) {
		error_prefix(err, "%s", r->host);
		return HTTP_FAIL;
	}
	return enough && body->len == enough ? HTTP_ENOUGH : HTTP_MORE;
}

/* Where the network wants a proxy, this is why nothing comes. */
static bool told_of_proxy(struct error *err)
{
	static const char *const names[] = { "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY" };

	if (err->kind != ERROR_UNAVAILABLE && err->kind != ERROR_TIMEOUT)
		return false;
	for (size_t i = 0; i < countof(names); i++) {
		const char *value = getenv(names[i]);
		if (value && value[0])
			return error_prefix(err, "asked without the proxy of %s, whose addresses could not be judged",
				names[i]);
	}
	return false;
}

bool web_get(struct web_asker *a, const char *url, struct web_answer *answer, struct error *err)
{
	static const struct http_header headers[] = {
		{ .name = "Accept", .value = "text/markdown, text/html;q=0.9, text/plain;q=0.8, */*;q=0.5" },
		{ .name = "Accept-Language", .value = "en, *;q=0.5" },
	};
	uint64_t now = clock_ms();
	struct url_judgement j;

	a->web->rules->judge(str_of(url), &j);
	if (j.verdict == VERDICT_NEVER)
		return error_set(err, ERROR_DENIED, "%s%sis not asked: %s", j.host, j.host[0] ? " " : "this address ",
			j.why);
	if (now >= a->deadline)
		return error_set(err, ERROR_TIMEOUT, "no whole answer from %s within %d s", j.host,
			WEB_TIMEOUT_MS / 1000);
	struct receiver r = { a->web, j.host, answer };
	struct http_call call = {
		.url = url, .headers = headers, .header_count = countof(headers), .body_max = WEB_BODY_MAX,
		.total_ms = (unsigned)(a->deadline - now), .cancel = a->cancel, .may_connect = may_connect,
		.on_head = on_head, .on_body = on_body, .user = &r,
	};
	return http_send(a->client, &call, err) || told_of_proxy(err);
}
