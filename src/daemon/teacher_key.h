/*
 * A teacher's key: as it was configured, or as the user's helper printed it, which is
 * asked again when that is too old or was refused.  One question at a time runs the
 * helper, the others wait for what it prints.  Any thread; nothing here is logged.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/error.h"

struct teacher_key {
	char *fixed;               /* NULL: none */
	char *helper;              /* a command of the user's; NULL: none */
	unsigned ttl_s;            /* for how long what it printed holds; 0: it is asked each time */

	pthread_mutex_t lock;      /* guards everything below */
	pthread_cond_t ready;      /* the helper has ended */
	bool running;
	char *printed;             /* NULL: nothing yet, or it was refused */
	uint64_t printed_ms;
};

/* Both strings are copied. */
void teacher_key_init(struct teacher_key *k, const char *fixed, const char *helper, unsigned ttl_s);
void teacher_key_done(struct teacher_key *k);

/* Whether there is any, or something that may print one. */
bool teacher_key_exists(const struct teacher_key *k);

/*
 * Puts a copy into *key, to be given back to mem_forget(); NULL where there is none.
 * `refused` is one that the teacher did not take (NULL: none): then another, else false.
 */
bool teacher_key_get(struct teacher_key *k, const char *refused, struct cancel *cancel, char **key,
	struct error *err) must_use;
