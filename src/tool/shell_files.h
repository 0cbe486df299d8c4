/*
 * What a command of the shell means for files: what it may change is kept before, and a
 * file that it has shown counts as read.
 */
#pragma once

#include "tool/context.h"

struct checkpoint_shell;   /* store/checkpoints.h */

struct shell_files {
	struct checkpoints *kept;          /* the context's, which lives longer */
	struct checkpoint_shell *before;   /* NULL: there is nothing to do afterwards */
};

/*
 * Before a command runs: keeps what it may change (store/checkpoints.h), unless it only
 * reads.  What cannot be kept is told in `notes`, in whole lines.  What comes of it goes to
 * shell_files_after().
 */
struct shell_files shell_files_before(struct tool_context *c, struct str command, struct buf *notes) must_use;

/* It has ended, well or not, or was not run at all; in any thread. */
void shell_files_after(struct shell_files *files, struct buf *notes);

/*
 * It ended well: if it is `cat`, `head`, `tail`, `nl`, `sed -n` or `grep` of one file, that
 * counts as read, and Edit and Write may change it.
 */
void shell_files_note_shown(struct tool_context *c, struct str command);
