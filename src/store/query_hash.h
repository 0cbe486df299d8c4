/*
 * A keyed hash that stands for a question in the books: HMAC-SHA-256 with a key of
 * this machine's own, `metrics.key`, made at first use.  Who has the books without
 * the key cannot try texts against them.
 */
#pragma once

#include "base/sha.h"

#include "base/error.h"

struct query_key {
	char hex[65];
};

/* Reads the key in `home`, or makes it (0600); of several processes that make it at once all get the same one. */
bool query_key_load(const char *home, struct query_key *key, struct error *err) must_use;

void query_hash(const struct query_key *key, struct str text, char hex[SHA_HEX_MAX + 1]);
