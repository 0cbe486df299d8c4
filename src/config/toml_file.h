/*
 * config.toml as a text to be edited.
 */
#pragma once

#include "base/buf.h"

/* Reads it into `text`; a file that is missing is an empty one. */
bool toml_file_read(const char *path, struct buf *text, struct error *err) must_use;

/*
 * Replaces it whole, mode 0600, folders 0700; where it is a link, what the link
 * leads to.  Fails when it no longer holds `was`: somebody else has changed it.
 */
bool toml_file_write(const char *path, struct str was, struct str text, struct error *err) must_use;
