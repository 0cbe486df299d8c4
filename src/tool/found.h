/* Files a search has found, the newest first. */
#pragma once

#include <stdint.h>

#include "tool/search_run.h"

struct found_file {
	struct str path;           /* relative to the search's folder; in its output */
	int64_t changed;           /* nanoseconds since 1970; INT64_MIN: it has gone */
};

struct found {
	struct found_file *files;
	size_t n;
	size_t hidden;             /* files that found_show() met and did not show, for they must not be read */
};

/* Of paths in the search's output, each "./path" and a NUL; sorted by time, then by name. */
void found_init(struct found *f, const struct search *s);
void found_release(struct found *f);
#define own_found owns(found_release) struct found

/*
 * Appends, a line each, those that may be shown from number `skip` on, at most `most` (0: all);
 * counts in *shown.  *more: there are others after them.  Stops at the text's ceiling, as *more.
 */
bool found_show(struct found *f, const struct search *s, const struct tool_job *job, size_t skip, size_t most,
	size_t *shown, bool *more, struct buf *out, struct error *err) must_use;
