#include "daemon/origin.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"

static bool is_port_or_empty(struct str text)
{
	if (text.n == 0)
		return true;
	if (text.p[0] != ':' || text.n < 2 || text.n > 6)
		return false;
	for (size_t i = 1; i < text.n; i++)
		if (!isdigit((unsigned char)text.p[i]))
			return false;
	return true;
}

bool origin_host_is_local(const char *host)
{
	static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };

	for (size_t i = 0; host && i < sizeof names / sizeof *names; i++) {
		size_t n = strlen(names[i]);
		if (strncasecmp(host, names[i], n) == 0 && is_port_or_empty(str_of(host + n)))
			return true;
	}
	return false;
}

bool origin_is_allowed(const char *origin, const char *listed)
{
	struct str rest = { listed, listed ? strlen(listed) : 0 }, line;

	if (strncasecmp(origin, "http://", 7) == 0 && origin_host_is_local(origin + 7))
		return true;
	if (strncasecmp(origin, "https://", 8) == 0 && origin_host_is_local(origin + 8))
		return true;
	while (str_split(&rest, '\n', &line))
		if (*origin && str_is(str_trim(line), origin))
			return true;
	return false;
}
