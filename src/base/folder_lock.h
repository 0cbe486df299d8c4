/*
 * A lock between processes that write the same files of a folder: the folder's own, so nothing is left behind.
 */
#pragma once

#include "base/error.h"

/*
 * A descriptor that holds the lock until it is closed; -1: ERROR_TIMEOUT when somebody else has it for `wait_ms`
 * milliseconds.  Who waits cannot be cancelled: keep it short.
 */
int folder_lock(const char *folder, unsigned wait_ms, struct error *err) must_use;
