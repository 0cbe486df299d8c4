#include "store/checkpoint_objects.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/random.h"
#include "base/sys.h"

#define PIECE ((size_t)128 << 10)
#define TEMPORARY "new-"
#define TEMPORARY_DIGITS 16

/* From `fd` to `to` (-1: nowhere) and into the digest. */
static bool pour(int fd, int to, struct sha *sha, uint64_t *bytes, struct error *err)
{
	own_mem char *piece = mem_alloc(PIECE);
	ssize_t n;

	while ((n = sys.read(fd, piece, PIECE)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, "cannot read");
		struct str got = { piece, (size_t)n };
		sha_feed(sha, got);
		*bytes += got.n;
		if (to >= 0 && !file_write_fd(to, got, err))
			return false;
	}
	return true;
}

bool objects_digest_fd(int fd, char digest[SHA_HEX_MAX + 1], struct error *err)
{
	uint64_t bytes = 0;
	struct sha sha;

	sha_init(&sha, SHA_256);
	if (!pour(fd, -1, &sha, &bytes, err))
		return false;
	sha_hex(&sha, digest);
	return true;
}

/* Written and complete: gives it its name, unless it is here already. */
static bool settle(const char *folder, const char *temporary, const char *digest, struct error *err)
{
	own_mem char *path = path_join(folder, digest);

	if (path_is_file(path)) {
		(void)unlink(temporary);
		return true;
	}
	return sys.rename(temporary, path) == 0 || error_errno(err, "cannot write %s", path);
}

static int begin(const char *folder, char **temporary, struct error *err)
{
	char name[sizeof TEMPORARY + TEMPORARY_DIGITS] = TEMPORARY;

	if (!random_hex(name + strlen(TEMPORARY), TEMPORARY_DIGITS, err))
		return -1;
	*temporary = path_join(folder, name);
	int fd = sys.open(*temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		error_errno(err, "cannot write in %s", folder);
	return fd;
}

bool objects_keep_fd(const char *folder, int fd, bool sync, char digest[SHA_HEX_MAX + 1], uint64_t *bytes,
	struct error *err)
{
	own_mem char *temporary = NULL;
	own_fd to = begin(folder, &temporary, err);
	struct sha sha;

	if (to < 0)
		return false;
	*bytes = 0;
	sha_init(&sha, SHA_256);
	bool ok = pour(fd, to, &sha, bytes, err) &&
		(!sync || sys.fsync(to) == 0 || error_errno(err, "cannot write to disk in %s", folder));
	sha_hex(&sha, digest);
	if (ok && settle(folder, temporary, digest, err))
		return true;
	(void)unlink(temporary);
	return false;
}

bool objects_keep(const char *folder, struct str content, char digest[SHA_HEX_MAX + 1], struct error *err)
{
	own_mem char *temporary = NULL;
	own_fd to = begin(folder, &temporary, err);
	struct sha sha;

	if (to < 0)
		return false;
	sha_init(&sha, SHA_256);
	sha_feed(&sha, content);
	sha_hex(&sha, digest);
	if (file_write_fd(to, content, err) && settle(folder, temporary, digest, err))
		return true;
	(void)unlink(temporary);
	return false;
}

bool objects_read(const char *folder, const char *digest, struct buf *out, struct error *err)
{
	own_mem char *path = path_join(folder, digest);
	own_fd fd = sys.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char found[SHA_HEX_MAX + 1];
	struct sha sha;

	if (fd < 0)
		return error_errno(err, "cannot open %s", path);
	if (!file_read_fd(fd, out, err))
		return error_prefix(err, "%s", path);
	sha_init(&sha, SHA_256);
	sha_feed(&sha, buf_str(out));
	sha_hex(&sha, found);
	return strcmp(found, digest) == 0 || error_set(err, ERROR_INVALID, "%s is damaged", path);
}
