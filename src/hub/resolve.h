/*
 * Where a file of a commit lies, and what it is: HEAD /REPO/resolve/COMMIT/PATH,
 * as get_hf_file_metadata() of huggingface_hub asks.  Internal to hub/.
 */
#pragma once

#include "hub/ask.h"

struct resolved {
	char hash[HUB_HASH_MAX + 1];      /* names the blob; "": the server does not say */
	uint64_t size;                    /* or HUB_SIZE_UNKNOWN */
	char *url;                        /* of the bytes; the caller frees */
};

/* The address to ask first; the caller frees. */
char *resolve_url(const struct hub *hub, const char *repo, const char *commit, const char *path) must_use;

/* One try.  `answer` is the last one, for patience_wait() and more; its status is 0 when there was none. */
bool resolve(const struct question *base, const char *repo, const char *commit, const char *path,
	struct resolved *resolved, struct answer *answer, struct error *err) must_use;
