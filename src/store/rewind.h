/*
 * Turns taken back: files get what they held before a turn (store/checkpoints.h).
 *
 * A plan says for each file that a turn, or one after it, changed what would be done; only
 * then is it done.  Contents are checked against their digests, files are replaced whole,
 * no link is followed.  What is rewound is kept as a turn of its own, so that it can be
 * rewound as well.  One thread at a time.
 */
#pragma once

#include "store/checkpoint_index.h"
#include "store/checkpoints.h"

/* A conversation of the project, for lists. */
struct rewind_session {
	char name[CHECKPOINT_SESSION_BYTES];
	struct checkpoint_log log;
};

struct rewind_sessions {
	struct rewind_session *at; /* the newest first */
	size_t count, cap;
};

/* Those in `folder` (~/.shammah/checkpoints) whose project is the folder `here` or one it lies in; none is no error. */
bool rewind_list(const char *folder, const char *here, struct rewind_sessions *sessions, struct error *err) must_use;
void rewind_sessions_done(struct rewind_sessions *sessions);

/* The one of this name, or whose name alone begins so.  NULL: an error that lists or explains. */
const struct rewind_session *rewind_find(const struct rewind_sessions *sessions, struct str name,
	struct error *err) must_use;

enum rewind_what {
	REWIND_NOTHING,            /* it is as it was already */
	REWIND_RESTORE,
	REWIND_REMOVE,             /* there was none */
	REWIND_CHANGED,            /* somebody else has changed it since: only if asked for */
	REWIND_LOST,               /* what it held was not kept, or is damaged */
	REWIND_REFUSED,            /* a link, a folder or such stands there now */
};

struct rewind_file {
	const char *path;          /* the log's */
	struct checkpoint_state target;
	enum rewind_what what;
	bool removes;              /* of REWIND_CHANGED: it would go, not be restored */
	struct stat now;           /* of a file that is there */
	bool there;
};

struct rewind_plan {
	const char *folder, *session;      /* the caller's */
	unsigned turn, next_turn;  /* next_turn: what the rewinding itself is kept as */
	struct rewind_file *files; /* in the order of paths */
	size_t count;
};

/*
 * What it takes to be as before `turn` of the session.  `only` (an absolute path; NULL:
 * all): just that file.  ERROR_NOT_FOUND: that turn, or that file in it, changed nothing.
 */
bool rewind_plan_make(struct rewind_plan *p, const char *folder, const struct rewind_session *session, unsigned turn,
	const char *only, struct error *err) must_use;
void rewind_plan_done(struct rewind_plan *p);
#define own_rewind_plan owns(rewind_plan_done) struct rewind_plan

/*
 * Does what is planned for one file; `changed`: also if somebody else has changed it since.
 * `c`: the same session opened for writing, its turn next_turn.  Nothing is done for files
 * that are lost, refused or as they were.
 */
bool rewind_apply(const struct rewind_plan *p, const struct rewind_file *file, bool changed, struct checkpoints *c,
	struct error *err) must_use;
