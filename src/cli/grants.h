/*
 * What the tools of one conversation may do: the rules of all settings files, of the command
 * line, and those the user adds on the way.  One thread at a time.
 */
#pragma once

#include "cli/options.h"
#include "permit/approvals.h"
#include "permit/permission.h"
#include "tool/tool.h"

struct grants {
	struct permissions *permissions;
	struct permission_places places;       /* whose texts the conversation holds */
	struct approvals *approvals;           /* given in dialogs, for good or for this conversation */
	const struct options *options;
	struct config *config;
	json_t *added;                 /* rules of this conversation: they outlive a change of the settings */
	bool quiet;                    /* odd rules have been told */
};

/* grants_done() in any case.  The configuration is borrowed. */
bool grants_init(struct grants *g, const struct options *o, struct config *c,
	const struct permission_places *places, const char *ours, struct error *err) must_use;
void grants_done(struct grants *g);

/* False, and err says why: the mode is not for this user, or the settings forbid it. */
bool grants_set_mode(struct grants *g, enum permission_mode mode, struct error *err) must_use;

/* The settings have changed: rules are read anew, the mode stays.  False: the old ones hold. */
bool grants_reload(struct grants *g, struct error *err) must_use;

/*
 * "Don't ask again": a rule that allows.  As in Claude Code, edits are allowed until the conversation ends, all else
 * for good, in .claude/settings.local.json, where that counts: in a project that the user trusts.
 */
bool grants_add(struct grants *g, const char *rule, struct error *err) must_use;

/* Whether that is for good. */
bool grants_last(const struct grants *g, const char *rule);

/* Whether models are told of a tool; `talks`: somebody is there to be asked. */
bool grants_offer(const struct grants *g, const struct tool_kind *kind, bool talks);
