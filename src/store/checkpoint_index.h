/* The lines of a conversation's index, written and read.  Internal to store/. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/sha.h"

/* How a file was at some time. */
struct checkpoint_state {
	char digest[SHA_HEX_MAX + 1];      /* "": what it held was not kept, or, with `absent`, there was none */
	bool absent;
	mode_t mode;
};

struct checkpoint_line {
	unsigned turn;
	int64_t at;                /* seconds since 1970 */
	char *path;                /* absolute; any bytes */
	bool after;                /* how it was after a change, not before */
	struct checkpoint_state state;
	char by[16];               /* of the tool; "" after a change */
};

struct checkpoint_log {
	char *root;                /* the project's folder */
	struct checkpoint_line *lines;
	size_t count, cap;
	size_t damaged;            /* lines that could not be read */
};

void checkpoint_log_done(struct checkpoint_log *log);
#define own_checkpoint_log owns(checkpoint_log_done) struct checkpoint_log

bool checkpoint_index_begin(const char *index, const char *root, struct error *err) must_use;
bool checkpoint_index_add(const char *index, const struct checkpoint_line *line, struct error *err) must_use;

/* ERROR_NOT_FOUND: there is none, or it does not say of which project it is. */
bool checkpoint_index_read(const char *index, struct checkpoint_log *log, struct error *err) must_use;
