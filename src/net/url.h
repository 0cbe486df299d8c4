/*
 * What of URLs callers must know to follow a redirect by hand.
 */
#pragma once

#include "base/error.h"

/*
 * The URL that `location` means in an answer from `base`: relative or absolute.
 * The caller frees.  NULL when it is no http or https URL (ERROR_INVALID), or
 * leads from https to http (ERROR_DENIED).
 */
char *url_follow(const char *base, const char *location, struct error *err) must_use;

/* Whether both have one scheme, host and port; false when either is no URL. */
bool url_same_origin(const char *a, const char *b);

/* Host, and port where it names one, for people; the caller frees.  "?" when it is no URL. */
char *url_host(const char *url) must_use;
