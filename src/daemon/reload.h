/*
 * The configuration's files, read again when they change: the user's own, no project's.
 *
 * A thread of its own looks every two seconds, so that a disk that is slow, or away,
 * holds nobody up.  What changed is used; a broken edit changes nothing, and is said
 * until it is mended.
 */
#pragma once

#include "config/config.h"

struct reload;

/* Called from the thread: what is new in `now`, compared with the reading before (NULL: there was none to be used). */
typedef void reload_fn(void *user, const struct config *before, const struct config *now);

/* Begins to look; reads the files once, and calls `use` only for what changes after that. */
struct reload *reload_create(reload_fn *use, void *user);

/* Ends the thread and waits for it: nothing is used any more. */
void reload_stop(struct reload *r);

/* Stops it where that has not been done. */
void reload_destroy(struct reload *r);

/* Whether the files are broken, and how; the last good reading is in use then.  Any thread. */
bool reload_problem(struct reload *r, char *text, size_t size);

/* Whether both list the same teachers. */
bool reload_same_teachers(const struct config *a, const struct config *b);
