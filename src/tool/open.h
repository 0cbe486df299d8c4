/*
 * The files that calls are about: where they lie, and what opens them.
 *
 * All is opened through base/real.h, so that a link put on the way since the path was
 * judged is an error that says so.
 */
#pragma once

#include "base/real.h"
#include "tool/context.h"
#include "tool/tool.h"

/*
 * Where the path in the argument `member` leads, which the caller frees: job->real, or
 * where nobody has judged it the same by permit/path.h alone, which refuses what may never
 * be touched.  NULL: an error.
 */
char *open_real(const struct tool_job *job, const char *member, bool write, struct error *err) must_use;

/* The same of any path; a relative one is c->cwd's. */
char *open_judge(const struct tool_context *c, struct str path, bool write, struct error *err) must_use;

/* open_real() and real_open(); -1.  *real, which the caller frees, may be NULL then. */
int open_to_read(const struct tool_job *job, const char *member, char **real, struct stat *was,
	struct error *err) must_use;
