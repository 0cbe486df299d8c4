/*
 * Whether a project's settings may do all that settings may.
 *
 * A folder that was cloned or unpacked brings settings of somebody else.  Until the user
 * trusts it they may set nothing through which keys or questions would leave, a program would run,
 * or the daemon be opened: `env`, `apiKeyHelper`, teachers, `server.*`, budgets, permissions that allow.
 * What they say of these is ignored and said.  `client.trusted` is never a project's to set.
 *
 * Trusted is what the user has said so of in Claude Code (~/.claude.json,
 * projects["FOLDER"].hasTrustDialogAccepted, exactly that folder), and folders in
 * `client.trusted` with what is below them.
 */
#pragma once

#include "config/config.h"

/*
 * The folder that is the project of `start`: the nearest above that has a .git, else `start` itself; also
 * when that is somebody else's folder or the home folder.  NULL when `start` cannot be found.
 * The caller frees.
 */
char *trust_root(const char *start, const char *home) must_use;

/* Notes in `c` what it read.  `c` has SETTING_TRUSTED. */
bool trust_given(struct config *c, const struct config_places *places, const char *root);
