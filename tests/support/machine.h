/*
 * A machine made of files below a folder of its own, for what looks into /proc and
 * /sys: `root` is what stands before them.
 */
#pragma once

#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/test.h"

#define MOUNT_V2 "30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
#define MOUNT_V1 "33 23 0:28 / /sys/fs/cgroup/memory rw,nosuid shared:7 - cgroup cgroup rw,memory\n" \
		 "34 23 0:29 / /sys/fs/cgroup/cpu rw,nosuid shared:8 - cgroup cgroup rw,cpu\n"

static char *root;

static inline void put(const char *path, const char *text)
{
	own_mem char *full = mem_printf("%s%s", root, path);
	own_mem char *folder = mem_strdup(full);
	struct error err = {0};

	*strrchr(folder, '/') = '\0';
	assert_ok(path_make(folder, 0755, &err));
	assert_ok(file_write(full, str_of(text), 0644, &err));
}

static inline int machine_begin(void **state)
{
	char name[] = "/tmp/shammah-machine-XXXXXX";

	(void)state;
	root = mem_strdup(mkdtemp(name));
	return 0;
}

static inline int machine_end(void **state)
{
	own_mem char *command = mem_printf("rm -rf %s", root);

	(void)state;
	free(take(root));
	return system(command);
}
