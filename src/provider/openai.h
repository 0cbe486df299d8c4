/*
 * OpenAI's two dialects, Chat Completions and Responses, and how those who speak
 * them differ.  The differences are data, in provider_table.c, and nowhere else.
 */
#pragma once

#include "base/json.h"
#include "provider/provider.h"

/* How the thoughts of earlier answers go back to a model. */
enum openai_thoughts {
	THOUGHTS_NOT,          /* never: they would be refused, or cost tokens for nothing */
	THOUGHTS_LOOP,         /* as a member of their message, since the user's last question (calls and results) */
	THOUGHTS_ALWAYS,       /* the same, of every answer, a blank where there are none: left out, it is refused */
	THOUGHTS_PARTS,        /* as parts of the content, {"type":"thinking","thinking":[…]} */
	THOUGHTS_DETAILS,      /* as they came, in `reasoning_details` */
};

/* How hard to think, in the words of the models whose names begin so; the first row that fits holds. */
struct openai_efforts {
	const char *prefix;            /* NULL ends the rows */
	const char *words[EFFORT_MAX + 1];     /* by enum effort; NULL: there is none, and the wish is dropped */
};

/* Of a row that states nothing, everything is as OpenAI has it. */
struct openai_quirks {
	const char *version_path;      /* what an address without a version gets; of more parts it may have the first */
	const char *const *completion_tokens;    /* models that want max_completion_tokens; "" is all; NULL: none */
	const char *const *cached;     /* models whose prompts are cached only where that is asked for; NULL: none */
	const char *required;          /* tool_choice, where a tool must be called; NULL: "required" */
	const char *seed;              /* NULL: "seed"; "": there is none */
	const char *repetition;        /* the name of the repetition penalty; NULL: there is none */
	bool samplers;                 /* top_k and min_p are known */
	bool no_logprobs;              /* log-probabilities are refused */
	bool no_penalties;             /* presence_penalty and frequency_penalty are not */
	bool no_usage_option;          /* stream_options is refused; the usage comes unasked */
	bool costs;                    /* the usage, where it is asked for, says what the answer cost, in dollars */
	bool no_one_call;              /* parallel_tool_calls is refused */
	bool no_strict;                /* "strict" of a tool is refused */
	bool no_schema;                /* response_format knows no json_schema */
	bool between;                  /* a user's message must not follow a tool's; an answer goes between */
	bool tool_pictures;            /* a tool's result may hold pictures */
	unsigned call_id_length;       /* ids of calls have exactly so many letters and digits; 0: any up to 40 bytes */
	enum openai_thoughts thoughts;
	const char *thoughts_member;   /* THOUGHTS_LOOP, THOUGHTS_ALWAYS: its name */
	const char *const *thoughtless;    /* models that refuse them all the same */
	const struct openai_efforts *efforts;    /* NULL: there is no such wish */
	bool effort_object;            /* {"reasoning":{"effort":…}} instead of "reasoning_effort" */
	bool think_tags;               /* thoughts may stand in the text, between <think> and </think> */
	const char *no_thinking;       /* members that turn thinking off; NULL: the effort's word does */

	/* Responses only. */
	const char *system_role;       /* NULL: "system" */
	bool phases;                   /* answers say whether they are a comment between calls or final */
};

/* A seal that says no more than: this thought has to come back. */
#define OPENAI_PLAIN_SEAL "plain"

/* Whether a model's name begins like one of a list, which NULL ends. */
bool openai_model_in(const char *model, const char *const *prefixes);

/* The word for how hard to think; NULL: none. */
const char *openai_effort(const struct target *target, const struct request *request);

/* No thinking is wished for. */
bool openai_thoughtless(const struct request *request);

/* Makes the base URL the address of an endpoint ("chat/completions"), with a version if it names none. */
bool openai_write_path(const struct target *target, const char *endpoint, struct buf *url, struct error *err);

bool openai_write_body(
	const struct target *target, const struct request *request, struct buf *body, struct error *err);

bool responses_write_body(
	const struct target *target, const struct request *request, struct buf *body, struct error *err);

bool openai_read_error(const struct provider *p, int status, struct str body, struct error *err);

/* The same for an error in mid-stream, in any of its shapes: an object, or a text. */
bool openai_explain(const struct provider *p, const json_t *error, struct error *err);
