/*
 * The system calls we want to see fail.
 *
 * Code that touches files and descriptors goes through `sys`; a test replaces an
 * entry to inject a short read or ENOSPC (ld --wrap does not exist on macOS).
 * Set before threads start, never afterwards.
 */
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

struct sys_calls {
	int (*open)(const char *path, int flags, ...);
	ssize_t (*read)(int fd, void *dst, size_t n);
	ssize_t (*write)(int fd, const void *src, size_t n);
	int (*fsync)(int fd);
	int (*close)(int fd);
	ssize_t (*pwrite)(int fd, const void *src, size_t n, off_t where);
	int (*symlink)(const char *target, const char *path);
	int (*rename)(const char *from, const char *to);
	int (*mkdir)(const char *path, mode_t mode);
	int (*openat)(int folder, const char *name, int flags, ...);
	int (*renameat)(int folder, const char *from, int to_folder, const char *to);
	int (*linkat)(int folder, const char *name, int to_folder, const char *to, int flags);
	int (*mkdirat)(int folder, const char *name, mode_t mode);
	int (*unlinkat)(int folder, const char *name, int flags);
	void *(*mmap)(void *where, size_t n, int protection, int flags, int fd, off_t offset);
};

extern struct sys_calls sys;
