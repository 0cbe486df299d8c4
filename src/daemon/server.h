/*
 * The HTTP server: libmicrohttpd on 127.0.0.1, with our ceilings and checks.
 *
 * Requests whose Host is not this machine, or whose Origin is neither this
 * machine nor listed, are refused before anything is read (DNS rebinding, pages
 * of other sites).  A request body over its ceiling is a 413.  Handlers run on an
 * HTTP thread and must not block: they answer at once through the reply, or hand
 * it (with a reference of its own) to somebody who will.
 */
#pragma once

#include "base/buf.h"
#include "daemon/reply.h"

#define BODY_MAX ((size_t)16 << 20)       /* bytes of a request body */
#define CONNECTIONS_MAX 4096
#define TEACHERS_HEADER "Shammah-Teachers"   /* names a list of teachers that its client has brought */
#define HTTP_UNKNOWN_TEACHERS 428         /* which is none, or none any more: bring it, and ask again */
#define HEADERS_MAX ((size_t)64 << 10)    /* bytes of request line and headers */

struct http_request_in {
	struct str tail;           /* the path after a prefix route's path */
	struct str body;
	const char *token;         /* bearer token, NULL when none */
	const char *teachers;      /* the id in its header Shammah-Teachers; NULL when none */
};

typedef void http_handler_fn(void *user, const struct http_request_in *in, struct reply *reply);

struct route {
	const char *method;        /* "GET" answers HEAD as well */
	const char *path;          /* one that ends with '/' matches everything below it */
	http_handler_fn *handle;
	const char *what;          /* one line for the documents */
};

struct server_options {
	uint16_t port;             /* 0: any free one */
	const char *origins;       /* allowed by CORS, one a line; NULL: none */
	const struct route *routes;
	size_t route_count;
	void *user;                /* for the handlers */
	/* Called once for each request answered; any HTTP thread. */
	void (*on_answered)(void *user, unsigned status);
};

struct server;

/* Fails with ERROR_UNAVAILABLE when the port is taken. */
struct server *server_start(const struct server_options *options, struct error *err) must_use;
uint16_t server_port(const struct server *s);

/* No new connections from now on; the ones under way go on. */
void server_quiesce(struct server *s);

/* Every reply must have been ended before. */
void server_stop(struct server *s);

/* Keeps silent streams alive and cancels what nobody waits for any more; called every few seconds, from any thread. */
void server_keep_alive(struct server *s);

/* How many requests are under way. */
size_t server_active(struct server *s);

/* An error in OpenAI's shape; param and code may be NULL. */
void reply_error(struct reply *r, unsigned status, const char *type, const char *param, const char *code,
	const char *text);
