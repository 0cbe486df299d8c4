/*
 * How far something is, on standard error: one line that changes on a terminal,
 * else a line now and then.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bar {
	bool terminal;
	bool shown;              /* a line stands there that has not ended */
	uint64_t last_ms;        /* when something was printed */
	unsigned last_percent;
	const char *what;        /* of the line; NULL: none so far */
};

void bar_init(struct bar *b);

/* `what` is a word or two, "fetching", that outlive the bar; a total of 0 is not known, and so is a speed of 0. */
void bar_show(struct bar *b, const char *what, uint64_t done, uint64_t total, uint64_t per_second);

/* The same for work that is not counted in bytes: 0 to 1. */
void bar_share(struct bar *b, const char *what, double share);

/* A message between, on a line of its own. */
void bar_say(struct bar *b, const char *text);

/* Leaves the line. */
void bar_end(struct bar *b);

/* "42 %, 812 MB of 1.9 GB, 23 MB a second, 48 s left": as much of it as is known. */
#define PROGRESS_TEXT 128
const char *progress_text(uint64_t done, uint64_t total, uint64_t per_second, char out[PROGRESS_TEXT]);
