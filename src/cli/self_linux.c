#include "cli/self.h"

#include <limits.h>
#include <unistd.h>

#include "base/mem.h"

char *self_path(struct error *err)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof path);

	if (n <= 0 || (size_t)n == sizeof path)
		return error_errno(err, "cannot find this program in /proc/self/exe"), NULL;
	return mem_strndup(path, (size_t)n);
}
