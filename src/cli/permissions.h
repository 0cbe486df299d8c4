/* The permissions that hold in the current folder. */
#pragma once

#include "config/config.h"
#include "permit/permission.h"

/*
 * Rules and mode of all settings files.  What is odd about them goes to `findings` (NULL: to nobody).  The
 * project is the current folder's (config/trust.h); relative paths begin in the current folder.
 */
struct permissions *permissions_open(const struct config *c, const struct permission_findings *findings,
	struct error *err) must_use;
