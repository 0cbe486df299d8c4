#include "base/cancel.h"

#include <stddef.h>

void cancel_init(struct cancel *c)
{
	atomic_init(&c->fired, false);
	pthread_mutex_init(&c->lock, NULL);
	c->wake = NULL;
	c->user = NULL;
}

void cancel_done(struct cancel *c)
{
	pthread_mutex_destroy(&c->lock);
}

void cancel_fire(struct cancel *c)
{
	pthread_mutex_lock(&c->lock);
	if (!atomic_exchange(&c->fired, true) && c->wake)
		c->wake(c->user);
	pthread_mutex_unlock(&c->lock);
}

bool cancel_fired(const struct cancel *c)
{
	return c && atomic_load(&c->fired);
}

void cancel_set_wake(struct cancel *c, cancel_wake_fn *wake, void *user)
{
	pthread_mutex_lock(&c->lock);
	c->wake = wake;
	c->user = user;
	if (wake && atomic_load(&c->fired))
		wake(user);
	pthread_mutex_unlock(&c->lock);
}
