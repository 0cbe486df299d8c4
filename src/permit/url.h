/*
 * Whether a URL may be fetched: a pure function, no name is resolved.
 *
 * WHATWG's URL standard and libcurl read some URLs differently (backslashes,
 * white space, credentials, missing slashes), and one host has many spellings
 * (percent-encoded, full-width, addresses as one number, octal or hexadecimal).
 * An honest URL needs none of that: whatever is not spelled plainly is blocked,
 * and what remains both read alike.  Stateless; any thread.
 */
#pragma once

#include <stdint.h>
#include <sys/socket.h>

#include "base/str.h"
#include "permit/verdict.h"

#define URL_BYTES_MAX 4096
#define URL_HOST_MAX 253               /* RFC 1035, as text without the root's dot */

struct url_judgement {
	enum verdict verdict;
	const char *why;               /* a literal; one clause, lower case */
	char host[URL_HOST_MAX + 1];   /* lower case, no dot at the end, IPv6 without brackets; "" if unreadable */
	uint16_t port;
};

/* Any bytes may come. */
void url_judge(struct str url, struct url_judgement *j);

/*
 * Whether an address is one that no tool may connect to: everything that IANA's
 * registries of special-purpose addresses (RFC 6890) do not call global, and
 * what carries such an IPv4 address inside (mapped, NAT64).  For the moment of
 * connecting, after names are resolved.  Other families than IP are blocked.
 */
bool url_address_blocked(const struct sockaddr *address);
