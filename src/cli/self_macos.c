#include "cli/self.h"

#include <limits.h>
#include <mach-o/dyld.h>

#include "base/mem.h"

char *self_path(struct error *err)
{
	char path[PATH_MAX];
	uint32_t size = sizeof path;

	if (_NSGetExecutablePath(path, &size) != 0)
		return error_set(err, ERROR_INTERNAL, "cannot find this program"), NULL;
	return mem_strdup(path);
}
