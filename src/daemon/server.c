/*
 * A request passes three stages in on_request(), which libmicrohttpd calls again
 * and again: admitted when its head is there, collected while its body comes,
 * then handled once; after that each call (there is one whenever the connection
 * was resumed) sends what the reply holds.
 */
#include "daemon/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/processors.h"
#include "daemon/hangups.h"
#include "daemon/origin.h"

#define IDLE_SECONDS 75                   /* a connection with nothing to say is closed */
#define SILENCE_MS 10000                  /* of a stream, before a comment is sent */
#define THREADS_MAX 4

struct server {
	struct MHD_Daemon *http;
	struct server_options options;
	uint16_t port;
	MHD_socket quiesced;
	struct hangups *hangups;          /* NULL: clients that leave are found by looking around */

	pthread_mutex_t lock;             /* guards the list and its links */
	struct exchange *exchanges;
	atomic_size_t active;
};

/* One request, from its head to its end. */
struct exchange {
	struct server *server;
	struct exchange *next, **link;
	const struct route *route;        /* NULL: refused, the reply says why */
	struct buf body;
	bool overflowed, handled;
	struct reply *reply;
};

/* --- refusals --------------------------------------------------------------- */

void reply_error(struct reply *r, unsigned status, const char *type, const char *param, const char *code,
	const char *text)
{
	own_buf body = BUF_INIT(4096);
	struct error err = {0};
	own_json *error = json_pack("{s:{s:s, s:s, s:s?, s:s?}}", "error",
		"message", text, "type", type, "param", param, "code", code);

	if (!error || !json_write(&body, error, &err))
		buf_put(&body,
			"{\"error\":{\"message\":\"internal "
			"error\",\"type\":\"server_error\",\"param\":null,\"code\":null}}");
	reply_whole(r, (struct reply_head){ .status = status, .type = "application/json",
		.retry_after = status == MHD_HTTP_SERVICE_UNAVAILABLE && !code ? 1 : 0, .final = code != NULL }, &body);
}

static void refuse(struct exchange *x, unsigned status, const char *code, const char *text)
{
	reply_error(x->reply, status, "invalid_request_error", NULL, code, text);
}

/* --- routes ------------------------------------------------------------------ */

static bool path_matches(const struct route *route, const char *path)
{
	size_t n = strlen(route->path);

	if (n > 1 && route->path[n - 1] == '/')
		return strncmp(path, route->path, n) == 0 && path[n];
	return strcmp(path, route->path) == 0;
}

static bool method_matches(const struct route *route, const char *method)
{
	return strcmp(route->method, method) == 0 || (strcmp(method, "HEAD") == 0 && strcmp(route->method, "GET") == 0);
}

static const struct route *find_route(const struct server_options *o, const char *method, const char *path,
	bool *path_known)
{
	*path_known = false;
	for (size_t i = 0; i < o->route_count; i++) {
		if (!path_matches(&o->routes[i], path))
			continue;
		*path_known = true;
		if (method_matches(&o->routes[i], method))
			return &o->routes[i];
	}
	return NULL;
}

/* --- admission ---------------------------------------------------------------- */

static const char *header(struct MHD_Connection *connection, const char *name)
{
	return MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name);
}

static void answer_preflight(struct exchange *x)
{
	own_buf none = BUF_INIT(1);

	reply_whole(x->reply, (struct reply_head){ .status = MHD_HTTP_NO_CONTENT, .type = "text/plain",
		.preflight = true }, &none);
}

/* Leaves x->route NULL and the reply filled when the request is refused. */
static void admit(struct exchange *x, struct MHD_Connection *connection, const char *method, const char *path)
{
	const char *length = header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH);
	const char *origin = header(connection, MHD_HTTP_HEADER_ORIGIN);
	bool path_known;

	if (!origin_host_is_local(header(connection, MHD_HTTP_HEADER_HOST))) {
		refuse(x, MHD_HTTP_FORBIDDEN, "host_not_allowed",
			"the Host header must name this machine: 127.0.0.1, localhost or [::1]");
	} else if (origin && !origin_is_allowed(origin, x->server->options.origins)) {
		refuse(x, MHD_HTTP_FORBIDDEN, "origin_not_allowed",
			"pages of this origin may not use Shammah; list it in server.origins to allow it");
	} else if (length && strtoull(length, NULL, 10) > BODY_MAX) {
		refuse(x, MHD_HTTP_CONTENT_TOO_LARGE, "request_too_large", "the request body is over 16 MiB");
	} else if (strcmp(method, "OPTIONS") == 0) {
		answer_preflight(x);
	} else {
		x->route = find_route(&x->server->options, method, path, &path_known);
		if (!x->route && path_known)
			refuse(x, MHD_HTTP_METHOD_NOT_ALLOWED, "method_not_allowed",
				"this path does not take this method");
		else if (!x->route)
			refuse(x, MHD_HTTP_NOT_FOUND, "not_found",
				"there is no such path; see /v1/models and /v1/chat/completions");
	}
}

static struct exchange *exchange_create(struct server *s, struct MHD_Connection *connection)
{
	struct exchange *x = mem_zeroed(1, sizeof *x);
	const char *origin = header(connection, MHD_HTTP_HEADER_ORIGIN);

	x->server = s;
	x->body = (struct buf)BUF_INIT(BODY_MAX);
	x->reply = reply_create(connection, origin && origin_is_allowed(origin, s->options.origins) ? origin : NULL,
		s->hangups);
	pthread_mutex_lock(&s->lock);
	x->next = s->exchanges;
	x->link = &s->exchanges;
	if (x->next)
		x->next->link = &x->next;
	s->exchanges = x;
	pthread_mutex_unlock(&s->lock);
	atomic_fetch_add(&s->active, 1);
	return x;
}

static void exchange_destroy(struct exchange *x)
{
	struct server *s = x->server;

	pthread_mutex_lock(&s->lock);
	*x->link = x->next;
	if (x->next)
		x->next->link = x->link;
	pthread_mutex_unlock(&s->lock);
	atomic_fetch_sub(&s->active, 1);
	buf_done(&x->body);
	reply_unref(x->reply);
	free(x);
}

/* --- libmicrohttpd's callbacks -------------------------------------------------- */

static void collect(struct exchange *x, const char *bytes, size_t n)
{
	struct error err = {0};

	if (x->route && !x->overflowed && !buf_add(&x->body, bytes, n, &err)) {
		x->overflowed = true;
		buf_done(&x->body);
	}
}

static const char *bearer(struct MHD_Connection *connection)
{
	const char *value = header(connection, MHD_HTTP_HEADER_AUTHORIZATION);

	return value && strncasecmp(value, "Bearer ", 7) == 0 ? value + 7 : NULL;
}

static void handle(struct exchange *x, struct MHD_Connection *connection, const char *path)
{
	x->handled = true;
	if (x->overflowed) {
		refuse(x, MHD_HTTP_CONTENT_TOO_LARGE, "request_too_large", "the request body is over 16 MiB");
	} else if (x->route) {
		size_t base = strlen(x->route->path), n = strlen(path);
		struct http_request_in in = {
			.tail = str_from((struct str){ path, n }, base < n ? base : n),
			.body = buf_str(&x->body), .token = bearer(connection),
			.teachers = header(connection, TEACHERS_HEADER),
		};
		x->route->handle(x->server->options.user, &in, x->reply);
		if (in.token)                    /* this user's own programs bring keys */
			explicit_bzero(x->body.data, x->body.len);
		buf_done(&x->body);
	}
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *connection, const char *url, const char *method,
	const char *version, const char *bytes, size_t *n, void **state)
{
	struct server *s = user;
	struct exchange *x = *state;

	(void)version;
	if (!x) {
		*state = x = exchange_create(s, connection);
		admit(x, connection, method, url);
		/* Refused with a body still to come: answer now, libmicrohttpd then closes. */
		return x->route || !header(connection, MHD_HTTP_HEADER_CONTENT_LENGTH) ? MHD_YES :
			reply_serve(x->reply) ? MHD_YES : MHD_NO;
	}
	if (*n) {
		collect(x, bytes, *n);
		*n = 0;
		return MHD_YES;
	}
	if (!x->handled)
		handle(x, connection, url);
	return reply_serve(x->reply) ? MHD_YES : MHD_NO;
}

static void on_completed(void *user, struct MHD_Connection *connection, void **state,
	enum MHD_RequestTerminationCode why)
{
	struct server *s = user;
	struct exchange *x = *state;

	(void)connection;
	(void)why;
	if (!x)
		return;
	reply_hang_up(x->reply);
	if (s->options.on_answered)
		s->options.on_answered(s->options.user, reply_status(x->reply));
	exchange_destroy(x);
	*state = NULL;
}

/* --- life ------------------------------------------------------------------------ */

static unsigned thread_count(void)
{
	unsigned count = processors_usable("");

	return count > THREADS_MAX ? THREADS_MAX : count;
}

static int listen_on(uint16_t port, struct error *err)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int yes = 1;

	if (fd < 0)
		return error_errno(err, "cannot create a socket"), -1;
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 1024) == 0)
		return fd;
	if (errno == EADDRINUSE)
		error_set(err, ERROR_UNAVAILABLE, "port %u is taken by another program; choose another with --port N",
			port);
	else
		error_errno(err, "cannot listen on 127.0.0.1:%u", port);
	(void)close(fd);
	return -1;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_in address;
	socklen_t n = sizeof address;

	return getsockname(fd, (struct sockaddr *)&address, &n) == 0 ? ntohs(address.sin_port) : 0;
}

/* Some client has left: cancels what nobody waits for any more. */
static void look_around(void *user)
{
	struct server *s = user;

	pthread_mutex_lock(&s->lock);
	for (struct exchange *x = s->exchanges; x; x = x->next)
		(void)reply_is_gone(x->reply);
	pthread_mutex_unlock(&s->lock);
}

struct server *server_start(const struct server_options *options, struct error *err)
{
	int fd = listen_on(options->port, err);

	if (fd < 0)
		return NULL;
	struct server *s = mem_zeroed(1, sizeof *s);
	s->options = *options;
	s->port = port_of(fd);
	s->quiesced = MHD_INVALID_SOCKET;
	pthread_mutex_init(&s->lock, NULL);
	s->hangups = hangups_start(look_around, s);
	s->http = MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_request,
		s, MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
		(unsigned)IDLE_SECONDS,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, HEADERS_MAX, MHD_OPTION_THREAD_POOL_SIZE, thread_count(),
		MHD_OPTION_END);
	if (!s->http) {
		hangups_stop(s->hangups);
		(void)close(fd);
		free(s);
		error_set(err, ERROR_INTERNAL, "cannot start the HTTP server");
		return NULL;
	}
	return s;
}

uint16_t server_port(const struct server *s)
{
	return s->port;
}

void server_quiesce(struct server *s)
{
	if (s->quiesced == MHD_INVALID_SOCKET)
		s->quiesced = MHD_quiesce_daemon(s->http);
}

void server_stop(struct server *s)
{
	if (!s)
		return;
	MHD_stop_daemon(s->http);
	hangups_stop(s->hangups);
	if (s->quiesced != MHD_INVALID_SOCKET)
		(void)close(s->quiesced);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void server_keep_alive(struct server *s)
{
	uint64_t now = clock_ms();

	pthread_mutex_lock(&s->lock);
	for (struct exchange *x = s->exchanges; x; x = x->next)
		if (!reply_is_gone(x->reply))
			reply_keep_alive(x->reply, now, SILENCE_MS);
	pthread_mutex_unlock(&s->lock);
}

size_t server_active(struct server *s)
{
	return atomic_load(&s->active);
}
