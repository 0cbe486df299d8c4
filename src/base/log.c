/*
 * A line is formatted on the stack and written by one write(), so lines of
 * several threads (or of two daemons racing for the lock) never mix.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void write_line(const char *severity, const char *fmt, va_list ap)
{
	char line[1024];
	struct tm utc;
	time_t now = time(NULL);

	gmtime_r(&now, &utc);
	size_t n = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%SZ ", &utc);
	n += (size_t)snprintf(line + n, sizeof line - n, "%s ", severity);
	int text = vsnprintf(line + n, sizeof line - n - 1, fmt, ap);
	if (text > 0)
		n += (size_t)text < sizeof line - n - 1 ? (size_t)text : sizeof line - n - 2;
	for (char *c = line; c < line + n; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	line[n++] = '\n';
	(void)!write(STDERR_FILENO, line, n);
}

#define DEFINE(name, severity) \
	void name(const char *fmt, ...) \
	{ \
		va_list ap; \
		va_start(ap, fmt); \
		write_line(severity, fmt, ap); \
		va_end(ap); \
	}

DEFINE(log_info, "info ")
DEFINE(log_warn, "warn ")
DEFINE(log_error, "error")
