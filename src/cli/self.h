/* The running program, and starting it again. */
#pragma once

#include <spawn.h>

#include "base/error.h"

/* The path of the running program; the caller frees. */
char *self_path(struct error *err) must_use;

/* For posix_spawn(): the child inherits no descriptor from `first` on.  An errno, or 0. */
int self_inherits_below(int first, posix_spawn_file_actions_t *files, short *flags) must_use;
