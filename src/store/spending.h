/*
 * What teachers have cost this month, against the month's budget (as far as their prices are known).
 *
 * Months are UTC's, and sums are in micro-dollars.  Pure of clocks: the time is an
 * argument, and the first call of a new month begins at nothing.  Any thread.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "base/error.h"

struct spending {
	pthread_mutex_t lock;      /* guards the rest */
	int month;                 /* its first day, YYYYMMDD */
	uint64_t spent;
};

#define SPENDING_NO_BUDGET UINT64_MAX

#define SPENDING_INIT { .lock = PTHREAD_MUTEX_INITIALIZER }

enum spending_state {
	SPENDING_FREE,             /* there is no budget */
	SPENDING_UNDER,
	SPENDING_NEAR,             /* 80 % and more is spent */
	SPENDING_OVER,             /* all of it */
};

struct spending_view {
	enum spending_state state;
	uint64_t spent, budget;
};

/* Begins with the sum of this month's books in `home` (store/record.h); *damaged counts their unreadable lines. */
bool spending_load(struct spending *s, const char *home, int64_t now, size_t *damaged, struct error *err) must_use;

/* Whether the sum is another month's than `now`'s: one has ended, or the clock was put right.  Then load again. */
bool spending_is_stale(struct spending *s, int64_t now);

void spending_add(struct spending *s, int64_t now, uint64_t cost);

/* A budget of 0 is spent from the beginning. */
struct spending_view spending_look(struct spending *s, int64_t now, uint64_t budget);
