/*
 * Addresses are written with and without their version ("/v1"), and some paste
 * the whole of an endpoint's: each means the same.
 */
#include <ctype.h>

#include "provider/openai.h"

static void drop_end(struct buf *url, const char *end)
{
	size_t n = strlen(end);

	if (url->len > n && memcmp(url->data + url->len - n, end, n) == 0)
		buf_truncate(url, url->len - n);
}

/* What follows scheme and host; NULL: nothing. */
static const char *path_of(const char *url)
{
	const char *host = strstr(url, "://");

	return strchr(host ? host + 3 : url, '/');
}

/* Some part of it is "v1", "v2beta", …. */
static bool has_version(const char *path)
{
	for (; path; path = strchr(path + 1, '/'))
		if (path[1] == 'v' && isdigit((unsigned char)path[2]))
			return true;
	return false;
}

/* What a path lacks of the version's own: of "/openai/v1", "/v1" where it ends in "/openai". */
static const char *rest_of_version(const char *path, const char *version)
{
	const char *last = strrchr(version, '/');
	size_t first = (size_t)(last - version), n = path ? strlen(path) : 0;

	if (!path)
		return version;
	return n >= first && memcmp(path + n - first, version, first) == 0 ? last : version;
}

bool openai_write_path(const struct target *target, const char *endpoint, struct buf *url, struct error *err)
{
	drop_end(url, "/chat/completions");
	drop_end(url, "/responses");
	const char *path = path_of(url->data);

	if (!has_version(path) && !buf_adds(url, rest_of_version(path, target->provider->openai->version_path), err))
		return false;
	return buf_adds(url, "/", err) && buf_adds(url, endpoint, err);
}
