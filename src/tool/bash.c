/* Bash: a command line of the shell, confined to the project where that can be done. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "tool/bash.h"
#include "tool/command.h"
#include "tool/input.h"
#include "tool/kinds.h"
#include "tool/shell_files.h"
#include "tool/tasks.h"

#define TIMEOUT_MS 120000        /* as Claude Code has them */
#define TIMEOUT_MAX_MS 600000
#define OUTPUT_BYTES 30000
#define OUTPUT_MAX_BYTES 150000
#define NOTES_MAX ((size_t)4 << 10)     /* bytes of what is told of `shammah rewind` */

/* A number in the environment, where it is sane. */
static unsigned variable(const char *name, unsigned otherwise, unsigned most)
{
	const char *text = getenv(name);
	char *end;
	unsigned long value = text && *text >= '0' && *text <= '9' ? strtoul(text, &end, 10) : 0;

	if (!value || *end)
		return otherwise;
	return value > most ? most : (unsigned)value;
}

static unsigned timeout_of(const struct tool_job *job)
{
	unsigned usual = variable("BASH_DEFAULT_TIMEOUT_MS", TIMEOUT_MS, 24 * 3600000u);
	unsigned most = variable("BASH_MAX_TIMEOUT_MS", usual > TIMEOUT_MAX_MS ? usual : TIMEOUT_MAX_MS, 24 * 3600000u);
	int64_t given = tool_input_number(job->input, "timeout", usual);

	return given > most ? most : (unsigned)given;
}

size_t bash_output_bytes(void)
{
	return variable("BASH_MAX_OUTPUT_LENGTH", OUTPUT_BYTES, OUTPUT_MAX_BYTES);
}

/* What a confined command may have met, by what programs say then. */
static bool met_the_walls(const struct buf *text)
{
	static const char *const words[] = {
		"Read-only file system", "Permission denied", "Network is unreachable", "Could not resolve",
		"Temporary failure in name resolution", "Operation not permitted", "EROFS", "ENETUNREACH", "EAI_AGAIN",
		"Device or resource busy", NULL
	};

	for (size_t i = 0; words[i]; i++)
		if (strstr(text->data, words[i]))
			return true;
	return false;
}

static bool tell_end(struct tool_job *job, const struct command *c, struct error *err)
{
	switch (c->end.how) {
	case CHILD_TIMED_OUT:
		return buf_addf(&job->text, err, "The command was ended, for it took more than %g s. If it needs "
			"longer, give a timeout, or run it in the background.\n", c->timeout_ms / 1000.0);
	case CHILD_SIGNALLED:
		return buf_addf(&job->text, err, "Ended by signal %d\n", c->end.code);
	default:
		return c->end.code == 0 || buf_addf(&job->text, err, "Exit code %d\n", c->end.code);
	}
}

static bool tell_rest(struct tool_job *job, const struct command *c, struct error *err)
{
	if (c->end.left && !buf_addf(&job->text, err, "\n[What it left running (processes: %u) was ended with it; "
		"run_in_background keeps a command running.]", c->end.left))
		return false;
	if (c->made.len && !buf_addf(&job->text, err, "\n[Only the user may make these files; they have been renamed: "
		"%s]", c->made.data))
		return false;
	return !job->failed || !c->confined || !met_the_walls(&job->text) || buf_adds(&job->text,
		"\n[It ran confined: it can write to the project and $TMPDIR only, secrets and the network are out of "
		"reach. If that was in its way, dangerouslyDisableSandbox asks the user to run it without.]", err);
}

/* A cd holds for the next command, but never leads out of the project. */
static bool follow(struct tool_job *job, const struct command *c, struct error *err)
{
	struct tool_context *context = job->context;

	if (!c->folder || strcmp(c->folder, context->cwd) == 0)
		return true;
	if (!sandbox_holds(context, c->folder))
		return buf_addf(&job->text, err, "\n[The working folder is %s again: %s is outside of the project.]",
			context->cwd, c->folder);
	free(context->cwd);
	context->cwd = mem_strdup(c->folder);
	return true;
}

static void note_details(struct tool_job *job, const struct command *c)
{
	bool cut = c->output.total > c->output.keep;

	job->details = json_pack("{s:i, s:b, s:b, s:s*, s:s}", "exit_code",
		c->end.how == CHILD_EXITED ? c->end.code : -1, "timed_out", c->end.how == CHILD_TIMED_OUT,
		"confined", c->confined, "output_file", cut && c->output.written ? c->output.path : NULL,
		"cwd", job->context->cwd);
}

static bool finish(struct tool_job *job, struct command *c, struct error *err)
{
	if (c->end.how == CHILD_CANCELLED)
		return error_set(err, ERROR_CANCELLED, "the command was cancelled");
	job->failed = c->end.how != CHILD_EXITED || c->end.code != 0;
	if (!tell_end(job, c, err) || !output_text(&c->output, &job->text, err))
		return false;
	if (!c->output.total && !job->failed && !buf_adds(&job->text, "(no output)", err))
		return false;
	bool ok = tell_rest(job, c, err) && follow(job, c, err);
	note_details(job, c);
	return ok;
}

/* Somebody may have removed it. */
static bool find_folder(struct tool_job *job, struct error *err)
{
	struct tool_context *context = job->context;

	if (path_is_directory(context->cwd))
		return true;
	bool ok = buf_addf(&job->text, err, "[The working folder %s is gone; it is %s again.]\n", context->cwd,
		context->root);
	free(context->cwd);
	context->cwd = mem_strdup(context->root);
	return ok;
}

static bool tell_notes(struct tool_job *job, const struct buf *notes, struct error *err)
{
	return !notes->len || buf_addf(&job->text, err, "\n[%.*s]", (int)notes->len - 1, notes->data);
}

static bool run_now(struct tool_job *job, const char *text, struct error *err)
{
	struct command c = { .context = job->context, .text = text, .unconfined = job->unconfined,
		.keep = bash_output_bytes(), .timeout_ms = timeout_of(job), .cancel = job->cancel,
		.progress = job->progress, .user = job->user };
	own_buf notes = BUF_INIT(NOTES_MAX);
	struct shell_files files = shell_files_before(job->context, str_of(text), &notes);
	bool ran = command_prepare(&c, err) && command_run(&c, err);

	shell_files_after(&files, &notes);
	if (ran && c.end.how == CHILD_EXITED && c.end.code == 0)
		shell_files_note_shown(job->context, str_of(text));
	bool ok = ran && finish(job, &c, err) && tell_notes(job, &notes, err);
	command_done(&c);
	return ok;
}

static bool run_later(struct tool_job *job, const char *text, struct error *err)
{
	struct tool_context *context = job->context;
	char id[TASK_ID_MAX];
	const char *path;

	if (!context->tasks)
		context->tasks = tasks_create();
	own_buf notes = BUF_INIT(NOTES_MAX);
	struct shell_files files = shell_files_before(context, str_of(text), &notes);
	if (!tasks_start(context->tasks, context, text, job->unconfined, &files, id, &path, err)) {
		shell_files_after(&files, &notes);
		return false;
	}
	job->details = json_pack("{s:s, s:s}", "task_id", id, "output_file", path);
	return buf_addf(&job->text, err, "It runs in the background as %s. TaskOutput gives what it prints, TaskStop "
		"ends it; all of its output goes to %s.", id, path) && tell_notes(job, &notes, err);
}

static bool run(struct tool_job *job, struct error *err)
{
	struct str text = tool_input_str(job->input, "command");

	if (!str_trim(text).n)
		return error_set(err, ERROR_INVALID, "Bash: `command` is empty");
	if (memchr(text.p, '\0', text.n))
		return error_set(err, ERROR_INVALID, "Bash: `command` has a NUL character in it");
	if (!find_folder(job, err))
		return false;
	return tool_input_flag(job->input, "run_in_background", false) ? run_later(job, text.p, err) :
		run_now(job, text.p, err);
}

static bool is_confined(const struct tool_context *context, const json_t *input)
{
	return !tool_input_flag(input, "dangerouslyDisableSandbox", false) && sandbox_confines(context);
}

const struct tool_kind tool_bash = {
	.name = "Bash",
	.description =
		"Runs a command line of bash in the project and gives what it printed on both streams, and its exit "
		"code when that is not 0. Use it for building, testing, git and the like; for files there are Read, "
		"Edit, Write, Grep and Glob. The working folder stays where a cd has left it, within the project; "
		"variables do not stay. Standard input is empty: nothing that asks can be answered. A command is "
		"ended after its timeout (2 minutes unless given, 10 at most), with all it has started, and what it "
		"leaves running ends with it; run_in_background lets a server or a long build go on, to be looked at "
		"with TaskOutput. Where it can be done, commands run confined: they write to the project and $TMPDIR "
		"(the same as /tmp) only, have no network, and cannot read secrets. Of long output beginning and end "
		"are shown, and a file has all of it. Put paths with blanks in quotes, and join commands that depend "
		"on each other with &&.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"command\":{\"type\":\"string\",\"description\":\"The command line\"},"
		"\"timeout\":{\"type\":\"integer\",\"minimum\":1,\"description\":\"Milliseconds, at most 600000\"},"
		"\"description\":{\"type\":\"string\",\"description\":\"What it does, in some words, for the user\"},"
		"\"run_in_background\":{\"type\":\"boolean\",\"description\":\"Do not wait for its end\"},"
		"\"dangerouslyDisableSandbox\":{\"type\":\"boolean\",\"description\":\"Ask the user to run it "
		"unconfined\"}},"
		"\"required\":[\"command\"],\"additionalProperties\":false}",
	.brief = "runs a command line of bash in the project",
	.brief_schema = "{\"type\":\"object\",\"properties\":{\"command\":{\"type\":\"string\"}},"
		"\"required\":[\"command\"]}",
	.confined = is_confined,
	.run = run,
};
