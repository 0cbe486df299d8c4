/* The plan is done: whether the user takes it. */
#include "tool/context.h"
#include "tool/input.h"
#include "tool/kinds.h"

static bool run(struct tool_job *job, struct error *err)
{
	struct tool_ui *ui = &job->context->ui;
	struct str plan = str_trim(tool_input_str(job->input, "plan"));

	if (!plan.n)
		return error_set(err, ERROR_INVALID, "ExitPlanMode: the argument `plan` is empty");
	if (!ui->approve_plan)
		return error_set(err, ERROR_UNAVAILABLE,
			"ExitPlanMode: nobody is there to take the plan; give it as your answer");
	if (!ui->approve_plan(ui->user, plan, err))
		return false;
	buf_put(&job->text, "The user has taken the plan. You may change things now: begin.");
	return true;
}

const struct tool_kind tool_exit_plan_mode = {
	.name = "ExitPlanMode",
	.description = "Only in plan mode: shows the user the plan you have made, and asks whether to begin. Use it "
		"when the plan is complete, and only for work that changes something, not for questions that reading "
		"answers.",
	.schema = "{\"type\":\"object\",\"properties\":{\"plan\":{\"type\":\"string\",\"description\":"
		"\"The plan, in Markdown\"}},\"required\":[\"plan\"]}",
	.run = run,
};
