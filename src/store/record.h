/*
 * The books: one line an answer in metrics/YYYY-MM-DD.jsonl (store/lines.h), by the
 * day (UTC) it was given.  Figures and names only; of the question there is a keyed
 * hash (store/query_hash.h), which tells that two were equal and nothing else.
 *
 * Any process and thread may append and read.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"

#define RECORD_DAYS 30             /* files of so many days before today are kept: a whole month is always there */

/* Strings that are NULL, and figures that are 0, are not written. */
struct metric_record {
	int64_t time;              /* seconds since 1970 */
	const char *source;        /* who answered: "known", "local", "teacher", "none" */
	const char *result;        /* "answered", "failed", "cancelled" */
	const char *teacher, *provider, *model;    /* of a teacher's answer; `model` of a local one as well */
	uint64_t prompt_tokens, cached_tokens, written_tokens, completion_tokens, thought_tokens;
	bool estimated;            /* its tokens are guessed: it was cut, or its vendor did not say */
	bool cost_known;
	uint64_t cost;             /* micro-dollars */
	uint64_t saved;            /* micro-dollars that the first teacher would have taken for the same */
	bool escalated;            /* a teacher answered, for the model of this machine was not ready or not able */
	uint64_t ms;               /* from the question to the end of the answer */
	const char *query;         /* hash of the question */
};

/* A day as YYYYMMDD, in UTC; 0 for a time that has none. */
int record_day(int64_t time);

/* The first day of its month. */
static inline int record_month(int day) { return day / 100 * 100 + 1; }

/* `home` is ~/.shammah; folder and file are made as needed. */
bool record_append(const char *home, const struct metric_record *r, struct error *err) must_use;

/* Strings are valid during the call only. */
typedef void record_fn(void *user, const struct metric_record *r);

/* Reads the days from `first` to `last`, oldest first; adds lines that could not be read to *damaged. */
bool records_read(const char *home, int first, int last, record_fn *on_record, void *user, size_t *damaged,
	struct error *err) must_use;

/* Deletes the files of days that are no longer kept; returns how many. */
size_t records_expire(const char *home, int64_t now);
