/*
 * The connection sleeps (is suspended in libmicrohttpd) whenever there is nothing
 * to send, and the producer wakes it.  `suspended` is set and cleared under the
 * lock, so exactly one side resumes; the resuming call itself is made without
 * the lock, and so is on_room.
 */
#include "daemon/reply.h"

#include <microhttpd.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/hangups.h"
#include "net/sse_write.h"

#define CHUNKS 2                         /* that may wait, besides the last one of all */
#define PLACES (CHUNKS + 1)
#define CHUNK_MAX ((size_t)64 << 20)
#define PIECE ((size_t)16384)            /* libmicrohttpd's buffer for a stream */
/* What the SDKs of OpenAI and Anthropic send from a browser. */
#define ALLOWED_HEADERS \
	"Authorization, Content-Type, OpenAI-Beta, OpenAI-Organization, OpenAI-Project, User-Agent, " \
	"X-Api-Key, X-Stainless-Arch, X-Stainless-Async, X-Stainless-Helper-Method, X-Stainless-Lang, " \
	"X-Stainless-OS, X-Stainless-Package-Version, X-Stainless-Poll-Helper, X-Stainless-Retry-Count, " \
	"X-Stainless-Runtime, X-Stainless-Runtime-Version, X-Stainless-Timeout"

#define STREAM_TYPE "text/event-stream; charset=utf-8"

/* Not in POSIX; without it a hang-up shows at the next write. */
#ifndef POLLRDHUP
#define POLLRDHUP 0
#endif

struct reply {
	atomic_uint refs;
	struct cancel cancel;
	char *origin;
	struct hangups *hangups;

	pthread_mutex_t lock;                /* guards everything below */
	pthread_cond_t room;
	struct MHD_Connection *connection;   /* NULL once gone */
	int socket;
	bool suspended;
	bool slept;                          /* was suspended once: libmicrohttpd saw no hang-up then, nor will later */
	bool whole, streaming, ended;        /* what the producer did so far */
	bool expect_stream;
	size_t place;                        /* in the queue, from 1; 0: it is under way */
	struct reply_head head;
	struct buf body;
	struct buf chunks[PLACES];           /* a ring: `first`, `count` */
	size_t first, count, sent;           /* sent: of the first chunk */
	uint64_t active_ms;
	void (*on_room)(void *user);
	void *user;
};

struct reply *reply_create(struct MHD_Connection *connection, const char *origin, struct hangups *hangups)
{
	struct reply *r = mem_zeroed(1, sizeof *r);
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	atomic_init(&r->refs, 1);
	cancel_init(&r->cancel);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->room, NULL);
	r->origin = mem_strdup(origin);
	r->hangups = hangups;
	r->connection = connection;
	r->socket = info ? info->connect_fd : -1;
	r->body = (struct buf)BUF_INIT(CHUNK_MAX);
	for (size_t i = 0; i < PLACES; i++)
		r->chunks[i] = (struct buf)BUF_INIT(CHUNK_MAX);
	r->active_ms = clock_ms();
	return r;
}

struct reply *reply_ref(struct reply *r)
{
	atomic_fetch_add(&r->refs, 1);
	return r;
}

void reply_unref(struct reply *r)
{
	if (!r || atomic_fetch_sub(&r->refs, 1) != 1)
		return;
	for (size_t i = 0; i < PLACES; i++)
		buf_done(&r->chunks[i]);
	buf_done(&r->body);
	cancel_done(&r->cancel);
	pthread_cond_destroy(&r->room);
	pthread_mutex_destroy(&r->lock);
	free(r->origin);
	free(r);
}

/* Releases the lock and wakes the connection if it sleeps. */
static void unlock_and_wake(struct reply *r)
{
	struct MHD_Connection *sleeping = r->suspended ? r->connection : NULL;

	r->suspended = false;
	pthread_mutex_unlock(&r->lock);
	if (sleeping)
		MHD_resume_connection(sleeping);
}

static void move(struct buf *to, struct buf *from)
{
	buf_done(to);
	*to = *from;
	*from = (struct buf)BUF_INIT(to->max);
}

void reply_whole(struct reply *r, struct reply_head head, struct buf *body)
{
	pthread_mutex_lock(&r->lock);
	if (!r->whole && !r->streaming) {
		r->whole = r->ended = true;
		r->head = head;
		move(&r->body, body);
	}
	unlock_and_wake(r);
}

static void add_locked(struct reply *r, struct buf *chunk)
{
	r->streaming = true;
	move(&r->chunks[(r->first + r->count++) % PLACES], chunk);
	r->active_ms = clock_ms();
}

static enum push push_locked(struct reply *r, struct buf *chunk)
{
	if (!r->connection)
		return PUSH_GONE;
	if (r->count >= CHUNKS)
		return PUSH_FULL;
	add_locked(r, chunk);
	return PUSH_OK;
}

enum push reply_push(struct reply *r, struct buf *chunk)
{
	pthread_mutex_lock(&r->lock);
	enum push result = push_locked(r, chunk);
	unlock_and_wake(r);
	return result;
}

bool reply_push_wait(struct reply *r, struct buf *chunk)
{
	pthread_mutex_lock(&r->lock);
	while (r->connection && r->count >= CHUNKS && !cancel_fired(&r->cancel))
		pthread_cond_wait(&r->room, &r->lock);
	enum push result = push_locked(r, chunk);
	unlock_and_wake(r);
	return result == PUSH_OK;
}

void reply_finish(struct reply *r, struct buf *last)
{
	pthread_mutex_lock(&r->lock);
	if (!r->ended && r->connection && last->len)
		add_locked(r, last);
	r->ended = true;
	unlock_and_wake(r);
}

static bool is_gone_locked(const struct reply *r)
{
	struct pollfd socket = { .fd = r->socket, .events = POLLRDHUP };

	return !r->connection ||
		(r->socket >= 0 && poll(&socket, 1, 0) > 0 && (socket.revents & (POLLRDHUP | POLLHUP | POLLERR)));
}

bool reply_is_gone(struct reply *r)
{
	pthread_mutex_lock(&r->lock);
	bool gone = is_gone_locked(r);
	pthread_mutex_unlock(&r->lock);
	if (gone)
		cancel_fire(&r->cancel);
	return gone;
}

struct cancel *reply_cancel(struct reply *r)
{
	return &r->cancel;
}

void reply_abort(struct reply *r)
{
	cancel_fire(&r->cancel);
	pthread_mutex_lock(&r->lock);
	pthread_cond_broadcast(&r->room);
	pthread_mutex_unlock(&r->lock);
}

void reply_on_room(struct reply *r, void (*on_room)(void *user), void *user)
{
	pthread_mutex_lock(&r->lock);
	r->on_room = on_room;
	r->user = user;
	pthread_mutex_unlock(&r->lock);
}

void reply_expect_stream(struct reply *r)
{
	pthread_mutex_lock(&r->lock);
	r->expect_stream = true;
	pthread_mutex_unlock(&r->lock);
}

void reply_queued(struct reply *r, size_t place)
{
	pthread_mutex_lock(&r->lock);
	r->place = place;
	pthread_mutex_unlock(&r->lock);
}

void reply_keep_alive(struct reply *r, uint64_t now_ms, uint64_t silence_ms)
{
	own_buf comment = BUF_INIT(64);
	struct error err = {0};
	char text[64] = "keep-alive";

	pthread_mutex_lock(&r->lock);
	if (r->place)
		snprintf(text, sizeof text, "waiting, number %zu in the queue", r->place);
	if (r->expect_stream && !r->ended && !r->count && now_ms >= r->active_ms + silence_ms &&
	    sse_write_comment(&comment, text, &err))
		(void)push_locked(r, &comment);
	unlock_and_wake(r);
}

/* --- the HTTP side --------------------------------------------------------- */

/* Copies from the first chunk; true when that used it up. */
static bool take_bytes_locked(struct reply *r, char *out, size_t max, size_t *n)
{
	struct buf *chunk = &r->chunks[r->first];

	*n = chunk->len - r->sent < max ? chunk->len - r->sent : max;
	memcpy(out, chunk->data + r->sent, *n);
	r->sent += *n;
	if (r->sent < chunk->len)
		return false;
	buf_done(chunk);
	chunk->max = CHUNK_MAX;
	r->first = (r->first + 1) % PLACES;
	r->count--;
	r->sent = 0;
	pthread_cond_broadcast(&r->room);
	return true;
}

static void suspend_locked(struct reply *r)
{
	if (!r->slept)
		hangups_watch(r->hangups, r->socket);
	r->suspended = r->slept = true;
	MHD_suspend_connection(r->connection);
}

static ssize_t read_stream(void *user, uint64_t position, char *out, size_t max)
{
	struct reply *r = user;
	ssize_t result = 0;
	bool room = false;
	size_t n;

	(void)position;
	pthread_mutex_lock(&r->lock);
	if (r->count) {
		room = take_bytes_locked(r, out, max, &n);
		result = (ssize_t)n;
	} else if (r->ended) {
		result = r->slept && is_gone_locked(r) ? MHD_CONTENT_READER_END_WITH_ERROR :
			MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		suspend_locked(r);
	}
	void (*on_room)(void *) = room ? r->on_room : NULL;
	pthread_mutex_unlock(&r->lock);
	if (on_room)
		on_room(r->user);
	return result;
}

static void release_stream(void *user)
{
	reply_unref(user);
}

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	(void)MHD_add_response_header(response, name, value);
}

static void add_headers(struct MHD_Response *response, const struct reply *r, const struct reply_head *head)
{
	char seconds[16];

	add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, head->type);
	add_header(response, "X-Content-Type-Options", "nosniff");
	if (head->retry_after) {
		snprintf(seconds, sizeof seconds, "%u", head->retry_after);
		add_header(response, MHD_HTTP_HEADER_RETRY_AFTER, seconds);
	}
	if (head->final)
		add_header(response, "X-Should-Retry", "false");   /* read by OpenAI's and Anthropic's SDKs */
	if (head->preflight) {
		add_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, OPTIONS");
		add_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
		add_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_MAX_AGE, "600");
	}
	if (r->origin) {
		add_header(response, MHD_HTTP_HEADER_ACCESS_CONTROL_ALLOW_ORIGIN, r->origin);
		add_header(response, MHD_HTTP_HEADER_VARY, "Origin");
	}
}

static struct MHD_Response *stream_response(struct reply *r)
{
	static const struct reply_head head = { .status = MHD_HTTP_OK, .type = STREAM_TYPE };
	struct MHD_Response *response =
		MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, read_stream, reply_ref(r), release_stream);

	add_headers(response, r, &head);
	add_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-cache");
	add_header(response, "X-Accel-Buffering", "no");
	return response;
}

static struct MHD_Response *whole_response(struct reply *r)
{
	size_t len;
	char *bytes = buf_detach(&r->body, &len);
	struct MHD_Response *response = MHD_create_response_from_buffer(len, bytes, MHD_RESPMEM_MUST_FREE);

	add_headers(response, r, &r->head);
	return response;
}

bool reply_serve(struct reply *r)
{
	struct MHD_Response *response = NULL;

	pthread_mutex_lock(&r->lock);
	struct MHD_Connection *connection = r->connection;
	unsigned status = r->whole ? r->head.status : MHD_HTTP_OK;
	bool gone = r->slept && is_gone_locked(r);
	if (gone && (r->whole || r->streaming || r->ended))
		connection = NULL;
	else if (r->whole)
		response = whole_response(r);
	else if (r->streaming || r->ended)
		response = stream_response(r);
	else
		suspend_locked(r);
	pthread_mutex_unlock(&r->lock);
	if (!response)
		return connection != NULL;
	enum MHD_Result ok = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return ok == MHD_YES;
}

unsigned reply_status(struct reply *r)
{
	pthread_mutex_lock(&r->lock);
	unsigned status = r->whole ? r->head.status : r->streaming || r->ended ? MHD_HTTP_OK : 0;
	pthread_mutex_unlock(&r->lock);
	return status;
}

void reply_hang_up(struct reply *r)
{
	pthread_mutex_lock(&r->lock);
	r->connection = NULL;
	r->socket = -1;
	r->suspended = false;
	pthread_cond_broadcast(&r->room);
	void (*on_room)(void *) = r->on_room;
	pthread_mutex_unlock(&r->lock);
	cancel_fire(&r->cancel);
	if (on_room)
		on_room(r->user);
}
