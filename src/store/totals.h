/*
 * The books summed up: what was answered by whom, and what it cost.  One thread.
 */
#pragma once

#include "store/record.h"

#define TOTALS_MAX 100             /* groups; whatever comes after them counts in the sum of all only */

/* Everything answered by one model of one teacher, by a local model, by known answers, or by nobody. */
struct total {
	char *source, *teacher, *model;    /* as in struct metric_record; NULL: none */
	uint64_t answers;          /* of these: */
	uint64_t failed, cancelled, escalated, estimated;
	uint64_t unpriced;         /*   a teacher's that said something, at a price that is not known */
	uint64_t prompt_tokens, cached_tokens, completion_tokens;
	uint64_t cost, saved;      /* micro-dollars */
	uint64_t ms;
};

struct totals {
	struct total all;
	struct total *groups;      /* in the order they first came */
	size_t count;
	size_t damaged;            /* lines that could not be read */
};

void totals_add(struct totals *t, const struct metric_record *r);

/* Adds what was answered from the day `first` to the day `last`.  totals_done() in any case. */
bool totals_read(struct totals *t, const char *home, int first, int last, struct error *err) must_use;

void totals_done(struct totals *t);
#define own_totals owns(totals_done) struct totals
