/*
 * The daemon: one process a home folder, from its lock to its last stream.
 */
#pragma once

#include "config/config.h"

/*
 * Runs until SIGTERM or SIGINT.  `ready_fd` (or -1) gets one report and is
 * closed: "ready PORT", "taken" when another daemon holds the lock, else the
 * reason why it did not start; with it the daemon is a background one, whose
 * standard error is home/daemon.log.  False when it could not start.
 */
bool daemon_run(const struct config *config, const char *home, int ready_fd, struct error *err) must_use;
