#include "support/test.h"
#include "tool/context.h"
#include "tool/input.h"
#include "tool/kinds.h"

struct person {
	size_t asked;
	const char *answers;           /* JSON; NULL: none */
	bool takes;
	json_t *todos;
};

static json_t *answer(void *user, const json_t *questions, struct error *err)
{
	struct person *p = user;

	p->asked += json_array_size(questions);
	if (!p->answers) {
		error_set(err, ERROR_CANCELLED, "the user did not answer");
		return NULL;
	}
	return json_parse(str_of(p->answers), "answers", err);
}

static bool approve(void *user, struct str plan, struct error *err)
{
	struct person *p = user;

	p->asked += plan.n;
	return p->takes || error_set(err, ERROR_DENIED, "The user says: first the tests");
}

static void keep_todos(void *user, const json_t *todos)
{
	struct person *p = user;

	json_decref(p->todos);
	p->todos = json_deep_copy(todos);
}

/* Runs a call, whose result or error must hold the words; false: it failed. */
static bool call(const struct tool_kind *kind, struct person *p, const char *arguments, const char *words)
{
	struct tool_context context = { .ui = { answer, approve, keep_todos, NULL, p } };
	struct cancel cancel;
	struct error err = {0};
	own_tool_job job = TOOL_JOB_INIT;
	own_json *input = tool_input_read(kind, str_of(arguments), &err);

	if (!p)
		context.ui = (struct tool_ui){0};
	cancel_init(&cancel);
	job.context = &context;
	job.input = input;
	job.cancel = &cancel;
	bool ok = input && kind->run(&job, &err);
	const char *text = ok ? job.text.data : err.text;
	if (!strstr(text, words))
		fail_msg("\"%s\" does not say \"%s\"", text, words);
	json_decref(context.todos);
	cancel_done(&cancel);
	return ok;
}

#define TODO(content, status) "{\"content\":\"" content "\",\"status\":\"" status "\",\"activeForm\":\"x\"}"
#define QUESTION "{\"questions\":[{\"question\":\"Which?\",\"header\":\"Way\",\"multiSelect\":false,\"options\":[" \
	"{\"label\":\"A\",\"description\":\"a\"},{\"label\":\"B\",\"description\":\"b\"}]}]}"

TEST(keeps_the_list_and_shows_it)
{
	struct person p = {0};

	assert_true(call(&tool_todo_write, &p, "{\"todos\":[" TODO("a", "completed") "," TODO("b", "in_progress") ","
		TODO("c", "pending") "," TODO("d", "pending") "]}", "2 to do, 1 under way, 1 done"));
	assert_int_equal(json_array_size(p.todos), 4);
	assert_true(call(&tool_todo_write, &p, "{\"todos\":[]}", "0 to do"));
	assert_int_equal(json_array_size(p.todos), 0);
	json_decref(p.todos);
	assert_true(call(&tool_todo_write, NULL, "{\"todos\":[]}", "0 to do"));
}

TEST(refuses_a_list_that_says_nothing)
{
	struct person p = {0};

	assert_false(call(&tool_todo_write, &p, "{\"todos\":[" TODO("a", "pending") "," TODO(" ", "pending") "]}",
		"`todos[1].content` is empty"));
	assert_false(call(&tool_todo_write, &p, "{\"todos\":[" TODO("a", "soon") "]}", "must be one of: pending"));
	assert_null(p.todos);
}

TEST(gives_the_model_what_the_user_answers)
{
	struct person p = { .answers = "{\"Which?\":\"B\"}" };

	assert_true(call(&tool_ask_user_question, &p, QUESTION, "Which?\n= B\n"));
	assert_int_equal(p.asked, 1);
	p.answers = NULL;
	assert_false(call(&tool_ask_user_question, &p, QUESTION, "did not answer"));
	assert_false(call(&tool_ask_user_question, NULL, QUESTION, "nobody is there"));
	assert_false(call(&tool_ask_user_question, &p, "{\"questions\":[]}", "at least 1"));
}

TEST(asks_whether_the_plan_is_taken)
{
	struct person p = { .takes = true };

	assert_true(call(&tool_exit_plan_mode, &p, "{\"plan\":\"1. read\"}", "has taken the plan"));
	p.takes = false;
	assert_false(call(&tool_exit_plan_mode, &p, "{\"plan\":\"1. read\"}", "first the tests"));
	assert_false(call(&tool_exit_plan_mode, &p, "{\"plan\":\" \"}", "`plan` is empty"));
	assert_false(call(&tool_exit_plan_mode, NULL, "{\"plan\":\"1. read\"}", "nobody is there"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_list_and_shows_it),
		cmocka_unit_test(refuses_a_list_that_says_nothing),
		cmocka_unit_test(gives_the_model_what_the_user_answers),
		cmocka_unit_test(asks_whether_the_plan_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
