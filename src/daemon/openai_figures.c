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
	struct usage before = w->usage, *sum = &w->usage;

	if (end->choice == 0)
		*sum = end->usage;
	sum->completion_tokens = before.completion_tokens + end->usage.completion_tokens;
	sum->thought_tokens = before.thought_tokens + end->usage.thought_tokens;
	sum->drafted_tokens = before.drafted_tokens + end->usage.drafted_tokens;
	sum->accepted_tokens = before.accepted_tokens + end->usage.accepted_tokens;
	sum->completion_ns = before.completion_ns > end->usage.completion_ns ? before.completion_ns :
		end->usage.completion_ns;
	w->ended++;
}

/* What was written to a vendor's cache has a name with OpenRouter alone, so it is told only where there is some. */
bool openai_write_usage(const struct usage *u, struct buf *out, struct error *err)
{
	return buf_addf(out, err, "\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%zu,\"total_tokens\":%zu,"
		"\"prompt_tokens_details\":{\"cached_tokens\":%zu",
		u->prompt_tokens, u->completion_tokens, u->prompt_tokens + u->completion_tokens, u->cached_tokens) &&
		(!u->written_tokens || buf_addf(out, err, ",\"cache_write_tokens\":%zu", u->written_tokens)) &&
		buf_addf(out, err, "},\"completion_tokens_details\":{\"reasoning_tokens\":%zu}}", u->thought_tokens);
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
