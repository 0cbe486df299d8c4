/*
 * Counters for /metrics, in Prometheus' text format 0.0.4.
 *
 * Numbers only: no text of questions, no keys, no session names.  Every function
 * may be called from any thread.
 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

#include "base/buf.h"
#include "chat/delta.h"

enum metric_source { METRIC_KNOWN, METRIC_LOCAL, METRIC_TEACHER, METRIC_NOBODY, METRIC_SOURCES };
enum metric_result { METRIC_ANSWERED, METRIC_FAILED, METRIC_CANCELLED, METRIC_RESULTS };

/* What happens on the way to a teacher's answer: another attempt, another teacher, one that rests is passed over. */
enum metric_event { METRIC_RETRY, METRIC_FALLBACK, METRIC_SKIP, METRIC_EVENTS };

#define FIRST_TOKEN_BUCKETS 10

struct metrics {
	_Atomic uint64_t answers[METRIC_SOURCES][METRIC_RESULTS];
	_Atomic uint64_t http[6];                     /* by the status' first digit; [0]: none was sent */
	_Atomic uint64_t prompt_tokens, cached_tokens, completion_tokens;
	_Atomic uint64_t drafted_tokens, accepted_tokens;
	_Atomic uint64_t events[METRIC_EVENTS];
	_Atomic uint64_t cost, saved;                 /* micro-dollars */
	_Atomic uint64_t first_token[FIRST_TOKEN_BUCKETS + 1];   /* not cumulative; the last is +Inf */
	_Atomic uint64_t first_token_ns;
};

/* What a scrape shows beside the counters. */
struct metric_gauges {
	size_t active, waiting;       /* local answers under way, and queued */
	size_t parked;                /* of those under way, without memory for now */
	size_t kv_used, kv_cached, kv_total;   /* bytes of keys and values */
	int model_state;              /* enum loader_state */
	size_t teachers, resting;     /* that can be asked, and of these with an open breaker */
	uint64_t uptime_s;
};

void metrics_http(struct metrics *m, unsigned status);
void metrics_answer(struct metrics *m, enum metric_source source, enum metric_result result, struct usage usage);
void metrics_money(struct metrics *m, uint64_t cost, uint64_t saved);
void metrics_event(struct metrics *m, enum metric_event event);
void metrics_first_token(struct metrics *m, uint64_t ns);

/* Appends the whole page. */
void metrics_write(const struct metrics *m, const struct metric_gauges *g, struct buf *out);
