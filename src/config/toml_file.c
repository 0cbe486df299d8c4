#include "config/toml_file.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "config/toml_edit.h"

#define LINKS_MAX 40             /* as Linux itself follows */

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash ? mem_strdup(".") : slash == path ? mem_strdup("/") : mem_strndup(path, (size_t)(slash - path));
}

/* Where a chain of links ends, whether or not something is there yet; the caller frees. */
static char *follow(const char *path, struct error *err)
{
	char *at = mem_strdup(path), target[PATH_MAX];

	for (int links = 0; links <= LINKS_MAX; links++) {
		ssize_t n = readlink(at, target, sizeof target - 1);
		if (n < 0)
			return at;
		own_mem char *folder = folder_of(at), *name = mem_strndup(target, (size_t)n);
		free(at);
		at = *name == '/' ? mem_strdup(name) : path_join(folder, name);
	}
	free(at);
	error_set(err, ERROR_INVALID, "%s is a link that leads round in a circle; remove it", path);
	return NULL;
}

bool toml_file_read(const char *path, struct buf *text, struct error *err)
{
	struct stat there;

	if (stat(path, &there) < 0 && errno == ENOENT)
		return true;
	own_fd fd = sys.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return error_errno(err, "cannot open %s", path);
	if (fstat(fd, &there) < 0 || !S_ISREG(there.st_mode))
		return error_set(err, ERROR_INVALID, "%s is no file", path);
	return file_read_fd(fd, text, err) || error_prefix(err, "%s", path);
}

bool toml_file_write(const char *path, struct str was, struct str text, struct error *err)
{
	own_buf now = BUF_INIT(TOML_EDIT_MAX);
	own_mem char *target = follow(path, err), *folder = target ? folder_of(target) : NULL;

	if (!target || !toml_file_read(target, &now, err))
		return false;
	if (!str_equal(buf_str(&now), was))
		return error_set(err, ERROR_UNAVAILABLE, "%s was changed meanwhile by another program; nothing was "
			"written, try again", path);
	return path_make(folder, 0700, err) && file_write(target, text, 0600, err);
}
