#include "base/folder_lock.h"

#include <errno.h>
#include <sys/file.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/sys.h"

#define STEP_MS 5

int folder_lock(const char *folder, unsigned wait_ms, struct error *err)
{
	own_fd fd = sys.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return error_errno(err, "cannot open %s", folder), -1;
	for (unsigned waited = 0; flock(fd, LOCK_EX | LOCK_NB) < 0; waited += STEP_MS) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return error_errno(err, "cannot lock %s", folder), -1;
		if (waited >= wait_ms)
			return error_set(err, ERROR_TIMEOUT, "another program is writing in %s; try again", folder), -1;
		clock_sleep_ms(STEP_MS);
	}
	int locked = fd;
	fd = -1;
	return locked;
}
