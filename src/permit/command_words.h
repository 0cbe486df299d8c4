/*
 * The words a command would get, as far as the line itself tells: variables it
 * sets, defaults, braces.  Where a variable may be several things, each becomes
 * a word, for a judge must see them all.
 */
#pragma once

#include "permit/shell.h"

enum { ARGS_MAX = 2000 };

/* A value some part of the line gives a variable; the first is the newest. */
struct variable {
	struct str name;
	const char *text;
	const struct variable *older;
};

struct arg {
	const char *text;       /* with the marks of permit/shell.h for what stays unknown */
	bool unknown, glob, quoted;
	struct str source;
};

struct args {
	struct arg *at;
	size_t count;
	size_t heads;           /* words the first one became: each may be the command's name */
	bool ok;                /* false: past a ceiling */
};

struct args args_of(struct arena *arena, const struct shell_command *c, const struct variable *known);

/* What the commands of a script give variables, functions' arguments included. */
const struct variable *variables_of(struct arena *arena, const struct shell_script *script,
	const struct variable *older);

/* The words from `start` on, with blanks between. */
const char *args_join(struct arena *arena, const struct args *a, size_t start);

/* The name without folders. */
const char *arg_name(const struct arg *a);

/* Marks of expansions as the shell writes them, for a text to be parsed again. */
struct str words_unmark(struct arena *arena, const char *text);
