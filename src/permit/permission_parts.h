/* What the files of the permission decision share: inside permit/ only. */
#pragma once

#include "permit/permission.h"
#include "permit/rules.h"

enum { DIRECTORIES_MAX = 100, RULES_MAX = 10000 };

struct permissions {
	char *root, *cwd, *home, *claude, *ours;       /* home, claude: NULL when unknown; ours: where it is usual */
	struct rule *rules;        /* deny, then ask, then allow */
	size_t rule_count;
	char *directories[DIRECTORIES_MAX + 1];        /* absolute, ended by NULL */
	size_t directory_count;
	enum permission_mode mode;
	bool mode_given, no_bypass;
	bool sandboxed, sandbox_allows;        /* settings want commands confined, and allow those that are */
	bool sandboxed_given, allows_given;
	struct rule *excluded;     /* commands that are never confined: `excludedCommands` */
	size_t excluded_count;
	struct permission_approvals approvals;
};

enum { ANCHORS_MAX = 8 };

/* A decision on its way. */
struct deciding {
	const struct permissions *p;
	const struct permission_call *call;
	struct permission *out;
	const char *cwd;
	struct anchor {            /* where folders of rules lead, looked up once */
		const char *written;
		char *real;
	} anchors[ANCHORS_MAX];
	size_t anchor_count;
};

/* What a tool works on. */
enum tool_group {
	GROUP_OTHER,               /* asked about unless a rule allows it */
	GROUP_READ,
	GROUP_WRITE,
	GROUP_COMMAND,
	GROUP_FETCH,
	GROUP_FREE,                /* does nothing that needs a question */
	GROUP_QUESTION,            /* asks the user itself */
	GROUP_CONFINED,            /* needs none where it can do no harm */
	GROUP_ALWAYS,              /* always asked about */
};

struct tool_group_row {
	const char *name;
	enum tool_group group;
	const char *member;        /* the argument that says on what */
};

/* The tool's row, never NULL. */
const struct tool_group_row *tool_group(struct str tool);

/* A path as rules see it. */
struct seen {
	struct path_judgement judgement;
	bool inside;               /* the project, or a directory that was added */
};

/* Writes the decision and who took it, with why as printf would.  Always true. */
bool decided(struct deciding *d, enum permission_verdict decision, const struct rule *rule, const char *why, ...)
	printf_like(4, 5);

/* The same: by an approval; by a hard limit. */
bool decided_approved(struct deciding *d, const char *approval);
bool decided_hard(struct deciding *d, const char *why);

/* --- files (permission_files.c) --------------------------------------------------------- */

/* Looks at a path, relative to `cwd`. */
void path_see(struct deciding *d, struct str path, const char *cwd, bool write, struct seen *seen);

/* The first rule of the list that governs reading, writing (or what v1's Write wrote) of the path; NULL. */
const struct rule *path_rule(struct deciding *d, enum rule_list list, const struct seen *seen, bool write,
	struct str tool);

void decide_file(struct deciding *d, const struct tool_group_row *tool);

/* One more rule, shorter than PERMISSION_RULE_MAX; with more than there is room for, none are suggested in the end. */
void suggest_rule(struct permission *out, const char *rule);

/* Adds a rule for a path: below the folder it began in, or absolute. */
void suggest_path(struct deciding *d, const char *tool, const char *path, const char *after);

/* --- commands (permission_command.c) ------------------------------------------------------ */

void decide_command(struct deciding *d);

/* --- everything (permission_decide.c) -------------------------------------------------------------- */

/* The first rule of the list that governs every call of the tool, or one with these arguments; NULL. */
const struct rule *tool_rule(const struct deciding *d, enum rule_list list);

/* An approval's words, or NULL. */
const char *approval(const struct deciding *d, struct str text);
