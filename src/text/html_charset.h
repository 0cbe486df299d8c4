/* Bytes of a page to UTF-8.  Stateless; any thread. */
#pragma once

#include "base/buf.h"

/*
 * Appends the text in UTF-8: as its byte-order mark says, else the charset in the
 * content type, else (`meta`) the one in a <meta> among the first bytes, else as
 * UTF-8 where it is well-formed and windows-1252 where it is not (WHATWG's Encoding
 * standard; names it does not know count as none).  What cannot be decoded becomes
 * U+FFFD; NUL too.
 */
bool html_decode(struct str bytes, const char *content_type, bool meta, struct buf *out, struct error *err) must_use;
