/*
 * Who may talk to the daemon from a browser.
 *
 * A page of another site can make the user's browser send requests to
 * 127.0.0.1; its Origin header then names that site.  With DNS rebinding the
 * site's own name points here; then the Host header names it.  Both are checked.
 */
#pragma once

#include <stdbool.h>

/* Whether a Host header ("127.0.0.1:11435") names this machine; a missing one does not. */
bool origin_host_is_local(const char *host);

/*
 * Whether an Origin header may use the API: pages served by this machine itself
 * over http or https, and origins in `listed` (one a line; NULL: none).
 * "null" (sandboxed pages, files) only when listed.
 */
bool origin_is_allowed(const char *origin, const char *listed);
