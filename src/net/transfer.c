/*
 * One easy handle in one multi handle.  The multi interface is used for a single
 * transfer because its poll can be woken from another thread: that is how a
 * cancel token reaches the socket.  Over TLS it is HTTP/2 where the server has it;
 * a transfer that is ended early closes its connection all the same, for who has
 * been told to stop must not be sent, and be paid for, a single byte more.
 *
 * libcurl watches the time to connect (and tries the host's next address in
 * time); the time to the first byte and the silence between bytes are watched
 * here, by the moment of the last sign of life.  The first byte is that after the head, which must be
 * there in time as a whole: a line now and then could go on for hours.
 */
#include "net/transfer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/http_error.h"

#define GRACE_MS 250       /* after HTTP_ENOUGH: to let the answer end, so that its connection can be used again */

struct http_head {
	const struct curl_library *curl;
	CURL *easy;
};

int http_head_status(const struct http_head *head)
{
	long status = 0;

	head->curl->easy_getinfo(head->easy, CURLINFO_RESPONSE_CODE, &status);
	return (int)status;
}

const char *http_head_get(const struct http_head *head, const char *name)
{
	struct curl_header *found;

	if (head->curl->easy_header(head->easy, name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK)
		return NULL;
	return found->value;
}

static size_t or_default(size_t wish, size_t otherwise) { return wish ? wish : otherwise; }

/* What the call allows the transfer to be silent in each phase, in milliseconds. */
static unsigned patience(const struct transfer *t)
{
	const unsigned limits[] = {
		[CONNECTING] = (unsigned)or_default(t->call->connect_ms, HTTP_CONNECT_MS),
		[WAITING] = (unsigned)or_default(t->call->first_byte_ms, HTTP_FIRST_BYTE_MS),
		[RECEIVING] = (unsigned)or_default(t->call->silence_ms, HTTP_SILENCE_MS),
		[ENOUGH] = GRACE_MS,
	};

	return limits[t->phase];
}

static bool timed_out(struct transfer *t)
{
	static const char *const texts[] = {
		[CONNECTING] = "no connection to %s within %g s: check the address and the network",
		[WAITING] = "no answer from %s within %g s",
		[RECEIVING] = "%s fell silent for %g s in the middle of the answer",
	};

	return error_set(t->err, ERROR_TIMEOUT, texts[t->phase], t->origin.name, patience(t) / 1000.0);
}

static void enter(struct transfer *t, enum phase phase)
{
	t->phase = phase;
	t->alive = clock_ms();
}

/*
 * libcurl's callbacks.  They stop the transfer by returning what libcurl does
 * not expect, with t->err set.
 */
static size_t stop(struct transfer *t)
{
	t->stopped = true;
	t->client->curl->easy_setopt(t->client->easy, CURLOPT_FORBID_REUSE, 1L);
	return 0;
}

static curl_socket_t on_socket(void *user, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct transfer *t = user;
	const char *why = t->stopped ? NULL : t->call->may_connect(t->call->user, &to->addr);

	(void)purpose;
	if (why) {
		error_set(t->err, ERROR_DENIED, "not connected to %s: %s", t->origin.name, why);
		(void)stop(t);
	}
	if (t->stopped)
		return CURL_SOCKET_BAD;
	int fd = socket(to->family, to->socktype, to->protocol);
	if (fd >= 0)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

/* Connected; the request is about to be sent. */
static int on_connected(void *user, char *to, char *from, int to_port, int from_port)
{
	struct transfer *t = user;

	(void)to, (void)from, (void)to_port, (void)from_port;
	enter(t, WAITING);
	if (t->call->on_request)
		t->call->on_request(t->call->user);
	return CURL_PREREQFUNC_OK;
}

static bool may_redirect(const struct http_call *call)
{
	return call->redirects &&
	       (!call->method || strcmp(call->method, "GET") == 0 || strcmp(call->method, "HEAD") == 0);
}

/* The empty line after the headers. */
static bool end_head(struct transfer *t)
{
	struct http_head head = { t->client->curl, t->client->easy };
	int status = http_head_status(&head);

	if (status < 200)          /* 100 Continue and its like come before the answer */
		return true;
	if (t->phase != ENOUGH)
		enter(t, RECEIVING);
	t->head_done = true;
	t->redirected = may_redirect(t->call) && status / 100 == 3 && http_head_get(&head, "Location");
	return t->redirected || !t->call->on_head || t->call->on_head(t->call->user, &head, t->err);
}

static size_t on_header(char *line, size_t size, size_t n, void *user)
{
	struct transfer *t = user;
	size_t max = or_default(t->call->head_max, HTTP_HEAD_MAX);

	(void)size;
	t->head_bytes += n;
	if (t->head_bytes > max) {
		error_set(t->err, ERROR_TOO_LARGE, "the head of the answer from %s is over %zu bytes", t->origin.name,
			max);
		return stop(t);
	}
	bool empty = n <= 2 && (line[0] == '\r' || line[0] == '\n');
	if (empty && !t->head_done && !end_head(t))
		return stop(t);
	return n;
}

static size_t on_bytes(char *bytes, size_t size, size_t n, void *user)
{
	struct transfer *t = user;
	size_t max = or_default(t->call->body_max, HTTP_BODY_MAX);

	(void)size;
	if (t->phase == ENOUGH)
		return n;
	enter(t, RECEIVING);
	t->body_bytes += n;
	if (t->body_bytes > max) {
		error_set(t->err, ERROR_TOO_LARGE, "the answer from %s is over %zu bytes", t->origin.name, max);
		return stop(t);
	}
	if (t->redirected || !t->call->on_body)
		return n;
	switch (t->call->on_body(t->call->user, (struct str){ bytes, n }, t->err)) {
	case HTTP_MORE:
		return n;
	case HTTP_ENOUGH:
		enter(t, ENOUGH);
		return n;
	default:
		return stop(t);
	}
}

/* The system's certificates, or those that OpenSSL's own variables name, as curl's program has it. */
static int set_trust(const struct curl_library *c, CURL *easy)
{
	const char *file = getenv("SSL_CERT_FILE"), *folder = getenv("SSL_CERT_DIR");
	int failed = 0;

	if (file && *file)
		failed |= c->easy_setopt(easy, CURLOPT_CAINFO, file);
	if (folder && *folder)
		failed |= c->easy_setopt(easy, CURLOPT_CAPATH, folder);
	return failed;
}

static int set_connection(struct transfer *t)
{
	long connect_ms = (long)or_default(t->call->connect_ms, HTTP_CONNECT_MS);
	const struct curl_library *c = t->client->curl;
	CURL *easy = t->client->easy;
	int failed = 0;

	failed |= c->easy_setopt(easy, CURLOPT_URL, t->url);
	failed |= c->easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	failed |= c->easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	failed |= c->easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	failed |= c->easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	failed |= c->easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	/* What lies between forgets who is silent for minutes. */
	failed |= c->easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	failed |= c->easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect_ms);
	failed |= c->easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	failed |= c->easy_setopt(easy, CURLOPT_ERRORBUFFER, t->detail);
	failed |= set_trust(c, easy);
	if (origin_is_local(&t->origin) || t->call->may_connect)
		failed |= c->easy_setopt(easy, CURLOPT_PROXY, "");
	/* Do not wait for a resolver thread of a call that was cancelled; older than 7.87 must. */
	(void)c->easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
	return failed;
}

static int set_callbacks(struct transfer *t)
{
	const struct curl_library *c = t->client->curl;
	CURL *easy = t->client->easy;
	int failed = 0;

	failed |= c->easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connected);
	failed |= c->easy_setopt(easy, CURLOPT_PREREQDATA, t);
	failed |= c->easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	failed |= c->easy_setopt(easy, CURLOPT_HEADERDATA, t);
	failed |= c->easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
	failed |= c->easy_setopt(easy, CURLOPT_WRITEDATA, t);
	if (!t->call->may_connect)
		return failed;
	failed |= c->easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_socket);
	failed |= c->easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
	return failed;
}

static int set_request(struct transfer *t)
{
	const struct curl_library *c = t->client->curl;
	const struct http_call *call = t->call;
	CURL *easy = t->client->easy;
	int failed = 0;

	failed |= c->easy_setopt(easy, CURLOPT_USERAGENT, "shammah/" SHAMMAH_VERSION);
	failed |= c->easy_setopt(easy, CURLOPT_HTTPHEADER, t->headers);
	if (call->method && strcmp(call->method, "HEAD") == 0)
		return failed | c->easy_setopt(easy, CURLOPT_NOBODY, 1L);
	if (call->body.n) {
		failed |= c->easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.n);
		failed |= c->easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.p);
	}
	if (call->method && strcmp(call->method, "GET") != 0)
		failed |= c->easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
	return failed;
}

static bool multi_failed(struct transfer *t, CURLMcode code)
{
	return error_set(t->err, ERROR_INTERNAL, "the request to %s failed: %s", t->origin.name,
		t->client->curl->multi_strerror(code));
}

static bool too_late(struct transfer *t, uint64_t now)
{
	if (!t->deadline || now < t->deadline)
		return false;
	error_set(t->err, ERROR_TIMEOUT, "no whole answer from %s within %g s", t->origin.name,
		t->call->total_ms / 1000.0);
	return true;
}

/* Waits for the socket, a wake-up or the end of our patience; false when that has come. */
static bool wait_for_more(struct transfer *t, CURLMcode *code)
{
	uint64_t now = clock_ms(), silent = now - t->alive;
	unsigned limit = patience(t);

	if (silent >= limit)
		return false;
	unsigned wait = limit - (unsigned)silent;
	if (t->deadline && t->deadline - now < wait)
		wait = (unsigned)(t->deadline - now);
	if (t->call->on_tick && t->call->tick_ms < wait)
		wait = t->call->tick_ms;
	*code = t->client->curl->multi_poll(t->client->multi, NULL, 0, (int)wait, NULL);
	if (t->call->on_tick)
		t->call->on_tick(t->call->user);
	return true;
}

static bool finished(struct transfer *t)
{
	const struct curl_library *curl = t->client->curl;
	int left;
	const CURLMsg *message = curl->multi_info_read(t->client->multi, &left);
	CURLcode code = message ? message->data.result : CURLE_FAILED_INIT;
	struct http_failure failure = {
		.code = code, .detail = t->detail, .host = t->origin.name, .begun = t->head_bytes > 0
	};

	if (code == CURLE_OK && !t->head_done)
		failure.code = CURLE_RECV_ERROR;   /* libcurl does not mind a connection closed between two headers */
	else if (code == CURLE_OK || t->phase == ENOUGH)
		return t->whole = true;
	if (t->stopped)
		return false;
	if (code == CURLE_OPERATION_TIMEDOUT && t->phase == CONNECTING)
		return timed_out(t);
	curl->easy_getinfo(t->client->easy, CURLINFO_OS_ERRNO, &failure.os_error);
	curl->easy_getinfo(t->client->easy, CURLINFO_HTTP_CONNECTCODE, &failure.proxy);
	return http_failure_explain(&failure, t->err);
}

static bool drive(struct transfer *t)
{
	struct http_client *client = t->client;
	int running = 1;

	enter(t, CONNECTING);
	for (;;) {
		CURLMcode code = client->curl->multi_perform(client->multi, &running);
		if (code == CURLM_OK && !running)
			return finished(t);
		if (cancel_fired(t->call->cancel))
			return error_set(t->err, ERROR_CANCELLED, "cancelled");
		if (t->stopped)
			return false;
		if (too_late(t, clock_ms()))
			return t->phase == ENOUGH;
		if (code == CURLM_OK && !wait_for_more(t, &code))
			return t->phase == ENOUGH || timed_out(t);
		if (code != CURLM_OK)
			return multi_failed(t, code);
	}
}

bool transfer_run(struct transfer *t)
{
	const struct curl_library *curl = t->client->curl;
	CURLMcode code;

	curl->easy_reset(t->client->easy);
	if (set_connection(t) | set_callbacks(t) | set_request(t))
		return error_set(t->err, ERROR_INTERNAL, "the request to %s cannot be prepared", t->origin.name);
	code = curl->multi_add_handle(t->client->multi, t->client->easy);
	if (code != CURLM_OK)
		return multi_failed(t, code);
	bool ok = drive(t);
	if (!ok || !t->whole)
		curl->easy_setopt(t->client->easy, CURLOPT_FORBID_REUSE, 1L);
	curl->multi_remove_handle(t->client->multi, t->client->easy);
	return ok;
}
