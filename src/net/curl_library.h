/*
 * libcurl, opened when the first request is made and not before.
 *
 * Linked in the usual way, it and the thirty libraries behind it cost every
 * start of the program 5 ms and 6 MB; most runs never ask a server.
 */
#pragma once

#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include "base/error.h"

/* Every function of libcurl that we call, by its name without "curl_". */
#define CURL_FUNCTIONS(each) \
	each(global_init) each(version_info) each(getdate) each(free) \
	each(easy_init) each(easy_cleanup) each(easy_reset) each(easy_setopt) each(easy_getinfo) each(easy_strerror) \
	each(easy_header) each(multi_init) each(multi_cleanup) each(multi_setopt) each(multi_strerror) \
	each(multi_add_handle) each(multi_remove_handle) each(multi_perform) each(multi_poll) each(multi_wakeup) \
	each(multi_info_read) each(slist_append) each(slist_free_all) \
	each(url) each(url_cleanup) each(url_set) each(url_get)

struct curl_library {
#define CURL_SLOT(name) __typeof__(curl_##name) *name;
	CURL_FUNCTIONS(CURL_SLOT)
#undef CURL_SLOT
};

/*
 * The library, ready for use from any thread; opened by the first call and never
 * closed.  NULL when it is missing or too old; later calls say the same.
 */
const struct curl_library *curl_library(struct error *err) must_use;
