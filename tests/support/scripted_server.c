/*
 * Connections have places in a fixed array under the server's lock, which also
 * guards the received requests.  Stopping shuts every socket down, which ends
 * the threads' reads and writes.
 */
#include "support/scripted_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"

#define CONNECTIONS_MAX 256
#define REQUESTS_MAX 1024
#define REQUEST_LIMIT ((size_t)64 << 20)

struct scripted_peer {
	struct scripted_server *server;
	pthread_t thread;
	int fd;                /* -1 when it was reset; the lock guards that */
	bool ended;            /* nothing more happens on it; the same */
	struct buf received;   /* what of the next request came with the last one */
	size_t sent;           /* of the answer under way */
	bool gone;             /* the peer left in the middle of it */
};

struct scripted_server {
	const struct scripted_reply *script;
	size_t script_count;
	scripted_answer_fn *answer;
	void *user;
	int listener;
	uint16_t port;
	pthread_t acceptor;
	char urls[16][256];
	size_t next_url;

	pthread_mutex_t lock;  /* guards what follows */
	pthread_cond_t changed;
	struct scripted_peer connections[CONNECTIONS_MAX];
	size_t connection_count;       /* places in use */
	size_t accepted;
	char *requests[REQUESTS_MAX];
	size_t request_count;
	uint64_t hung_up;
	size_t hang_ups;
	bool stopping;
};

static bool send_all(struct scripted_peer *c, const char *bytes, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);
		if (sent < 0 && errno == EINTR)
			continue;
		if (sent <= 0) {
			c->gone = true;
			return false;
		}
		bytes += sent;
		n -= (size_t)sent;
		c->sent += (size_t)sent;
	}
	return true;
}

/* How much of the body is the next piece. */
static size_t next_piece(const struct scripted_reply *reply, struct str bytes)
{
	const char *end = reply->by_event ? memmem(bytes.p, bytes.n, "\n\n", 2) : NULL;
	const char *other = reply->by_event ? memmem(bytes.p, bytes.n, "\n\r\n", 3) : NULL;

	if (other && (!end || other < end))
		return (size_t)(other - bytes.p) + 3;
	if (end)
		return (size_t)(end - bytes.p) + 2;
	return reply->piece && reply->piece < bytes.n ? reply->piece : bytes.n;
}

/* Sends as much as the reply's cut allows, in its pieces; false when the connection is to end. */
static bool send_pieces(struct scripted_peer *c, const struct scripted_reply *reply, struct str bytes)
{
	while (bytes.n > 0) {
		size_t n = next_piece(reply, bytes);
		size_t left = reply->cut ? reply->cut - c->sent : n;
		if (!send_all(c, bytes.p, n < left ? n : left) || (reply->cut && c->sent >= reply->cut))
			return false;
		bytes = str_from(bytes, n);
		if (reply->pause_ms && bytes.n)
			clock_sleep_ms(reply->pause_ms);
	}
	return true;
}

/* At once, but for the cut. */
static bool send_whole(struct scripted_peer *c, const struct scripted_reply *reply, struct str bytes)
{
	return send_pieces(c, &(struct scripted_reply){ .cut = reply->cut }, bytes);
}

static bool send_chunk(struct scripted_peer *c, const struct scripted_reply *reply, struct str bytes)
{
	own_buf chunk = BUF_INIT(SIZE_MAX / 2);
	struct error err;

	buf_putf(&chunk, "%zx\r\n", bytes.n);
	return buf_add_str(&chunk, bytes, &err) && buf_adds(&chunk, "\r\n", &err) &&
	       send_whole(c, reply, buf_str(&chunk));
}

static bool send_chunks(struct scripted_peer *c, const struct scripted_reply *reply, struct str body)
{
	while (body.n > 0) {
		size_t n = next_piece(reply, body);
		if (!send_chunk(c, reply, (struct str){ body.p, n }))
			return false;
		body = str_from(body, n);
		if (reply->pause_ms && body.n)
			clock_sleep_ms(reply->pause_ms);
	}
	return !c->gone && (reply->hang || reply->endless || reply->unended || reply->reset ||
		send_whole(c, reply, str_of("0\r\n\r\n")));
}

bool scripted_write(struct scripted_peer *c, struct str bytes)
{
	return send_chunk(c, &(struct scripted_reply){ 0 }, bytes);
}

static struct str body_of(const struct scripted_reply *reply)
{
	if (reply->body_n)
		return (struct str){ reply->body, reply->body_n };
	return str_of(reply->body ? reply->body : "");
}

static bool send_body(struct scripted_peer *c, const struct scripted_reply *reply)
{
	if (reply->write_body)
		reply->write_body(reply->user, c);
	return reply->chunked ? send_chunks(c, reply, body_of(reply)) : send_pieces(c, reply, body_of(reply));
}

static void note_hang_up(struct scripted_server *s)
{
	pthread_mutex_lock(&s->lock);
	s->hung_up = clock_ms();
	s->hang_ups++;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* Until the peer, or the test, closes the connection. */
static void hang(struct scripted_peer *c)
{
	char byte;

	while (recv(c->fd, &byte, 1, 0) > 0)
		;
	c->gone = true;
}

/* False when the connection is to be closed. */
static bool send_reply(struct scripted_peer *c, const struct scripted_reply *reply)
{
	own_buf head = BUF_INIT(SIZE_MAX / 2);
	bool silent = reply->hang && !reply->body && !reply->headers && !reply->status;
	bool ok = true;

	c->sent = 0;
	c->gone = false;
	clock_sleep_ms(reply->delay_ms);
	if (!silent && !reply->raw) {
		buf_putf(&head, "HTTP/1.1 %d Scripted\r\n%s", reply->status ? reply->status : 200,
			reply->headers ? reply->headers : "");
		if (reply->chunked)
			buf_put(&head, "Transfer-Encoding: chunked\r\n\r\n");
		else if (reply->endless || reply->hang)
			buf_put(&head, "\r\n");
		else
			buf_putf(&head, "Content-Length: %zu\r\n\r\n", body_of(reply).n);
		ok = send_whole(c, reply, buf_str(&head));
	}
	do {
		ok = ok && (silent || send_body(c, reply));
	} while (ok && reply->endless);
	if (ok && reply->hang)
		hang(c);
	if (c->gone)
		note_hang_up(c->server);
	if (reply->reset)          /* what a close does then */
		setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &(struct linger){ .l_onoff = 1 }, sizeof(struct linger));
	return ok && !reply->hang && !reply->close && !reply->raw && !reply->unended && !reply->reset;
}

/* The length a request states for its body. */
static size_t body_length(struct str head)
{
	struct str line;

	while (str_split(&head, '\n', &line))
		if (line.n > 15 && strncasecmp(line.p, "content-length:", 15) == 0)
			return strtoul(line.p + 15, NULL, 10);
	return 0;
}

/* Reads until `received` holds a whole request, whose length it gives; 0 when the peer has gone. */
static size_t read_request(struct scripted_peer *c)
{
	char piece[65536];
	struct error err;

	for (;;) {
		const char *end = memmem(c->received.data, c->received.len, "\r\n\r\n", 4);
		size_t head = end ? (size_t)(end - c->received.data) + 4 : 0;
		size_t whole = head ? head + body_length((struct str){ c->received.data, head }) : 0;
		if (head && c->received.len >= whole)
			return whole;
		ssize_t n = recv(c->fd, piece, sizeof piece, 0);
		if (n <= 0 || !buf_add(&c->received, piece, (size_t)n, &err))
			return 0;
	}
}

static size_t record(struct scripted_server *s, struct str request)
{
	pthread_mutex_lock(&s->lock);
	size_t index = s->request_count;
	if (index < REQUESTS_MAX)
		s->requests[s->request_count++] = mem_strndup(request.p, request.n);
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
	return index;
}

static void choose(struct scripted_server *s, size_t index, struct str request, struct scripted_reply *reply,
	struct buf *storage)
{
	if (s->answer) {
		s->answer(s->user, index, request, reply, storage);
		return;
	}
	if (index >= s->script_count) {
		*reply = (struct scripted_reply){ .status = 599, .body = "unexpected" };
		return;
	}
	*reply = s->script[index];
	for (size_t i = 0; i < countof(reply->expect); i++) {
		const char *text = reply->expect[i];
		if (text && !memmem(request.p, request.n, text, strlen(text))) {
			*reply = (struct scripted_reply){ .status = 599, .body = text };
			return;
		}
	}
}

static void *serve(void *user)
{
	struct scripted_peer *c = user;
	size_t length;
	bool more = true, reset = false;

	while (more && (length = read_request(c)) > 0) {
		own_buf storage = BUF_INIT(REQUEST_LIMIT);
		struct scripted_reply reply = { 0 };
		struct str request = { c->received.data, length };
		choose(c->server, record(c->server, request), request, &reply, &storage);
		buf_consume(&c->received, length);
		more = send_reply(c, &reply);
		reset = reply.reset;
	}
	pthread_mutex_lock(&c->server->lock);
	if (reset) {
		close(c->fd);
		c->fd = -1;
	} else {
		shutdown(c->fd, SHUT_RDWR);
	}
	c->ended = true;
	pthread_mutex_unlock(&c->server->lock);
	return NULL;
}

static void forget(struct scripted_peer *c)
{
	pthread_join(c->thread, NULL);
	if (c->fd >= 0)
		close(c->fd);
	buf_done(&c->received);
}

/* A place for a connection: of one that has ended when no other is left; NULL when all are taken. */
static struct scripted_peer *find_place_locked(struct scripted_server *s)
{
	if (s->connection_count < CONNECTIONS_MAX)
		return &s->connections[s->connection_count++];
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		if (!s->connections[i].ended)
			continue;
		forget(&s->connections[i]);
		return &s->connections[i];
	}
	return NULL;
}

/* False when no more are wanted. */
static bool add_connection(struct scripted_server *s, int fd)
{
	pthread_mutex_lock(&s->lock);
	bool stopping = s->stopping;
	struct scripted_peer *c = stopping ? NULL : find_place_locked(s);
	if (!c) {
		close(fd);
	} else {
		int on = 1;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);   /* head and body are sent one by one */
		*c = (struct scripted_peer){ .server = s, .fd = fd, .received = BUF_INIT(REQUEST_LIMIT) };
		s->accepted++;
		pthread_create(&c->thread, NULL, serve, c);
	}
	pthread_mutex_unlock(&s->lock);
	return !stopping;
}

static void *accept_all(void *user)
{
	struct scripted_server *s = user;
	int fd;

	while ((fd = accept(s->listener, NULL, NULL)) >= 0 && add_connection(s, fd))
		;
	return NULL;
}

static struct sockaddr_in loopback(uint16_t port)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)
	};
}

static int listen_on(uint16_t *port)
{
	struct sockaddr_in address = loopback(*port);
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 64) < 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &size) < 0) {
		close(fd);
		return -1;
	}
	*port = ntohs(address.sin_port);
	return fd;
}

static struct scripted_server *start(struct scripted_server as)
{
	as.listener = listen_on(&as.port);
	if (as.listener < 0)
		return NULL;

	struct scripted_server *s = mem_alloc(sizeof *s);
	*s = as;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	pthread_create(&s->acceptor, NULL, accept_all, s);
	return s;
}

struct scripted_server *scripted_server_start(const struct scripted_reply *script, size_t count)
{
	struct scripted_server *s = start((struct scripted_server){ .script = script, .script_count = count });

	if (!s)
		mem_panic("no loopback port for the scripted server");
	return s;
}

struct scripted_server *scripted_server_start_with(uint16_t port, scripted_answer_fn *answer, void *user)
{
	return start((struct scripted_server){ .port = port, .answer = answer, .user = user });
}

/* Ends the acceptor's accept(), in a way that every system knows. */
static void poke(const struct scripted_server *s)
{
	struct sockaddr_in address = loopback(s->port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)connect(fd, (struct sockaddr *)&address, sizeof address);
	close(fd);
}

void scripted_server_stop(struct scripted_server *s)
{
	if (!s)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	for (size_t i = 0; i < s->connection_count; i++)
		if (s->connections[i].fd >= 0)
			shutdown(s->connections[i].fd, SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
	poke(s);
	pthread_join(s->acceptor, NULL);
	close(s->listener);
	for (size_t i = 0; i < s->connection_count; i++)
		forget(&s->connections[i]);
	for (size_t i = 0; i < s->request_count; i++)
		free(s->requests[i]);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->changed);
	free(s);
}

uint16_t scripted_server_port(const struct scripted_server *s)
{
	return s->port;
}

const char *scripted_server_url(struct scripted_server *s, const char *path)
{
	char *url = s->urls[s->next_url++ % countof(s->urls)];

	snprintf(url, sizeof s->urls[0], "http://127.0.0.1:%u%s", s->port, path);
	return url;
}

size_t scripted_server_requests(struct scripted_server *s)
{
	pthread_mutex_lock(&s->lock);
	size_t count = s->request_count;
	pthread_mutex_unlock(&s->lock);
	return count;
}

size_t scripted_server_connections(struct scripted_server *s)
{
	pthread_mutex_lock(&s->lock);
	size_t count = s->accepted;
	pthread_mutex_unlock(&s->lock);
	return count;
}

const char *scripted_server_request(struct scripted_server *s, size_t index)
{
	pthread_mutex_lock(&s->lock);
	const char *request = index < s->request_count ? s->requests[index] : "";
	pthread_mutex_unlock(&s->lock);
	return request;
}

uint64_t scripted_server_hung_up(struct scripted_server *s)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 5;
	pthread_mutex_lock(&s->lock);
	while (!s->hung_up && pthread_cond_timedwait(&s->changed, &s->lock, &end) == 0)
		;
	uint64_t when = s->hung_up;
	pthread_mutex_unlock(&s->lock);
	return when;
}

size_t scripted_server_hang_ups(struct scripted_server *s)
{
	pthread_mutex_lock(&s->lock);
	size_t count = s->hang_ups;
	pthread_mutex_unlock(&s->lock);
	return count;
}
