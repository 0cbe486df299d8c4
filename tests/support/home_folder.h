/* A home folder of a test's own: made before each test, removed after it. */
#pragma once

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/test.h"

static char home_folder[64];

static inline int make_home(void **state)
{
	(void)state;
	strcpy(home_folder, "/tmp/shammah-home-XXXXXX");
	return mkdtemp(home_folder) ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

static inline int remove_home(void **state)
{
	(void)state;
	return nftw(home_folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

#define home_test(name) cmocka_unit_test_setup_teardown(name, make_home, remove_home)
