/*
 * Server-sent events of an answer, which may break off after a number of deltas:
 * what comes after that is dropped.
 */
#pragma once

#include <stdint.h>

#include "base/json.h"

struct events {
	struct buf *out;
	size_t deltas_left;    /* SIZE_MAX: any number */
	bool broken;           /* none were left */
	bool pings;
	unsigned sequence;     /* events so far */
	const char *ping;      /* the vendor's own event for nothing; NULL: none but comments */
};

/* An event with a name (NULL: none) and that data; takes the reference. */
void events_put(struct events *e, const char *name, json_t *data);

/* The same of a delta, which counts. */
void events_put_delta(struct events *e, const char *name, json_t *data);

/* Bytes as they are. */
void events_put_raw(struct events *e, const char *bytes);

/* Takes the next word (with the space before it) off a text; for JSON, a few characters. */
struct str next_word(struct str *rest);
struct str next_characters(struct str *rest);
