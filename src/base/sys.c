#include "base/sys.h"

#include <stdio.h>
#include <sys/stat.h>

struct sys_calls sys = {
	.open = open,
	.read = read,
	.write = write,
	.fsync = fsync,
	.close = close,
	.rename = rename,
	.mkdir = mkdir,
	.mmap = mmap,
};
