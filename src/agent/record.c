#include "agent/record.h"

#include "base/clock.h"
#include "base/mem.h"
#include "permit/secrets.h"
#include "store/audit.h"

#define LONGEST_ARGUMENT 2000      /* bytes */

static const char *result_of(const struct call *c)
{
	static const char *const names[] = { [CALL_WAITS] = "wrong", [CALL_ALLOWED] = "failed", [CALL_WRONG] = "wrong",
		[CALL_DENIED] = "denied", [CALL_CANCELLED] = "cancelled", [CALL_RAN] = "ok" };

	return c->verdict == CALL_RAN && c->failed ? "failed" : names[c->verdict];
}

/* A reason names a part of the command, and a rule may be one. */
static char *masked(const char *text)
{
	own_buf out = BUF_INIT((size_t)64 << 10);
	struct error err;

	if (!text)
		return NULL;
	return secrets_mask(str_of(text), &out, &err) ? mem_strdup(out.data) : mem_strdup(SECRET_MASK);
}

void record_call(struct agent *a, const struct call *c)
{
	struct str name = call_name(c);
	own_mem char *tool = c->kind ? mem_strdup(c->kind->name) : mem_strndup(name.p ? name.p : "", name.n);
	own_json *arguments = c->input && a->audit ? secrets_arguments(c->input, LONGEST_ARGUMENT) : NULL;
	own_mem char *why = masked(c->permission.why), *rule = masked(c->permission.rule);
	struct error err = {0};
	struct audit_record r = {
		.time_ms = c->judged_ms ? c->judged_ms : clock_unix() * 1000, .session = a->session,
		.tool = tool, .arguments = arguments,
		.by = c->by, .result = result_of(c), .bytes = c->job.text.len, .ms = c->took_ms,
	};

	if (c->by) {
		r.decision = decision_names[c->permission.decision];
		r.why = why;
		r.rule = rule;
		r.file = c->permission.file;
	}
	if (a->audit && !audit_add(a->audit, &r, &err) && a->ui.show)
		a->ui.show(a->ui.user, &(struct agent_event){ .kind = AGENT_NOTE, .text = str_of(err.text) });
}
