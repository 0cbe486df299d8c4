/* Reference data that lies beside the repository where it is present at all. */
#pragma once

#include <unistd.h>

#include "support/test.h"

/*
 * The path of something in $SHAMMAH_SHARED, until the next call; skips the test
 * where it is missing.  Call it before owning anything: a skip jumps out.
 */
static inline const char *shared_path(const char *name)
{
	static char path[4096];
	const char *shared = getenv("SHAMMAH_SHARED");

	snprintf(path, sizeof path, "%s/%s", shared ? shared : "", name);
	if (!shared || access(path, R_OK) != 0)
		skip_because("no reference data in %s", path);
	return path;
}
