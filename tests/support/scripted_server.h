/*
 * A real HTTP server on a loopback port, for tests of whatever asks one.
 *
 * A script says what becomes of the first request, the second, and so on, over
 * all connections; the server keeps what it received for the test to look at.
 * One thread accepts, one thread serves each connection.  What is served is bad
 * manners on purpose: delays, cuts, silence, garbage.
 */
#pragma once

#include <stdint.h>

#include "base/buf.h"

struct scripted_peer;

/* Writes a body with scripted_write(), at its own pace. */
typedef void scripted_body_fn(void *user, struct scripted_peer *peer);

/* One answer.  Strings outlive the server. */
struct scripted_reply {
	const char *expect[4]; /* texts the request must hold; otherwise the answer is 599 and the missing text */
	int status;            /* 0: 200 */
	const char *headers;   /* lines besides Content-Length or Transfer-Encoding, each ended by CRLF */
	const char *body;      /* NULL: none */
	bool raw;              /* body is the whole answer, head included */
	size_t body_n;         /* bytes of the body; 0: it ends with a NUL */
	bool chunked;          /* each piece a chunk; otherwise Content-Length */
	size_t piece;          /* the body goes out in pieces of so many bytes; 0: at once */
	bool by_event;         /* ... or in pieces that end with an empty line, as server-sent events do */
	unsigned delay_ms;     /* before the head */
	unsigned pause_ms;     /* between pieces */
	size_t cut;            /* the connection is closed after so many bytes of the answer; 0: not */
	bool hang;             /* after that (after the request, when there is no answer) silence until the peer goes */
	bool endless;          /* the body again and again until the peer goes */
	bool close;            /* the connection is closed after the answer; the peer is not told before */
	bool unended;          /* of a chunked body: closed without the chunk that ends it */
	bool reset;            /* the same, and not closed but reset */
	scripted_body_fn *write_body;  /* writes the chunks of the body instead */
	void *user;            /* of write_body */
};

/*
 * Answers by code instead of a script: fills `reply`, whose texts may point into
 * `storage`, a buffer of the connection's.  Called by several threads at once.
 */
typedef void scripted_answer_fn(void *user, size_t index, struct str request, struct scripted_reply *reply,
	struct buf *storage);

struct scripted_server;

/* Past its end the script answers 599 "unexpected".  The script outlives the server. */
struct scripted_server *scripted_server_start(const struct scripted_reply *script, size_t count);

/* On a given port (0: any free one); NULL when it cannot be had. */
struct scripted_server *scripted_server_start_with(uint16_t port, scripted_answer_fn *answer, void *user);

/* Closes every connection and waits for the threads. */
void scripted_server_stop(struct scripted_server *server);

uint16_t scripted_server_port(const struct scripted_server *server);

/* http://127.0.0.1:PORT and the path; valid until the server stops, or 16 further calls. */
const char *scripted_server_url(struct scripted_server *server, const char *path);

size_t scripted_server_requests(struct scripted_server *server);
size_t scripted_server_connections(struct scripted_server *server);

/* The bytes of a request received, head and body; valid until the server stops. */
const char *scripted_server_request(struct scripted_server *server, size_t index);

/* Waits until a peer has left before its answer was over, and says when (clock_ms()); 0 after five seconds in vain. */
uint64_t scripted_server_hung_up(struct scripted_server *server);

/* How many peers have done so. */
size_t scripted_server_hang_ups(struct scripted_server *server);

/* For scripted_body_fn: sends a chunk; false when the peer has gone. */
bool scripted_write(struct scripted_peer *peer, struct str bytes);
