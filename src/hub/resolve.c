/*
 * Redirects to the endpoint itself (a renamed repository) are followed here; one
 * to another host, which is where the bytes lie, is the answer.
 */
#include "hub/resolve.h"

#include <stdio.h>

#include "base/mem.h"
#include "hub/names.h"
#include "net/url.h"

#define HOPS_MAX 10

char *resolve_url(const struct hub *hub, const char *repo, const char *commit, const char *path)
{
	own_buf url = BUF_INIT(16384);
	struct error err;

	if (!buf_addf(&url, &err, "%s/%s/resolve/%s/", hub->endpoint, repo, commit) ||
		!name_quote(&url, path, true, &err))
		mem_panic("an address over 16 KB");
	return buf_detach(&url, NULL);
}

static bool read_head(void *user, const struct http_head *head, struct error *err)
{
	(void)err;
	answer_read(user, head);
	return true;
}

static void fill(struct resolved *resolved, const struct answer *answer, char *url)
{
	*resolved = (struct resolved){ .size = answer->linked_size, .url = url };
	snprintf(resolved->hash, sizeof resolved->hash, "%s", answer->hash);
	if (resolved->size == HUB_SIZE_UNKNOWN && answer->status == 200)
		resolved->size = answer->length;
}

bool resolve(const struct question *base, const char *repo, const char *commit, const char *path,
	struct resolved *resolved, struct answer *answer, struct error *err)
{
	const struct hub *hub = base->hub;
	own_mem char *url = resolve_url(hub, repo, commit, path);
	struct question q = *base;

	q.method = "HEAD";
	q.redirects = 0;
	q.on_head = read_head;
	q.on_body = NULL;
	q.user = answer;
	for (int hop = 0; hop < HOPS_MAX; hop++) {
		*answer = (struct answer){ 0 };
		q.url = url;
		if (!question_send(&q, err))
			return false;
		if (answer->status == 200) {
			fill(resolved, answer, take(url));
			return true;
		}
		if (answer->status / 100 != 3 || !answer->location[0])
			return answer_explain(hub, repo, path, url, answer, err);
		own_mem char *next = url_follow(url, answer->location, err);
		if (!next)
			return false;
		if (!url_same_origin(hub->endpoint, next) || answer->linked_size != HUB_SIZE_UNKNOWN) {
			fill(resolved, answer, take(next));
			return true;
		}
		free(url);
		url = take(next);
	}
	own_mem char *host = url_host(url);
	return error_set(err, ERROR_INVALID, "%s redirects more than %d times for %s", host, HOPS_MAX, path);
}
