/*
 * Search engines that WebSearch may ask: how a question becomes an address, and a page results.
 * Pure: no sockets, no clock.
 */
#pragma once

#include "base/buf.h"

#define WEB_RESULTS_MAX 10
#define WEB_QUERY_MAX 500              /* bytes */

struct web_result {
	char *title, *url, *snippet;   /* one line each, UTF-8; snippet may be "" */
};

struct web_results {
	struct web_result items[WEB_RESULTS_MAX];
	size_t n;
};
void web_results_done(struct web_results *r);
#define own_web_results owns(web_results_done) struct web_results

/* Which hosts count: those and what is below them; bare names, NULL ends a list. */
struct web_domains {
	const char *const *allowed;    /* NULL: all */
	const char *const *blocked;    /* NULL: none */
};

struct search_provider {
	const char *name;              /* in the setting tools.search */
	const char *label;             /* for people */
	const char *base;              /* scheme and host */
	/* Appends the address to ask, without `base`. */
	bool (*ask)(struct str query, const struct web_domains *domains, struct buf *path, struct error *err);
	/*
	 * Reads an answer, any bytes.  True with no results: the engine says it knows none.  ERROR_DENIED: it
	 * takes us for a robot; ERROR_UNAVAILABLE: no answer to a search, or a page of a kind that is not known.
	 */
	bool (*read)(int status, struct str page, const char *type, const struct web_domains *domains,
		struct web_results *out, struct error *err);
};

/* The first is the standard; ends with a nameless one. */
extern const struct search_provider search_providers[];
const struct search_provider *search_provider_find(struct str name);   /* NULL: there is none; "" is the standard */

/* --- for providers ------------------------------------------------------------------- */

/* Appends text as it stands in a query (RFC 3986; blanks as '+'). */
bool search_escape(struct str text, struct buf *out, struct error *err) must_use;

/* The value of a parameter of a URL's query, with escapes undone; false: there is none. */
bool search_parameter(struct str url, const char *name, struct buf *out);

/* Whether a URL may be a result: one that may be fetched, of a host that counts. */
bool search_accepts(struct str url, const struct web_domains *domains);

/* Takes copies, white space as single blanks; what is full, has no title, or has the URL of another is left out. */
void search_add(struct web_results *r, struct str title, struct str url, struct str snippet);
