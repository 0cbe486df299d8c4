#include <math.h>

#include "base/utf8.h"
#include "daemon/openai_writer.h"

/* --- log-probabilities ----------------------------------------------------------- */

/* JSON has no infinity; OpenAI writes -9999 for "practically impossible". */
static double finite_or_least(float logprob)
{
	return isfinite(logprob) ? (double)logprob : -9999.0;
}

static json_t *token_json(const struct token_logprob *t)
{
	json_t *bytes = json_array();
	bool valid = utf8_valid(t->text.p, t->text.n);

	for (size_t i = 0; i < t->text.n; i++)
		json_array_append_new(bytes, json_integer((unsigned char)t->text.p[i]));
	return json_pack("{s:o, s:f, s:o}", "token",
		valid ? json_stringn(t->text.p, t->text.n) : json_string("\xEF\xBF\xBD"),
		"logprob", finite_or_least(t->logprob), "bytes", bytes);
}

json_t *openai_logprobs(const struct delta *d)
{
	json_t *list = json_array();

	for (size_t i = 0; i < d->logprob_count; i++) {
		json_t *token = token_json(&d->logprobs[i]), *rivals = json_array();
		for (size_t k = 0; k < d->logprobs[i].rival_count; k++)
			json_array_append_new(rivals, token_json(&d->logprobs[i].rivals[k]));
		json_object_set_new(token, "top_logprobs", rivals);
		json_array_append_new(list, token);
	}
	return list;
}

/* --- usage --------------------------------------------------------------------------- */

/* The prompt counts once; answers under way side by side take as long as the longest. */
void openai_add_usage(struct openai_writer *w, const struct delta *end)
{
	struct usage *sum = &w->usage;
	size_t completion = sum->completion_tokens + end->usage.completion_tokens;
	uint64_t ns = sum->completion_ns > end->usage.completion_ns ? sum->completion_ns : end->usage.completion_ns;
	size_t drafted = sum->drafted_tokens + end->usage.drafted_tokens;
	size_t accepted = sum->accepted_tokens + end->usage.accepted_tokens;

	if (end->choice == 0)
		*sum = end->usage;
	sum->completion_tokens = completion;
	sum->drafted_tokens = drafted;
	sum->accepted_tokens = accepted;
	sum->completion_ns = ns;
	w->ended++;
}

bool openai_write_usage(const struct usage *u, struct buf *out, struct error *err)
{
	return buf_addf(out, err, "\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,\"total_tokens\":%zu,"
		"\"prompt_tokens_details\":{\"cached_tokens\":%zu}}",
		u->prompt_tokens, u->completion_tokens, u->prompt_tokens + u->completion_tokens, u->cached_tokens);
}

static double per_second(size_t tokens, uint64_t ns)
{
	return ns ? (double)tokens * 1e9 / (double)ns : 0;
}

bool openai_write_timings(const struct usage *u, struct buf *out, struct error *err)
{
	size_t computed = u->prompt_tokens - u->cached_tokens;

	return !u->prompt_ns || buf_addf(out, err, ",\"timings\":{\"cache_n\":%zu,\"prompt_n\":%zu,\"prompt_ms\":%.3f,"
		"\"prompt_per_second\":%.2f,\"predicted_n\":%zu,\"predicted_ms\":%.3f,\"predicted_per_second\":%.2f,"
		"\"draft_n\":%zu,\"draft_n_accepted\":%zu}",
		u->cached_tokens, computed, (double)u->prompt_ns / 1e6, per_second(computed, u->prompt_ns),
		u->completion_tokens, (double)u->completion_ns / 1e6,
		per_second(u->completion_tokens, u->completion_ns), u->drafted_tokens, u->accepted_tokens);
}
