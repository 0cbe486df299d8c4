/* What a child process gets of our descriptors. */
#pragma once

#include <spawn.h>

#include "base/cleanup.h"

/* For posix_spawn(): the child inherits no descriptor from `first` on.  An errno, or 0. */
int inherit_below(int first, posix_spawn_file_actions_t *files, short *flags) must_use;
