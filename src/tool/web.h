/*
 * How tools ask the web: one address after the other, each judged before it is asked
 * and once more when its name has led to an IP address.  No cookies, no credentials, no
 * proxy; redirects are answers, for the caller to follow or not.
 */
#pragma once

#include "net/http.h"
#include "permit/url.h"
#include "tool/web_cache.h"

#define WEB_TIMEOUT_MS 10000           /* for all that one call asks */
#define WEB_BODY_MAX ((size_t)10 << 20)
#define WEB_HOPS 10

/* What may be asked.  Only tests have others than web_rules. */
struct web_rules {
	void (*judge)(struct str url, struct url_judgement *judgement);
	http_address_fn *may_connect;
	bool plain;                    /* http stays http */
	const char *search_base;       /* instead of a provider's own address; NULL */
};
extern const struct web_rules web_rules;

/* What a conversation keeps for its tools.  Any thread. */
struct web {
	const struct web_rules *rules;
	const char *provider;          /* whom WebSearch asks (tools.search), borrowed; NULL: the standard */
	struct web_cache cache;
};
struct web *web_create(void) must_use;
void web_destroy(struct web *web);

/* One call's connections and time. */
struct web_asker {
	struct web *web;
	struct http_client *client;
	struct cancel *cancel;
	uint64_t deadline;             /* clock_ms() */
};
/* False: no libcurl.  web_asker_done() in any case. */
bool web_asker_init(struct web_asker *a, struct web *web, struct cancel *cancel, struct error *err) must_use;
void web_asker_done(struct web_asker *a);
#define own_web_asker owns(web_asker_done) struct web_asker

struct web_answer {
	int status;
	char type[200];                /* Content-Type; "" */
	char *location;                /* of a redirect; NULL */
	bool wants_text;               /* set by the caller: what is plainly neither page nor text ends the call */
	size_t enough;                 /* set by the caller: bytes after which the rest is not wanted; 0: all is */
	struct buf body;               /* of redirects nothing */
};
#define WEB_ANSWER_INIT { .body = BUF_INIT(WEB_BODY_MAX) }
void web_answer_done(struct web_answer *answer);
#define own_web_answer owns(web_answer_done) struct web_answer

/*
 * Asks one http(s) address.  True when an answer came, whatever its status.  ERROR_DENIED: the address
 * must not be asked; ERROR_INVALID: what comes is compressed though nobody asked for it, or is no text.
 */
bool web_get(struct web_asker *a, const char *url, struct web_answer *answer, struct error *err) must_use;

/* An address as it is asked: https, and without a fragment.  The caller frees. */
char *web_url(const struct web_rules *rules, struct str url) must_use;

/* Where a redirect of `url` leads, in that form; NULL: nowhere.  The caller frees. */
char *web_follow(const struct web_rules *rules, const char *url, const char *location, struct error *err) must_use;

/* Whether robots.txt of the address's host lets us fetch it; ERROR_DENIED: it does not. */
bool web_robots(struct web_asker *a, const char *url, struct error *err) must_use;
