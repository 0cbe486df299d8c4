/*
 * A cancel token: one per request, reaching prefill, decode and sockets alike.
 *
 * Whoever may stop the work holds a pointer and calls cancel_fire(), from any
 * thread; workers ask cancel_fired() between steps.  Work that sleeps in a
 * system call registers one waker.
 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

typedef void cancel_wake_fn(void *user);

struct cancel {
	atomic_bool fired;
	pthread_mutex_t lock;   /* guards wake and user */
	cancel_wake_fn *wake;
	void *user;
};

void cancel_init(struct cancel *c);
void cancel_done(struct cancel *c);

/* Idempotent.  Calls the waker, if there is one, under the token's lock. */
void cancel_fire(struct cancel *c);

/* NULL is a token that never fires. */
bool cancel_fired(const struct cancel *c);

/*
 * Sets (or with NULL removes) the waker; called at once if already fired.  When
 * the call that removes it returns, the waker is not running and will not run.
 * The waker must not call back into the token.
 */
void cancel_set_wake(struct cancel *c, cancel_wake_fn *wake, void *user);
