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

int self_inherits_below(int first, posix_spawn_file_actions_t *files, short *flags)
{
	(void)first;
	(void)files;
	*flags |= POSIX_SPAWN_CLOEXEC_DEFAULT;   /* all but what the file actions make */
	return 0;
}
