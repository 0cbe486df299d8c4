#include "daemon/metrics.h"

#include <inttypes.h>

static const char *const sources[METRIC_SOURCES] = {
	[METRIC_KNOWN] = "known_answer", [METRIC_LOCAL] = "local", [METRIC_TEACHER] = "teacher",
	[METRIC_NOBODY] = "nobody",
};
static const char *const results[METRIC_RESULTS] = {
	[METRIC_ANSWERED] = "answered", [METRIC_FAILED] = "failed", [METRIC_CANCELLED] = "cancelled",
};

static const char *const events[METRIC_EVENTS] = {
	[METRIC_RETRY] = "retry", [METRIC_FALLBACK] = "fallback", [METRIC_SKIP] = "skip",
};

/* Upper bounds in milliseconds. */
static const unsigned buckets[FIRST_TOKEN_BUCKETS] = { 1, 5, 20, 50, 100, 250, 500, 1000, 5000, 30000 };

static uint64_t get(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void add(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

void metrics_http(struct metrics *m, unsigned status)
{
	add(&m->http[status / 100 < countof(m->http) ? status / 100 : 0], 1);
}

void metrics_answer(struct metrics *m, enum metric_source source, enum metric_result result, struct usage usage)
{
	add(&m->answers[source][result], 1);
	add(&m->prompt_tokens, usage.prompt_tokens);
	add(&m->cached_tokens, usage.cached_tokens);
	add(&m->completion_tokens, usage.completion_tokens);
	add(&m->drafted_tokens, usage.drafted_tokens);
	add(&m->accepted_tokens, usage.accepted_tokens);
}

void metrics_money(struct metrics *m, uint64_t cost, uint64_t saved)
{
	add(&m->cost, cost);
	add(&m->saved, saved);
}

void metrics_event(struct metrics *m, enum metric_event event)
{
	add(&m->events[event], 1);
}

void metrics_first_token(struct metrics *m, uint64_t ns)
{
	size_t bucket = 0;

	while (bucket < FIRST_TOKEN_BUCKETS && ns > (uint64_t)buckets[bucket] * 1000000)
		bucket++;
	add(&m->first_token[bucket], 1);
	add(&m->first_token_ns, ns);
}

static void title(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_putf(out, "# HELP shammah_%s %s\n# TYPE shammah_%s %s\n", name, help, name, type);
}

static void number(struct buf *out, const char *name, const char *type, const char *help, uint64_t value)
{
	title(out, name, type, help);
	buf_putf(out, "shammah_%s %" PRIu64 "\n", name, value);
}

static void write_answers(const struct metrics *m, struct buf *out)
{
	title(out, "answers_total", "counter", "Answers by who gave them and how they ended.");
	for (size_t s = 0; s < METRIC_SOURCES; s++)
		for (size_t r = 0; r < METRIC_RESULTS; r++)
			buf_putf(out, "shammah_answers_total{source=\"%s\",result=\"%s\"} %" PRIu64 "\n",
				sources[s], results[r], get(&m->answers[s][r]));
}

/* Micro-dollars, shown in dollars. */
static void money(struct buf *out, const char *name, const char *help, uint64_t micro)
{
	title(out, name, "counter", help);
	buf_putf(out, "shammah_%s %" PRIu64 ".%06" PRIu64 "\n", name, micro / 1000000, micro % 1000000);
}

static void write_events(const struct metrics *m, struct buf *out)
{
	title(out, "teacher_events_total", "counter", "Teachers asked again, left for another, passed over.");
	for (size_t i = 0; i < METRIC_EVENTS; i++)
		buf_putf(out, "shammah_teacher_events_total{event=\"%s\"} %" PRIu64 "\n", events[i],
			get(&m->events[i]));
}

static void write_http(const struct metrics *m, struct buf *out)
{
	title(out, "http_requests_total", "counter", "HTTP requests by class of status.");
	for (size_t i = 2; i < countof(m->http); i++)
		buf_putf(out, "shammah_http_requests_total{status=\"%zuxx\"} %" PRIu64 "\n", i, get(&m->http[i]));
}

static void write_first_token(const struct metrics *m, struct buf *out)
{
	uint64_t sum = 0;

	title(out, "first_token_seconds", "histogram", "Time from a request to its first piece of text.");
	for (size_t i = 0; i < FIRST_TOKEN_BUCKETS; i++) {
		sum += get(&m->first_token[i]);
		buf_putf(out, "shammah_first_token_seconds_bucket{le=\"%g\"} %" PRIu64 "\n", buckets[i] / 1000.0, sum);
	}
	sum += get(&m->first_token[FIRST_TOKEN_BUCKETS]);
	buf_putf(out, "shammah_first_token_seconds_bucket{le=\"+Inf\"} %" PRIu64 "\n", sum);
	buf_putf(out, "shammah_first_token_seconds_sum %.9f\n", (double)get(&m->first_token_ns) / 1e9);
	buf_putf(out, "shammah_first_token_seconds_count %" PRIu64 "\n", sum);
}

void metrics_write(const struct metrics *m, const struct metric_gauges *g, struct buf *out)
{
	write_answers(m, out);
	write_http(m, out);
	write_events(m, out);
	number(out, "prompt_tokens_total", "counter", "Tokens of prompts.", get(&m->prompt_tokens));
	number(out, "cached_tokens_total", "counter", "Tokens of prompts that were not computed again.",
		get(&m->cached_tokens));
	number(out, "completion_tokens_total", "counter", "Tokens generated.", get(&m->completion_tokens));
	number(out, "drafted_tokens_total", "counter", "Tokens guessed at.", get(&m->drafted_tokens));
	number(out, "accepted_tokens_total", "counter", "Guesses that were right.", get(&m->accepted_tokens));
	money(out, "cost_dollars_total", "What teachers cost, by list prices.", get(&m->cost));
	money(out, "saved_dollars_total", "What the first teacher would have cost for local answers.", get(&m->saved));
	write_first_token(m, out);
	number(out, "requests_active", "gauge", "Local answers under way.", g->active);
	number(out, "requests_waiting", "gauge", "Requests waiting for the local model.", g->waiting);
	number(out, "requests_parked", "gauge", "Local answers that wait for memory.", g->parked);
	number(out, "kv_used_bytes", "gauge", "Keys and values of answers under way.", g->kv_used);
	number(out, "kv_cached_bytes", "gauge", "Keys and values kept for later.", g->kv_cached);
	number(out, "kv_total_bytes", "gauge", "Keys and values at most.", g->kv_total);
	number(out, "model_state", "gauge", "Local model: 0 none, 1 loading, 2 ready, 3 failed.",
		(uint64_t)g->model_state);
	number(out, "teachers", "gauge", "Teachers that can be asked.", g->teachers);
	number(out, "teachers_resting", "gauge", "Of these, such as rest after failures.", g->resting);
	number(out, "uptime_seconds", "gauge", "Seconds since the daemon started.", g->uptime_s);
}
