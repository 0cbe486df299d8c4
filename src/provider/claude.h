/* The parts of the Messages API's dialect: models, requests, errors.  Internal to provider/. */
#pragma once

#include "base/json.h"
#include "provider/provider.h"
#include "provider/writer.h"

/* ---- what its models can do ---- */

enum claude_thinking {
	CLAUDE_THINKS_NEVER,
	CLAUDE_THINKS_IN_BUDGET,       /* {"type":"enabled","budget_tokens":…} */
	CLAUDE_THINKS_ADAPTIVELY,      /* {"type":"adaptive"}, as much as the effort says */
};

struct claude_model {
	const char *name;              /* part of the names of these models */
	int64_t max_tokens;            /* the most that an answer may hold; 0: not known */
	enum claude_thinking thinking;
	bool unasked;                  /* thinks when nothing is said about it, */
	const char *off;               /* which this type prevents; NULL: nothing does */
	bool hides;                    /* shows no thoughts unless told to */
	const char *most;              /* its highest effort below "max"; NULL: it takes none */
	bool samples;                  /* takes temperature, top_p and top_k, while it does not think */
	bool forced;                   /* can be made to call a tool */
	bool system;                   /* takes system messages in the midst of a conversation */
};

/* Never NULL: for names that are not known, what can be tried. */
const struct claude_model *claude_model_find(const char *name);

/* What of a request's wishes is sent to a model. */
struct claude_plan {
	const struct claude_model *model;
	const struct request *request;
	const char *const *not_at_top; /* as in struct provider */
	bool plain;                    /* as in struct target */
	int64_t max_tokens;
	const char *thinking;          /* its type; NULL: nothing is said */
	int64_t budget;                /* of "enabled" */
	const char *effort;            /* NULL: nothing is said */
	bool samples;
	bool forces;                   /* a call the request demands; else it is asked for in words */
	const char *mark;              /* the member that marks what a prompt cache shall keep; "": none does */
};

void claude_plan_make(struct claude_plan *plan, const struct target *target, const struct request *request);

/* A call is demanded, whether or not it can be. */
bool claude_wants_call(const struct request *request);

/* Some of what an assistant thought before its message bears Claude's seal. */
bool claude_is_sealed(const struct message *m);

/* ---- requests ---- */

bool claude_write_body(
	const struct target *target, const struct request *request, struct buf *body, struct error *err);

/* The i-th message, a system message, stays where it is instead of joining the system prompt. */
bool claude_stays(const struct claude_plan *plan, size_t i);

/* ,"messages":[…] */
void claude_put_messages(struct writer *w, const struct claude_plan *plan);

/* {"type":"text","text":…, still open for a mark. */
void claude_open_text(struct writer *w, struct str text);

/* Closes a block; `marked`: the prompt up to here shall be kept in the cache. */
void claude_close_block(struct writer *w, const char *mark);

/* Blocks of text that say nothing are refused. */
static inline bool claude_says(struct str text) { return str_trim(text).n > 0; }

/* ---- errors ---- */

bool claude_read_error(const struct provider *p, int status, struct str body, struct error *err);

/* The same for an error in mid-stream: {"type": …, "message": …}. */
bool claude_explain(const struct provider *p, const json_t *error, struct error *err);
