/*
 * HTTP, asked: one blocking call in the calling thread, on libcurl.
 *
 * HTTP/2 over TLS where the server has it, else HTTP/1.1.  Certificates are always
 * verified, against the system's trust store (SSL_CERT_FILE and SSL_CERT_DIR name
 * another); proxies are taken from the environment as curl does, except for
 * addresses of this machine and calls with may_connect, which are never asked through
 * one.  No compression, no cookies.  Without total_ms a call may last for hours as
 * long as bytes keep coming.
 * Programs that use it ignore SIGPIPE.
 *
 * Errors tell what the caller can do: ERROR_UNAVAILABLE (unknown name, refused,
 * cut, or not HTTP at all), ERROR_TIMEOUT, ERROR_CANCELLED, ERROR_TOO_LARGE,
 * ERROR_DENIED (certificate, redirect away from https, may_connect), ERROR_INVALID (address
 * or header).  Texts name the host and never a header's value, a path or a query.
 */
#pragma once

#include "base/cancel.h"
#include "base/error.h"
#include "base/str.h"

struct http_header {
	const char *name, *value;
	bool secret;           /* a credential: not sent along when a redirect leads to another host, port or scheme */
};

/* The answer's head, valid only during the callback. */
struct http_head;
int http_head_status(const struct http_head *head);
const char *http_head_get(const struct http_head *head, const char *name);   /* NULL: no such header */

/* Called once, when the head of the final answer is complete, whatever its status.  False stops the call with err. */
typedef bool http_head_fn(void *user, const struct http_head *head, struct error *err);

enum http_next {
	HTTP_MORE,
	HTTP_ENOUGH,           /* the rest does not matter: the call succeeds and on_body is not called again */
	HTTP_FAIL,             /* stop the call with err */
};
typedef enum http_next http_body_fn(void *user, struct str bytes, struct error *err);

/*
 * Why no socket may be connected to the address that a host's name has led to; NULL:
 * it may.  Asked about each address, before anything is sent, also after redirects;
 * a connection that is used again has been asked about, so a client is for calls
 * with one such function.  Any reason ends the call with ERROR_DENIED, which gives
 * host and reason, whatever other addresses it has.  There is no proxy then: what it
 * connects to could not be looked at.
 */
struct sockaddr;
typedef const char *http_address_fn(void *user, const struct sockaddr *address);

struct http_call {
	const char *method;    /* NULL: GET */
	const char *url;
	const struct http_header *headers;
	size_t header_count;
	struct str body;       /* of the request; Content-Type is the caller's to give */
	unsigned redirects;    /* how many to follow, of GET and HEAD only; 0: a redirect is an answer like any other */
	size_t head_max;       /* bytes; 0: HTTP_HEAD_MAX */
	size_t body_max;       /* bytes; 0: HTTP_BODY_MAX */
	unsigned connect_ms;   /* name, TCP and TLS; 0: HTTP_CONNECT_MS */
	unsigned first_byte_ms;    /* from the connection to the end of the head; 0: HTTP_FIRST_BYTE_MS */
	unsigned silence_ms;   /* between two bytes of the answer; 0: HTTP_SILENCE_MS */
	unsigned total_ms;     /* of the whole call, redirects included; 0: no limit */
	http_address_fn *may_connect;  /* NULL: to any */
	struct cancel *cancel; /* NULL: none.  Its waker is ours during the call. */
	void (*on_request)(void *user);    /* connected, and the request goes out; NULL: nobody wants to know */
	http_head_fn *on_head; /* NULL: any */
	http_body_fn *on_body; /* NULL: the body is dropped */
	unsigned tick_ms;      /* how often on_tick is called, at least, while the call waits */
	void (*on_tick)(void *user);   /* NULL: never */
	void *user;
};

#define HTTP_HEAD_MAX ((size_t)64 << 10)
#define HTTP_BODY_MAX ((size_t)64 << 20)
#define HTTP_CONNECT_MS 10000
#define HTTP_FIRST_BYTE_MS 120000
#define HTTP_SILENCE_MS 60000

/* Owns the connections, which later calls to the same host use again.  One thread at a time. */
struct http_client;
struct http_client *http_client_create(struct error *err) must_use;   /* NULL: no libcurl */
void http_client_destroy(struct http_client *client);
static inline void http_client_release(struct http_client **client) { http_client_destroy(*client); }
#define own_http_client owns(http_client_release) struct http_client

/* True when an answer came whole (or HTTP_ENOUGH of it), whatever its status. */
bool http_send(struct http_client *client, const struct http_call *call, struct error *err) must_use;

/* Sleeps; false when `cancel` fired before the time was over. */
bool http_client_wait(struct http_client *client, unsigned ms, struct cancel *cancel) must_use;
