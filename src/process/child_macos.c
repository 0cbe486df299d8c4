#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "process/child_inside.h"

const char *const supervisor_program = NULL;

int child_input(struct str bytes, struct error *err)
{
	char name[] = "/tmp/shammah-input-XXXXXX";
	own_fd fd = mkstemp(name);

	if (fd < 0)
		return error_errno(err, "cannot keep a child's input"), -1;
	(void)unlink(name);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (!file_write_fd(fd, bytes, err))
		return error_prefix(err, "a child's input"), -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_errno(err, "cannot rewind a child's input"), -1;
	int kept = fd;
	fd = -1;
	return kept;
}
