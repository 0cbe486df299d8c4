#include "hub/lock.h"

#include <errno.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/sys.h"
#include "hub/layout.h"

/* Whether the file that we have locked is still the one with the name: somebody may have removed it meanwhile. */
static bool still_there(int fd, const char *path)
{
	struct stat ours, named;

	return fstat(fd, &ours) == 0 && stat(path, &named) == 0 && ours.st_ino == named.st_ino &&
	       ours.st_dev == named.st_dev;
}

enum lock_result lock_try(const char *path, int *fd, struct error *err)
{
	if (!layout_make_parent(path, err))
		return LOCK_FAILED;
	for (int attempt = 0; attempt < 3; attempt++) {
		own_fd file = sys.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
		if (file < 0)
			return error_errno(err, "cannot open the lock %s", path), LOCK_FAILED;
		if (flock(file, LOCK_EX | LOCK_NB) < 0) {
			if (errno == EWOULDBLOCK)
				return LOCK_BUSY;
			return error_errno(err, "cannot lock %s", path), LOCK_FAILED;
		}
		if (still_there(file, path)) {
			*fd = file;
			file = -1;
			return LOCK_HELD;
		}
	}
	return LOCK_BUSY;
}
