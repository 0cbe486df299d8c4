#include "net/about.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "net/curl_library.h"

static void copy(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

bool http_about(struct http_about *about, struct error *err)
{
	const struct curl_library *curl = curl_library(err);

	if (!curl)
		return false;
	const curl_version_info_data *info = curl->version_info(CURLVERSION_NOW);
	*about = (struct http_about){ .http2 = info->features & CURL_VERSION_HTTP2 };
	copy(about->version, sizeof about->version, info->version);
	copy(about->tls, sizeof about->tls, info->ssl_version);
	copy(about->file, sizeof about->file, info->cainfo);
	copy(about->folder, sizeof about->folder, info->capath);
	return true;
}

char *http_proxy_masked(const char *url)
{
	const char *scheme = strstr(url, "://"), *host = scheme ? scheme + 3 : url, *at = strrchr(host, '@');

	return at ? mem_printf("%.*s***%s", (int)(host - url), url, at) : mem_strdup(url);
}
