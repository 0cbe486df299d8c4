/* What went wrong with a transfer, in our words.  Internal to net/. */
#pragma once

#include "base/error.h"
#include "net/curl_library.h"

struct http_failure {
	CURLcode code;
	long os_error;         /* errno of the failed connect, 0 when there is none */
	const char *detail;    /* libcurl's own words */
	const char *host;
	bool begun;            /* the answer had begun */
	long proxy;            /* status with which a proxy would not connect; 0: none */
};

/* Always returns false. */
bool http_failure_explain(const struct http_failure *failure, struct error *err);
