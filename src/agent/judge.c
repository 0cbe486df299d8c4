#include "agent/judge.h"

#include <unistd.h>

#include "base/clock.h"
#include "permit/approvals.h"
#include "permit/links.h"
#include "tool/input.h"
#include "tool/kinds.h"
#include "tool/repository.h"

#define INSTEAD_MAX ((size_t)64 << 10)

/* Where a denial is listed at the end (`-p`), as Claude Code lists it. */
static void note_denial(struct agent *a, const struct call *c)
{
	struct str id = call_id(c);

	json_array_append_new(a->denials, json_pack("{s:s, s:s%, s:O}", "tool_name", c->kind->name,
		"tool_use_id", id.p ? id.p : "", id.n, "tool_input", c->input));
}

static void deny(struct agent *a, struct call *c)
{
	const struct permission *p = &c->permission;

	note_denial(a, c);
	if (p->rule)
		call_end(c, CALL_DENIED, "Denied: %s (the rule %s in %s). Do not try to get around "
			"it.", p->why, p->rule,
			p->file ? p->file : "the settings");
	else
		call_end(c, CALL_DENIED, "Denied: %s. Do not try to get around it.", p->why);
}

static void ask(struct agent *a, struct call *c, bool confined, bool *stop)
{
	struct agent_request request = { c->kind, c->input, &c->permission, confined, NULL };
	own_buf words = BUF_INIT(INSTEAD_MAX);

	c->by = a->ui.ask_permission ? "user" : "nobody";
	if (!a->ui.ask_permission) {
		note_denial(a, c);
		call_end(c, CALL_DENIED, "Not allowed: this would have to be asked about (%s), and there is nobody "
			"to ask.",
			c->permission.why);
		return;
	}
	if (!call_preview(c))
		return;
	request.preview = c->job.details;
	switch (a->ui.ask_permission(a->ui.user, &request, &words)) {
	case AGENT_YES:
		c->verdict = CALL_ALLOWED;
		return;
	case AGENT_INSTEAD:
		call_end(c, CALL_DENIED, "The user did not allow this, and says: %s", words.data);
		break;
	case AGENT_NO:
		*stop = true;
		call_end(c, CALL_DENIED, "The user did not allow this.");
	}
	note_denial(a, c);
}

/* Whether it would run where it can do no harm. */
static bool is_confined(const struct tool_context *context, const struct call *c)
{
	return c->kind->confined && c->kind->confined(context, c->input);
}

/* Commands that run where nothing keeps them in; git, whom a repository can have run what it wants. */
static void look_at_command(const struct tool_context *context, const struct call *c, struct permission_call *question)
{
	struct str text = json_member_str(c->input, "command");

	if (c->kind != &tool_bash)
		return;
	question->loose = !question->confined;
	question->root = geteuid() == 0;
	question->git_runs = memmem(text.p, text.n, "git", 3) && repository_runs_programs(context->cwd);
}

void judge_call(struct agent *a, struct call *c, bool *stop)
{
	const struct tool_context *context = a->context;
	struct permission_call question = {
		.tool = str_of(c->kind->name), .input = c->input, .cwd = context->cwd, .links = &path_links_real,
		.confined = is_confined(context, c),
	};

	look_at_command(context, c, &question);
	c->by = "rules";
	c->judged_ms = clock_unix_ms();
	permission_decide(context->permissions, &question, &c->permission);
	c->job.real = c->kind->path_member && c->permission.real[0] ? c->permission.real : NULL;
	c->job.unconfined = tool_input_flag(c->input, "dangerouslyDisableSandbox", false);
	if (c->permission.decision == DECISION_ALLOW && c->permission.approved && a->approvals)
		approvals_used(a->approvals, c->permission.rule);
	if (c->permission.decision == DECISION_ALLOW || (c->permission.asks_itself &&
		c->permission.decision == DECISION_ASK))
		c->verdict = CALL_ALLOWED;
	else if (c->permission.decision == DECISION_ASK)
		ask(a, c, question.confined, stop);
	else
		deny(a, c);
}
