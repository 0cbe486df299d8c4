/*
 * Time.  Monotonic for durations, wall clock for stamps.
 */
#pragma once

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Nanoseconds since some fixed moment; never goes back. */
uint64_t clock_ns(void);

/* The same in milliseconds. */
uint64_t clock_ms(void);

/* Seconds since 1970-01-01 UTC. */
int64_t clock_unix(void);

/* Milliseconds since then. */
int64_t clock_unix_ms(void);

void clock_sleep_ms(unsigned ms);

/* A condition that clock_wait() waits for; whatever else is done with it is pthread's. */
void clock_cond_init(pthread_cond_t *c);

/*
 * With the lock held: waits until somebody signals, or clock_ms() is `until`; false when
 * it is, or was.  May return true for no reason.  The wall clock may be set meanwhile.
 */
bool clock_wait(pthread_cond_t *c, pthread_mutex_t *lock, uint64_t until);
