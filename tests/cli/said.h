/* What is written on a descriptor meanwhile, in a file of the test's home folder. */
#pragma once

#include <fcntl.h>

#include "base/file.h"
#include "base/mem.h"
#include "support/home_folder.h"

static int said_before = -1;
static char said_path[100];

static void listen_to(int fd)
{
	fflush(NULL);
	said_before = dup(fd);
	(void)snprintf(said_path, sizeof said_path, "%s/said-%d", home_folder, fd);
	int file = open(said_path, O_CREAT | O_TRUNC | O_RDWR, 0600);
	assert_true(file >= 0 && dup2(file, fd) == fd);
	close(file);
}

/* The caller frees. */
static char *heard(int fd)
{
	struct error err = {0};

	fflush(NULL);
	assert_int_equal(dup2(said_before, fd), fd);
	close(said_before);
	char *text = file_read(said_path, 8 << 20, NULL, &err);
	return text ? text : mem_strdup("");
}
