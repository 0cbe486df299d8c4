/*
 * Runs the user's `apiKeyHelper`: a command that prints a key.
 *
 * It is run by /bin/sh (process/child.h), with nothing on its standard input and the
 * environment that children get (config/environment.h).
 */
#pragma once

#include "base/cancel.h"
#include "base/error.h"

#define KEY_HELPER_MS 60000      /* longer is a failure */
#define KEY_HELPER_MAX 16384     /* bytes of a key: printable ASCII */

/*
 * The key, which the caller frees; NULL when the command fails (its first words on standard error
 * are in the error, with anything in them that might be a key left out), prints nothing or something that
 * cannot be a key, takes too long, or `cancel` (may be NULL) fires: then its whole group is killed.
 * Blocks; any thread may call it.
 */
char *key_helper_run(const char *command, unsigned timeout_ms, struct cancel *cancel, struct error *err) must_use;
