/*
 * A terminal that is read key by key, and put back as it was whatever ends us: the
 * end, Ctrl+C, SIGTERM, a closed window.
 *
 * Nothing typed is echoed by the terminal; Ctrl+C comes as a key.  One at a time, one
 * thread; only term_watch() has one of its own.
 */
#pragma once

#include <pthread.h>
#include <termios.h>

#include "base/cancel.h"
#include "base/error.h"
#include "cli/keys.h"

struct term {
	int in, out;
	bool plain, colour;      /* term_is_plain(), term_may_colour() */
	struct termios saved;
	char bytes[64];          /* read and not yet taken as keys */
	size_t n;
	pthread_t watcher;
	int stop[2];             /* a pipe that ends the watcher */
};

/* What the environment says: it knows no control sequences (TERM is dumb or not set); it may have colours. */
bool term_is_plain(void);
bool term_may_colour(void);

/* Standard input and output must be a terminal: ERROR_INVALID when not. */
bool term_open(struct term *t, struct error *err) must_use;
void term_close(struct term *t);

/* Waits for a key; false when the terminal is gone. */
bool term_key(struct term *t, struct key *key) must_use;

void term_size(const struct term *t, unsigned *columns, unsigned *rows);

/* Until term_unwatch(), Ctrl+C and Escape fire the token; what else is typed is lost. */
void term_watch(struct term *t, struct cancel *token);
void term_unwatch(struct term *t);
