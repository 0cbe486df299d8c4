/*
 * A call: its headers, its redirects, and its cancel token, which while the call
 * lasts wakes the client's multi handle.  The transfers are transfer.c's.
 */
#include "net/http.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/transfer.h"

#define IDLE_CONNECTIONS 4L

struct http_client *http_client_create(struct error *err)
{
	const struct curl_library *curl = curl_library(err);

	if (!curl)
		return NULL;

	struct http_client *client = mem_alloc(sizeof *client);
	*client = (struct http_client){ .curl = curl, .multi = curl->multi_init(), .easy = curl->easy_init() };
	if (!client->multi || !client->easy)
		mem_panic("libcurl is out of memory");
	curl->multi_setopt(client->multi, CURLMOPT_MAXCONNECTS, IDLE_CONNECTIONS);
	return client;
}

void http_client_destroy(struct http_client *client)
{
	if (!client)
		return;
	client->curl->easy_cleanup(client->easy);
	client->curl->multi_cleanup(client->multi);
	free(client);
}

static void wake(void *user)
{
	struct http_client *client = user;

	client->curl->multi_wakeup(client->multi);
}

static void watch(struct http_client *client, struct cancel *cancel)
{
	if (cancel)
		cancel_set_wake(cancel, wake, client);
}

static void unwatch(struct cancel *cancel)
{
	if (cancel)
		cancel_set_wake(cancel, NULL, NULL);
}

static void append(const struct curl_library *curl, struct curl_slist **list, const char *line)
{
	struct curl_slist *longer = curl->slist_append(*list, line);

	if (!longer)
		mem_panic("libcurl is out of memory");
	*list = longer;
}

static bool add_header(const struct curl_library *curl, struct curl_slist **list, const struct http_header *header,
	struct error *err)
{
	if (strpbrk(header->name, ":;\r\n") || strpbrk(header->value, "\r\n"))
		return error_set(err, ERROR_INVALID, "the header %.40s cannot be sent: there is a line break in it",
			header->name);

	/* curl's spelling of a header without a value is "name;". */
	own_mem char *line =
		header->value[0] ? mem_printf("%s: %s", header->name, header->value) : mem_printf("%s;", header->name);
	append(curl, list, line);
	return true;
}

/* The call's headers, without the secret ones when `foreign`.  The caller frees the list, on failure too. */
static bool make_headers(const struct curl_library *curl, const struct http_call *call, bool foreign,
	struct curl_slist **list, struct error *err)
{
	append(curl, list, "Expect:");   /* no "Expect: 100-continue", which large bodies would wait for */
	for (size_t i = 0; i < call->header_count; i++) {
		const struct http_header *header = &call->headers[i];
		if (!(foreign && header->secret) && !add_header(curl, list, header, err))
			return false;
	}
	return true;
}

/* Whom the redirect leads to, and by what URL, which the caller frees. */
static char *follow(const struct transfer *t, struct origin *next, struct error *err)
{
	const struct curl_library *curl = t->client->curl;
	char *url = NULL;

	curl->easy_getinfo(t->client->easy, CURLINFO_REDIRECT_URL, &url);
	if (!url || !origin_of(curl, url, next, err)) {
		error_set(
			err, ERROR_INVALID, "%s redirects to an address that is no http or https URL", t->origin.name);
		return NULL;
	}
	if (t->origin.tls && !next->tls) {
		error_set(err, ERROR_DENIED, "%s redirects to %s without https: not followed", t->origin.name,
			next->name);
		return NULL;
	}
	return mem_strdup(url);
}

static bool send_following(struct http_client *client, const struct http_call *call, const struct origin *first,
	struct error *err)
{
	own_mem char *url = mem_strdup(call->url);
	uint64_t deadline = call->total_ms ? clock_ms() + call->total_ms : 0;
	struct origin origin = *first;

	for (unsigned hop = 0; hop <= call->redirects; hop++) {
		struct curl_slist *headers = NULL;
		struct transfer t = { .client = client, .call = call, .url = url, .origin = origin,
			.deadline = deadline, .err = err };
		bool ok = make_headers(client->curl, call, !origin_same(&origin, first), &headers, err);

		t.headers = headers;
		ok = ok && transfer_run(&t);
		client->curl->slist_free_all(headers);
		if (!ok || !t.redirected)
			return ok;
		char *next = follow(&t, &origin, err);
		if (!next)
			return false;
		free(url);
		url = next;
	}
	return error_set(err, ERROR_UNAVAILABLE, "%s redirects more than %u times", first->name, call->redirects);
}

bool http_send(struct http_client *client, const struct http_call *call, struct error *err)
{
	struct origin origin;

	if (!origin_of(client->curl, call->url, &origin, err))
		return false;
	if (cancel_fired(call->cancel))
		return error_set(err, ERROR_CANCELLED, "cancelled");
	watch(client, call->cancel);
	bool ok = send_following(client, call, &origin, err);
	unwatch(call->cancel);
	return ok;
}

bool http_client_wait(struct http_client *client, unsigned ms, struct cancel *cancel)
{
	uint64_t end = clock_ms() + ms, now;

	watch(client, cancel);
	while (!cancel_fired(cancel) && (now = clock_ms()) < end)
		client->curl->multi_poll(client->multi, NULL, 0, (int)(end - now), NULL);
	unwatch(cancel);
	return !cancel_fired(cancel);
}
