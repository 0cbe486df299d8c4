/* Where keys were looked for, in words: for who asks a teacher and has none. */
#pragma once

#include "config/config.h"

/*
 * Appends several lines: each place that was looked at with what was found there, and what to do.
 * Never a key.  For a configuration without teachers.
 */
void config_key_report(const struct config *c, struct buf *out);
