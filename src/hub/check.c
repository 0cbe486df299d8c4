/*
 * 64 digits are the SHA-256 of the content.  40 digits are git's: the SHA-1 of
 * "blob ", the length, a NUL and the content (gitformat-objects).
 */
#include "hub/check.h"

#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sha.h"
#include "base/sys.h"

#define PIECE ((size_t)1 << 20)

static bool begin(struct sha *sha, const char *hash, uint64_t size)
{
	char head[40];
	size_t n = strlen(hash);

	if (strspn(hash, "0123456789abcdef") != n || (n != 40 && n != 64))
		return false;
	sha_init(sha, n == 40 ? SHA_1 : SHA_256);
	if (n == 40) {
		int len = snprintf(head, sizeof head, "blob %llu", (unsigned long long)size);
		sha_feed(sha, (struct str){ head, (size_t)len + 1 });
	}
	return true;
}

/* Up to `size` bytes; *bytes says how many there were. */
static bool feed(struct sha *sha, int fd, uint64_t size, uint64_t *bytes, struct cancel *cancel, struct error *err)
{
	own_mem char *piece = mem_alloc(PIECE);

	while (*bytes < size) {
		if (cancel_fired(cancel))
			return error_set(err, ERROR_CANCELLED, "cancelled");
		ssize_t n = sys.read(fd, piece, size - *bytes < PIECE ? (size_t)(size - *bytes) : PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, "cannot read");
		if (n == 0)
			return true;
		sha_feed(sha, (struct str){ piece, (size_t)n });
		*bytes += (size_t)n;
	}
	return true;
}

enum check_result check_file(const char *path, uint64_t size, const char *hash, struct cancel *cancel,
	struct error *err)
{
	char hex[SHA_HEX_MAX + 1];
	uint64_t bytes = 0;
	struct sha sha;

	if (!begin(&sha, hash, size))
		return CHECK_UNKNOWN;
	own_fd fd = sys.open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_errno(err, "cannot open %s", path), CHECK_FAILED;
	if (!feed(&sha, fd, size, &bytes, cancel, err))
		return error_prefix(err, "%s", path), CHECK_FAILED;
	sha_hex(&sha, hex);
	return bytes == size && strcmp(hex, hash) == 0 ? CHECK_GOOD : CHECK_DAMAGED;
}
