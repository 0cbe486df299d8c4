/*
 * DuckDuckGo's pages for browsers without scripts, which need no key (html.duckduckgo.com/html/).
 * Their form is no promise: what is read is class names, and a page without them is said to be unknown.
 */
#pragma once

#include "tool/search_provider.h"

bool duckduckgo_ask(struct str query, const struct web_domains *domains, struct buf *path, struct error *err) must_use;
bool duckduckgo_read(int status, struct str page, const char *type, const struct web_domains *domains,
	struct web_results *out, struct error *err) must_use;
