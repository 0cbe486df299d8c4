/* The links of this machine's files, for permit/path.h. */
#pragma once

#include "permit/path.h"

extern const struct path_links path_links_real;

enum { LINK_MEMORY_MAX = 64 };

/* Looks at each path once, however often it is asked about.  One thread; for as long as one decision takes. */
struct link_memory {
	struct path_links links;
	const struct path_links *below;
	struct remembered {
		char *path;
		char *target;          /* NULL: it is no link */
		size_t path_len, target_len;
	} seen[LINK_MEMORY_MAX];
	size_t count;
};

/* `m` must not move while m->links is used. */
void link_memory_init(struct link_memory *m, const struct path_links *below);
void link_memory_done(struct link_memory *m);
