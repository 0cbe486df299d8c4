/*
 * Answers for programs: what `-p --output-format json|stream-json` writes on standard
 * output, in the shapes of Claude Code (its pages "headless" and "agent SDK"): messages of
 * the types system, assistant, user, stream_event and result, whose contents are blocks of
 * Anthropic's Messages API.  One thread at a time.
 */
#pragma once

#include "agent/agent.h"
#include "cli/link.h"
#include "cli/options.h"

struct print_usage {
	size_t input, output, cached, written;     /* tokens; input without the next two */
	double cost_usd;                           /* what is not known counts as nothing */
};

struct print {
	const struct options *options;
	char session[37];
	json_t *all;                   /* of json with --verbose: every message; NULL otherwise */
	uint64_t started_ms, model_ms, first_ms;
	struct print_usage usage;      /* of all answers to the question */
	json_t *models;                /* the same by model */
	unsigned answers;
	struct buf text;               /* of the last answer */
	const char *stop_reason;       /* a literal; NULL: none yet */
	char message[40];              /* id of the answer under way; "": none */
	size_t blocks;                 /* of it, begun as stream events */
	bool writes_text;              /* in the last of them */
};

/* A random UUID (RFC 9562, version 4). */
void print_make_uuid(char out[37]);

/* The conversation's name is the options', else a random one. */
void print_init(struct print *p, const struct options *o);
void print_done(struct print *p);

/* What a conversation has; `tools` as models are told of them, `mode` as settings name it. */
void print_start(struct print *p, const char *cwd, const json_t *tools, const char *mode, const char *model);

/* A question begins: figures are counted from here. */
void print_question(struct print *p);

/* A piece of an answer, as it comes; `from` as far as it is known. */
void print_text(struct print *p, struct str text, const struct link_answer *from);

/* An answer is complete: a message for each of its blocks, as Claude Code writes them. */
void print_answer(struct print *p, const struct agent_answer *answer, const struct link_answer *from);

/* A call's result. */
void print_result(struct print *p, const struct agent_event *event);

/* The end: how it ended, and what was denied on the way. */
void print_end(struct print *p, const struct agent_outcome *outcome, const json_t *denials, const struct error *err);

/* All that is written of a question that was stopped before it was asked. */
void print_stopped(const struct options *o);
