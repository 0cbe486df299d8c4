/*
 * The Retry-After header: RFC 9110, section 10.2.3; and its finer kin.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

/*
 * How long to wait from `now` (seconds since 1970, UTC): the value is a number of
 * seconds or an HTTP date, and one that has passed means 0.  False when it is neither.
 */
bool retry_after_parse(const char *value, int64_t now, unsigned *seconds);

/* The header retry-after-ms, which OpenAI's and Anthropic's SDKs read first: milliseconds, rounded up. */
bool retry_after_ms_parse(const char *value, unsigned *ms);
