/*
 * Restart: builds Shammah and goes on in the new program, for whoever works on Shammah with Shammah.
 * Only in its own source tree, and only if what was built can say its version.
 */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "tool/bash.h"
#include "tool/command.h"
#include "tool/input.h"
#include "tool/kinds.h"
#include "tool/restart.h"

#define BUILD_MS 600000
#define PROJECT_MAX ((size_t)64 << 10)

static bool is_own_source(const char *root)
{
	own_mem char *build = path_join(root, "meson.build"), *file = path_join(root, "src/cli/main.c");
	struct error err = {0};
	own_mem char *text = path_is_file(file) ? file_read(build, PROJECT_MAX, NULL, &err) : NULL;

	return text && strncmp(text, "project('shammah'", 17) == 0;
}

bool restart_is_possible(const struct tool_context *c)
{
	return c->ui.restart && is_own_source(c->root);
}

/* With a build folder ninja knows best what is old; else make sets one up. */
static const char *build_line(const char *root)
{
	own_mem char *file = path_join(root, "build/build.ninja");

	return path_is_file(file) ? "ninja -C build && build/shammah --version" : "make && build/shammah --version";
}

static bool build(struct tool_job *job, struct command *c, struct error *err)
{
	if (!command_prepare(c, err) || !command_run(c, err))
		return false;
	if (c->end.how == CHILD_CANCELLED)
		return error_set(err, ERROR_CANCELLED, "the build was cancelled");
	job->failed = c->end.how != CHILD_EXITED || c->end.code;
	return !job->failed || (buf_adds(&job->text, "The build failed; this program goes on as it is.\n", err) &&
		output_text(&c->output, &job->text, err));
}

static bool run(struct tool_job *job, struct error *err)
{
	struct tool_context *context = job->context;
	own_mem char *program = path_join(context->root, "build/shammah");
	struct command c = { .context = context, .text = build_line(context->root), .unconfined = job->unconfined,
		.keep = bash_output_bytes(), .timeout_ms = BUILD_MS, .cancel = job->cancel, .progress = job->progress,
		.user = job->user };

	if (!is_own_source(context->root))
		return error_set(err, ERROR_DENIED, "Restart works only in Shammah's own source tree, and %s is none",
			context->root);
	if (!context->ui.restart)
		return error_set(err, ERROR_UNAVAILABLE, "Restart works only at the prompt");
	free(context->cwd);
	context->cwd = mem_strdup(context->root);
	bool ok = build(job, &c, err);
	command_done(&c);
	if (!ok || job->failed)
		return ok;
	context->ui.restart(context->ui.user, program);
	return buf_adds(&job->text, "Built. When this answer has ended, the new program goes on with this "
		"conversation. "
		"The daemon stays the one it is; `shammah daemon stop` lets the next question start a new one.", err);
}

const struct tool_kind tool_restart = {
	.name = "Restart",
	.description = "Builds Shammah anew and goes on with this conversation in the new program, once your answer "
		"has ended. "
		"Only for work on Shammah itself, in its source tree; when the build fails, its output is the result.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"reason\":{\"type\":\"string\",\"description\":\"Why, for the "
		"user\"}},\"additionalProperties\":false}",
	.run = run,
};
