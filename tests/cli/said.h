/* What is written on a descriptor meanwhile, in a file of the test's home folder.  Several at a time. */
#pragma once

#include <fcntl.h>

#include "base/file.h"
#include "base/mem.h"
#include "support/home_folder.h"

static int said_before[3];

static inline char *said_path(int fd) { return mem_printf("%s/said-%d", home_folder, fd); }

static inline void listen_to(int fd)
{
	own_mem char *path = said_path(fd);

	fflush(NULL);
	said_before[fd] = dup(fd);
	int file = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);
	assert_true(file >= 0 && dup2(file, fd) == fd);
	close(file);
}

/* The caller frees. */
static inline char *heard(int fd)
{
	own_mem char *path = said_path(fd);
	struct error err = {0};

	fflush(NULL);
	assert_int_equal(dup2(said_before[fd], fd), fd);
	close(said_before[fd]);
	char *text = file_read(path, 8 << 20, NULL, &err);
	return text ? text : mem_strdup("");
}
