/* The list of what is to be done: the model's own, kept for it and shown to its user. */
#include "base/mem.h"
#include "tool/context.h"
#include "tool/input.h"
#include "tool/kinds.h"

#define SCHEMA \
	"{\"type\":\"object\",\"properties\":{\"todos\":{\"type\":\"array\",\"maxItems\":100," \
	"\"description\":\"The whole list, which replaces the one before\",\"items\":{\"type\":\"object\"," \
	"\"properties\":{" \
	"\"content\":{\"type\":\"string\",\"description\":\"What is to be done\"}," \
	"\"status\":{\"type\":\"string\",\"enum\":[\"pending\",\"in_progress\",\"completed\"]}," \
	"\"activeForm\":{\"type\":\"string\",\"description\":\"The same, as it is called while it is being done\"}}," \
	"\"required\":[\"content\",\"status\",\"activeForm\"],\"additionalProperties\":false}}}," \
	"\"required\":[\"todos\"],\"additionalProperties\":false}"

static bool check(const json_t *todos, struct error *err)
{
	size_t i;
	json_t *todo;

	json_array_foreach(todos, i, todo)
		if (!str_trim(tool_input_str(todo, "content")).n)
			return error_set(err, ERROR_INVALID, "TodoWrite: `todos[%zu].content` is empty", i);
	return true;
}

static size_t count(const json_t *todos, const char *status)
{
	size_t i, n = 0;
	json_t *todo;

	json_array_foreach(todos, i, todo)
		n += str_is(tool_input_str(todo, "status"), status);
	return n;
}

static bool run(struct tool_job *job, struct error *err)
{
	struct tool_context *c = job->context;
	json_t *todos = json_object_get(job->input, "todos");

	if (!check(todos, err))
		return false;
	json_decref(c->todos);
	c->todos = json_deep_copy(todos);
	if (c->ui.todos)
		c->ui.todos(c->ui.user, c->todos);
	buf_putf(&job->text, "The list is kept: %zu to do, %zu under way, %zu done. Go on, and keep it up to date.",
		count(todos, "pending"), count(todos, "in_progress"), count(todos, "completed"));
	return true;
}

const struct tool_kind tool_todo_write = {
	.name = "TodoWrite",
	.description = "Keeps a list of what is to be done for a task of several steps, and shows it to the user. "
		"Give the whole list each time. Have one entry in_progress while you work on it, and mark it "
		"completed as soon as it is done. Not needed for a task of one or two steps.",
	.schema = SCHEMA,
	.run = run,
};
