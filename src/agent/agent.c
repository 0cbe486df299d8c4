#include "agent/agent.h"

#include <stdio.h>

#include "agent/guard.h"
#include "agent/offer.h"
#include "agent/turn.h"
#include "base/mem.h"

#define CUT_MARK "\n\n[cut off here]"

void agent_answer_init(struct agent_answer *a)
{
	*a = (struct agent_answer){ .text = BUF_INIT(AGENT_ANSWER_MAX), .calls = json_array() };
}

void agent_answer_done(struct agent_answer *a)
{
	buf_done(&a->text);
	json_decref(a->calls);
	json_decref(a->details);
	*a = (struct agent_answer){ .text = BUF_INIT(0) };
}

void agent_init(struct agent *a, const struct agent_ui *ui, struct tool_context *context)
{
	*a = (struct agent){ .ui = *ui, .context = context, .messages = json_array(), .denials = json_array() };
}

void agent_done(struct agent *a)
{
	json_decref(a->messages);
	json_decref(a->tools);
	json_decref(a->brief_tools);
	json_decref(a->denials);
	free(a->brief_system);
	*a = (struct agent){0};
}

/* False for text that is no UTF-8. */
static bool add_message(struct agent *a, const char *role, struct str text)
{
	json_t *content = json_stringn(text.p, text.n);

	return content && json_array_append_new(a->messages,
		json_pack("{s:s, s:o}", "role", role, "content", content)) == 0;
}

void agent_begin(struct agent *a, const char *system, const char *brief_system)
{
	json_array_clear(a->messages);
	if (system)
		(void)add_message(a, "system", str_of(system));
	free(a->brief_system);
	a->brief_system = mem_strdup(brief_system);
}

void agent_instruct(struct agent *a, const char *system, const char *brief_system)
{
	json_t *first = json_array_get(a->messages, 0);
	const char *role = json_member_string(first, "role");

	if (!role || strcmp(role, "system") != 0)
		return;
	json_object_set_new(first, "content", json_string(system));
	free(a->brief_system);
	a->brief_system = mem_strdup(brief_system);
}

void agent_offer(struct agent *a, bool (*wanted)(void *user, const struct tool_kind *kind), void *user)
{
	json_decref(a->tools);
	json_decref(a->brief_tools);
	a->tools = offer_tools(false, wanted, user);
	a->brief_tools = offer_tools(true, wanted, user);
}

/* --- one answer --------------------------------------------------------------------------- */

static void show_answer(const struct agent *a, const struct agent_answer *answer)
{
	if (a->ui.show)
		a->ui.show(a->ui.user, &(struct agent_event){ .kind = AGENT_ANSWERED, .answer = answer });
}

static void note(const struct agent *a, const char *text)
{
	if (a->ui.show)
		a->ui.show(a->ui.user, &(struct agent_event){ .kind = AGENT_NOTE, .text = str_of(text) });
}

/* An answer without calls is text alone, as every API has it. */
static void keep_answer(struct agent *a, const struct agent_answer *answer)
{
	json_t *message = json_pack("{s:s, s:o}", "role", "assistant",
		"content", json_stringn(answer->text.data, answer->text.len));

	if (!message)
		return;
	if (json_array_size(answer->calls))
		json_object_set(message, "tool_calls", answer->calls);
	if (answer->details)
		json_object_set(message, "reasoning_details", answer->details);
	json_array_append_new(a->messages, message);
}

/* Of an answer that broke off its text is kept, marked, so that whoever answers next knows where to go on. */
static void keep_cut(struct agent *a, struct agent_answer *answer)
{
	struct error full = {0};

	if (!answer->text.len)
		return;
	(void)!buf_adds(&answer->text, CUT_MARK, &full);
	json_array_clear(answer->calls);
	json_decref(take(answer->details));
	keep_answer(a, answer);
}

static bool has_id(const json_t *calls, size_t end, const char *id)
{
	for (size_t i = 0; i < end; i++) {
		const char *other = json_member_string(json_array_get(calls, i), "id");
		if (other && strcmp(other, id) == 0)
			return true;
	}
	return false;
}

static bool id_is_taken(const struct agent *a, const json_t *calls, size_t end, const char *id)
{
	json_t *message;
	size_t i;

	json_array_foreach(a->messages, i, message) {
		const json_t *before = json_object_get(message, "tool_calls");
		if (has_id(before, json_array_size(before), id))
			return true;
	}
	return has_id(calls, end, id);
}

/* Some servers count calls from 0 in every answer, or name none: a result would belong to two. */
static void name_calls(const struct agent *a, json_t *calls)
{
	json_t *call;
	size_t i;

	json_array_foreach(calls, i, call) {
		const char *given = json_member_string(call, "id");
		own_mem char *base = mem_strdup(given && *given ? given : "call"), *id = mem_strdup(base);
		for (unsigned n = 2; id_is_taken(a, calls, i, id); n++) {
			free(id);
			id = mem_printf("%s_%u", base, n);
		}
		json_object_set_new(call, "id", json_string(id));
	}
}

static bool ask_model(struct agent *a, struct agent_answer *answer, bool fresh, struct cancel *cancel,
	struct error *err)
{
	const struct agent_question question = {
		.messages = a->messages, .tools = a->tools, .brief_system = a->brief_system,
		.brief_tools = a->brief_tools, .fresh = fresh,
	};

	if (cancel_fired(cancel))
		return error_set(err, ERROR_CANCELLED, "cancelled");
	if (!a->ui.ask_model(a->ui.user, &question, answer, cancel, err))
		return false;
	name_calls(a, answer->calls);
	show_answer(a, answer);
	return true;
}

/* --- all of them --------------------------------------------------------------------------- */

struct asking {
	struct agent *agent;
	struct cancel *cancel;
	struct guard guard;
	unsigned turns, allowed;       /* with calls since the question, and before the user is asked */
	struct agent_outcome outcome;
	struct error *err;
};

/* Whether there may be one more answer after those with calls so far. */
static bool may_go_on(struct asking *x, bool local)
{
	struct agent *a = x->agent;
	unsigned step = a->max_turns ? a->max_turns : local ? AGENT_TURNS_LOCAL : AGENT_TURNS_TEACHER;
	unsigned allowed = x->allowed > step ? x->allowed : step;

	if (x->turns < allowed)
		return true;
	if (!a->max_turns && a->ui.go_on && a->ui.go_on(a->ui.user, x->turns)) {
		x->allowed = x->turns + step;
		return true;
	}
	return false;
}

static enum agent_end end_of_turn(struct asking *x, enum turn_end end)
{
	static const enum agent_end ends[] = {
		[TURN_DONE] = AGENT_ENDED, [TURN_CANCELLED] = AGENT_CANCELLED, [TURN_STOPPED] = AGENT_STOPPED,
		[TURN_REPEATED] = AGENT_REPEATED,
	};

	if (end == TURN_REPEATED)
		note(x->agent, "the model made the same call with the same result again and again; it was stopped");
	return ends[end];
}

/* One answer with its calls; false: it was the last, for whatever reason. */
static bool step(struct asking *x, bool fresh)
{
	own_agent_answer answer = { .text = BUF_INIT(0) };
	struct agent *a = x->agent;

	agent_answer_init(&answer);
	if (!ask_model(a, &answer, fresh, x->cancel, x->err)) {
		x->outcome.end = cancel_fired(x->cancel) ? AGENT_CANCELLED : AGENT_FAILED;
		x->outcome.kept |= answer.text.len != 0;
		keep_cut(a, &answer);
		return false;
	}
	x->outcome.answers++;
	x->outcome.kept = true;
	keep_answer(a, &answer);
	if (!json_array_size(answer.calls)) {
		x->outcome.end = AGENT_ENDED;
		return false;
	}
	x->turns++;
	enum turn_end end = turn_run(a, &answer, &x->guard, x->cancel);
	x->outcome.end = end_of_turn(x, end);
	if (end != TURN_DONE)
		return false;
	if (may_go_on(x, answer.local))
		return true;
	x->outcome.end = AGENT_TURNS;
	return false;
}

struct agent_outcome agent_ask(struct agent *a, struct str question, struct cancel *cancel, struct error *err)
{
	struct asking x = { .agent = a, .cancel = cancel, .err = err, .outcome.end = AGENT_FAILED };
	size_t before = json_array_size(a->messages);

	if (!add_message(a, "user", question)) {
		error_set(err, ERROR_INVALID, "the question is not valid UTF-8 text");
		return x.outcome;
	}
	a->context->turn++;
	for (bool fresh = true; step(&x, fresh); fresh = false)
		;
	guard_done(&x.guard);
	if (!x.outcome.kept)
		while (json_array_size(a->messages) > before)
			json_array_remove(a->messages, json_array_size(a->messages) - 1);
	return x.outcome;
}
