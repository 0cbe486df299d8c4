/*
 * The table of tools and the judge are this test's own: they take the places of the real
 * ones when it is linked.
 */
#include <stdio.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/clock.h"
#include "base/mem.h"
#include "permit/links.h"
#include "permit/permission.h"
#include "support/test.h"
#include "tool/input.h"

#define WAIT_MS 5000

/* --- tools that do as they are told ------------------------------------------------------- */

static atomic_int running, most_running, edits, tool_calls;

static void note_running(void)
{
	int now = atomic_fetch_add(&running, 1) + 1, most = atomic_load(&most_running);

	while (now > most && !atomic_compare_exchange_weak(&most_running, &most, now))
		;
}

/* "say": the result; "until": waits until so many run at once; "fail": fails with these words; "hang" */
static bool run(struct tool_job *job, struct error *err)
{
	struct str say = tool_input_str(job->input, "say"), fail = tool_input_str(job->input, "fail");
	uint64_t end = clock_ms() + WAIT_MS;
	int until = (int)tool_input_number(job->input, "until", 0);
	bool hang = tool_input_flag(job->input, "hang", false);

	atomic_fetch_add(&tool_calls, 1);
	note_running();
	while ((hang || atomic_load(&most_running) < until) && !cancel_fired(job->cancel) && clock_ms() < end)
		clock_sleep_ms(1);
	clock_sleep_ms((unsigned)tool_input_number(job->input, "sleep", 0));
	atomic_fetch_sub(&running, 1);
	if (cancel_fired(job->cancel))
		return error_set(err, ERROR_CANCELLED, "stopped");
	if (fail.n)
		return error_set(err, ERROR_INVALID, "%.*s", STR_ARGS(fail));
	if (job->progress)
		job->progress(job->user, (struct str)STR("half"));
	job->failed = tool_input_flag(job->input, "failed", false);
	return buf_add_str(&job->text, say, err);
}

static bool run_edit(struct tool_job *job, struct error *err)
{
	atomic_fetch_add(&edits, 1);
	return run(job, err);
}

#define SCHEMA "{\"type\":\"object\",\"properties\":{\"say\":{\"type\":\"string\"},\"fail\":{\"type\":\"string\"}," \
	"\"until\":{\"type\":\"integer\"},\"sleep\":{\"type\":\"integer\"},\"hang\":{\"type\":\"boolean\"}," \
	"\"failed\":{\"type\":\"boolean\"},\"judge\":{\"type\":\"string\"}},\"additionalProperties\":false}"

static const struct tool_kind tool_look = { .name = "Look", .description = "looks", .schema = SCHEMA,
	.brief = "looks", .reads = true, .run = run };
static const struct tool_kind tool_change = { .name = "Change", .old_names = "Alter", .description = "changes",
	.schema = SCHEMA, .run = run_edit };
static const struct tool_kind tool_hidden = { .name = "Hidden", .description = "is not offered", .schema = SCHEMA,
	.run = run };
const struct tool_kind *const tool_kinds[] = { &tool_look, &tool_change, &tool_hidden, NULL };

/* --- the judge, as it is told -------------------------------------------------------------- */

const struct path_links path_links_real;
const char *const decision_names[] = { "allow", "ask", "deny" };

bool permissions_deny_reading(const struct permissions *p)
{
	(void)p;
	return false;
}

bool permission_may_read(const struct permissions *p, const char *real_path)
{
	(void)p, (void)real_path;
	return true;
}

void permission_decide(const struct permissions *p, const struct permission_call *call, struct permission *out)
{
	const char *judge = json_member_string(call->input, "judge");

	(void)p;
	*out = (struct permission){ .decision = DECISION_ALLOW };
	if (judge && strcmp(judge, "ask") == 0)
		out->decision = DECISION_ASK;
	if (judge && strcmp(judge, "deny") == 0)
		*out = (struct permission){ .decision = DECISION_DENY, .rule = "Change", .file = "settings.json" };
	(void)snprintf(out->why, sizeof out->why, "because");
}

/* --- a model, a user ------------------------------------------------------------------------ */

/* What the model answers in turn, as JSON: {"text", "calls": [[NAME, ARGUMENTS]], "fail", "cut", "local"}. */
struct script {
	json_t *turns;
	size_t at;
	struct cancel *cancel;
	size_t steps, cancel_at;       /* every event counts; the token fires at this one (from 1; 0: never) */
	enum agent_reply reply;        /* to every question of permission */
	const char *words;
	size_t asked;
	unsigned go_on;                /* how often the user says so */
	struct buf seen;               /* what was shown: "calling Read", ... */
};

static const char *same_ids;   /* what this model names all its calls; NULL: each otherwise */

/* Every event is a step; at one of them the user presses Ctrl+C. */
static void count_step(struct script *s)
{
	if (++s->steps == s->cancel_at)
		cancel_fire(s->cancel);
}

static void add_calls(struct agent_answer *answer, const json_t *calls, size_t turn)
{
	size_t i;
	json_t *call;

	json_array_foreach(calls, i, call) {
		char id[40];
		(void)snprintf(id, sizeof id, "call_%zu_%zu", turn, i);
		if (same_ids)
			(void)snprintf(id, sizeof id, "%s", same_ids);
		json_array_append_new(answer->calls, json_pack("{s:s, s:s, s:{s:O, s:O}}", "id", id, "type", "function",
			"function", "name", json_array_get(call, 0), "arguments", json_array_get(call, 1)));
	}
}

static bool ask_model(void *user, const struct agent_question *question, struct agent_answer *answer,
	struct cancel *cancel, struct error *err)
{
	struct script *s = user;
	const json_t *turn = json_array_get(s->turns, s->at < json_array_size(s->turns) ? s->at : s->at - 1);
	const char *text = json_member_string(turn, "text"), *fail = json_member_string(turn, "fail");

	assert_true(question->fresh == json_is_true(json_object_get(turn, "fresh")) || s->at);
	s->at++;
	count_step(s);
	if (text && !buf_adds(&answer->text, text, err))
		return false;
	if (cancel_fired(cancel))
		return error_set(err, ERROR_CANCELLED, "cancelled");
	if (fail)
		return error_set(err, ERROR_UNAVAILABLE, "%s", fail);
	answer->local = json_is_true(json_object_get(turn, "local"));
	answer->cut_by_length = json_is_true(json_object_get(turn, "cut"));
	add_calls(answer, json_object_get(turn, "calls"), s->at);
	return true;
}

static enum agent_reply ask_permission(void *user, const struct agent_request *request, struct buf *words)
{
	struct script *s = user;
	struct error err = {0};

	assert_non_null(request->kind);
	s->asked++;
	count_step(s);
	if (s->words)
		assert_true(buf_adds(words, s->words, &err));
	return cancel_fired(s->cancel) ? AGENT_NO : s->reply;
}

static bool go_on(void *user, unsigned turns)
{
	struct script *s = user;

	(void)turns;
	return s->go_on && s->go_on--;
}

static void show(void *user, const struct agent_event *event)
{
	static const char *const names[] = { [AGENT_ANSWERED] = "answered", [AGENT_CALLING] = "calling",
		[AGENT_PROGRESS] = "progress", [AGENT_RESULT] = "result",
		[AGENT_RESULTS] = "results", [AGENT_NOTE] = "note" };
	struct script *s = user;

	buf_putf(&s->seen, "%s%s%.*s\n", names[event->kind], event->text.n ? " " : "", STR_ARGS(event->text));
	count_step(s);
}

/* --- a conversation -------------------------------------------------------------------------- */

struct world {
	struct script script;
	struct tool_context context;
	struct agent agent;
	struct cancel cancel;
	struct error err;
	struct agent_outcome outcome;
};

static bool is_wanted(void *user, const struct tool_kind *kind)
{
	(void)user;
	return strcmp(kind->name, "Hidden") != 0;
}

static void begin(struct world *w, const char *turns)
{
	static const struct agent_ui ui = { ask_model, ask_permission, go_on, show, NULL };
	struct error err = {0};

	*w = (struct world){ .script.seen = BUF_INIT(1 << 20) };
	w->script.turns = json_parse(str_of(turns), "turns", &err);
	assert_non_null(w->script.turns);
	w->script.cancel = &w->cancel;
	cancel_init(&w->cancel);
	assert_true(tool_context_init(&w->context, "/tmp", "/tmp", NULL, NULL, &err));
	agent_init(&w->agent, &ui, &w->context);
	w->agent.ui.user = &w->script;
	agent_begin(&w->agent, "You help.", "Help.");
	agent_offer(&w->agent, is_wanted, NULL);
	atomic_store(&running, 0);
	atomic_store(&most_running, 0);
	atomic_store(&edits, 0);
	atomic_store(&tool_calls, 0);
}

static void end(struct world *w)
{
	agent_done(&w->agent);
	tool_context_done(&w->context);
	cancel_done(&w->cancel);
	json_decref(w->script.turns);
	buf_done(&w->script.seen);
}

static const json_t *message(const struct world *w, size_t i) { return json_array_get(w->agent.messages, i); }

static const char *member(const json_t *object, const char *name)
{
	const char *text = json_member_string(object, name);

	return text ? text : "(none)";
}

/* Each call of an answer is followed by its result, in order, and nothing else has one. */
static void is_whole(const struct world *w)
{
	size_t count = json_array_size(w->agent.messages);

	for (size_t i = 0; i < count; i++) {
		const json_t *calls = json_object_get(message(w, i), "tool_calls");
		assert_string_not_equal(member(message(w, i), "role"), "tool");
		for (size_t k = 0; k < json_array_size(calls); k++) {
			const json_t *result = message(w, ++i);
			assert_string_equal(member(result, "role"), "tool");
			assert_string_equal(member(result, "tool_call_id"), member(json_array_get(calls, k), "id"));
			assert_true(*member(result, "content"));
		}
	}
}

static enum agent_end ask(struct world *w)
{
	w->err = (struct error){0};
	w->outcome = agent_ask(&w->agent, (struct str)STR("do it"), &w->cancel, &w->err);
	is_whole(w);
	return w->outcome.end;
}

/* Asks once; the content of the message at `i` must hold the words. */
static void holds(const struct world *w, size_t i, const char *words)
{
	if (!strstr(member(message(w, i), "content"), words))
		fail_msg("\"%s\" does not say \"%s\"", member(message(w, i), "content"), words);
}

static bool failed(const struct world *w, size_t i) { return json_is_true(json_object_get(message(w, i), "is_error")); }

/* --- the loop -------------------------------------------------------------------------------- */

TEST(runs_what_is_called_and_sends_the_results_back)
{
	struct world w;

	begin(&w, "[{\"fresh\":true,\"text\":\"I look.\",\"calls\":[[\"Look\","
		"\"{\\\"say\\\":\\\"seen\\\"}\"]]},{\"text\":\"Done.\"}]");
	assert_int_equal(ask(&w), AGENT_ENDED);
	assert_int_equal(json_array_size(w.agent.messages), 5);
	assert_string_equal(member(message(&w, 0), "role"), "system");
	holds(&w, 1, "do it");
	holds(&w, 2, "I look.");
	assert_string_equal(member(message(&w, 3), "content"), "seen");
	assert_false(failed(&w, 3));
	holds(&w, 4, "Done.");
	assert_int_equal(w.outcome.answers, 2);
	assert_string_equal(w.script.seen.data,
		"answered\ncalling\nprogress half\nresult seen\nresults\nanswered\n");
	end(&w);
}

TEST(calls_of_one_name_are_told_apart)
{
	static const char *const names[] = { "call_0", "" };

	for (size_t i = 0; i < countof(names); i++) {
		struct world w;
		begin(&w, "[{\"fresh\": true, \"calls\": [[\"Look\", \"{}\"], [\"Look\", \"{}\"]]},"
			"{\"calls\": [[\"Look\", \"{\\\"say\\\": \\\"x\\\"}\"]]}, {\"text\": \"done\"}]");
		same_ids = names[i];
		assert_int_equal(ask(&w), AGENT_ENDED);
		same_ids = NULL;
		const char *first = member(message(&w, 3), "tool_call_id");
		const char *second = member(message(&w, 4), "tool_call_id");
		const char *third = member(message(&w, 6), "tool_call_id");
		assert_string_equal(first, *names[i] ? "call_0" : "call");
		assert_string_not_equal(first, second);
		assert_string_not_equal(first, third);
		assert_string_not_equal(second, third);
		end(&w);
	}
}

TEST(an_answer_without_calls_ends_the_turn)
{
	struct world w;

	begin(&w, "[{\"fresh\":true,\"text\":\"Hello.\"}]");
	assert_int_equal(ask(&w), AGENT_ENDED);
	assert_int_equal(w.outcome.answers, 1);
	assert_null(json_object_get(message(&w, 2), "tool_calls"));
	end(&w);
}

TEST(calls_that_read_run_side_by_side_and_results_keep_their_order)
{
	struct world w;

	begin(&w, "[{\"fresh\":true,\"calls\":[[\"Look\",\"{\\\"say\\\":\\\"a\\\",\\\"until\\\":3,\\\"sleep\\\":20}\"],"
		"[\"Look\",\"{\\\"say\\\":\\\"b\\\",\\\"until\\\":3}\"],[\"Look\",\"{\\\"say\\\":\\\"c\\\","
		"\\\"until\\\":3}\"]]},"
		"{\"text\":\"Done.\"}]");
	assert_int_equal(ask(&w), AGENT_ENDED);
	assert_int_equal(atomic_load(&most_running), 3);
	assert_string_equal(member(message(&w, 3), "content"), "a");
	assert_string_equal(member(message(&w, 4), "content"), "b");
	assert_string_equal(member(message(&w, 5), "content"), "c");
	end(&w);
}

TEST(calls_that_change_something_run_one_after_the_other)
{
	struct world w;

	begin(&w, "[{\"fresh\":true,\"calls\":[[\"Change\",\"{\\\"say\\\":\\\"a\\\",\\\"sleep\\\":5}\"],[\"Look\","
		"\"{}\"],"
		"[\"Change\",\"{\\\"say\\\":\\\"b\\\",\\\"sleep\\\":5}\"],[\"Alter\",\"{\\\"say\\\":\\\"c\\\"}\"]]},"
		"{}]");
	assert_int_equal(ask(&w), AGENT_ENDED);
	assert_int_equal(atomic_load(&most_running), 1);
	assert_int_equal(atomic_load(&edits), 3);
	end(&w);
}

TEST(many_calls_that_read_all_run)
{
	own_buf turns = BUF_INIT(1 << 16);
	struct world w;

	buf_put(&turns, "[{\"fresh\":true,\"calls\":[");
	for (int i = 0; i < AGENT_CALLS_MAX + 2; i++)
		buf_putf(&turns, "%s[\"Look\",\"{\\\"say\\\":\\\"%d\\\"}\"]", i ? "," : "", i);
	buf_put(&turns, "]},{\"text\":\"Done.\"}]");
	begin(&w, turns.data);
	assert_int_equal(ask(&w), AGENT_ENDED);
	assert_int_equal(atomic_load(&tool_calls), AGENT_CALLS_MAX);
	assert_string_equal(member(message(&w, 3 + 63), "content"), "63");
	holds(&w, 3 + 64, "at most 64 calls");
	assert_true(failed(&w, 3 + 64));
	end(&w);
}

/* --- what models get wrong --------------------------------------------------------------------- */

static void answers(const char *call, const char *words)
{
	own_mem char *turns = mem_printf("[{\"fresh\":true,\"calls\":[%s]},{\"text\":\"Done.\"}]", call);
	struct world w;

	begin(&w, turns);
	assert_int_equal(ask(&w), AGENT_ENDED);
	holds(&w, 3, words);
	end(&w);
}

TEST(says_precisely_what_is_wrong_with_a_call)
{
	answers("[\"Fly\",\"{}\"]", "There is no tool `Fly` here; there are: Look, Change.");
	answers("[\"Hidden\",\"{}\"]", "There is no tool `Hidden` here");
	answers("[\"Look\",\"{\\\"say\\\":[1]}\"]", "the argument `say` must be of type string");
	answers("[\"Look\",\"{\\\"cry\\\":1}\"]", "the argument `cry` is not known");
	answers("[\"Look\",\"{\\\"say\\\":\\\"unfinis\"]", "Nothing was run");
	answers("[\"Look\",\"{\\\"fail\\\":\\\"no such file\\\"}\"]", "no such file");
}

TEST(takes_careless_arguments_as_they_were_meant)
{
	answers("[\"Look\",\"{\\\"say\\\":\\\"x\\\",}\"]", "x");
	answers("[\"Look\",\"```json\\n{\\\"say\\\":\\\"y\\\"}\\n```\"]", "y");
	answers("[\"Look\",\"{'say': 'z', 'hang': False}\"]", "z");
	answers("[\"Look\",\"[{\\\"say\\\":\\\"v\\\"}]\"]", "v");
}

TEST(guesses_nothing_of_a_call_that_was_cut_off)
{
	struct world w;

	begin(&w, "[{\"fresh\":true,\"cut\":true,\"calls\":[[\"Change\",\"{\\\"say\\\":\\\"x\\\"\"]]},"
		"{\"text\":\"Done.\"}]");
	assert_int_equal(ask(&w), AGENT_ENDED);
	assert_int_equal(atomic_load(&edits), 0);
	holds(&w, 3, "cut off at its length limit");
	end(&w);
}

/* --- permission ----------------------------------------------------------------------------------- */

#define ASKED "[{\"fresh\":true,\"calls\":[[\"Change\",\"{\\\"judge\\\":\\\"ask\\\",\\\"say\\\":\\\"x\\\"}\"]," \
	"[\"Change\",\"{\\\"say\\\":\\\"y\\\"}\"]]},{\"text\":\"Done.\"}]"

TEST(runs_what_the_user_allows)
{
	struct world w;

	begin(&w, ASKED);
	assert_int_equal(ask(&w), AGENT_ENDED);
	assert_int_equal(w.script.asked, 1);
	assert_int_equal(atomic_load(&edits), 2);
	assert_int_equal(json_array_size(w.agent.denials), 0);
	end(&w);
}

TEST(a_no_ends_the_turn_and_nothing_more_runs)
{
	struct world w;

	begin(&w, ASKED);
	w.script.reply = AGENT_NO;
	assert_int_equal(ask(&w), AGENT_STOPPED);
	assert_int_equal(atomic_load(&edits), 0);
	holds(&w, 3, "did not allow this");
	holds(&w, 4, "Not run");
	assert_int_equal(json_array_size(w.agent.denials), 1);
	w.script.reply = AGENT_YES;
	assert_int_equal(ask(&w), AGENT_ENDED);
	end(&w);
}

TEST(a_no_with_words_goes_to_the_model)
{
	struct world w;

	begin(&w, ASKED);
	w.script.reply = AGENT_INSTEAD;
	w.script.words = "use the other file";
	assert_int_equal(ask(&w), AGENT_ENDED);
	assert_int_equal(atomic_load(&edits), 1);
	holds(&w, 3, "use the other file");
	end(&w);
}

TEST(without_anybody_to_ask_a_call_is_denied_and_listed)
{
	struct world w;

	begin(&w, ASKED);
	w.agent.ui.ask_permission = NULL;
	assert_int_equal(ask(&w), AGENT_ENDED);
	holds(&w, 3, "nobody to ask");
	assert_int_equal(atomic_load(&edits), 1);
	const json_t *denial = json_array_get(w.agent.denials, 0);
	assert_string_equal(member(denial, "tool_name"), "Change");
	assert_string_equal(member(denial, "tool_use_id"), "call_1_0");
	assert_string_equal(member(json_object_get(denial, "tool_input"), "say"), "x");
	end(&w);
}

TEST(what_is_denied_never_runs_and_says_by_which_rule)
{
	struct world w;

	begin(&w, "[{\"fresh\":true,\"calls\":[[\"Change\",\"{\\\"judge\\\":\\\"deny\\\"}\"]]},{\"text\":\"Done.\"}]");
	assert_int_equal(ask(&w), AGENT_ENDED);
	assert_int_equal(w.script.asked, 0);
	assert_int_equal(atomic_load(&edits), 0);
	holds(&w, 3, "because (the rule Change in settings.json)");
	assert_int_equal(json_array_size(w.agent.denials), 1);
	end(&w);
}

/* --- limits ------------------------------------------------------------------------------------------ */

/* A model that calls something else each time, for ever: only its script's last turn is repeated, so by number. */
static void begin_busy(struct world *w, bool local, int turns)
{
	own_buf script = BUF_INIT(1 << 20);

	for (int i = 0; i < turns; i++)
		buf_putf(&script, "%s{\"fresh\":true,\"local\":%s,\"calls\":[[\"Look\",\"{\\\"say\\\":\\\"%d\\\"}\"]]}",
			i ? "," : "[", local ? "true" : "false", i);
	buf_put(&script, "]");
	begin(w, script.data);
}

static int turns_until_stopped(bool local, unsigned max_turns, unsigned go_on_times)
{
	struct world w;

	begin_busy(&w, local, 120);
	w.agent.max_turns = max_turns;
	w.script.go_on = go_on_times;
	assert_int_equal(ask(&w), AGENT_TURNS);
	int turns = (int)w.outcome.answers;
	end(&w);
	return turns;
}

TEST(stops_after_as_many_turns_as_are_allowed)
{
	assert_int_equal(turns_until_stopped(true, 0, 0), AGENT_TURNS_LOCAL);
	assert_int_equal(turns_until_stopped(false, 0, 0), AGENT_TURNS_TEACHER);
	assert_int_equal(turns_until_stopped(true, 0, 1), 2 * AGENT_TURNS_LOCAL);
	assert_int_equal(turns_until_stopped(false, 0, 1), 2 * AGENT_TURNS_TEACHER);
	assert_int_equal(turns_until_stopped(false, 1, 7), 1);
	assert_int_equal(turns_until_stopped(true, 9, 0), 9);
}

TEST(stops_a_model_that_repeats_itself)
{
	struct world w;

	begin(&w, "[{\"fresh\":true,\"calls\":[[\"Look\",\"{\\\"say\\\":\\\"x\\\",\\\"sleep\\\":0}\"]]},"
		"{\"calls\":[[\"Look\",\"{\\\"sleep\\\":0, \\\"say\\\":\\\"x\\\"}\"]]}]");
	assert_int_equal(ask(&w), AGENT_REPEATED);
	assert_int_equal(w.outcome.answers, AGENT_REPEATS_MAX);
	assert_non_null(strstr(w.script.seen.data, "note the model made the same call"));
	end(&w);
}

/* --- failures ------------------------------------------------------------------------------------------ */

TEST(a_question_without_any_answer_is_forgotten)
{
	struct world w;

	begin(&w, "[{\"fresh\":true,\"fail\":\"no route\"}]");
	assert_int_equal(ask(&w), AGENT_FAILED);
	assert_string_equal(w.err.text, "no route");
	assert_false(w.outcome.kept);
	assert_int_equal(json_array_size(w.agent.messages), 1);
	end(&w);
}

TEST(what_came_before_a_failure_is_kept_and_marked)
{
	struct world w;

	begin(&w, "[{\"fresh\":true,\"text\":\"It is\",\"fail\":\"no route\"}]");
	assert_int_equal(ask(&w), AGENT_FAILED);
	holds(&w, 2, "It is\n\n[cut off here]");
	assert_true(w.outcome.kept);
	end(&w);
}

TEST(a_failure_after_calls_keeps_them)
{
	struct world w;

	begin(&w, "[{\"fresh\":true,\"calls\":[[\"Change\",\"{\\\"say\\\":\\\"x\\\"}\"]]},{\"fail\":\"no "
		"route\"},{\"text\":\"Done.\"}]");
	assert_int_equal(ask(&w), AGENT_FAILED);
	assert_int_equal(json_array_size(w.agent.messages), 4);
	assert_int_equal(ask(&w), AGENT_ENDED);
	end(&w);
}

TEST(a_question_that_is_no_utf8_is_refused)
{
	struct world w;

	begin(&w, "[{\"fresh\":true}]");
	w.outcome = agent_ask(&w.agent, (struct str)STR("\xff"), &w.cancel, &w.err);
	assert_int_equal(w.outcome.end, AGENT_FAILED);
	assert_int_equal(w.err.kind, ERROR_INVALID);
	assert_int_equal(json_array_size(w.agent.messages), 1);
	end(&w);
}

/* --- Ctrl+C ------------------------------------------------------------------------------------------------ */

#define BUSY "[{\"fresh\":true,\"text\":\"I begin.\",\"calls\":[[\"Look\",\"{\\\"say\\\":\\\"a\\\"}\"],[\"Look\"," \
	"\"{\\\"say\\\":\\\"b\\\"}\"]," \
	"[\"Change\",\"{\\\"say\\\":\\\"c\\\",\\\"judge\\\":\\\"ask\\\"}\"],[\"Change\"," \
	"\"{\\\"say\\\":\\\"d\\\"}\"],[\"Fly\",\"{}\"]]}," \
	"{\"calls\":[[\"Change\",\"{\\\"say\\\":\\\"e\\\"}\"]]},{\"text\":\"Done.\"}]"

TEST(ctrl_c_at_any_step_leaves_a_conversation_that_can_go_on)
{
	size_t steps = 1, n;

	for (n = 1; n <= steps; n++) {
		struct world w;
		begin(&w, BUSY);
		w.script.cancel_at = n;
		enum agent_end how = ask(&w);
		assert_true(how == AGENT_CANCELLED || how == AGENT_ENDED);
		assert_true(cancel_fired(&w.cancel));
		if (how == AGENT_CANCELLED)
			steps = w.script.steps > steps ? w.script.steps : steps;
		steps = n + 1 > steps && how == AGENT_CANCELLED ? n + 1 : steps;
		int changed = atomic_load(&edits);
		cancel_done(&w.cancel);
		cancel_init(&w.cancel);
		w.script.at = 2;
		assert_int_equal(ask(&w), AGENT_ENDED);
		assert_int_equal(atomic_load(&edits), changed);
		end(&w);
	}
	assert_true(n > 15);
}

static void *fire_soon(void *user)
{
	while (!atomic_load(&running))
		clock_sleep_ms(1);
	clock_sleep_ms(5);
	cancel_fire(user);
	return NULL;
}

TEST(ctrl_c_reaches_all_calls_that_run)
{
	pthread_t thread;
	struct world w;

	begin(&w, "[{\"fresh\":true,\"calls\":[[\"Look\",\"{\\\"hang\\\":true}\"],[\"Look\",\"{\\\"hang\\\":true,"
		"\\\"say\\\":\\\"\\\"}\"],"
		"[\"Look\",\"{\\\"say\\\":\\\"quick\\\"}\"],[\"Change\",\"{\\\"say\\\":\\\"never\\\"}\"]]},"
		"{\"text\":\"Done.\"}]");
	assert_int_equal(pthread_create(&thread, NULL, fire_soon, &w.cancel), 0);
	uint64_t began = clock_ms();
	assert_int_equal(ask(&w), AGENT_CANCELLED);
	assert_true(clock_ms() - began < WAIT_MS);
	pthread_join(thread, NULL);
	holds(&w, 3, "Cancelled by the user.");
	holds(&w, 4, "Cancelled by the user.");
	holds(&w, 6, "before it began");
	assert_int_equal(atomic_load(&edits), 0);
	end(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(runs_what_is_called_and_sends_the_results_back),
		cmocka_unit_test(calls_of_one_name_are_told_apart),
		cmocka_unit_test(an_answer_without_calls_ends_the_turn),
		cmocka_unit_test(calls_that_read_run_side_by_side_and_results_keep_their_order),
		cmocka_unit_test(calls_that_change_something_run_one_after_the_other),
		cmocka_unit_test(many_calls_that_read_all_run),
		cmocka_unit_test(says_precisely_what_is_wrong_with_a_call),
		cmocka_unit_test(takes_careless_arguments_as_they_were_meant),
		cmocka_unit_test(guesses_nothing_of_a_call_that_was_cut_off),
		cmocka_unit_test(runs_what_the_user_allows),
		cmocka_unit_test(a_no_ends_the_turn_and_nothing_more_runs),
		cmocka_unit_test(a_no_with_words_goes_to_the_model),
		cmocka_unit_test(without_anybody_to_ask_a_call_is_denied_and_listed),
		cmocka_unit_test(what_is_denied_never_runs_and_says_by_which_rule),
		cmocka_unit_test(stops_after_as_many_turns_as_are_allowed),
		cmocka_unit_test(stops_a_model_that_repeats_itself),
		cmocka_unit_test(a_question_without_any_answer_is_forgotten),
		cmocka_unit_test(what_came_before_a_failure_is_kept_and_marked),
		cmocka_unit_test(a_failure_after_calls_keeps_them),
		cmocka_unit_test(a_question_that_is_no_utf8_is_refused),
		cmocka_unit_test(ctrl_c_at_any_step_leaves_a_conversation_that_can_go_on),
		cmocka_unit_test(ctrl_c_reaches_all_calls_that_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
