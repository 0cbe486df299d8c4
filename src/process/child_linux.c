#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "process/child_inside.h"

int child_input(struct str bytes, struct error *err)
{
	own_fd fd = memfd_create("input", MFD_CLOEXEC);

	if (fd < 0)
		return error_errno(err, "cannot keep a child's input"), -1;
	if (!file_write_fd(fd, bytes, err))
		return error_prefix(err, "a child's input"), -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return error_errno(err, "cannot rewind a child's input"), -1;
	int kept = fd;
	fd = -1;
	return kept;
}
