/*
 * One question put to whoever answers: the conversation and the wishes with it.
 *
 * A wish the client did not state is "unset" and the answerer's own default
 * holds (a model's generation_config.json, a vendor's default).
 */
#pragma once

#include <math.h>

#include "chat/chat.h"

#define STOP_MAX 4          /* stop strings, as in OpenAI's API */
#define TOP_LOGPROBS_MAX 20
#define CHOICES_MAX 8       /* answers to one question */

enum tool_choice { TOOLS_AUTO, TOOLS_NONE, TOOLS_REQUIRED, TOOLS_NAMED };

/* How hard to think before answering; unset: as the vendor's model does by itself. */
enum effort { EFFORT_UNSET, EFFORT_NONE, EFFORT_MINIMAL, EFFORT_LOW, EFFORT_MEDIUM, EFFORT_HIGH, EFFORT_MAX };

/* What the text of the answer must be. */
enum answer_form { FORM_FREE, FORM_OBJECT, FORM_SCHEMA };

struct logit_bias {
	int32_t token;
	float bias;            /* -100 to 100, added to the logit */
};

/* Floats are NAN and integers negative while unset. */
struct sampling {
	float temperature;     /* 0: greedy */
	float top_p;           /* 0 to 1 */
	float min_p;           /* 0 to 1 */
	int top_k;             /* 0: all */
	float repetition_penalty;      /* 1: none */
	float presence_penalty;        /* -2 to 2 */
	float frequency_penalty;       /* -2 to 2 */
	int64_t seed;          /* unset: random */
	int64_t max_tokens;    /* unset: what the context leaves */
	int top_logprobs;      /* unset: no log-probabilities; 0: only the chosen token's */
	const struct logit_bias *biases;
	size_t bias_count;
	struct str stop[STOP_MAX];
	size_t stop_count;
};

#define SAMPLING_UNSET { \
	.temperature = NAN, .top_p = NAN, .min_p = NAN, .top_k = -1, .repetition_penalty = NAN, \
	.presence_penalty = NAN, .frequency_penalty = NAN, .seed = -1, .max_tokens = -1, .top_logprobs = -1 }

struct request {
	struct chat chat;
	struct str model;      /* as the client wrote it */
	struct sampling sampling;
	enum effort effort;
	enum tool_choice tool_choice;
	struct str named_tool;     /* TOOLS_NAMED: one of the chat's */
	enum answer_form form;     /* FORM_OBJECT: some JSON object */
	struct str form_schema;    /* FORM_SCHEMA: JSON text of a JSON Schema */
	unsigned choices;      /* answers wanted, 1 to CHOICES_MAX; the i-th (from 0) has the seed + i */
	bool one_call;         /* at most one tool call in the answer */
	bool stream, include_usage;
	bool notices;          /* tells what is tried, in chunks that other clients would not understand */
	bool over_budget;      /* may cost money when the month's budget is spent */
	bool known_answers;    /* a known answer may do although tools came along */
	struct chat brief;     /* a system message and tools for a small local model; without messages: none came */
};

/* A fresh request whose parts may together take `limit` bytes; request_done() releases it. */
#define REQUEST_INIT(limit) { \
	.chat = CHAT_INIT(limit), .brief = CHAT_INIT(limit), .sampling = SAMPLING_UNSET, .choices = 1 }

static inline void request_done(struct request *r)
{
	chat_done(&r->chat);
	chat_done(&r->brief);
}
#define own_request owns(request_done) struct request

/* A small local model answers: the brief system message and tools take the places of the others, if they came. */
bool request_make_brief(struct request *r, struct error *err) must_use;
