/*
 * Tools: what a model may have done for it on the user's machine.
 *
 * A tool gets checked arguments, what its conversation keeps for all tools, and a
 * cancel token; it knows no terminal.  Whether a call may happen is decided before
 * (permit/permission.h) by whoever runs it.  Names and schemas are Claude Code's.
 */
#pragma once

#include "base/buf.h"
#include "base/cancel.h"
#include "base/json.h"

#define TOOL_TEXT_MAX ((size_t)1 << 20)    /* bytes of a result */

struct tool_context;       /* tool/context.h */

/* One call, which belongs to the thread that runs it. */
struct tool_job {
	struct tool_context *context;
	const json_t *input;       /* as tool_input_read() gave it */
	const char *real;          /* of file tools: where the path leads, as it was judged */
	bool unconfined;           /* the user lets this call run outside the sandbox */
	struct cancel *cancel;     /* never NULL */
	void (*progress)(void *user, struct str bytes);     /* output as it comes, any bytes; NULL: nobody listens */
	void *user;

	struct buf text;           /* the result, as the model reads it; UTF-8 */
	bool failed;               /* it did its work, and the result tells of a failure (an exit code) */
	json_t *details;           /* the same for people and programs (a diff, numbers); NULL: none.  The job's */
};

#define TOOL_JOB_INIT { .text = BUF_INIT(TOOL_TEXT_MAX) }
void tool_job_done(struct tool_job *job);
#define own_tool_job owns(tool_job_done) struct tool_job

struct tool_kind {
	const char *name;          /* "Read" */
	const char *old_names;     /* others it is called by, separated by '|'; NULL: none */
	const char *description;   /* for models with room */
	const char *schema;        /* JSON text: its arguments' JSON Schema, of the parts tool/input.c knows */
	const char *brief;         /* for small local models: one line; NULL: not offered to them */
	const char *brief_schema;  /* NULL: as schema */
	const char *path_member;   /* the argument that names a file or folder; NULL: none */
	bool reads;                /* changes nothing: may run beside other calls, in any thread */

	/* Whether such a call would run where it can do no harm; NULL: it would not. */
	bool (*confined)(const struct tool_context *context, const json_t *input);

	/* False: the call failed, and err's text is the result (ERROR_CANCELLED: it was cancelled). */
	bool (*run)(struct tool_job *job, struct error *err);

	/*
	 * For the dialog before: fills job->details with what would change ("structuredPatch",
	 * as tool/diff.h has it), and changes nothing.  False, or job->failed: the call would fail
	 * just so, and nobody need be asked.  NULL: there is nothing to show but the arguments.
	 */
	bool (*preview)(struct tool_job *job, struct error *err);
};

/* Every tool, one file each; ends with NULL. */
extern const struct tool_kind *const tool_kinds[];

const struct tool_kind *tool_find(struct str name);     /* NULL: there is none of that name */
