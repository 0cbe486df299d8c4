/*
 * A circuit breaker: whether a teacher that failed is worth asking again yet.
 *
 * Closed, it lets everybody through.  Questions that failed in a row, because the
 * teacher was down, open it for a while, then one question may try; each trial that
 * fails doubles the while, one that succeeds closes it.  A key that was refused
 * opens it until somebody makes a new breaker for a new key.
 *
 * Pure: time is an argument, in milliseconds of one clock that never goes back.  Who
 * shares one between threads guards it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define BREAKER_FAILURES 3         /* questions in a row that open it */
#define BREAKER_REST_MS 30000      /* for how long at first */
#define BREAKER_LONGEST_MS 600000

struct breaker {
	unsigned failures;         /* in a row */
	unsigned rest_ms;          /* of the last opening; 0: none since it was closed */
	uint64_t until;            /* open before that */
	bool open;
	bool refused;              /* open for ever */
	bool trial;                /* somebody tries */
};

enum breaker_admission {
	BREAKER_ADMITS,            /* ask */
	BREAKER_TRIES,             /* ask: this is the trial */
	BREAKER_RESTS,             /* ask somebody else */
};

/* Whoever is admitted says afterwards how it ended, with one of the next four. */
enum breaker_admission breaker_admit(struct breaker *b, uint64_t now);

/* It answered, were it only with words about the request. */
void breaker_succeed(struct breaker *b);

/* It was down. */
void breaker_fail(struct breaker *b, uint64_t now);

/* It said itself that it is no use to ask for so long; 0: for the usual while. */
void breaker_rest(struct breaker *b, uint64_t now, unsigned ms);

/* The key was refused. */
void breaker_refuse(struct breaker *b);

/* Nothing was learnt: the user stopped it. */
void breaker_forget(struct breaker *b);

/* How long it will yet rest: 0 when it would admit, UINT64_MAX when for ever. */
uint64_t breaker_left(const struct breaker *b, uint64_t now);
