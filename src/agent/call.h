/*
 * One call on its way from a model's words to a result.
 */
#pragma once

#include <stdint.h>

#include "agent/agent.h"
#include "permit/permission.h"

enum call_verdict {
	CALL_WAITS,                /* not judged yet */
	CALL_ALLOWED,
	CALL_WRONG,                /* no such tool, or arguments it does not take */
	CALL_DENIED,
	CALL_CANCELLED,
	CALL_RAN,
};

struct call {
	const json_t *given;       /* the answer's; borrowed */
	const struct tool_kind *kind;      /* NULL: there is none */
	json_t *input;             /* NULL: not understood */
	struct permission permission;
	enum call_verdict verdict;
	const char *by;            /* who had the last word on it: "rules", "user", "nobody"; NULL: it was not judged */
	int64_t judged_ms;         /* since 1970 */
	struct tool_job job;       /* its text is the result, once there is one */
	struct cancel cancel;
	bool failed;
	uint64_t took_ms;
};

/* Finds the tool and reads the arguments; CALL_WRONG with the result if they make no sense. */
void call_init(struct call *c, const struct agent *a, const struct agent_answer *answer, size_t index);
void call_done(struct call *c);

struct str call_id(const struct call *c);
struct str call_name(const struct call *c);

/* It ends here, with this as its result. */
void call_end(struct call *c, enum call_verdict verdict, const char *fmt, ...) printf_like(3, 4);

/* Fills job.details with what it would change.  False: it would fail, and ends with how. */
bool call_preview(struct call *c);

/* Runs it, in any thread.  `cancel` may be fired meanwhile. */
void call_run(struct call *c);
