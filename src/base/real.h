/*
 * Files by their real paths: no link may stand on the way.
 *
 * A path is judged first and used later.  Whoever puts a link on the way in between
 * must not lead us elsewhere, so each name is opened from the folder before it, and a
 * link is an error.  Paths are absolute, without "." and ".." and empty names
 * (ERROR_INVALID), as realpath() and path_judge() give them.  Any thread.
 *
 * Errors: ERROR_DENIED: a link stands there; ERROR_NOT_FOUND; ERROR_INVALID: what is
 * there is no regular file (a folder, FIFO, socket, device), and was not opened;
 * ERROR_UNAVAILABLE: somebody else has changed it meanwhile.
 */
#pragma once

#include <sys/stat.h>

#include "base/error.h"
#include "base/str.h"

/* A regular file, for reading, and how it was then; -1.  Never waits, whatever stands there. */
int real_open(const char *path, struct stat *was, struct error *err) must_use;

/* What stands there, a link as well. */
bool real_stat(const char *path, struct stat *st, struct error *err) must_use;

/* Whether nobody has written to the file, or put another in its place, between the two. */
bool real_same(const struct stat *a, const struct stat *b);

/*
 * Replaces a file whole or not at all: a temporary file beside it is written, synced and
 * renamed over it.  `was` is the file that is replaced, as real_open() saw it: if it is no
 * longer that, nothing is written.  Its mode (but for set-id bits), owner, group and extended
 * attributes are kept, as far as our rights go.  Other names of it (hard links) keep the old content:
 * they may lie where nobody has judged them.  NULL: nothing may stand there; missing
 * parents are made, and the file gets `mode` less the process's mask.
 * `now`, if not NULL, receives how the file is afterwards.
 */
bool real_replace(const char *path, struct str bytes, const struct stat *was, mode_t mode, struct stat *now,
	struct error *err) must_use;

/* Removes a regular file that is still as `was`. */
bool real_remove(const char *path, const struct stat *was, struct error *err) must_use;

/* Gives a regular file its permissions, the low nine bits of `mode`. */
bool real_set_mode(const char *path, mode_t mode, struct error *err) must_use;
