/*
 * Where the commands of tools run: confined (process/confine.h) to the project and the
 * folders added to it, unless the user's settings or this call say otherwise.
 *
 * Within, git's hooks and configuration, settings of editors and assistants and such
 * (permit/path_table.h) stay as they are, and secrets, of the home as of the project, cannot be opened.
 */
#pragma once

#include "process/confine.h"
#include "tool/context.h"

/* Whether the conversation's commands can and shall be confined. */
bool sandbox_confines(const struct tool_context *c);

/* False, and why: the settings want commands confined, and it cannot be done here. */
bool sandbox_as_wanted(const struct tool_context *c, struct error *why) must_use;

/* The folder that is /tmp to confined commands, and $TMPDIR to all; the caller frees. */
char *sandbox_temp(const struct tool_context *c, struct error *err) must_use;

/* A command line that runs argv confined, in `folder`.  argv and `folder` are borrowed by `out`. */
bool sandbox_confine(const struct tool_context *c, const char *folder, const char *const *argv, struct confined *out,
	struct error *err) must_use;

/* Whether a path (absolute, no links in it) lies in the project or a folder added to it. */
bool sandbox_holds(const struct tool_context *c, const char *real_path);

/*
 * Files that nobody may make but the user (.claude, .envrc, ...) and that are not there.
 * After the command: what it has made of these is renamed to NAME.made-by-a-command, and their
 * names are appended to `out`, ", " between them.
 */
struct sandbox_watch {
	char **absent;           /* ended by NULL */
};
void sandbox_watch_begin(struct sandbox_watch *w, const struct tool_context *c);
void sandbox_watch_end(struct sandbox_watch *w, struct buf *out);
