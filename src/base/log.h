/*
 * The program's log: one line an event, with time and severity.
 *
 * Programs log, libraries return errors.  Never a key, never the user's text.
 * Goes to standard error, which a background daemon has in its log file.  Any thread.
 */
#pragma once

#include "base/cleanup.h"

void log_info(const char *fmt, ...) printf_like(1, 2);
void log_warn(const char *fmt, ...) printf_like(1, 2);
void log_error(const char *fmt, ...) printf_like(1, 2);
