#include "net/url.h"

#include "base/mem.h"
#include "net/curl_library.h"
#include "net/origin.h"

static char *join(const struct curl_library *curl, const char *base, const char *location)
{
	CURLU *url = curl->url();
	char *found = NULL, *joined = NULL;

	if (url && curl->url_set(url, CURLUPART_URL, base, 0) == CURLUE_OK &&
	    curl->url_set(url, CURLUPART_URL, location, 0) == CURLUE_OK &&
	    curl->url_get(url, CURLUPART_URL, &found, 0) == CURLUE_OK)
		joined = mem_strdup(found);
	curl->free(found);
	curl->url_cleanup(url);
	return joined;
}

char *url_follow(const char *base, const char *location, struct error *err)
{
	const struct curl_library *curl = curl_library(err);
	struct origin from, to;

	if (!curl || !origin_of(curl, base, &from, err))
		return NULL;
	own_mem char *joined = join(curl, base, location);
	if (!joined || !origin_of(curl, joined, &to, err)) {
		error_set(err, ERROR_INVALID, "%s redirects to an address that is no http or https URL", from.name);
		return NULL;
	}
	if (from.tls && !to.tls) {
		error_set(err, ERROR_DENIED, "%s redirects to %s without https: not followed", from.name, to.name);
		return NULL;
	}
	return take(joined);
}

bool url_same_origin(const char *a, const char *b)
{
	struct error err;
	struct origin one, other;
	const struct curl_library *curl = curl_library(&err);

	return curl && origin_of(curl, a, &one, &err) && origin_of(curl, b, &other, &err) && origin_same(&one, &other);
}

char *url_host(const char *url)
{
	struct error err;
	struct origin origin;
	const struct curl_library *curl = curl_library(&err);

	return mem_strdup(curl && origin_of(curl, url, &origin, &err) ? origin.name : "?");
}
