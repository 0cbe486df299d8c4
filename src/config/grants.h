/*
 * Rules that the user grants, for which of the settings files: what "don't ask again" writes, as Claude Code does,
 * and what `shammah permissions` changes (config/settings_edit.h).
 */
#pragma once

#include "config/config.h"

enum grant_scope {
	GRANT_LOCAL,               /* .claude/settings.local.json of the project: the user's, in no repository */
	GRANT_PROJECT,             /* .claude/settings.json where the conversation begins: shared */
	GRANT_USER,                /* ~/.claude/settings.json */
	GRANT_SCOPES
};

/* "local", "project", "user". */
extern const char *const grant_scope_names[GRANT_SCOPES];

/* The scope's file, which need not be there; the caller frees.  NULL (ERROR_INVALID): there is none here. */
char *grant_file(const struct config_places *places, enum grant_scope scope, struct error *err) must_use;

/*
 * Adds a rule to the scope's file; *added false: it was there.  A settings.local.json that is new in a git repository
 * is named in the repository's info/exclude, so that nobody commits it; where that fails, the grant holds.
 */
bool grant_add(const struct config_places *places, enum grant_scope scope, const char *list, const char *rule,
	bool *added, struct error *err) must_use;

/* Whether allow rules of that file count: a project's do once the user trusts the folder (config/trust.h). */
bool grant_counts(struct config *c, const struct config_places *places, enum grant_scope scope);
