#include "base/mapped.h"

#include <sys/stat.h>

#include "base/file.h"
#include "base/sys.h"

void mapped_done(struct mapped *m)
{
	if (m->data)
		(void)munmap(m->data, m->len);
	*m = (struct mapped){0};
}

static bool map(struct mapped *m, size_t len, int protection, int flags, int fd)
{
	void *data = len ? sys.mmap(NULL, len, protection, flags, fd, 0) : NULL;

	if (data == MAP_FAILED)
		return false;
	*m = (struct mapped){ data, len };
	return true;
}

bool mapped_file(struct mapped *m, const char *path, struct error *err)
{
	own_fd fd = sys.open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return error_errno(err, "cannot open %s", path);
	if (fstat(fd, &status) < 0)
		return error_errno(err, "cannot read %s", path);
	if (!S_ISREG(status.st_mode))
		return error_set(err, ERROR_INVALID, "%s is not a file", path);
	if (!map(m, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd))
		return error_errno(err, "cannot map %s", path);
	return true;
}

bool mapped_pages(struct mapped *m, size_t len, struct error *err)
{
	if (map(m, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1))
		return true;
	return error_set(err, ERROR_UNAVAILABLE, "out of memory (%zu MB)", len >> 20);
}
