#include "base/xattrs.h"

#include <string.h>
#include <sys/types.h>
#include <sys/xattr.h>

#include "base/mem.h"

#define XATTRS_MAX ((size_t)64 << 10)      /* of the names, and of each value: the kernel's own limits */

void xattrs_copy(int from, int to)
{
	own_mem char *names = mem_alloc(XATTRS_MAX + 1), *value = mem_alloc(XATTRS_MAX);
	ssize_t length = flistxattr(from, names, XATTRS_MAX);

	for (ssize_t at = 0; at < length; at += (ssize_t)strlen(names + at) + 1) {
		names[length] = '\0';
		ssize_t n = fgetxattr(from, names + at, value, XATTRS_MAX);
		if (n >= 0)
			(void)fsetxattr(to, names + at, value, (size_t)n, 0);
	}
}
