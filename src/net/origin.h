/* Whom a URL speaks to: scheme, host and port.  Internal to net/. */
#pragma once

#include "base/error.h"
#include "net/curl_library.h"

struct origin {
	bool tls;
	char host[256], port[8];
	char name[266];        /* for people: the host, and the port where the URL names one */
};

/* Of an http or https URL; ERROR_INVALID for any other. */
bool origin_of(const struct curl_library *curl, const char *url, struct origin *origin, struct error *err) must_use;

bool origin_same(const struct origin *a, const struct origin *b);

/* Loopback addresses and localhost: this machine. */
bool origin_is_local(const struct origin *origin);
