/*
 * What was read from the web, for a while: at most WEB_CACHE_ENTRIES texts of WEB_CACHE_MAX bytes
 * together; who comes later takes the place of who came first.  Any thread.
 */
#pragma once

#include <pthread.h>
#include <stdint.h>

#include "base/buf.h"

#define WEB_CACHE_ENTRIES 64
#define WEB_CACHE_MAX ((size_t)32 << 20)

struct web_cache_entry {
	char *key;                 /* NULL: unused */
	char *bytes;
	size_t n;
	uint64_t came, until;      /* clock_ms() */
};

struct web_cache {
	pthread_mutex_t lock;      /* guards the rest */
	struct web_cache_entry entries[WEB_CACHE_ENTRIES];
	size_t held;               /* bytes */
};

void web_cache_init(struct web_cache *c);
void web_cache_done(struct web_cache *c);

/* Appends a copy; false when there is none, or it is too old, or out's ceiling is met. */
bool web_cache_get(struct web_cache *c, const char *key, uint64_t now, struct buf *out);

/* Keeps a copy until `now` + keep_ms; what is too large is not kept. */
void web_cache_put(struct web_cache *c, const char *key, struct str bytes, uint64_t now, uint64_t keep_ms);
