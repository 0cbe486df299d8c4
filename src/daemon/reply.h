/*
 * One HTTP answer under way: where whoever produces it (a handler, the worker, a
 * teacher's thread) meets the HTTP thread that sends it.
 *
 * Either reply_whole() once, or any number of reply_push() and one reply_finish();
 * reply_whole() before the first push turns a stream into an ordinary answer
 * (an error with its own status).  At most two chunks wait at a time, so a slow
 * reader slows the producer and not our memory.
 *
 * Reference-counted: the HTTP side holds one, each producer its own.  All
 * functions may be called from any thread; reply_push_wait() is the only one
 * that blocks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cancel.h"

struct MHD_Connection;
struct hangups;
struct reply;

/* What a reply carries besides its body. */
struct reply_head {
	unsigned status;             /* HTTP */
	const char *type;            /* Content-Type, a literal */
	unsigned retry_after;        /* seconds; 0: no Retry-After header */
	bool preflight;              /* answers a CORS preflight */
	bool final;                  /* asking again changes nothing: tells SDKs that retry by themselves */
};

/* For `connection`; `origin` (copied) is allowed by CORS; `hangups` outlives the connection.  Both may be NULL. */
struct reply *reply_create(struct MHD_Connection *connection, const char *origin, struct hangups *hangups);
struct reply *reply_ref(struct reply *r);
void reply_unref(struct reply *r);

/* The whole answer.  Ignored when something was sent already.  Takes the body's bytes. */
void reply_whole(struct reply *r, struct reply_head head, struct buf *body);

enum push { PUSH_OK, PUSH_FULL, PUSH_GONE };

/* Queues one chunk, whose bytes are taken on PUSH_OK only. */
enum push reply_push(struct reply *r, struct buf *chunk);

/* The same, waiting for room; false when the client is gone or the reply was aborted. */
bool reply_push_wait(struct reply *r, struct buf *chunk);

/* The last chunk (may be empty; always finds room) and the end.  Nothing more may be sent. */
void reply_finish(struct reply *r, struct buf *last);

/* Whether the client has hung up; looks at the socket, one system call. */
bool reply_is_gone(struct reply *r);

/* Fires when the client hangs up, or on reply_abort().  Lives as long as the reply. */
struct cancel *reply_cancel(struct reply *r);

/* Fires the token and ends a reply_push_wait(); the producer still has to finish the reply. */
void reply_abort(struct reply *r);

/*
 * Called (from an HTTP thread, no lock held) whenever room appears or the client goes;
 * set once, before the first push.
 */
void reply_on_room(struct reply *r, void (*on_room)(void *user), void *user);

/*
 * Sends an SSE comment when nothing was sent for `silence_ms` and the answer is a
 * stream.  reply_expect_stream() says that it will be one, reply_queued() that it
 * waits as number `place` for others to end (1: it is the next); 0: it does not.
 */
void reply_expect_stream(struct reply *r);
void reply_queued(struct reply *r, size_t place);
void reply_keep_alive(struct reply *r, uint64_t now_ms, uint64_t silence_ms);

/* --- for the HTTP side (daemon/server.c) ---------------------------------- */

/* Queues what there is on the connection, or suspends it until there is something; false when it is to be closed. */
bool reply_serve(struct reply *r);

/* The HTTP status sent, or about to be; 0 when nothing was. */
unsigned reply_status(struct reply *r);

/* The connection is done with this request, whole or not. */
void reply_hang_up(struct reply *r);
