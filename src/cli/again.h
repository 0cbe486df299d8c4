/*
 * Starting again into the same conversation: it is written to a file that only the user can
 * read, and whoever takes it up removes it first.
 */
#pragma once

#include "cli/conversation.h"

/* Writes the conversation; the path of the file, which the caller frees, or NULL. */
char *again_keep(const struct conversation *c, struct error *err) must_use;

/* Goes on with what stands in such a file, under today's system prompt. */
bool again_take_up(struct conversation *c, const char *path, struct error *err) must_use;

/* Becomes `program`, which takes up the file; returns only when that fails, and the file is gone. */
void again_become(const char *program, const char *path, const struct options *o, struct error *err);
