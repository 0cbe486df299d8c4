/*
 * Code of other languages that a command line carries (python -c, awk, perl -e):
 * not parsed, only searched for what it gives to a shell, deletes or overwrites.
 */
#pragma once

#include "base/arena.h"

/*
 * What a script of sed's gives to a shell by its command or flag `e` (GNU sed's manual): the words behind the
 * command, the replacement before the flag; NULL: nothing.
 */
const char *code_of_sed(struct arena *arena, const char *script);

/* Why this code is never run, or NULL. */
const char *code_never(struct arena *arena, const char *code);

/* Calls `found` with each text in quotes, all of them joined, and what follows "!", if the code runs programs. */
void code_scripts(struct arena *arena, const char *code, void (*found)(void *context, struct str script),
	void *context);
