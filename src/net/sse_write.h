/*
 * Server-Sent Events, written: what net/sse.h reads back.
 *
 * Each call appends one whole event or comment, or fails (ERROR_TOO_LARGE, the
 * buffer's ceiling) and appends nothing.
 */
#pragma once

#include "base/buf.h"

/*
 * One event; `name` NULL for none, else without line breaks.  A line break in
 * the data (CR, LF or CRLF) starts a new data line, and reads back as LF.
 */
bool sse_write_event(struct buf *out, const char *name, struct str data, struct error *err) must_use;

/* A line that readers skip, which keeps a silent connection alive; without line breaks. */
bool sse_write_comment(struct buf *out, const char *text, struct error *err) must_use;
