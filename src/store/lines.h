/*
 * Files of lines that only grow, one JSON object a line: written by several
 * processes at once, whole line by whole line, and readable after any crash.
 *
 * A line is one write() to a file opened for appending, so that those of others
 * never mix with it.  One that was torn all the same (a full disk, a power cut) is
 * ended by the next, and passed over by readers, who count it.
 */
#pragma once

#include "base/error.h"
#include "base/str.h"

#define LINES_LINE_MAX ((size_t)4096)      /* of one line, its end included */

/* Appends a line, which holds no line end; a new file is 0600.  ERROR_TOO_LARGE past LINES_LINE_MAX. */
bool lines_append(const char *path, struct str line, struct error *err) must_use;

/* Is given each line in turn, without its end; false: it is damaged. */
typedef bool lines_fn(void *user, struct str line);

/*
 * Reads a file from its beginning to its end.  Adds the lines that were damaged or too
 * long to *damaged.  A file that is missing has no lines.
 */
bool lines_read(const char *path, lines_fn *on_line, void *user, size_t *damaged, struct error *err) must_use;
