/*
 * The loop: a question goes to a model with the tools it may call; what it calls is
 * judged, run, and sent back, until an answer calls nothing more.
 *
 * Knows no terminal and no socket: whoever runs it gives three functions (ask the
 * model, ask the user, show).  A conversation can always go on: every call has its
 * result, if only that it was cancelled.
 *
 * One thread at a time; only the cancel token may be fired from another.
 */
#pragma once

#include "base/cancel.h"
#include "tool/context.h"

struct permission;         /* permit/permission.h */
struct audit;              /* store/audit.h */
struct approvals;          /* permit/approvals.h */

#define AGENT_ANSWER_MAX    ((size_t)16 << 20)
#define AGENT_CALLS_MAX     64     /* of one answer; the rest is refused */
#define AGENT_TURNS_LOCAL   5      /* answers with calls to one question, before the user is asked */
#define AGENT_TURNS_TEACHER 50
#define AGENT_REPEATS_MAX   3      /* the same call with the same result */

/* --- asking the model ------------------------------------------------------------------ */

struct agent_question {
	const json_t *messages;    /* OpenAI's form; the system prompt first */
	const json_t *tools;       /* the same; NULL: none */
	const char *brief_system;  /* what a small model gets instead; NULL: the same */
	const json_t *brief_tools;
	bool fresh;                /* the user has just asked: a known answer may do */
};

/* What came, as far as it came: after a failure as well. */
struct agent_answer {
	struct buf text;
	json_t *calls;             /* OpenAI's tool_calls, arguments as text */
	json_t *details;           /* what the vendor wants back (reasoning_details); NULL: nothing */
	bool local;                /* a model on this machine gave it */
	bool cut_by_length;
};

void agent_answer_init(struct agent_answer *a);
void agent_answer_done(struct agent_answer *a);
#define own_agent_answer owns(agent_answer_done) struct agent_answer

/* --- asking the user ------------------------------------------------------------------- */

struct agent_request {
	const struct tool_kind *kind;
	const json_t *input;
	const struct permission *permission;       /* why it asks, and which rules would allow it */
	bool confined;             /* it would run where it can do no harm */
	const json_t *preview;     /* what it would change, as tool/diff.h has it; NULL: there is nothing to show */
};

enum agent_reply {
	AGENT_YES,
	AGENT_NO,                  /* and the turn ends */
	AGENT_INSTEAD,             /* no; the words go to the model, which goes on */
};

/* --- showing --------------------------------------------------------------------------- */

enum agent_event_kind {
	AGENT_ANSWERED,            /* `answer` is complete */
	AGENT_CALLING,             /* a call begins */
	AGENT_PROGRESS,            /* `text`: output of the call that runs, any bytes */
	AGENT_RESULT,              /* of a call: `text`, `failed` */
	AGENT_RESULTS,             /* all of an answer's calls have theirs */
	AGENT_NOTE,                /* `text`: a sentence of ours */
};

/* Everything pointed at is valid only during the call. */
struct agent_event {
	enum agent_event_kind kind;
	const struct agent_answer *answer;
	const json_t *call;        /* as the model wrote it */
	const json_t *input;       /* as it was understood; NULL: it was not */
	struct str text;
	bool failed;
	const json_t *details;     /* of a result, for people and programs; NULL: none */
};

struct agent_ui {
	/* Streams what it likes meanwhile.  False: err says why, ERROR_CANCELLED after the token fired. */
	bool (*ask_model)(void *user, const struct agent_question *question, struct agent_answer *answer,
		struct cancel *cancel, struct error *err);
	/* `words` (of AGENT_INSTEAD) is the caller's; NULL: there is nobody, and the call is denied. */
	enum agent_reply (*ask_permission)(void *user, const struct agent_request *request, struct buf *words);
	/* After so many answers with calls: whether to go on.  NULL: no. */
	bool (*go_on)(void *user, unsigned turns);
	/* May be NULL. */
	void (*show)(void *user, const struct agent_event *event);
	void *user;
};

/* --- the loop -------------------------------------------------------------------------- */

struct agent {
	struct agent_ui ui;
	struct tool_context *context;      /* borrowed */
	struct audit *audit;               /* where calls are noted, borrowed; NULL: nowhere */
	struct approvals *approvals;       /* whose uses are counted, borrowed; NULL: none */
	const char *session;               /* the conversation's name there, borrowed */
	json_t *messages;
	char *brief_system;                /* NULL: as the system prompt */
	json_t *tools, *brief_tools;       /* offered; NULL: none */
	unsigned max_turns;                /* of one question; 0: as AGENT_TURNS_ */
	json_t *denials;                   /* [{"tool_name", "tool_use_id", "tool_input"}], of all questions */
};

/* Nothing is offered yet. */
void agent_init(struct agent *a, const struct agent_ui *ui, struct tool_context *context);
void agent_done(struct agent *a);

/* Forgets the conversation; `system` may be NULL. */
void agent_begin(struct agent *a, const char *system, const char *brief_system);

/* The same conversation goes on with another system prompt, if it has one. */
void agent_instruct(struct agent *a, const char *system, const char *brief_system);

/* Offers the tools that `wanted` says yes to (NULL: all). */
void agent_offer(struct agent *a, bool (*wanted)(void *user, const struct tool_kind *kind), void *user);

enum agent_end {
	AGENT_ENDED,               /* with an answer */
	AGENT_FAILED,              /* err says how; what came before is kept */
	AGENT_CANCELLED,
	AGENT_TURNS,               /* too many */
	AGENT_REPEATED,            /* the same calls over and over */
	AGENT_STOPPED,             /* the user said no */
};

struct agent_outcome {
	enum agent_end end;
	unsigned answers;          /* that came */
	bool kept;                 /* the question and something that came stand in the conversation */
};

/* Asks.  The question must be UTF-8 (else AGENT_FAILED, ERROR_INVALID). */
struct agent_outcome agent_ask(struct agent *a, struct str question, struct cancel *cancel, struct error *err);
