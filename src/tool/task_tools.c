/* TaskOutput and TaskStop: commands that Bash has left running. */
#include <inttypes.h>

#include "tool/bash.h"
#include "tool/input.h"
#include "tool/kinds.h"
#include "tool/tasks.h"

#define WAIT_MS 30000
#define WAIT_MAX_MS 600000

/* The name, as these tools and those before them call it. */
static struct str id_of(const json_t *input)
{
	static const char *const names[] = { "task_id", "bash_id", "shell_id" };
	struct str id = {0};

	for (size_t i = 0; i < countof(names) && !id.n; i++)
		id = tool_input_str(input, names[i]);
	return id;
}

static bool need_task(const struct tool_job *job, const char *tool, struct error *err)
{
	if (!id_of(job->input).n)
		return error_set(err, ERROR_INVALID, "%s: the argument `task_id` is missing", tool);
	return job->context->tasks || error_set(err, ERROR_NOT_FOUND, "nothing was started in the background");
}

static bool tell_state(struct buf *out, const struct task_look *look, struct error *err)
{
	switch (look->state) {
	case TASK_RUNNING:
		return buf_adds(out, "Still running.\n", err);
	case TASK_STOPPED:
		return buf_adds(out, "It was ended.\n", err);
	case TASK_FAILED:
		return buf_addf(out, err, "It could not be run: %s\n", look->why.text);
	default:
		return look->end.how == CHILD_SIGNALLED ? buf_addf(out, err, "Ended by signal %d\n", look->end.code) :
			buf_addf(out, err, "Ended with exit code %d\n", look->end.code);
	}
}

static bool show(struct tool_job *job, const struct task_look *look, struct error *err)
{
	struct buf *out = &job->text;

	job->failed = look->state == TASK_FAILED || (look->state == TASK_ENDED &&
		(look->end.how != CHILD_EXITED || look->end.code));
	if (!tell_state(out, look, err))
		return false;
	if (look->skipped && !buf_addf(out, err, "[%" PRIu64 " bytes before these are in %s only]\n", look->skipped,
		look->path))
		return false;
	if (look->lost.kind && !buf_addf(out, err, "[%s does not hold all: %s]\n", look->path, look->lost.text))
		return false;
	return look->text.len ? buf_add_str(out, buf_str(&look->text), err) : buf_adds(out, "(no new output)", err);
}

static bool look_at(struct tool_job *job, struct error *err)
{
	int64_t wait_ms = tool_input_number(job->input, "timeout", WAIT_MS);
	struct task_look look = { .text = BUF_INIT(bash_output_bytes()) };

	if (!need_task(job, "TaskOutput", err))
		return false;
	if (tool_input_flag(job->input, "block", true))
		(void)tasks_wait(job->context->tasks, id_of(job->input), wait_ms > WAIT_MAX_MS ? WAIT_MAX_MS :
			(unsigned)wait_ms, job->cancel);
	if (cancel_fired(job->cancel))
		return error_set(err, ERROR_CANCELLED, "cancelled");
	bool ok = tasks_look(job->context->tasks, id_of(job->input), &look, err) && show(job, &look, err);
	buf_done(&look.text);
	return ok;
}

static bool stop(struct tool_job *job, struct error *err)
{
	struct str id = id_of(job->input);

	return need_task(job, "TaskStop", err) && tasks_stop(job->context->tasks, id, err) &&
		buf_addf(&job->text, err, "%.*s was ended, with all it had started.", STR_ARGS(id));
}

const struct tool_kind tool_task_output = {
	.name = "TaskOutput",
	.old_names = "BashOutput|AgentOutputTool",
	.description = "Gives what a command in the background has printed since it was last asked for, and "
		"whether it has ended. Waits for its end up to `timeout`, unless `block` is false.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"task_id\":{\"type\":\"string\",\"description\":\"As Bash has given it\"},"
		"\"block\":{\"type\":\"boolean\",\"description\":\"Wait for its end; true if left out\"},"
		"\"timeout\":{\"type\":\"integer\",\"minimum\":0,\"description\":\"Milliseconds to "
		"wait; 30000 if left out\"}}}",
	.run = look_at,
};

const struct tool_kind tool_task_stop = {
	.name = "TaskStop",
	.old_names = "KillShell|KillBash",
	.description = "Ends a command that runs in the background, with all it has started.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"task_id\":{\"type\":\"string\",\"description\":\"As Bash has given it\"}}}",
	.run = stop,
};
