#include "tool/temp.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

#define PREFIX "shammah-"
#define FOLDERS_OPEN 16
#define OLD_S ((time_t)24 * 60 * 60)
#define SWEPT_MAX 10000            /* names looked at beside ours */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *place)
{
	(void)st;
	(void)type;
	(void)place;
	(void)remove(path);
	return 0;
}

void temp_remove(const char *path)
{
	(void)nftw(path, remove_one, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
}

/* Of this user, a day old, and nobody holds its lock. */
static bool is_abandoned(const char *path)
{
	own_fd fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 0777) == 0700 &&
		st.st_mtime < time(NULL) - OLD_S && flock(fd, LOCK_EX | LOCK_NB) == 0;
}

static void sweep(const char *folder)
{
	DIR *dir = opendir(folder);
	const struct dirent *d;

	for (size_t i = 0; dir && i < SWEPT_MAX && (d = readdir(dir)); i++) {
		if (strncmp(d->d_name, PREFIX, strlen(PREFIX)) != 0 || strlen(d->d_name) != strlen(PREFIX "XXXXXX"))
			continue;
		own_mem char *path = path_join(folder, d->d_name);
		if (is_abandoned(path))
			temp_remove(path);
	}
	if (dir)
		(void)closedir(dir);
}

char *temp_make(int *lock, struct error *err)
{
	const char *wish = getenv("TMPDIR");
	const char *folder = wish && wish[0] == '/' ? wish : "/tmp";
	own_mem char *path = path_join(folder, PREFIX "XXXXXX");

	if (!mkdtemp(path))
		return error_errno(err, "%s: no folder for temporary files can be made in it (TMPDIR names another)",
			folder), NULL;
	char *real = realpath(path, NULL);
	if (!real)
		return error_errno(err, "%s: cannot be found again", path), NULL;
	*lock = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*lock >= 0)
		(void)flock(*lock, LOCK_EX | LOCK_NB);
	sweep(folder);
	return real;
}
