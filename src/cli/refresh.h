/*
 * A prompt's settings, read again when a file of theirs has changed.
 */
#pragma once

#include "cli/link.h"
#include "cli/show.h"
#include "config/watch.h"

struct refresh {
	struct config_watch watch;
};

/* Begins to watch what `c` was read from. */
void refresh_begin(struct refresh *r, const struct config *c);
void refresh_done(struct refresh *r);

/*
 * Before a question: reads `c` anew when that is worth it, keeping what the command line
 * said, and has the link tell the daemon.  A broken edit changes nothing, and is said.
 */
bool refresh_look(struct refresh *r, struct config *c, struct link *link, struct show *show);
