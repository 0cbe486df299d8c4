/*
 * Which files a command's words name, and what becomes of them; for programs whose words are known (cat, cp,
 * sed -i, ...).  Best effort: words that only look like paths may be among them.
 */
#pragma once

#include "permit/command_words.h"

enum file_use {
	FILE_LISTED,               /* looked for, its name or size shown */
	FILE_READ,
	FILE_WRITTEN,              /* made, changed, removed */
	FILE_FROM_EXAMPLE,         /* written, from a file that shows how */
};

/* Calls `found` with each; `path` lies in the word's text. */
void command_files(const struct args *a,
	void (*found)(void *context, const struct arg *arg, const char *path, enum file_use use), void *context);
