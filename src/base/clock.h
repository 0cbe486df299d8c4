/*
 * Time.  Monotonic for durations, wall clock for stamps.
 */
#pragma once

#include <stdint.h>

/* Nanoseconds since some fixed moment; never goes back. */
uint64_t clock_ns(void);

/* The same in milliseconds. */
uint64_t clock_ms(void);

/* Seconds since 1970-01-01 UTC. */
int64_t clock_unix(void);

void clock_sleep_ms(unsigned ms);
