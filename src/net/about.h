/*
 * What of the network's library and trust store a bug report must say.
 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

struct http_about {
	char version[40];      /* "7.88.1" */
	char tls[80];          /* "OpenSSL/3.0.15" */
	bool http2;
	char file[300];        /* the certificates trusted, as a file; "": none */
	char folder[300];      /* or as a folder of such; "": none */
};

/* Opens libcurl.  False, with how to get it, when there is none. */
bool http_about(struct http_about *about, struct error *err) must_use;

/*
 * A proxy's URL for people: three asterisks for user and password, where it has them.
 * The caller frees.
 */
char *http_proxy_masked(const char *url) must_use;
