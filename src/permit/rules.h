/*
 * One permission rule: Claude Code's grammar (its page "permissions"), and v1's spellings of it.
 *
 *   Tool                       every call; in deny and ask rules the name may hold '*', in allow rules only
 *                              behind "mcp__SERVER__"
 *   Bash(git log *)            '*' stands for any characters; " *" or ":*" at the end for the command alone as well
 *   Read(PATH), Edit(PATH)     a pattern of .gitignore, below "//" the root, "~/" the home, "/" the settings' folder,
 *                              else the current one
 *   WebFetch(domain:HOST)      "*.": any subdomain; '*' elsewhere stays between two dots
 *   Agent(NAME), Skill(NAME *)
 *   Tool(parameter:value)      deny and ask only; '*' as in commands
 *   Write(PATH), WebFetch(URL) v1's: of Write alone; scheme, host, port and path
 *
 * Rules are read only once they are made; any thread.
 */
#pragma once

#include "base/json.h"
#include "permit/glob.h"

enum rule_list { RULE_DENY, RULE_ASK, RULE_ALLOW, RULE_LISTS };     /* in the order they are looked at */

/* "deny", "ask", "allow". */
extern const char *const rule_list_names[];

enum rule_kind {
	RULE_TOOL,
	RULE_COMMAND,
	RULE_PATH,
	RULE_DOMAIN,
	RULE_URL,
	RULE_PARAMETER,
	RULE_NAME,
	RULE_NOTHING,              /* never looked at: Cd(PATH), and path rules of tools that have none */
};

struct rule {
	enum rule_list list;
	enum rule_kind kind;
	char *text, *file;         /* as written, and where */
	struct str tool;           /* in text */
	char *spec;                /* what is matched: of paths without its anchor */
	char *anchor;              /* of paths: the folder, absolute, without a slash at its end; "" the root */
	struct ignore_pattern pattern;         /* of paths; its text is `spec` */
	char *parameter;
	char *odd;                 /* what was told of it when it was read; NULL: nothing */
	bool both_roots;           /* v1's "/etc": below the root as well */
	bool broken;               /* a deny or ask rule that could not be read: asks about every call of its tool */
};

/* What anchors mean; absolute.  home NULL: unknown. */
struct rule_folders {
	const char *cwd, *home, *source;
};

/*
 * False: there is nothing left to do with it.  `odd` is what is to be told, in either case; "" when nothing is.
 * rule_done() in any case.
 */
bool rule_read(struct rule *r, enum rule_list list, const char *text, const char *file,
	const struct rule_folders *folders, struct buf *odd) must_use;
void rule_done(struct rule *r);

/* Whether its name covers the tool's. */
bool rule_names(const struct rule *r, struct str tool);

/* Of RULE_COMMAND: one command, blanks between its words. */
bool rule_matches_command(const struct rule *r, struct str command);

/* It stands for one command only. */
bool rule_is_exact(const struct rule *r);

/* Of RULE_PATH: `path` absolute and plain; `anchor` in place of the rule's own. */
bool rule_matches_path(const struct rule *r, const char *anchor, const char *path);

/* Of RULE_DOMAIN and RULE_URL; `host` as permit/url.h gives it. */
bool rule_matches_url(const struct rule *r, struct str url, const char *host, unsigned port);

/* Of RULE_PARAMETER and RULE_NAME: a member of a call's arguments. */
bool rule_matches_input(const struct rule *r, const json_t *input);

/* A path in a rule, with what patterns take for special made plain: "src/[a]" becomes "src/\[a\]". */
bool rule_add_path(struct buf *out, const char *path, struct error *err) must_use;
