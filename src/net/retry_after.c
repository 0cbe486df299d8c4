#include "net/retry_after.h"

#include <limits.h>
#include <string.h>

#include "base/str.h"
#include "net/curl_library.h"

static bool parse_seconds(struct str text, unsigned *seconds)
{
	uint64_t sum = 0;

	if (text.n == 0)
		return false;
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9')
			return false;
		sum = sum * 10 + (uint64_t)(text.p[i] - '0');
		sum = sum > UINT_MAX ? UINT_MAX : sum;
	}
	*seconds = (unsigned)sum;
	return true;
}

bool retry_after_parse(const char *value, int64_t now, unsigned *seconds)
{
	struct error err = { 0 };
	const struct curl_library *curl;

	if (parse_seconds(str_trim(str_of(value)), seconds))
		return true;
	/* A date holds a colon; curl_getdate() would take a bare number, too. */
	if (!strchr(value, ':') || !(curl = curl_library(&err)))
		return false;

	time_t then = curl->getdate(value, NULL);
	if (then < 0)
		return false;
	int64_t wait = then > now ? then - now : 0;
	*seconds = wait > UINT_MAX ? UINT_MAX : (unsigned)wait;
	return true;
}

bool retry_after_ms_parse(const char *value, unsigned *ms)
{
	struct str whole = str_trim(str_of(value)), rest = whole, integer;
	unsigned fraction = 0;

	if (!str_split(&rest, '.', &integer) || (rest.n && !parse_seconds(rest, &fraction)))
		return false;
	if (!parse_seconds(integer, ms))
		return false;
	*ms += fraction && *ms < UINT_MAX;
	return true;
}
