/*
 * What git knows of a project's files.  Reads only, runs no program that a repository's
 * settings name (filters, file system monitors, hooks).  One thread at a time.
 */
#pragma once

#include <stddef.h>

#include "base/buf.h"

#define TRACKED_ID_BYTES 41            /* an object's name in hexadecimal, and a NUL */

struct tracked;

/*
 * The repository that `root` (a real path) is in.  NULL: ERROR_NOT_FOUND, it is in none,
 * has no working tree, or libgit2 is missing; else it cannot be read.
 */
struct tracked *tracked_open(const char *root, struct error *err) must_use;
void tracked_close(struct tracked *t);

/* How many files git tracks; much faster than going through them. */
size_t tracked_count(struct tracked *t);

/*
 * Is given each file under `root` that git tracks or that is there and not ignored, in the
 * order of paths.  `id`: of its content, where the file holds just that; "": what it holds
 * git could not give back.  False ends the walk.
 */
typedef bool tracked_fn(void *user, const char *path, const char *id);

/* `path` is absolute, under root.  False: an error; a walk that was ended is none. */
bool tracked_walk(struct tracked *t, tracked_fn *on_file, void *user, struct error *err) must_use;

/* The content of an object as it would stand in the file at `path`, line ends as git's settings want. */
bool tracked_content(struct tracked *t, const char *id, const char *path, struct buf *out,
	struct error *err) must_use;
