/*
 * Where things stand in a TOML text: what toml_edit.c needs to change one of them
 * and leave every other byte as it is.  https://toml.io/en/v1.0.0
 *
 * It reads shapes, not values, and expects a text that a TOML parser has accepted
 * (config/toml.h); of any other it may see something or refuse it, but it stays
 * inside the text.  One thread.
 */
#pragma once

#include "base/json.h"

enum toml_kind {
	TOML_TABLE,              /* [name] */
	TOML_ELEMENT,            /* [[name]] */
	TOML_VALUE,              /* name = value */
	TOML_MEMBER,             /* the same inside { } */
};

struct toml_statement {
	enum toml_kind kind;
	json_t *path; /* from the root: names, and after the name of [[tables]] which of them it is, from 0 */
	size_t steps;            /* of the path, those that the statement itself does not write: its section's */
	size_t line;             /* from 1 */
	size_t start, end;       /* whole lines, the newline included; of a member: from its key to its value's end */
	size_t value, value_end; /* of the last two */
};

struct toml_scan {
	struct toml_statement *all;  /* in the text's order; members before the value that holds them */
	size_t count, capacity;
	json_t *elements;        /* how many [[tables]] of each path there are, by the path's JSON */
	size_t top;              /* where the first statement could stand: after a byte order mark */
	const char *newline;     /* as the text ends its first line; "\n" when it has none */
};

#define TOML_STEPS_MAX 32        /* of a path, and of values in values */

/* `what` names the text in errors.  toml_scan_done() in any case. */
bool toml_scan(struct toml_scan *s, struct str text, const char *what, struct error *err) must_use;
void toml_scan_done(struct toml_scan *s);
#define own_toml_scan owns(toml_scan_done) struct toml_scan

/* How many [[tables]] a path names. */
size_t toml_scan_elements(const struct toml_scan *s, const json_t *path);

/* Whether `path` begins with the first `steps` of `start`. */
bool toml_path_begins(const json_t *path, const json_t *start, size_t steps);
