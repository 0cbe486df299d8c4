/* How a line of shell is decided on: inside permit/ only. */
#pragma once

#include "permit/command_files.h"
#include "permit/permission_parts.h"

enum { LINE_FOLDERS = 8, LINE_DEPTH = 6, LINE_COMMANDS = 50 };

/* What was found, the worse the greater. */
enum level {
	LEVEL_FREE,
	LEVEL_NEED,                /* no rule covers it; the mode may */
	LEVEL_ALONE,               /* the same, and no rule could: asked about each time */
	LEVEL_PROTECTED,           /* writes what runs later by itself */
	LEVEL_UNREAD,              /* it is no shell that is known here: asked about in every mode */
	LEVEL_ASKED,               /* by a rule */
	LEVEL_CRITICAL,            /* removes a folder that must stay: asked about in every mode */
	LEVEL_DENIED,              /* by a rule */
	LEVEL_HARD,
};

/* Folders that a command may run in, as far as "cd" tells. */
struct folders {
	const char *at[LINE_FOLDERS];
	bool outside[LINE_FOLDERS];
	size_t count;
	bool unknown;              /* and others */
};

struct line {
	struct deciding *d;
	struct arena arena;
	struct str text;           /* without blanks at its ends, as rules see it */
	struct shell_script script;
	const struct variable *known;
	struct folders now, all;
	bool safe;                 /* the whole line only reads */
	bool sandboxed;            /* it runs confined, and settings say that this is enough */
	bool open;                 /* it is to run outside the sandbox */

	enum level level;          /* the worst so far */
	const struct rule *rule;
	char why[PERMISSION_WHY_MAX];
	const struct rule *allowed;        /* the first allow rule that was needed; approved: an approval */
	const char *approved;

	/* Of the command looked at. */
	bool reads;                /* it does nothing more */
	bool outside;              /* it touches what lies elsewhere */
	bool unclear;              /* an expansion or wildcard decides what it touches */
	char outside_path[PATH_BYTES_MAX + 1];
	bool outside_written;
};

/* Keeps the worst finding; `part` is the text it is about. */
void line_note(struct line *l, enum level level, const struct rule *rule, const char *why, struct str part);

/* --- where (line_paths.c) ----------------------------------------------------------------- */

/* A file that a command or redirect touches. */
void line_file(struct line *l, const struct arg *arg, const char *path, enum file_use use);
void line_redirects(struct line *l, const struct shell_command *c);

/* After a command: where the next one may run. */
void line_moves(struct line *l, const struct shell_command *c, const struct args *a);

/* What names no file reads the folder that "cd" has led to. */
void line_here(struct line *l);

/* Whether a "cd" has led elsewhere. */
bool line_moved(const struct line *l);

/* "rm" of a folder that must stay. */
bool line_critical(struct line *l, const struct args *a);

/* --- deny and ask rules (line_rules.c) ----------------------------------------------------- */

/* Looks at a command in all its forms: wrappers, scripts given to shells, what find and xargs run. */
void line_visit(struct line *l, const struct shell_command *c, const struct args *a, int depth);

/* Deny and ask rules against one text. */
void line_match(struct line *l, struct str text, struct str part);

/* --- allow rules (line_allow.c) -------------------------------------------------------------- */

/* The words of a command as written, one blank between; with its assignments, or without. */
struct str line_source(struct line *l, const struct shell_command *c, size_t first, bool assigns);

/* The first word behind wrappers that rules see through. */
size_t line_unwrapped(const struct shell_command *c);

/* Whether something lets the command run: a rule, an approval, that it only reads, the mode. */
void line_cover(struct line *l, const struct shell_command *c);

/* A rule for the command, if one can be. */
void line_suggest(struct line *l, const struct shell_command *c);
