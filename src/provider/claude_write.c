/*
 * Our request as a body for POST /v1/messages.
 *
 * Written in one pass, in an order that keeps the beginning equal from turn to
 * turn (model, limits, tools, system, then the messages), as the vendor's prompt
 * cache wants it; the last tool and the last part of the system prompt are marked
 * for it.
 *
 * The models stop after max_tokens, which must be given.  Temperatures over 1 do not
 * exist here and become 1; newer models refuse top_p beside a temperature, so it
 * gives way.
 */
#include <inttypes.h>

#include "provider/claude.h"
#include "provider/parameters.h"

static void put_wishes(struct writer *w, const struct sampling *s)
{
	if (!isnan(s->temperature))
		writer_fraction(w, "temperature", s->temperature, 0, 1);
	else if (!isnan(s->top_p))
		writer_fraction(w, "top_p", s->top_p, 0, 1);
	if (s->top_k > 0)
		writer_putf(w, ",\"top_k\":%d", s->top_k);
}

static void put_thinking(struct writer *w, const struct claude_plan *plan)
{
	bool thinks = plan->thinking && (plan->budget || strcmp(plan->thinking, "adaptive") == 0);

	if (!plan->thinking)
		return;
	writer_putf(w, ",\"thinking\":{\"type\":\"%s\"", plan->thinking);
	if (plan->budget)
		writer_putf(w, ",\"budget_tokens\":%" PRId64, plan->budget);
	writer_put(w, thinks && plan->model->hides ? ",\"display\":\"summarized\"}" : "}");
}

static void put_stops(struct writer *w, const struct sampling *s)
{
	for (size_t i = 0; i < s->stop_count; i++) {
		writer_put(w, i ? "," : ",\"stop_sequences\":[");
		writer_string(w, s->stop[i]);
	}
	writer_put(w, s->stop_count ? "]" : "");
}

/* Left out where it says what holds anyway. */
static void put_tool_choice(struct writer *w, const struct claude_plan *plan)
{
	static const char *const types[] = {
		[TOOLS_AUTO] = "auto", [TOOLS_NONE] = "none", [TOOLS_REQUIRED] = "any", [TOOLS_NAMED] = "tool",
	};
	const struct request *r = plan->request;
	enum tool_choice choice = claude_wants_call(r) && !plan->forces ? TOOLS_AUTO : r->tool_choice;
	bool single = r->one_call && choice != TOOLS_NONE;

	if (choice == TOOLS_AUTO && !single)
		return;
	writer_putf(w, ",\"tool_choice\":{\"type\":\"%s\"", types[choice]);
	if (choice == TOOLS_NAMED) {
		writer_put(w, ",\"name\":");
		writer_string(w, r->named_tool);
	}
	writer_put(w, single ? ",\"disable_parallel_tool_use\":true}" : "}");
}

/* Sent even when none may be used: a conversation with calls in it is refused without their tools. */
static void put_tools(struct writer *w, const struct claude_plan *plan)
{
	const struct chat *chat = &plan->request->chat;

	for (size_t i = 0; i < chat->tool_count; i++) {
		const struct tool *tool = &chat->tools[i];
		writer_put(w, i ? ",{\"name\":" : ",\"tools\":[{\"name\":");
		writer_string(w, tool->name);
		writer_put(w, ",\"description\":");
		writer_string(w, tool->description);
		writer_put(w, ",\"input_schema\":");
		parameters_put(w, tool->schema, "{\"type\":\"object\"}", plan->not_at_top);
		writer_put(w, tool->strict ? ",\"strict\":true" : "");
		claude_close_block(w, i + 1 == chat->tool_count ? plan->mark : "");
	}
	writer_put(w, chat->tool_count ? "]" : "");
	if (chat->tool_count)
		put_tool_choice(w, plan);
}

/* Structured outputs: a form that the vendor cannot hold its models to is refused, never dropped. */
static void put_output(struct writer *w, const struct claude_plan *plan)
{
	const struct request *r = plan->request;

	if (r->form == FORM_OBJECT)
		writer_refuse(w, "response_format: Claude has no json_object; use json_schema with a schema");
	if (r->form != FORM_SCHEMA && !plan->effort)
		return;
	writer_put(w, ",\"output_config\":{");
	if (plan->effort)
		writer_putf(w, "\"effort\":\"%s\"%s", plan->effort, r->form == FORM_SCHEMA ? "," : "");
	if (r->form == FORM_SCHEMA) {
		writer_put(w, "\"format\":{\"type\":\"json_schema\",\"schema\":");
		writer_object(w, r->form_schema, "", "the schema of the response format");
		writer_put(w, "}");
	}
	writer_put(w, "}");
}

void claude_open_text(struct writer *w, struct str text)
{
	writer_put(w, "{\"type\":\"text\",\"text\":");
	writer_string(w, text);
}

void claude_close_block(struct writer *w, const char *mark)
{
	writer_put(w, mark);
	writer_put(w, "}");
}

/* What stands before the conversation, and what a model does not take within it. */
static void put_system(struct writer *w, const struct claude_plan *plan)
{
	const struct chat *chat = &plan->request->chat;
	bool any = false;

	for (size_t i = 0; i < chat->message_count; i++) {
		const struct message *m = &chat->messages[i];
		if (m->role != ROLE_SYSTEM || !claude_says(m->text) || claude_stays(plan, i))
			continue;
		if (any)
			claude_close_block(w, "");
		writer_put(w, any ? "," : ",\"system\":[");
		claude_open_text(w, m->text);
		any = true;
	}
	if (!any)
		return;
	claude_close_block(w, plan->mark);
	writer_put(w, "]");
}

/* Claude Code's settings may name a model with the size of its context, which is no part of the name. */
static struct str bare_name(const char *model)
{
	const char *size = strstr(model, "[1m]");

	return (struct str){ model, size ? (size_t)(size - model) : strlen(model) };
}

bool claude_write_body(
	const struct target *target, const struct request *request, struct buf *body, struct error *err)
{
	struct writer w = WRITER_INIT(body, err);
	struct claude_plan plan;

	claude_plan_make(&plan, target, request);
	writer_put(&w, "{\"model\":");
	writer_string(&w, bare_name(target->model));
	writer_putf(&w, ",\"max_tokens\":%" PRId64 ",\"stream\":true", plan.max_tokens);
	if (plan.samples)
		put_wishes(&w, &request->sampling);
	put_thinking(&w, &plan);
	put_stops(&w, &request->sampling);
	put_tools(&w, &plan);
	put_output(&w, &plan);
	put_system(&w, &plan);
	claude_put_messages(&w, &plan);
	writer_put(&w, "}");
	return w.ok;
}
