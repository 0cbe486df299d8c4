/* What the files of the approvals share: inside permit/ only. */
#pragma once

#include <pthread.h>

#include "permit/approvals.h"

enum { APPROVAL_ID_MAX = 16 };

/* One, which lives as long as its set: words that were given out stay good. */
struct approval {
	char id[APPROVAL_ID_MAX + 1];
	enum approval_kind kind;
	enum approval_life life;
	char *words;               /* "Bash(git push *)" */
	char *tool, *pattern, *folder;         /* pattern, folder: may be NULL */
	json_t *fields;            /* of a structured one */
	json_t *stored;            /* its object in the file, members we do not know included; NULL: not for good */
	void *code;                /* of a regex: pcre2_code */
	bool kept;                 /* it has been in the file: if it is there no more, another client removed it */
	bool gone;
	uint64_t new_matches;      /* not written yet */
	int64_t last_used;         /* of those; seconds since 1970 */
};

struct approvals {
	pthread_mutex_t lock;      /* guards all below */
	char *home, *root;
	struct approval **at;
	size_t count;
	json_t *removed;           /* ids whose removal is not written yet: an object, values true */
	bool stale;                /* something is to be written */
};

/* --- one approval (approval_match.c) ---------------------------------------------------- */

/* NULL (ERROR_INVALID): no such approval can be.  `stored` as in the file, borrowed. */
struct approval *approval_read(const json_t *stored, struct error *err) must_use;
struct approval *approval_create(const struct approval_wish *wish, struct error *err) must_use;
void approval_destroy(struct approval *a);

bool approval_covers(const struct approval *a, const char *root, struct str tool, struct str text,
	const json_t *input);

/* --- the file (approvals_file.c) --------------------------------------------------------------- */

/* Adds what the file holds to the set; what is odd to `odd`. */
void approvals_load(struct approvals *a, struct buf *odd);

/* Merges what is new into the file.  With the lock held. */
bool approvals_write(struct approvals *a, struct error *err) must_use;
