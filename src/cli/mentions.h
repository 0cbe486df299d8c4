/*
 * What a user at the prompt brings along: files named as @FILE, and what !COMMAND gives.
 * Both go through the decision that a model's calls go through (permit/permission.h): what
 * is denied stays denied; what would be asked about is not, for the user has just asked.
 */
#pragma once

#include "cli/conversation.h"

/*
 * Runs a command of the user's, shows its output, and appends both for the model to `shell`.
 */
void mentions_run(struct conversation *c, struct str command, struct buf *shell);

/*
 * The question with what goes along: `shell`, and the files that it mentions.  False, which
 * is said: something it mentions may not be read.
 */
bool mentions_add(struct conversation *c, struct str question, const struct buf *shell, struct buf *whole);

/* "/permissions": every rule and where it stands. */
void prompt_permissions(const struct conversation *c);

/* "/mode NAME"; without a name it says which it is. */
void prompt_mode(struct conversation *c, struct str name);
