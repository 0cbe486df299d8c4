/* Where the links of a page lead.  Stateless; any thread. */
#pragma once

#include "base/buf.h"

#define HTML_URL_MAX 4096   /* bytes; longer ones are no links */

/*
 * Makes `link` absolute as seen from `base` (RFC 3986, section 5; base may be empty,
 * then it stays as it is) and fit to stand between a Markdown link's parentheses.
 * False for what is not to be followed: data:, javascript: and other schemes than
 * http, https, mailto, tel and ftp, and what is too long.  `out` is emptied first.
 */
bool html_link(struct str base, struct str link, struct buf *out);
