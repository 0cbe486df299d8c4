/*
 * What `shammah doctor` found, and how it is shown.
 *
 * Whatever is put in passes one filter: texts that were named as secrets, wherever
 * they stand, become "***", the home folder becomes "~", and what a terminal would obey is made visible.
 */
#pragma once

#include "base/json.h"

enum report_result { REPORT_OK, REPORT_WARN, REPORT_FAIL, REPORT_RESULTS };

struct report {
	json_t *rows;            /* [{check, result, text, advice}] */
	size_t count[REPORT_RESULTS];
	const char *check;       /* whose rows come now */
	char *home;              /* the user's home folder; NULL: unknown */
	char **secrets;
	size_t secret_count;
};

void report_init(struct report *r, const char *home);
void report_done(struct report *r);
#define own_report owns(report_done) struct report

/* Never to be seen again.  NULL and texts of under 6 bytes, which could be anything, are passed over. */
void report_secret(struct report *r, const char *secret);

/* Adds a row.  `advice` is the one thing to do, NULL for none. */
void report_add(struct report *r, enum report_result result, const char *advice, const char *fmt, ...)
	printf_like(4, 5);

/* A table for people on standard output, with colours where asked for. */
void report_print(const struct report *r, bool colour);

/* {"version", "checks": [...], "warnings", "failures"}; the caller owns it. */
json_t *report_json(const struct report *r);
