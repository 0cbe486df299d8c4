/* Calls of tools in a project of the test's own, which is gone with it. */
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/test.h"
#include "tool/context.h"
#include "tool/input.h"
#include "tool/temp.h"

static struct tool_context project;
static struct cancel calls_cancel;
static struct tool_job call_made;      /* the last call; its result and details */
static struct error call_error;        /* of the last call, where it failed */
static char *project_folder;

static inline int calls_begin(void **state)
{
	struct error err = {0};
	char name[] = "/tmp/shammah-tool-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(name));
	project_folder = realpath(name, NULL);
	own_mem char *ours = path_join(project_folder, ".shammah-home");
	assert_ok(tool_context_init(&project, project_folder, project_folder, "/nowhere", ours, &err));
	project.turn = 1;
	cancel_init(&calls_cancel);
	return 0;
}

static inline int calls_end(void **state)
{
	(void)state;
	tool_job_done(&call_made);
	tool_context_done(&project);
	cancel_done(&calls_cancel);
	temp_remove(project_folder);
	free(project_folder);
	return 0;
}

#define WITH_PROJECT(test) cmocka_unit_test_setup_teardown(test, calls_begin, calls_end)

static inline char *in_project(const char *name) { return path_join(project_folder, name); }

static inline void put_bytes(const char *name, struct str bytes)
{
	struct error err = {0};
	own_mem char *path = in_project(name);

	assert_ok(file_write(path, bytes, 0644, &err));
}

static inline void put_file(const char *name, const char *text) { put_bytes(name, str_of(text)); }

static inline void assert_file(const char *name, struct str bytes)
{
	struct error err = {0};
	own_mem char *path = in_project(name);
	size_t n;
	own_mem char *found = file_read(path, (size_t)256 << 20, &n, &err);

	if (!found)
		fail_msg("%s", err.text);
	if (n != bytes.n || memcmp(found, bytes.p, n) != 0)
		fail_msg("%s holds \"%s\"", name, found);
}

/* Runs the tool with arguments as a model would write them; false: it failed (call_error). */
static inline bool call(const char *tool, json_t *arguments)
{
	const struct tool_kind *kind = tool_find(str_of(tool));
	own_json *given = arguments;
	own_buf text = BUF_INIT(TOOL_TEXT_MAX * 8);

	assert_non_null(kind);
	assert_non_null(given);
	call_error = (struct error){0};
	tool_job_done(&call_made);
	call_made = (struct tool_job)TOOL_JOB_INIT;
	assert_true(json_write(&text, given, &call_error));
	own_json *input = tool_input_read(kind, buf_str(&text), &call_error);
	call_made.context = &project;
	call_made.cancel = &calls_cancel;
	call_made.input = input;
	bool ok = input && kind->run(&call_made, &call_error);
	call_made.input = NULL;
	return ok;
}

static inline void assert_says(const char *words)
{
	const char *said = call_error.kind ? call_error.text : call_made.text.data;

	if (!said || !strstr(said, words))
		fail_msg("\"%.3000s\" does not say \"%s\"", said ? said : "", words);
}

/* The call went well, and its result says so. */
#define assert_call(words, tool, ...) do { \
		if (!call(tool, json_pack(__VA_ARGS__)) || call_made.failed) \
			fail_msg("%s: %s%s", tool, call_error.text, call_made.text.data); \
		assert_says(words); \
	} while (0)

/* The call failed, or its result tells of a failure. */
#define assert_fails(words, tool, ...) do { \
		if (call(tool, json_pack(__VA_ARGS__)) && !call_made.failed) \
			fail_msg("%s went well: %s", tool, call_made.text.data); \
		assert_says(words); \
	} while (0)
