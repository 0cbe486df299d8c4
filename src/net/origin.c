#include "net/origin.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* False when the part is missing or does not fit. */
static bool get(const struct curl_library *curl, CURLU *url, CURLUPart part, unsigned flags, char *text, size_t size)
{
	char *found = NULL;
	bool ok = curl->url_get(url, part, &found, flags) == CURLUE_OK && strlen(found) < size;

	if (ok)
		memcpy(text, found, strlen(found) + 1);
	curl->free(found);
	return ok;
}

static bool read_parts(const struct curl_library *curl, CURLU *url, struct origin *o)
{
	char scheme[8], port[8];

	if (!get(curl, url, CURLUPART_SCHEME, 0, scheme, sizeof scheme) ||
	    !get(curl, url, CURLUPART_HOST, 0, o->host, sizeof o->host) ||
	    !get(curl, url, CURLUPART_PORT, CURLU_DEFAULT_PORT, o->port, sizeof o->port))
		return false;
	o->tls = strcasecmp(scheme, "https") == 0;
	if (get(curl, url, CURLUPART_PORT, 0, port, sizeof port))
		snprintf(o->name, sizeof o->name, "%s:%s", o->host, port);
	else
		snprintf(o->name, sizeof o->name, "%s", o->host);
	return o->tls || strcasecmp(scheme, "http") == 0;
}

bool origin_of(const struct curl_library *curl, const char *url, struct origin *origin, struct error *err)
{
	CURLU *parsed = curl->url();
	bool ok = parsed && curl->url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK;

	ok = ok && read_parts(curl, parsed, origin);
	curl->url_cleanup(parsed);
	if (!ok)
		error_set(err, ERROR_INVALID, "this address is no URL: it must begin with http:// or https://");
	return ok;
}

bool origin_same(const struct origin *a, const struct origin *b)
{
	return a->tls == b->tls && strcasecmp(a->host, b->host) == 0 && strcmp(a->port, b->port) == 0;
}

bool origin_is_local(const struct origin *origin)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, origin->host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return strcasecmp(origin->host, "localhost") == 0 || strcmp(origin->host, "[::1]") == 0;
}
