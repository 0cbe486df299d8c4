/*
 * The lock of a blob that is being brought: flock(2) on a file in .locks/, which
 * is what the Python client's filelock uses, so that they and we wait for each
 * other.  A process that dies lets go of it.  Internal to hub/.
 */
#pragma once

#include "base/error.h"

enum lock_result { LOCK_HELD, LOCK_BUSY, LOCK_FAILED };

/* Never waits.  LOCK_HELD: *fd holds it until closed; LOCK_BUSY: somebody else does; LOCK_FAILED: see err. */
enum lock_result lock_try(const char *path, int *fd, struct error *err) must_use;
