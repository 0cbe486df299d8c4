#include "permit/links.h"

#include <unistd.h>

static bool read_real(void *user, const char *path, struct buf *target)
{
	char text[PATH_BYTES_MAX + 1];
	struct error err = {0};
	ssize_t n = readlink(path, text, sizeof text);

	(void)user;
	if (n < 0)
		return false;
	/* What does not fit stays empty: it leads nowhere. */
	if ((size_t)n == sizeof text || !buf_add(target, text, (size_t)n, &err))
		buf_clear(target);
	return true;
}

const struct path_links path_links_real = { read_real, NULL };
