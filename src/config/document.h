/* One file of the configuration, read and parsed: inside config/ only. */
#pragma once

#include "config/config.h"

#define DOCUMENT_MAX ((size_t)1 << 20)

/* Weakest first. */
enum scope {
	SCOPE_OURS,              /* ~/.shammah/config.toml, the only one that is TOML */
	SCOPE_USER,              /* ~/.claude/settings.json */
	SCOPE_PROJECT,           /* .claude/settings.json in the start folder */
	SCOPE_LOCAL,             /* .claude/settings.local.json at the git root */
	SCOPE_MANAGED,           /* /etc/claude-code */
};

struct document {
	enum scope scope;
	char *path, *name;       /* where it is, and how it is shown */
	char *folder;            /* of a project's: the folder that holds .claude; NULL otherwise */
	char *text;              /* of JSON, to find lines in */
	size_t len;
	json_t *root;            /* an object; NULL: not there, or broken */
	json_t *lines;           /* of TOML, see config/toml.h */
};

static inline bool scope_is_project(enum scope s) { return s == SCOPE_PROJECT || s == SCOPE_LOCAL; }

/*
 * Reads a file of at most `limit` bytes, and only a regular one: a pipe would hold us up.
 * NULL with ERROR_NOT_FOUND when there is none; other errors name it as `name`.
 */
char *document_text(const char *path, const char *name, size_t limit, size_t *len, struct stamp *stamp,
	struct error *err) must_use;

/* Reads d->path, unless there is a text already, parses that and notes the file; what is wrong becomes a finding. */
void document_read(struct document *d, struct config *c);
void document_done(struct document *d);

/* Adds a finding about the value at `path`, as "NAME:LINE: PATH: ...". */
void document_finding(const struct document *d, struct config *c, enum finding_kind kind, const char *path,
	const char *fmt, ...) printf_like(5, 6);

/* Notes a file that was looked for. */
void file_note(struct config *c, const char *path, const char *name, enum config_file_state state,
	const struct stamp *stamp);
