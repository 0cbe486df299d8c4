/*
 * An epoll instance that asks for nothing but the end of what the peer sends.  A
 * socket that has reported is not heard again (it stays readable until it is
 * closed) unless it is shown again.  The eventfd ends the thread.
 */
#include "daemon/hangups.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/mem.h"

#define STACK ((size_t)256 << 10)        /* bytes */

struct hangups {
	int epoll, stop;
	void (*on_hang_up)(void *user);
	void *user;
	pthread_t thread;
};

static void *watch(void *user)
{
	struct hangups *h = user;
	struct epoll_event event;

	for (;;) {
		int n = epoll_wait(h->epoll, &event, 1, -1);
		if (n < 0 && errno != EINTR)
			return NULL;
		if (n > 0 && event.data.fd == h->stop)
			return NULL;
		if (n > 0)
			h->on_hang_up(h->user);
	}
}

static bool start_thread(struct hangups *h)
{
	struct epoll_event stop = { .events = EPOLLIN, .data.fd = h->stop };
	pthread_attr_t attributes;

	if (h->epoll < 0 || h->stop < 0 || epoll_ctl(h->epoll, EPOLL_CTL_ADD, h->stop, &stop) < 0)
		return false;
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	bool ok = pthread_create(&h->thread, &attributes, watch, h) == 0;
	pthread_attr_destroy(&attributes);
	return ok;
}

static void release(struct hangups *h)
{
	if (h->epoll >= 0)
		(void)close(h->epoll);
	if (h->stop >= 0)
		(void)close(h->stop);
	free(h);
}

struct hangups *hangups_start(void (*on_hang_up)(void *user), void *user)
{
	struct hangups *h = mem_zeroed(1, sizeof *h);

	*h = (struct hangups){ .epoll = epoll_create1(EPOLL_CLOEXEC), .stop = eventfd(0, EFD_CLOEXEC),
		.on_hang_up = on_hang_up, .user = user };
	if (start_thread(h))
		return h;
	release(h);
	return NULL;
}

void hangups_stop(struct hangups *h)
{
	if (!h)
		return;
	(void)!write(h->stop, &(uint64_t){ 1 }, sizeof(uint64_t));
	pthread_join(h->thread, NULL);
	release(h);
}

void hangups_watch(struct hangups *h, int socket)
{
	struct epoll_event event = { .events = EPOLLRDHUP | EPOLLONESHOT, .data.fd = socket };

	if (!h || socket < 0)
		return;
	if (epoll_ctl(h->epoll, EPOLL_CTL_ADD, socket, &event) < 0 && errno == EEXIST)
		(void)epoll_ctl(h->epoll, EPOLL_CTL_MOD, socket, &event);
}
