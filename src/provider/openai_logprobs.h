/*
 * Log-probabilities as Chat Completions sends them beside a piece of text:
 * {"content":[{"token":…,"logprob":…,"bytes":[…],"top_logprobs":[…]}]}.  Internal to provider/.
 */
#pragma once

#include "base/arena.h"
#include "base/json.h"
#include "chat/delta.h"

struct logprobs {
	const struct token_logprob *tokens;
	size_t count;
};

/* Those of a choice, in the arena; none where there are none, or past its ceiling. */
struct logprobs openai_read_logprobs(struct arena *a, const json_t *choice);
