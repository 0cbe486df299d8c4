/*
 * Asking the teacher: each question on a thread of its own, with the key and
 * address that hold when it is asked.
 */
#pragma once

#include "daemon/delivery.h"

#define TEACHER_CALLS_MAX 100     /* under way at once; more are refused */

struct teachers;

struct teachers *teacher_create(void);

/* Cancels what is under way and waits for its end. */
void teacher_stop(struct teachers *t);

/* teacher_stop() first. */
void teacher_destroy(struct teachers *t);

/* From now on this key, address and model (NULL: the provider's own); copied. */
void teacher_set(struct teachers *t, const char *key, const char *url, const char *model);

struct teacher_status {
	bool ready;               /* has a key */
	char name[32];            /* "claude" */
	char model[128];
};
void teacher_status(struct teachers *t, struct teacher_status *status);

/* Takes the answer, begun, and finishes it; false (and the answer stays the caller's) when too many are under way. */
bool teacher_ask(struct teachers *t, struct delivery *a, struct error *err) must_use;
