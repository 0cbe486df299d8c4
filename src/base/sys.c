#include "base/sys.h"

#include <stdio.h>
#include <sys/stat.h>

struct sys_calls sys = {
	.open = open,
	.read = read,
	.write = write,
	.fsync = fsync,
	.close = close,
	.pwrite = pwrite,
	.symlink = symlink,
	.rename = rename,
	.mkdir = mkdir,
	.openat = openat,
	.renameat = renameat,
	.linkat = linkat,
	.mkdirat = mkdirat,
	.unlinkat = unlinkat,
	.mmap = mmap,
};
