/*
 * Text that strangers wrote, put before a model so that it can be told from all else.
 *
 * It stands between two marks that hold a random number, which nobody who wrote the text could know.
 */
#pragma once

#include "base/buf.h"

/* Appends the text within its marks; `what` says whose it is ("the page https://..."), in one line. */
bool untrusted_write(struct buf *out, const char *what, struct str text, struct error *err) must_use;
