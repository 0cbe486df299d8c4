/*
 * Whether the files a configuration was read from have changed since, so that it is worth
 * reading again.  A file that has come or gone counts; so do those of a reading that failed,
 * which is why a watch is taken from every reading.  A few system calls a file, no reading.
 */
#pragma once

#include "config/config.h"

struct config_watch {
	struct watched { char *path; struct stamp stamp; } *files;
	size_t count;
};

/* Watches what `c` was read from, whether that went well or not; forgets what was watched before. */
void config_watch_take(struct config_watch *w, const struct config *c);

bool config_watch_changed(const struct config_watch *w);

void config_watch_done(struct config_watch *w);
#define own_config_watch owns(config_watch_done) struct config_watch
