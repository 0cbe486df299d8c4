#include "base/file.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/sys.h"

int64_t file_modified_ns(const struct stat *status)
{
#ifdef __APPLE__
	const struct timespec t = status->st_mtimespec;
#else
	const struct timespec t = status->st_mtim;
#endif
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void file_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)sys.close(*fd);
	*fd = -1;
	errno = saved;
}

bool file_read_fd(int fd, struct buf *out, struct error *err)
{
	char piece[16384];
	ssize_t n;

	while ((n = sys.read(fd, piece, sizeof piece)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, "cannot read");
		if (!buf_add(out, piece, (size_t)n, err))
			return false;
	}
	return true;
}

char *file_read(const char *path, size_t limit, size_t *len, struct error *err)
{
	own_fd fd = sys.open(path, O_RDONLY | O_CLOEXEC);
	own_buf text = BUF_INIT(limit);

	if (fd < 0)
		return error_errno(err, "cannot open %s", path), NULL;
	if (!file_read_fd(fd, &text, err))
		return error_prefix(err, "%s", path), NULL;
	return buf_detach(&text, len);
}

bool file_write_fd(int fd, struct str bytes, struct error *err)
{
	while (bytes.n) {
		ssize_t n = sys.write(fd, bytes.p, bytes.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, "cannot write");
		bytes = str_from(bytes, (size_t)n);
	}
	return true;
}

static bool write_and_sync(int fd, struct str bytes, struct error *err)
{
	if (!file_write_fd(fd, bytes, err))
		return false;
	return sys.fsync(fd) == 0 || error_errno(err, "cannot write to disk");
}

bool file_write(const char *path, struct str bytes, mode_t mode, struct error *err)
{
	static atomic_uint written;   /* so that two threads that write one file do not meet */
	own_mem char *temporary = mem_printf("%s.tmp.%ld.%u", path, (long)getpid(), written++);
	own_fd fd = sys.open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);

	if (fd < 0)
		return error_errno(err, "cannot create %s", temporary);
	if (!write_and_sync(fd, bytes, err)) {
		(void)unlink(temporary);
		return error_prefix(err, "%s", path);
	}
	file_close(&fd);
	if (sys.rename(temporary, path) < 0) {
		error_errno(err, "cannot replace %s", path);
		(void)unlink(temporary);
		return false;
	}
	return true;
}
