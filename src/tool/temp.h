/*
 * The folder for temporary files of one conversation: below $TMPDIR, else /tmp.
 *
 * Its owner holds a lock on it.  A program that was killed leaves its folder; the next one
 * that makes a folder beside it removes what has had no owner for a day.
 */
#pragma once

#include "base/error.h"

/* The folder (absolute, without links, 0700), which the caller frees, as it closes *lock; NULL with the error. */
char *temp_make(int *lock, struct error *err) must_use;

/* Removes a folder with all in it. */
void temp_remove(const char *path);
