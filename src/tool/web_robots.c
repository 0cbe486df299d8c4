/*
 * A host's robots.txt is kept for an hour; where it cannot be had, for a minute.  As RFC 9309 has it, one
 * that is not there (4xx) allows everything, and one that should be there and is not (5xx) forbids everything.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "net/url.h"
#include "tool/robots.h"
#include "tool/web.h"

#define KEPT_MS 3600000u
#define FAILURE_KEPT_MS 60000u
#define HOPS 5
#define THERE "+"                  /* before the rules, in the cache */
#define NOT_THERE "-"              /* it should be */

/* scheme://host:port, and what follows. */
static struct str origin_of_url(const char *url, struct str *path)
{
	const char *host = strstr(url, "://");
	size_t n = host ? (size_t)(host - url) + 3 : 0;

	n += strcspn(url + n, "/?#");
	*path = str_of(url[n] ? url + n : "/");
	return (struct str){ url, n };
}

/* Fetches it, over at most HOPS redirects, wherever they lead. */
static bool fetch(struct web_asker *a, struct str origin, struct buf *rules, struct error *err)
{
	own_mem char *url = mem_printf("%.*s/robots.txt", STR_ARGS(origin));

	for (unsigned hop = 0; hop <= HOPS; hop++) {
		own_web_answer answer = WEB_ANSWER_INIT;
		answer.enough = ROBOTS_MAX;
		if (!web_get(a, url, &answer, err))
			return error_prefix(err, "robots.txt, which says what programs may read");
		if (!answer.location || answer.status / 100 != 3) {
			const char *mark = answer.status >= 500 ? NOT_THERE : THERE;
			return buf_adds(rules, mark, err) && buf_add_str(rules, buf_str(&answer.body), err);
		}
		char *next = web_follow(a->web->rules, url, answer.location, err);
		if (!next)
			return false;
		free(url);
		url = next;
	}
	return buf_adds(rules, THERE, err);        /* one that cannot be found is not there */
}

bool web_robots(struct web_asker *a, const char *url, struct error *err)
{
	own_buf rules = BUF_INIT(ROBOTS_MAX + 2);
	struct str path, origin = origin_of_url(url, &path);
	own_mem char *key = mem_printf("robots %.*s", STR_ARGS(origin));
	own_mem char *host = url_host(url);

	if (!web_cache_get(&a->web->cache, key, clock_ms(), &rules)) {
		if (!fetch(a, origin, &rules, err))
			return false;
		bool there = str_starts(buf_str(&rules), (struct str)STR(THERE));
		web_cache_put(&a->web->cache, key, buf_str(&rules), clock_ms(), there ? KEPT_MS : FAILURE_KEPT_MS);
	}
	struct str text = buf_str(&rules);
	if (str_starts(text, (struct str)STR(NOT_THERE)))
		return error_set(err, ERROR_DENIED,
			"robots.txt of %s fails, so its pages are left alone: try again later", host);
	return robots_allow(str_from(text, 1), ROBOTS_TOKEN, path) || error_set(err, ERROR_DENIED,
		"robots.txt of %s forbids programs to read this page: the user can open it in a browser", host);
}
