/*
 * Our request as a body for POST /chat/completions, as each vendor wants it:
 * https://platform.openai.com/docs/api-reference/chat/create
 *
 * The order keeps the beginning equal from turn to turn: model, limits, tools,
 * then the messages.  Results of tools hold text alone; their pictures follow in
 * a message of the user's, after the last result, for nothing may stand between
 * results.
 */
#include <inttypes.h>

#include "provider/openai_message.h"
#include "provider/writer.h"

static void put_number(struct writer *w, const char *key, int64_t value)
{
	writer_putf(w, ",\"%s\":%" PRId64, key, value);
}

/* What models may refuse by name; left out for `plain`. */
static void put_wishes(struct writer *w, const struct openai_quirks *q, const struct sampling *s)
{
	if (!isnan(s->temperature))
		writer_fraction(w, "temperature", s->temperature, 0, 2);
	if (!isnan(s->top_p))
		writer_fraction(w, "top_p", s->top_p, 0, 1);
	if (!isnan(s->presence_penalty) && !q->no_penalties)
		writer_fraction(w, "presence_penalty", s->presence_penalty, -2, 2);
	if (!isnan(s->frequency_penalty) && !q->no_penalties)
		writer_fraction(w, "frequency_penalty", s->frequency_penalty, -2, 2);
	if (!isnan(s->min_p) && q->samplers)
		writer_fraction(w, "min_p", s->min_p, 0, 1);
	if (s->top_k >= 0 && q->samplers)
		put_number(w, "top_k", s->top_k);
	if (!isnan(s->repetition_penalty) && q->repetition)
		writer_fraction(w, q->repetition, s->repetition_penalty, 0, 10);
	if (s->seed >= 0 && !(q->seed && !q->seed[0]))
		put_number(w, q->seed ? q->seed : "seed", s->seed);
	if (s->top_logprobs >= 0 && !q->no_logprobs)
		writer_put(w, ",\"logprobs\":true");
	if (s->top_logprobs > 0 && !q->no_logprobs)
		put_number(w, "top_logprobs", s->top_logprobs);
}

static void put_effort(struct writer *w, const struct target *target, const struct request *request)
{
	const struct openai_quirks *q = target->provider->openai;
	const char *word = openai_effort(target, request);

	if (q->no_thinking && openai_thoughtless(request))
		writer_put(w, q->no_thinking);
	else if (word && q->effort_object)
		writer_putf(w, ",\"reasoning\":{\"effort\":\"%s\"}", word);
	else if (word)
		writer_putf(w, ",\"reasoning_effort\":\"%s\"", word);
}

static void put_caching(struct writer *w, const struct target *target)
{
	const char *const *models = target->provider->openai->cached;

	if (models && openai_model_in(target->model, models))
		writer_put(w, ",\"cache_control\":{\"type\":\"ephemeral\"}");
}

static void put_limit(struct writer *w, const struct target *target, int64_t tokens)
{
	const char *const *models = target->provider->openai->completion_tokens;
	bool newer = models && openai_model_in(target->model, models);

	if (tokens > 0)
		put_number(w, newer ? "max_completion_tokens" : "max_tokens", tokens);
}

static void put_stops(struct writer *w, const struct sampling *s)
{
	for (size_t i = 0; i < s->stop_count; i++) {
		writer_put(w, i ? "," : ",\"stop\":[");
		writer_string(w, s->stop[i]);
	}
	writer_put(w, s->stop_count ? "]" : "");
}

/* Left out where it says what holds anyway. */
static void put_tool_choice(struct writer *w, const struct openai_quirks *q, const struct request *request)
{
	if (request->tool_choice == TOOLS_NONE)
		writer_put(w, ",\"tool_choice\":\"none\"");
	if (request->tool_choice == TOOLS_REQUIRED)
		writer_putf(w, ",\"tool_choice\":\"%s\"", q->required ? q->required : "required");
	if (request->tool_choice == TOOLS_NAMED) {
		writer_put(w, ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":");
		writer_string(w, request->named_tool);
		writer_put(w, "}}");
	}
	if (request->one_call && request->tool_choice != TOOLS_NONE && !q->no_one_call)
		writer_put(w, ",\"parallel_tool_calls\":false");
}

/* Sent even when none may be used: a conversation with calls in it is refused without their tools. */
static void put_tools(struct writer *w, const struct provider *provider, const struct request *request)
{
	const struct openai_quirks *q = provider->openai;
	const struct chat *chat = &request->chat;

	for (size_t i = 0; i < chat->tool_count; i++) {
		const struct tool *tool = &chat->tools[i];
		writer_put(w, i ? "," : ",\"tools\":[");
		writer_put(w, "{\"type\":\"function\",\"function\":{");
		openai_put_function(w, provider, tool);
		writer_put(w, tool->strict && !q->no_strict ? ",\"strict\":true}}" : "}}");
	}
	writer_put(w, chat->tool_count ? "]" : "");
	if (chat->tool_count)
		put_tool_choice(w, q, request);
}

/* A form that the vendor cannot hold its models to is refused, never dropped. */
static void put_form(struct writer *w, const struct target *target, const struct request *request)
{
	char why[160];

	if (request->form == FORM_OBJECT)
		writer_put(w, ",\"response_format\":{\"type\":\"json_object\"}");
	if (request->form != FORM_SCHEMA)
		return;
	if (target->provider->openai->no_schema) {
		snprintf(why, sizeof why, "response_format: %s has no json_schema; use json_object and say in the "
			"prompt what the object holds", target->provider->display_name);
		writer_refuse(w, why);
	}
	writer_put(w, ",\"response_format\":{\"type\":\"json_schema\",\"json_schema\":"
		"{\"name\":\"answer\",\"strict\":true,\"schema\":");
	writer_object(w, request->form_schema, "", "the schema of the response format");
	writer_put(w, "}}");
}

/* The user's last question: what follows it is one chain of calls and results. */
static size_t last_question(const struct chat *chat)
{
	size_t i = chat->message_count;

	while (i > 0 && chat->messages[i - 1].role != ROLE_USER)
		i--;
	return i;
}

static bool has_pictures(const struct message *m)
{
	return m->role == ROLE_TOOL && m->piece_count > 0;
}

/* Of the results that end before message i, the pictures that they could not hold. */
static void put_late_pictures(struct openai_message_writer *m, const struct chat *chat, size_t i)
{
	size_t first = i;

	while (first > 0 && chat->messages[first - 1].role == ROLE_TOOL)
		first--;
	if (m->quirks->tool_pictures)
		return;
	for (; first < i; first++)
		if (has_pictures(&chat->messages[first]))
			openai_put_pictures(m, &chat->messages[first]);
}

static void put_messages(struct writer *w, const struct target *target, const struct chat *chat)
{
	struct openai_message_writer m = { w, target, target->provider->openai, false, 0, false };
	size_t question = last_question(chat);
	bool after_tool = false;

	writer_put(w, ",\"messages\":[");
	for (size_t i = 0; i < chat->message_count; i++) {
		const struct message *message = &chat->messages[i];
		if (after_tool && message->role != ROLE_TOOL)
			put_late_pictures(&m, chat, i);
		m.in_loop = i >= question;
		openai_put_message(&m, message);
		after_tool = message->role == ROLE_TOOL;
	}
	if (after_tool)
		put_late_pictures(&m, chat, chat->message_count);
	writer_put(w, "]}");
	if (!m.count)
		writer_refuse(w, "there is nothing to ask: the conversation holds no message");
}

bool openai_write_body(
	const struct target *target, const struct request *request, struct buf *body, struct error *err)
{
	const struct openai_quirks *q = target->provider->openai;
	struct writer w = WRITER_INIT(body, err);

	writer_put(&w, "{\"model\":");
	writer_string(&w, str_of(target->model));
	writer_put(&w, ",\"stream\":true");
	writer_put(&w, q->no_usage_option || target->plain ? "" : ",\"stream_options\":{\"include_usage\":true}");
	writer_put(&w, q->costs && !target->plain ? ",\"usage\":{\"include\":true}" : "");
	put_limit(&w, target, request->sampling.max_tokens);
	if (!target->plain) {
		put_caching(&w, target);
		put_stops(&w, &request->sampling);
		put_wishes(&w, q, &request->sampling);
		put_effort(&w, target, request);
	}
	put_tools(&w, target->provider, request);
	put_form(&w, target, request);
	put_messages(&w, target, &request->chat);
	return w.ok;
}
