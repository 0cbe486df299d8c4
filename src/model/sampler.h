/*
 * Choosing the next token from logits.
 *
 * In this order, as Hugging Face's generate() does: repetition penalty (Keskar
 * et al. 2019: positive logits divided, negative multiplied, for every token of
 * prompt and answer), presence and frequency penalties (OpenAI: subtracted, for
 * tokens of the answer) and logit bias; then temperature, top-k, top-p, min-p,
 * each on what the one before left; then one draw.  Tokens that are not allowed are out
 * of all this from the beginning.  Temperature 0 takes the
 * largest.  The same seed, wishes and logits give the same tokens.
 * Log-probabilities are those of the model's own logits, before any of this.
 * One thread at a time.
 */
#pragma once

#include "chat/request.h"

struct sampler;

/*
 * Wishes left unset in `wishes` are taken from `defaults`, which states all but
 * seed and max_tokens.  ERROR_INVALID names a wish out of its range.
 */
struct sampler *sampler_create(const struct sampling *wishes, const struct sampling *defaults, size_t vocabulary,
			       struct error *err) must_use;
void sampler_destroy(struct sampler *s);

static inline void sampler_destroy_ptr(struct sampler **s) { sampler_destroy(*s); }
#define own_sampler owns(sampler_destroy_ptr) struct sampler

/* Tells the prompt's tokens; those picked are known. */
void sampler_add_prompt(struct sampler *s, const int32_t *tokens, size_t count);

struct ranked_token {
	int32_t token;
	float logprob;        /* natural logarithm */
};

struct pick {
	int32_t token;
	float logprob;        /* NAN unless asked for */
	struct ranked_token rivals[TOP_LOGPROBS_MAX];   /* the most likely, best first */
	size_t rival_count;
};

/*
 * The next token.  `logits` are written to during the call and put back.
 * `allowed` has a bit for each token, token t's being bit t % 32 of word t / 32:
 * only those whose bit is set can be picked; NULL: all.  ERROR_INTERNAL when
 * no logit of those is a finite number.
 */
bool sampler_pick(struct sampler *s, float *logits, const uint32_t *allowed, struct pick *pick,
		  struct error *err) must_use;
