/*
 * What files held before tools changed them, so that a turn can be taken back.
 *
 * A folder a conversation, in ~/.shammah/checkpoints/ (0700): `index.jsonl` (store/lines.h)
 * says which file was changed in which turn, what it held before and afterwards, and
 * `objects/` has the contents (0600), each under its SHA-256.  Nothing but paths, modes,
 * times and contents of files is kept: no word of the conversation.
 *
 * Ceilings: a file of more than CHECKPOINT_FILE_MAX bytes is not kept, nor anything once a
 * conversation has CHECKPOINT_SESSION_MAX; both are told.  With the first file that a
 * conversation keeps, others go: those of more than 30 days, and the oldest while all have
 * more than CHECKPOINTS_MAX.
 *
 * Any thread; one lock.
 */
#pragma once

#include <sys/stat.h>

#include "base/buf.h"
#include "base/sha.h"

#define CHECKPOINT_FILE_MAX    ((uint64_t)128 << 20)
#define CHECKPOINT_SESSION_MAX ((uint64_t)512 << 20)
#define CHECKPOINTS_MAX        ((uint64_t)2 << 30)
#define CHECKPOINTS_DAYS       30

#define CHECKPOINT_SESSION_BYTES 64        /* of a session's name, the NUL included */

struct checkpoints;

/*
 * Of one conversation.  `folder`: ~/.shammah/checkpoints; `session`: its name, of letters,
 * digits and '-', NULL: a new one is made; `root`: the project's folder.  Nothing is
 * written before the first file is kept.  NULL: ERROR_INVALID, the name is none.
 */
struct checkpoints *checkpoints_create(const char *folder, const char *session, const char *root,
	struct error *err) must_use;
void checkpoints_destroy(struct checkpoints *c);

/* What follows belongs to this turn (the user's messages, from 1). */
void checkpoint_begin_turn(struct checkpoints *c, unsigned turn);

/*
 * The file at `real` (base/real.h) is about to be changed or made by `by` ("Edit"): keeps
 * what it holds, unless that is done already in this turn.  What could not be kept for a
 * ceiling is told in `notes`, in whole lines.  False: it cannot be kept (a full disk), and
 * should not be changed.
 */
bool checkpoint_file_before(struct checkpoints *c, const char *real, const char *by, struct buf *notes,
	struct error *err) must_use;

/* It was changed: notes what it holds now, so that a later change by somebody else is noticed. */
bool checkpoint_file_after(struct checkpoints *c, const char *real, struct error *err) must_use;

/*
 * A command of the shell is about to run, of which nobody knows what it changes: what git
 * knows of the project is looked at, and files that it could not give back (changed since
 * the last commit, or not tracked and not ignored) are kept.  Ceilings: CHECKPOINT_SHELL_
 * files and bytes at a time.  What cannot be kept is told in `notes`, in whole lines; also
 * once that the project is no git repository, where nothing can be taken back but what
 * tools change.  NULL: nothing is known; checkpoint_shell_after() takes that.
 *
 * git itself is not run (a repository's settings may name programs): libgit2 reads.
 */
#define CHECKPOINT_SHELL_FILES      2000
#define CHECKPOINT_SHELL_FILE_MAX   ((uint64_t)16 << 20)
#define CHECKPOINT_SHELL_BYTES      ((uint64_t)256 << 20)
#define CHECKPOINT_SHELL_TRACKED    200000

struct checkpoint_shell;

struct checkpoint_shell *checkpoint_shell_before(struct checkpoints *c, struct buf *notes);

/* It has ended, in whatever turn: notes what it changed.  Releases what before() gave. */
void checkpoint_shell_after(struct checkpoints *c, struct checkpoint_shell *shell, struct buf *notes);
