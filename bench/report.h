/* One row of the table that `make bench` prints; bench/run adds the head. */
#pragma once

#include <stdarg.h>
#include <stdio.h>

/* what: what was measured; goal: "" for none; the figure as printf() would write it. */
static inline void report(const char *what, const char *goal, const char *fmt,
	...) __attribute__((format(printf, 3, 4)));
static inline void report(const char *what, const char *goal, const char *fmt, ...)
{
	char figure[160];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(figure, sizeof figure, fmt, ap);
	va_end(ap);
	printf("| %-52s | %-52s | %-16s |\n", what, figure, goal);
	fflush(stdout);
}
