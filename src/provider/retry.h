/*
 * When a teacher that did not answer is asked again: pure functions of what its
 * server said and of the attempt's number.
 *
 * A server says it with Retry-After (RFC 9110: seconds or a date), with
 * retry-after-ms, which is finer and comes first, and with x-should-retry: both
 * are headers of OpenAI's and Anthropic's servers, which their SDKs obey.
 */
#pragma once

#include <stdint.h>

#include "net/http.h"

enum retry_word { RETRY_UNSAID, RETRY_YES, RETRY_NO };

/* What a server said about it. */
struct retry_told {
	enum retry_word word;
	bool when;             /* `ms` holds */
	unsigned ms;           /* how long to wait */
};

/* Of an answer's head; `now` in seconds since 1970. */
struct retry_told retry_read(const struct http_head *head, int64_t now);

/* The same of the headers' values, NULL where there is none. */
struct retry_told retry_parse(const char *after_ms, const char *after, const char *should, int64_t now);

/*
 * How long to wait before the attempt of that number (from 2), unless told: `first`
 * before the second, doubled before each further one up to `longest`, then spread by
 * half to either side with `random` (any number), so that many clients do not come
 * back at once.  Milliseconds.
 */
unsigned retry_pause(unsigned first, unsigned longest, unsigned attempt, uint64_t random);
