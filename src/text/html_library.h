/*
 * libxml2, opened when the first page is read and not before.
 *
 * Linked in the usual way it brings ICU's tables and more along, for every start
 * of a program that mostly reads no page.
 */
#pragma once

#include <libxml/HTMLparser.h>

#include "base/error.h"

/* Every function of libxml2 that we call. */
#define HTML_FUNCTIONS(each) \
	each(xmlInitParser) each(xmlStopParser) each(htmlNewParserCtxt) each(htmlFreeParserCtxt) \
	each(htmlCtxtReadMemory) each(xmlFreeDoc)

struct html_library {
#define HTML_SLOT(name) __typeof__(name) *name;
	HTML_FUNCTIONS(HTML_SLOT)
#undef HTML_SLOT
};

/*
 * The library, ready for use from any thread; opened by the first call and never
 * closed.  NULL when it is missing; later calls say the same.
 */
const struct html_library *html_library(struct error *err) must_use;
