/* A project's folder to search in, and calls of tools as an agent makes them. */
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/test.h"
#include "tool/context.h"
#include "tool/input.h"
#include "tool/temp.h"

struct project {
	char folder[64];
	struct tool_context context;
	struct cancel cancel;
};

static inline void project_done(struct project *p)
{
	tool_context_done(&p->context);
	cancel_done(&p->cancel);
	temp_remove(p->folder);
}
#define own_project owns(project_done) struct project

static inline void project_init(struct project *p)
{
	struct error err = {0};

	strcpy(p->folder, "/tmp/shammah-project-XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	cancel_init(&p->cancel);
	assert_ok(tool_context_init(&p->context, p->folder, p->folder, NULL, NULL, &err));
}

/* A file, with the folders it needs; `age` seconds old. */
static inline void project_file(struct project *p, const char *name, const char *text, unsigned age)
{
	struct error err = {0};
	own_mem char *path = path_join(p->context.root, name);
	own_mem char *folder = mem_strndup(path, (size_t)(strrchr(path, '/') - path));
	struct timespec when = { .tv_sec = time(NULL) - age };

	assert_ok(path_make(folder, 0755, &err));
	assert_ok(file_write(path, str_of(text), 0644, &err));
	assert_int_equal(utimensat(AT_FDCWD, path, (struct timespec[]){ when, when }, 0), 0);
}

/* What a call brings: its result, or "error: " and what went wrong.  The caller frees. */
static inline char *call_at(struct project *p, const char *real, const char *name, const char *arguments)
{
	struct error err = {0};
	own_tool_job job = TOOL_JOB_INIT;
	const struct tool_kind *kind = tool_find(str_of(name));

	assert_non_null(kind);
	own_json *input = tool_input_read(kind, str_of(arguments), &err);
	if (!input)
		return mem_printf("error: %s", err.text);
	job.context = &p->context;
	job.input = input;
	job.real = real;
	job.cancel = &p->cancel;
	if (!kind->run(&job, &err))
		return mem_printf("error: %s", err.text);
	return mem_strdup(job.text.data);
}

static inline char *call(struct project *p, const char *name, const char *arguments)
{
	return call_at(p, NULL, name, arguments);
}

static inline void assert_calls(struct project *p, const char *name, const char *arguments, const char *result)
{
	own_mem char *found = call(p, name, arguments);

	assert_string_equal(found, result);
}

static inline void assert_tells(struct project *p, const char *name, const char *arguments, const char *part)
{
	own_mem char *found = call(p, name, arguments);

	if (!strstr(found, part))
		fail_msg("%s %s: %s (expected %s)", name, arguments, found, part);
}

static inline bool has_rg(void) { return system("rg --version >/dev/null 2>&1") == 0; }
