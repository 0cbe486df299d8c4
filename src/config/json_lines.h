/* In which line of a JSON text something stands: our parser does not keep that, errors need it. */
#pragma once

#include "base/str.h"

/*
 * The line, from 1, of the key "shammah.server.port" or of the list's member
 * "shammah.teachers[1]"; that of the nearest there is around it.  The text is valid JSON;
 * of any other the answer is some line of it.  Keys written with escapes are not found.
 */
int json_line(struct str text, const char *path);
