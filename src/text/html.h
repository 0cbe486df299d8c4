/*
 * A page from the web as clean Markdown, for a model to read.
 *
 * HTML is read by libxml2's parser, which is opened by the first page and not
 * before (text/html_library.h).  What a reader of the page would not see is left
 * out, for instructions to models hide there: scripts, hidden elements, text of no
 * size or of its background's colour, invisible characters; so is what stands
 * around a page's text (navigation, footers, cookie banners).  Nothing is fetched:
 * there are no external entities, no DTD, no style sheets.  Plain text and JSON
 * come back as they are, in UTF-8.  Any thread.
 */
#pragma once

#include "base/buf.h"
#include "base/json.h"

#define HTML_MAX ((size_t)10 << 20)        /* bytes of a page */
#define HTML_MARKDOWN_MAX ((size_t)32 << 20)   /* what a page may become */

struct html_page {
	struct str bytes;
	const char *url;             /* what relative links are relative to; NULL: they stay so */
	const char *content_type;    /* as in the header: "text/html; charset=utf-8"; NULL: told from the bytes */
};

/*
 * Appends the page's Markdown (CommonMark with GFM's tables), well-formed UTF-8
 * without blanks at line ends; text that is no HTML unchanged.  ERROR_TOO_LARGE
 * beyond the ceilings (also of nesting), ERROR_INVALID for what is no text.
 */
bool html_to_markdown(const struct html_page *page, struct buf *out, struct error *err) must_use;

/*
 * What `shammah explain html` answers: {"html" or "file", "url", "content_type"} ->
 * {"markdown"} or NULL.  The caller owns the result.
 */
json_t *explain_html(const json_t *input, struct error *err) must_use;
