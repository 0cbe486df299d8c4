/*
 * The daemon's life as others see it: one per home folder, found through
 * daemon.pid.
 *
 * The running daemon holds a POSIX record lock on that file; the kernel drops the
 * lock however the daemon ends, so a file without a lock is stale and nobody has
 * to guess from process numbers.  The file holds "PID PORT\n".
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

#define TOKEN_LENGTH 64          /* hexadecimal digits */

struct life {
	char *home;              /* ~/.shammah */
	int pid_file;            /* locked; -1 when not */
	char token[TOKEN_LENGTH + 1];
};

/* Who runs, if anybody. */
struct running {
	pid_t pid;               /* 0: nobody */
	uint16_t port;           /* 0: it does not listen yet, or is about to end */
};

/*
 * Takes the lock and makes a fresh daemon.token (0600).  ERROR_UNAVAILABLE when
 * another daemon holds the lock.  life_end() in any case.
 */
bool life_begin(struct life *l, const char *home, struct error *err) must_use;

/*
 * Publishes the port, once the daemon listens on it; 0 before it stops listening, when
 * the port may become another's.
 */
bool life_publish(struct life *l, uint16_t port, struct error *err) must_use;

/* Removes both files and drops the lock. */
void life_end(struct life *l);

/*
 * Looks without disturbing.  False only when the file exists and cannot be read, or is
 * another user's (ERROR_DENIED).
 */
bool life_find(const char *home, struct running *running, struct error *err) must_use;

/* Reads the running daemon's token into `token`. */
bool life_read_token(const char *home, char token[TOKEN_LENGTH + 1], struct error *err) must_use;

/* Compares in constant time; false for NULL. */
bool life_token_is(const struct life *l, const char *token);

/* The program that listens on a port of this machine, as "name (pid N)"; false when unknown. */
bool life_port_holder(uint16_t port, char *name, size_t size);
