/*
 * Calls that the user has approved in dialogs: once, for this conversation, or for good.
 *
 * Those for good are kept in ~/.shammah/tool_patterns.json (version 2):
 *
 *   {"version": 2, "patterns": [{"id", "kind", "tool", "pattern" or "fields", "folder", "what", "created",
 *    "matches", "last_used"}]}
 *
 * kind "wildcard": '*' stands for any characters; "regex": PCRE2, of the whole text, in bounded time and memory;
 * "structured": '*' in "fields", all of which must match: of a command `command` (its first word) and `args` (the
 * rest), of a file `path`, else the call's arguments by name.  "folder": only in projects there and below.  Of a line
 * of shell each command is matched by itself.  An approval is one way to say yes: hard limits, deny and ask rules
 * stand above it (permit/permission.h).
 *
 * Several clients share the file: each writes what it has added, removed and counted into what then stands there,
 * under a lock, whole or not at all, 0600.  A file of version 1 is read, and written as version 2 with the next change;
 * a copy of it is kept.  One of another version is left alone.  One that is damaged approves nothing, and is put aside
 * when the next is written.  A file that others may write, or that is somebody else's, approves nothing.
 *
 * Looking up takes a lock of its own; any thread may, also while others add and remove.
 */
#pragma once

#include "base/json.h"

#define APPROVALS_MAX        2000
#define APPROVALS_FILE_MAX   ((size_t)1 << 20)
#define APPROVAL_PATTERN_MAX 1000      /* bytes */
#define APPROVAL_TEXT_MAX    ((size_t)64 << 10)        /* longer texts are matched by nothing */

enum approval_kind { APPROVAL_WILDCARD, APPROVAL_REGEX, APPROVAL_STRUCTURED, APPROVAL_KINDS };
enum approval_life { APPROVAL_ONCE, APPROVAL_SESSION, APPROVAL_FOREVER, APPROVAL_LIVES };

/* "wildcard", ...; "once", "session", "forever". */
extern const char *const approval_kind_names[APPROVAL_KINDS];
extern const char *const approval_life_names[APPROVAL_LIVES];

struct approval_wish {
	enum approval_kind kind;
	enum approval_life life;
	const char *tool;          /* "Bash" */
	const char *pattern;       /* of a wildcard or regex */
	const json_t *fields;      /* of a structured one: strings by name */
	const char *folder;        /* NULL: everywhere */
	const char *what;          /* the user's note; NULL: none */
};

struct approvals;

/*
 * `home` is ~/.shammah (NULL: nothing is kept), `root` the project.  Never fails: what is wrong with the file is
 * added to `odd`, a line each.  The caller destroys.
 */
struct approvals *approvals_open(const char *home, const char *root, struct buf *odd);
void approvals_destroy(struct approvals **a);
#define own_approvals owns(approvals_destroy) struct approvals

/*
 * ERROR_INVALID: the wish cannot be taken.  What is for good is written at once; if that fails it holds for this
 * conversation, and the error says so (ERROR_UNAVAILABLE).
 */
bool approvals_add(struct approvals *a, const struct approval_wish *wish, struct error *err) must_use;

/* ERROR_NOT_FOUND; `id` as approvals_list() gives it. */
bool approvals_remove(struct approvals *a, const char *id, struct error *err) must_use;

/*
 * The words of an approval that covers this, or NULL; for permissions_set_approvals(), with the approvals as `user`.
 * `text`: one command of a line, the path where a file lies, an address, or "".  They live as long as `user`.
 */
const char *approvals_find(void *user, struct str tool, struct str text, const json_t *input);

/* A call that these words have let through was made: it is counted, and gone if it was for once. */
void approvals_used(struct approvals *a, const char *words);

/* Writes counts that are not written yet; done at the end as well.  A failure loses counts only. */
bool approvals_save(struct approvals *a, struct error *err) must_use;

/* [{"id", "life", "words", and what the file holds}].  The caller owns it. */
json_t *approvals_list(struct approvals *a) must_use;
