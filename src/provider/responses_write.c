/*
 * Our request as a body for POST /responses:
 * https://platform.openai.com/docs/api-reference/responses/create
 *
 * Nothing is stored at the vendor's: the whole conversation goes along each time,
 * and what the model thought comes back to it encrypted, as it came.  Without
 * "strict" a tool would be held to a strict schema, so it is always written.
 */
#include <inttypes.h>

#include "base/sha.h"
#include "provider/openai_message.h"

struct items {
	struct writer *w;
	const struct target *target;
	size_t count;
};

static void open_item(struct items *x)
{
	writer_put(x->w, x->count++ ? "," : "");
}

/* ---- content ---- */

static void put_text_part(struct writer *w, const char *type, struct str text)
{
	writer_putf(w, "{\"type\":\"%s\",\"text\":", type);
	writer_string(w, text);
	writer_put(w, "}");
}

static void put_pieces(struct writer *w, const struct message *m)
{
	for (size_t i = 0; i < m->piece_count; i++) {
		writer_put(w, i ? "," : "[");
		if (!m->pieces[i].image) {
			put_text_part(w, "input_text", m->pieces[i].text);
			continue;
		}
		writer_put(w, "{\"type\":\"input_image\",\"image_url\":");
		openai_put_image_url(w, m->pieces[i].image);
		writer_put(w, "}");
	}
	writer_put(w, "]");
}

static void put_input(struct items *x, const struct message *m, const char *role)
{
	open_item(x);
	writer_putf(x->w, "{\"type\":\"message\",\"role\":\"%s\",\"content\":", role);
	if (m->piece_count) {
		put_pieces(x->w, m);
	} else {
		writer_put(x->w, "[");
		put_text_part(x->w, "input_text", m->text);
		writer_put(x->w, "]");
	}
	writer_put(x->w, "}");
}

static void put_result(struct items *x, const struct message *m)
{
	open_item(x);
	writer_put(x->w, "{\"type\":\"function_call_output\",\"call_id\":");
	openai_put_call_id(x->w, x->target->provider->openai, m->call_id);
	writer_put(x->w, ",\"output\":");
	if (m->piece_count)
		put_pieces(x->w, m);
	else
		writer_string(x->w, m->text);
	writer_put(x->w, "}");
}

/* ---- an answer ---- */

static void put_thought(struct items *x, const struct thought *thought)
{
	open_item(x);
	writer_put(x->w, "{\"type\":\"reasoning\"");
	if (thought->id.n) {
		writer_put(x->w, ",\"id\":");
		writer_string(x->w, thought->id);
	}
	writer_put(x->w, ",\"summary\":[");
	if (thought->text.n)
		put_text_part(x->w, "summary_text", thought->text);
	writer_put(x->w, "],\"encrypted_content\":");
	writer_string(x->w, thought->seal.text);
	writer_put(x->w, "}");
}

static void put_call(struct items *x, const struct tool_call *call)
{
	open_item(x);
	writer_put(x->w, "{\"type\":\"function_call\",\"call_id\":");
	openai_put_call_id(x->w, x->target->provider->openai, call->id);
	writer_put(x->w, ",\"name\":");
	writer_string(x->w, call->name);
	writer_put(x->w, ",\"arguments\":");
	writer_string(x->w, str_trim(call->arguments).n ? call->arguments : (struct str)STR("{}"));
	writer_put(x->w, "}");
}

/* From the i-th on, those that came before so many bytes of text and calls; which is the next. */
static size_t put_thoughts(struct items *x, const struct message *m, size_t i, size_t text, size_t calls)
{
	for (; i < m->sealed_count && m->sealed[i].after_text <= text && m->sealed[i].after_calls <= calls; i++)
		if (str_is(m->sealed[i].seal.vendor, x->target->provider->name) && !x->target->plain)
			put_thought(x, &m->sealed[i]);
	return i;
}

static void put_answers_text(struct items *x, const struct message *m)
{
	bool phases = x->target->provider->openai->phases && !x->target->plain;

	open_item(x);
	writer_put(x->w, "{\"type\":\"message\",\"role\":\"assistant\"");
	if (phases)
		writer_put(x->w, m->call_count ? ",\"phase\":\"commentary\"" : ",\"phase\":\"final_answer\"");
	writer_put(x->w, ",\"content\":[");
	put_text_part(x->w, "output_text", m->text);
	writer_put(x->w, "]}");
}

/* Items in the order they came, for a thought belongs to what follows it. */
static void put_answer(struct items *x, const struct message *m)
{
	size_t thought = put_thoughts(x, m, 0, 0, 0);

	if (m->text.n)
		put_answers_text(x, m);
	for (size_t i = 0; i < m->call_count; i++) {
		thought = put_thoughts(x, m, thought, SIZE_MAX, i);
		put_call(x, &m->calls[i]);
	}
	put_thoughts(x, m, thought, SIZE_MAX, SIZE_MAX);
}

static void put_message(struct items *x, const struct message *m)
{
	const char *system = x->target->provider->openai->system_role;

	if (m->role == ROLE_TOOL)
		put_result(x, m);
	else if (m->role == ROLE_ASSISTANT)
		put_answer(x, m);
	else
		put_input(x, m, m->role == ROLE_USER ? "user" : system ? system : "system");
}

static void put_messages(struct writer *w, const struct target *target, const struct chat *chat)
{
	struct items x = { w, target, 0 };

	writer_put(w, ",\"input\":[");
	for (size_t i = 0; i < chat->message_count; i++)
		put_message(&x, &chat->messages[i]);
	writer_put(w, "]}");
	if (!x.count)
		writer_refuse(w, "there is nothing to ask: the conversation holds no message");
}

/* ---- wishes ---- */

static void put_reasoning(struct writer *w, const struct target *target, const struct request *request)
{
	const char *word = openai_effort(target, request);

	writer_put(w, ",\"include\":[\"reasoning.encrypted_content\"],\"reasoning\":{\"summary\":\"auto\"");
	if (word)
		writer_putf(w, ",\"effort\":\"%s\"", word);
	writer_put(w, "}");
}

static void put_wishes(struct writer *w, const struct sampling *s)
{
	if (!isnan(s->temperature))
		writer_fraction(w, "temperature", s->temperature, 0, 2);
	if (!isnan(s->top_p))
		writer_fraction(w, "top_p", s->top_p, 0, 1);
}

static void put_tool_choice(struct writer *w, const struct request *request)
{
	if (request->tool_choice == TOOLS_NONE)
		writer_put(w, ",\"tool_choice\":\"none\"");
	if (request->tool_choice == TOOLS_REQUIRED)
		writer_put(w, ",\"tool_choice\":\"required\"");
	if (request->tool_choice == TOOLS_NAMED) {
		writer_put(w, ",\"tool_choice\":{\"type\":\"function\",\"name\":");
		writer_string(w, request->named_tool);
		writer_put(w, "}");
	}
	if (request->one_call && request->tool_choice != TOOLS_NONE)
		writer_put(w, ",\"parallel_tool_calls\":false");
}

static void put_tools(struct writer *w, const struct provider *provider, const struct request *request)
{
	const struct chat *chat = &request->chat;

	for (size_t i = 0; i < chat->tool_count; i++) {
		const struct tool *tool = &chat->tools[i];
		writer_put(w, i ? "," : ",\"tools\":[");
		writer_put(w, "{\"type\":\"function\",");
		openai_put_function(w, provider, tool);
		writer_put(w, tool->strict ? ",\"strict\":true}" : ",\"strict\":false}");
	}
	writer_put(w, chat->tool_count ? "]" : "");
	if (chat->tool_count)
		put_tool_choice(w, request);
}

static void put_form(struct writer *w, const struct request *request)
{
	if (request->form == FORM_OBJECT)
		writer_put(w, ",\"text\":{\"format\":{\"type\":\"json_object\"}}");
	if (request->form != FORM_SCHEMA)
		return;
	writer_put(w, ",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"answer\",\"strict\":true,"
		"\"schema\":");
	writer_object(w, request->form_schema, "", "the schema of the response format");
	writer_put(w, "}}");
}

/* Requests of one conversation go to the machine that has computed its beginning. */
static void put_cache_key(struct writer *w, const struct chat *chat)
{
	char hex[SHA_HEX_MAX + 1];
	struct sha sha;

	sha_init(&sha, SHA_256);
	for (size_t i = 0; i < chat->message_count; i++) {
		sha_feed(&sha, chat->messages[i].text);
		if (chat->messages[i].role == ROLE_USER)
			break;
	}
	sha_hex(&sha, hex);
	writer_putf(w, ",\"prompt_cache_key\":\"%.32s\"", hex);
}

bool responses_write_body(
	const struct target *target, const struct request *request, struct buf *body, struct error *err)
{
	const struct sampling *s = &request->sampling;
	struct writer w = WRITER_INIT(body, err);

	writer_put(&w, "{\"model\":");
	writer_string(&w, str_of(target->model));
	writer_put(&w, ",\"stream\":true,\"store\":false");
	put_cache_key(&w, &request->chat);
	if (s->max_tokens > 0)
		writer_putf(&w, ",\"max_output_tokens\":%" PRId64, s->max_tokens);
	if (!target->plain) {
		put_reasoning(&w, target, request);
		put_wishes(&w, s);
	}
	put_tools(&w, target->provider, request);
	put_form(&w, request);
	put_messages(&w, target, &request->chat);
	return w.ok;
}
