/* What the parts of store/checkpoints.h share.  Everything is called with the lock held.  Internal to store/. */
#pragma once

#include <pthread.h>

#include "store/checkpoint_index.h"
#include "store/checkpoint_objects.h"
#include "store/checkpoints.h"

/* A file whose content was kept, and how it was then, so that it is not read again. */
struct copy {
	char *path;
	struct stat was;
	char digest[SHA_HEX_MAX + 1];
};

struct checkpoints {
	pthread_mutex_t lock;      /* guards all that changes */
	char *folder, *session, *root, *home, *index, *objects;
	unsigned turn;
	int held;                  /* the index, locked; -1: nothing was written yet */
	uint64_t bytes;            /* in this conversation's folder */
	char **done;               /* paths that have their line "before" in this turn, in order */
	size_t done_count, done_cap;
	struct copy *copies;       /* in the order of paths */
	size_t copy_count, copy_cap;
	bool told;                 /* that git cannot help here */
};

bool checkpoints_begin(struct checkpoints *c, struct error *err) must_use;
bool checkpoints_is_done(const struct checkpoints *c, const char *path);

/* A line before (`by` a tool) or after (NULL) a change. */
bool checkpoints_add(struct checkpoints *c, const char *path, const struct checkpoint_state *state, const char *by,
	struct error *err) must_use;

/* Whether so much more may be kept; else says so. */
bool checkpoints_have_room(const struct checkpoints *c, const char *path, uint64_t bytes, struct buf *notes);

/* How a file is now; one that is none is an error, one that is not there `absent`. */
bool checkpoints_look(const char *real, struct checkpoint_state *state, struct stat *st, struct error *err) must_use;

void copies_done(struct checkpoints *c);
