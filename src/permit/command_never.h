/*
 * The tables of the judge (permit/command.c): what is never run, how wrappers
 * are looked through, and what only reads.
 */
#pragma once

#include "permit/command_words.h"

/* Why these words are never run, or NULL. */
const char *never_reason(const struct args *a);

/* Why writing to this path is never done, or NULL. */
const char *never_written(const char *path);

/* Whether a program is a shell, which runs what it is given; or another language's interpreter. */
bool is_shell(const char *name);
bool is_interpreter(const char *name);

/* Where the word of git that says what it does stands; 0: nowhere. */
size_t git_verb_at(const struct args *a);

/* Where the command behind a wrapper begins (0: this is none); *joined says that the rest is a script. */
size_t wrapped_at(const struct args *a, bool *joined);

/* Whether the command only reads; *why says what speaks against it. */
bool only_reads(const struct args *a, const char **why);

/* Variables that may be set before a command without a question; and that rules see through. */
bool is_harmless_variable(struct str name);
bool is_safe_variable(struct str name);
