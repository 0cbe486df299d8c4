/* What a file looked like when it was read, to see later whether it is another. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct stamp {
	bool there;
	dev_t device;
	ino_t inode;
	off_t size;
	int64_t modified_ns, changed_ns;
	int64_t taken_ns;        /* by the same clock */
};

/* Of an open descriptor; of a path, links followed.  What cannot be looked at is not there. */
struct stamp stamp_fd(int fd);
struct stamp stamp_path(const char *path);

/*
 * Whether it is the same file, unchanged.  A file's clock ticks in milliseconds, so
 * one that had just changed when `then` was taken may have changed again within the
 * tick: it counts as another, once.
 */
bool stamp_same(const struct stamp *then, const struct stamp *now);
