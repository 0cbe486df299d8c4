/*
 * Whole files: read with a ceiling, written whole or not at all.
 */
#pragma once

#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/buf.h"

/* Reads a whole file, at most `limit` bytes.  The caller frees the result, which ends with a NUL. */
char *file_read(const char *path, size_t limit, size_t *len, struct error *err) must_use;

/* Reads a descriptor to its end into `out`, within out's ceiling. */
bool file_read_fd(int fd, struct buf *out, struct error *err) must_use;

/*
 * Replaces a file atomically: a temporary file beside it is written, fsynced and
 * renamed over it.  On failure the old file is untouched and nothing is left behind.
 */
bool file_write(const char *path, struct str bytes, mode_t mode, struct error *err) must_use;

/* Writes all of it, going on after short writes and EINTR. */
bool file_write_fd(int fd, struct str bytes, struct error *err) must_use;

/* When its content was changed last, in nanoseconds since 1970. */
int64_t file_modified_ns(const struct stat *status);

/* Closes *fd unless it is negative, and makes it -1. */
void file_close(int *fd);
#define own_fd owns(file_close) int
