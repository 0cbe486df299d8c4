/*
 * The one error type.
 *
 * A function that can fail returns bool (or a pointer) and takes a
 * `struct error *` last.  On failure it fills the error once, at the place that
 * knows why; callers pass it up or add context with error_prefix().  On success
 * the error is left untouched.  Nothing here allocates.
 *
 * A text says what happened, to what, and what to do.  It never holds a key or
 * the user's words.
 */
#pragma once

#include <stdbool.h>

#include "base/cleanup.h"

/* What the caller does next, not what went wrong. */
enum error_kind {
	ERROR_NONE,
	ERROR_INVALID,      /* the input is wrong: tell the user */
	ERROR_NOT_FOUND,    /* the thing named does not exist */
	ERROR_DENIED,       /* permission, policy or a key said no: do not retry */
	ERROR_CANCELLED,    /* the user asked us to stop */
	ERROR_TIMEOUT,      /* worth one retry */
	ERROR_UNAVAILABLE,  /* not now: retry later or try somebody else */
	ERROR_TOO_LARGE,    /* a ceiling was met */
	ERROR_INTERNAL,     /* ours or the system's fault */
};

struct error {
	enum error_kind kind;
	char text[400];     /* always NUL-terminated, cut at a code point */
};

/* Always returns false, so `return error_set(...)` reads well. */
bool error_set(struct error *err, enum error_kind kind, const char *fmt, ...) printf_like(3, 4);

/* Like error_set(), for a failed system call: appends strerror(errno). */
bool error_errno(struct error *err, const char *fmt, ...) printf_like(2, 3);

/* Puts context before the text of an error already set; false again. */
bool error_prefix(struct error *err, const char *fmt, ...) printf_like(2, 3);
