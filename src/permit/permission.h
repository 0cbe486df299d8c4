/*
 * THE decision: whether a call of a tool may happen, must be asked about, or is refused.
 *
 * Rules come from Claude Code's settings of all scopes and mean what they mean there (its page
 * "permissions"); their grammar is permit/rules.h's.  What decides, in this order:
 *
 *   hard limits: destructive commands, secrets, files of the system, private addresses: refused, whatever a rule says
 *   deny rules of any scope; the mode plan refuses edits; ask rules; how special a rule is never matters
 *   the mode bypassPermissions allows the rest, but for removals of critical folders
 *   the mode plan asks about commands that do more than read
 *   writes to protected files (.git, .bashrc, ...) are asked about
 *   allow rules and approvals
 *   what needs no rule: reading in the project, commands that only read, edits in the mode acceptEdits, trusted sites
 *   all else is asked about; in the mode dontAsk, what would be asked is refused
 *
 * A command line is allowed when every command in it is.  Where a path leads is told by links that the caller
 * reads (path_links_real, or supposed ones), and the stricter of name and target counts.
 *
 * Deciding reads only: any number of threads may, while nobody changes mode or rules.
 */
#pragma once

#include "base/json.h"
#include "permit/path.h"

enum permission_mode {
	PERMISSION_DEFAULT,
	PERMISSION_ACCEPT_EDITS,
	PERMISSION_PLAN,
	PERMISSION_DONT_ASK,
	PERMISSION_BYPASS,
};

enum permission_verdict { DECISION_ALLOW, DECISION_ASK, DECISION_DENY };      /* the stricter, the greater */

/* "allow", "ask", "deny". */
extern const char *const decision_names[];

struct permission_places {
	const char *root;          /* the project's folder; absolute, as the next two */
	const char *cwd;           /* at the start */
	const char *home;          /* NULL: unknown */
	const char *claude;        /* ~/.claude, to which `/path` in the user's settings is relative; NULL: unknown */
	const char *ours;          /* ~/.shammah, wherever $SHAMMAH_HOME puts it; NULL: there */
};

/* Whom to tell that a rule is odd: one line, without the rule's file. */
struct permission_findings {
	void (*add)(void *user, const char *file, const char *text);
	void *user;
};

/*
 * Approvals given in dialogs (permit/approvals.h): the words that identify the one that covers a call, or NULL.
 * `text` is one command of a line, a path, an address, or "".
 */
struct permission_approvals {
	const char *(*find)(void *user, struct str tool, struct str text, const json_t *input);
	void *user;
};

struct permissions;

/* Takes copies.  NULL when root, cwd or home are no absolute paths. */
struct permissions *permissions_create(const struct permission_places *places, struct error *err) must_use;
void permissions_destroy(struct permissions **p);
#define own_permissions owns(permissions_destroy) struct permissions

/*
 * A settings file's `permissions`: allow, ask, deny, additionalDirectories, defaultMode (only while no scope before
 * set it: strongest first), disableBypassPermissionsMode, and v1's allowedTools.  `folder` is what `/path` in its
 * rules is relative to.  What is odd is told and made the best of: a rule that cannot be read allows nothing, and
 * as a deny or ask rule makes every call of the tool it seems to name asked about.
 */
void permissions_add_scope(struct permissions *p, const json_t *permissions, const char *file, const char *folder,
	const struct permission_findings *findings);

/* All scopes, as the configuration holds them (config/config.h: `permissions`). */
void permissions_add_config(struct permissions *p, const json_t *scopes, const struct permission_findings *findings);

/* Claude Code's `sandbox` object: `enabled`, `autoAllowBashIfSandboxed`, `excludedCommands`; strongest first. */
void permissions_add_sandbox(struct permissions *p, const json_t *sandbox);

/*
 * One rule of the command line or of this conversation; `list` is "allow", "ask" or "deny", `file` what the user is
 * told it came from.  False (ERROR_INVALID): it cannot be read, and nothing is added.
 */
bool permissions_add_rule(struct permissions *p, const char *list, const char *rule, const char *file,
	struct error *err) must_use;

void permissions_set_approvals(struct permissions *p, const struct permission_approvals *approvals);
void permissions_add_directory(struct permissions *p, const char *path);

/* Those added, absolute, ended by NULL; the permissions'. */
const char *const *permissions_directories(const struct permissions *p);

/* Claude Code's word for a mode ("manual" and "auto" too, which are the default one); false when it is none. */
bool permission_mode_read(const char *name, enum permission_mode *mode) must_use;
const char *permission_mode_name(enum permission_mode mode);
enum permission_mode permissions_mode(const struct permissions *p);

/* False (ERROR_DENIED) when the settings forbid bypassPermissions. */
bool permissions_set_mode(struct permissions *p, enum permission_mode mode, struct error *err) must_use;

/* Every rule, in the order they are looked at: [{"list", "rule", "file"}].  The caller owns it. */
json_t *permissions_list(const struct permissions *p) must_use;

/* A deny rule without a specifier (or "*") names the tool: models are not told of it. */
bool permissions_hides(const struct permissions *p, struct str tool);

struct permission_call {
	struct str tool;
	const json_t *input;       /* its arguments */
	const char *cwd;           /* where relative paths begin; NULL: where the conversation began */
	const struct path_links *links;        /* NULL: there are none */
	bool confined;             /* it would run where it can do no harm */
	bool loose;                /* a command would run with all of the user's rights, secrets within its reach */
	bool root;                 /* it would run as root: no mode lets a loose command run unasked */
	bool git_runs;             /* git may run programs that the repository in the working folder names */
};

enum { PERMISSION_SUGGESTIONS = 5, PERMISSION_RULE_MAX = 300, PERMISSION_WHY_MAX = 400 };

struct permission {
	enum permission_verdict decision;
	const char *rule, *file;   /* the rule that decided and where it stands; NULL: built in.  The permissions' */
	bool approved;             /* `rule` is an approval's words */
	bool asks_itself;          /* asked, and the tool's own question is the one: no other is needed before it */
	bool hard;                 /* a hard limit: no rule and no answer can change it */
	char why[PERMISSION_WHY_MAX];          /* one clause */
	char real[PATH_BYTES_MAX + 1];         /* of file tools: where the path leads, opened following no link; "" */
	char suggestions[PERMISSION_SUGGESTIONS][PERMISSION_RULE_MAX];         /* rules that would allow it next time */
	size_t suggestion_count;   /* none when it is not asked, or when no rule could cover all of it */
};

void permission_decide(const struct permissions *p, const struct permission_call *call, struct permission *out);

/* Whether any rule keeps files from being read. */
bool permissions_deny_reading(const struct permissions *p);

/* Whether a file that a search has found may be shown: neither secret, nor the system's, nor denied.  Absolute. */
bool permission_may_read(const struct permissions *p, const char *real_path);
