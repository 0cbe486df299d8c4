/*
 * Our request as a body for models/MODEL:streamGenerateContent,
 * https://ai.google.dev/api/generate-content
 *
 * The conversation is a list of contents of two roles, "user" and "model", each a
 * list of parts.  Results of tools are parts of the user's, in a content of their
 * own: the API wants as many of them as there were calls, and takes a user's text
 * for the beginning of a new turn.  In the present turn newer models refuse a step
 * whose first call lacks its signature; where there is none (another vendor's
 * model made the call) the word that the documentation names stands for it.
 */
#include <inttypes.h>

#include "provider/gemini.h"
#include "provider/writer.h"

#define CONFIG_MAX ((size_t)16 << 20)      /* it may hold a schema */
#define LIMIT_WITHOUT_THOUGHTS 1024
#define LIMIT_WITH_FEW 4096
#define NO_SIGNATURE "skip_thought_signature_validator"

enum side { NOBODY, USER, MODEL, RESULTS };

struct body {
	struct writer w;
	const struct target *target;
	const struct gemini_family *family;
	const struct chat *chat;
	enum side side;            /* whose content is open */
	size_t turn;               /* the message that began the present turn */
};

/* ---- what stands before the contents ---- */

static void put_text(struct writer *w, struct str text)
{
	writer_put(w, "{\"text\":");
	writer_string(w, text);
	writer_put(w, "}");
}

static void put_system(struct body *b)
{
	bool any = false;

	for (size_t i = 0; i < b->chat->message_count; i++) {
		const struct message *m = &b->chat->messages[i];
		if (m->role != ROLE_SYSTEM || m->text.n == 0)
			continue;
		writer_put(&b->w, any ? "," : "\"systemInstruction\":{\"parts\":[");
		put_text(&b->w, m->text);
		any = true;
	}
	writer_put(&b->w, any ? "]}," : "");
}

static json_t *parse_schema(struct writer *w, struct str text, const char *what)
{
	own_json *schema = w->ok && str_trim(text).n ? json_parse_object(text, what, w->err) : json_object();

	w->ok = w->ok && schema;
	return w->ok ? take(schema) : NULL;
}

static void put_json(struct writer *w, const json_t *value)
{
	w->ok = w->ok && json_write(w->out, value, w->err);
}

static void put_tool(struct writer *w, const struct tool *tool)
{
	own_json *schema = parse_schema(w, tool->schema, "the schema of a tool");
	own_json *parameters = schema ? gemini_parameters(schema) : NULL;

	writer_put(w, "{\"name\":");
	writer_string(w, tool->name);
	writer_put(w, ",\"description\":");
	writer_string(w, tool->description.n ? tool->description : tool->name);
	if (parameters) {
		writer_put(w, ",\"parametersJsonSchema\":");
		put_json(w, parameters);
	}
	writer_put(w, "}");
}

static bool any_strict(const struct chat *chat)
{
	for (size_t i = 0; i < chat->tool_count; i++)
		if (chat->tools[i].strict)
			return true;
	return false;
}

/* Left out where it says what holds anyway. */
static void put_tool_choice(struct writer *w, const struct request *request)
{
	static const char *const modes[] = {
		[TOOLS_AUTO] = "VALIDATED", [TOOLS_NONE] = "NONE", [TOOLS_REQUIRED] = "ANY", [TOOLS_NAMED] = "ANY",
	};

	if (request->tool_choice == TOOLS_AUTO && !any_strict(&request->chat))
		return;
	writer_putf(w, "\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"%s\"", modes[request->tool_choice]);
	if (request->tool_choice == TOOLS_NAMED) {
		writer_put(w, ",\"allowedFunctionNames\":[");
		writer_string(w, request->named_tool);
		writer_put(w, "]");
	}
	writer_put(w, "}},");
}

static void put_tools(struct writer *w, const struct request *request)
{
	const struct chat *chat = &request->chat;

	for (size_t i = 0; i < chat->tool_count; i++) {
		writer_put(w, i ? "," : "\"tools\":[{\"functionDeclarations\":[");
		put_tool(w, &chat->tools[i]);
	}
	if (chat->tool_count == 0)
		return;
	writer_put(w, "]}],");
	put_tool_choice(w, request);
}

/* ---- generationConfig: each member with a comma before it ---- */

static void put_wishes(struct writer *w, const struct sampling *s)
{
	const struct { const char *key; float value, least, most; } fractions[] = {
		{ "temperature", s->temperature, 0, 2 },
		{ "topP", s->top_p, 0, 1 },
		{ "presencePenalty", s->presence_penalty, -2, 2 },
		{ "frequencyPenalty", s->frequency_penalty, -2, 2 },
	};

	for (size_t i = 0; i < countof(fractions); i++)
		if (!isnan(fractions[i].value))
			writer_fraction(w, fractions[i].key, fractions[i].value, fractions[i].least, fractions[i].most);
	if (s->top_k > 0)
		writer_putf(w, ",\"topK\":%d", s->top_k);
	if (s->seed >= 0)
		writer_putf(w, ",\"seed\":%" PRId64, s->seed & INT32_MAX);
}

static void put_limits(struct writer *w, const struct sampling *s)
{
	if (s->max_tokens > 0)
		writer_putf(w, ",\"maxOutputTokens\":%" PRId64, s->max_tokens < INT32_MAX ? s->max_tokens : INT32_MAX);
	for (size_t i = 0; i < s->stop_count; i++) {
		writer_put(w, i ? "," : ",\"stopSequences\":[");
		writer_string(w, s->stop[i]);
	}
	writer_put(w, s->stop_count ? "]" : "");
}

/* A form that cannot be held to is refused, never dropped. */
static void put_form(struct writer *w, const struct request *request)
{
	if (request->form == FORM_FREE)
		return;
	writer_put(w, ",\"responseMimeType\":\"application/json\"");
	if (request->form != FORM_SCHEMA)
		return;
	own_json *schema = parse_schema(w, request->form_schema, "the schema of the response format");
	own_json *form = schema ? gemini_schema(schema, true, w->err) : NULL;
	w->ok = w->ok && form;
	writer_put(w, ",\"responseJsonSchema\":");
	put_json(w, form);
}

/* Thoughts count towards the limit: under a small one they would leave no room for the answer. */
static enum effort effort_for(const struct request *request)
{
	int64_t limit = request->sampling.max_tokens;

	if (request->effort != EFFORT_UNSET)
		return request->effort;
	if (request->chat.no_thoughts || (limit > 0 && limit <= LIMIT_WITHOUT_THOUGHTS))
		return EFFORT_NONE;
	return limit > 0 && limit <= LIMIT_WITH_FEW ? EFFORT_LOW : EFFORT_UNSET;
}

static void put_config(struct body *b, const struct request *request)
{
	own_buf config = BUF_INIT(CONFIG_MAX), thinking = BUF_INIT(200);
	struct writer w = { &config, b->w.err, b->w.ok };

	put_limits(&w, &request->sampling);
	put_form(&w, request);
	if (!b->target->plain) {
		put_wishes(&w, &request->sampling);
		gemini_put_thinking(&thinking, b->family, effort_for(request));
		writer_put(&w, thinking.len ? "," : "");
		writer_put(&w, thinking.data);
	}
	b->w.ok = w.ok;
	if (config.len == 0)
		return;
	writer_put(&b->w, "\"generationConfig\":{");
	b->w.ok = b->w.ok && buf_add_str(b->w.out, str_from(buf_str(&config), 1), b->w.err);
	writer_put(&b->w, "},");
}

/* ---- contents ---- */

/* Goes to the place of a side's next part: in the open content, or in a new one. */
static void begin_part(struct body *b, enum side side)
{
	if (b->side == side) {
		writer_put(&b->w, ",");
		return;
	}
	writer_put(&b->w, b->side == NOBODY ? "" : "]},");
	writer_put(&b->w, side == MODEL ? "{\"role\":\"model\",\"parts\":[" : "{\"role\":\"user\",\"parts\":[");
	b->side = side;
}

static void put_inline(struct writer *w, const struct image *image)
{
	writer_put(w, "{\"inlineData\":{\"mimeType\":");
	writer_string(w, image->type);
	writer_put(w, ",\"data\":");
	writer_string(w, image->data);
	writer_put(w, "}}");
}

/* The API asks for a type and fetches the rest itself. */
static const char *type_by_name(struct str url)
{
	static const struct { const char *end, *type; } types[] = {
		{ ".png", "image/png" }, { ".webp", "image/webp" }, { ".gif", "image/gif" },
		{ ".heic", "image/heic" }, { ".heif", "image/heif" },
	};

	for (size_t i = 0; i < countof(types); i++) {
		size_t n = strlen(types[i].end);
		if (url.n >= n && str_is(str_from(url, url.n - n), types[i].end))
			return types[i].type;
	}
	return "image/jpeg";
}

static void put_linked(struct writer *w, struct str url)
{
	if (!str_starts(url, (struct str)STR("https://")))
		writer_refuse(w, "Gemini fetches pictures by https only: send the picture itself, as a data: URL");
	writer_putf(w, "{\"fileData\":{\"mimeType\":\"%s\",\"fileUri\":", type_by_name(url));
	writer_string(w, url);
	writer_put(w, "}}");
}

static void put_picture(struct writer *w, const struct image *image)
{
	if (image->data.n)
		put_inline(w, image);
	else
		put_linked(w, image->url);
}

static void put_user(struct body *b, const struct message *m)
{
	if (m->piece_count == 0 && m->text.n) {
		begin_part(b, USER);
		put_text(&b->w, m->text);
	}
	for (size_t i = 0; i < m->piece_count; i++) {
		const struct piece *piece = &m->pieces[i];
		if (!piece->image && piece->text.n == 0)
			continue;
		begin_part(b, USER);
		if (piece->image)
			put_picture(&b->w, piece->image);
		else
			put_text(&b->w, piece->text);
	}
}

static bool is_ours(const struct body *b, const struct seal *seal)
{
	return !b->target->plain && seal->text.n && str_is(seal->vendor, GEMINI_VENDOR);
}

static void put_signature(struct writer *w, struct str signature)
{
	writer_put(w, ",\"thoughtSignature\":");
	writer_string(w, signature);
}

/* Those of the answer's text follow it, in a part without text, as they come. */
static void put_thoughts(struct body *b, const struct message *m, bool of_answer)
{
	for (size_t i = 0; i < m->sealed_count; i++) {
		const struct thought *thought = &m->sealed[i];
		if (!is_ours(b, &thought->seal) || str_is(thought->id, GEMINI_ANSWER_SEAL) != of_answer)
			continue;
		begin_part(b, MODEL);
		writer_put(&b->w, "{\"text\":");
		writer_string(&b->w, of_answer ? (struct str)STR("") : thought->text);
		writer_put(&b->w, of_answer ? "" : ",\"thought\":true");
		put_signature(&b->w, thought->seal.text);
		writer_put(&b->w, "}");
	}
}

static void put_id(struct writer *w, struct str id)
{
	if (id.n == 0)
		return;
	writer_put(w, "\"id\":");
	writer_string(w, id);
	writer_put(w, ",");
}

static void put_call(struct body *b, const struct tool_call *call, bool must_be_signed)
{
	struct writer *w = &b->w;

	begin_part(b, MODEL);
	writer_put(w, "{\"functionCall\":{");
	put_id(w, call->id);
	writer_put(w, "\"name\":");
	writer_string(w, call->name);
	writer_put(w, ",\"args\":");
	writer_object(w, call->arguments, "{}", "the arguments of a tool call");
	writer_put(w, "}");
	if (is_ours(b, &call->seal))
		put_signature(w, call->seal.text);
	else if (must_be_signed)
		put_signature(w, (struct str)STR(NO_SIGNATURE));
	writer_put(w, "}");
}

static void put_answer(struct body *b, const struct message *m)
{
	bool present = b->family->signs && (size_t)(m - b->chat->messages) > b->turn;

	put_thoughts(b, m, false);
	if (m->text.n) {
		begin_part(b, MODEL);
		put_text(&b->w, m->text);
	}
	put_thoughts(b, m, true);
	for (size_t i = 0; i < m->call_count; i++)
		put_call(b, &m->calls[i], present && i == 0);
}

/* The name of what a result answers: the nearest call before it with that id. */
static struct str name_called(const struct chat *chat, const struct message *result)
{
	for (const struct message *m = result; m-- > chat->messages;)
		for (size_t i = 0; i < m->call_count; i++)
			if (str_equal(m->calls[i].id, result->call_id))
				return m->calls[i].name;
	return (struct str){ 0 };
}

/* Pictures are parts of a result where the model knows that, else they follow it. */
static void put_result_pictures(struct body *b, const struct message *m, bool inside)
{
	bool any = false;

	if (inside != b->family->signs)
		return;
	for (size_t i = 0; i < m->piece_count; i++) {
		const struct image *image = m->pieces[i].image;
		if (!image)
			continue;
		writer_put(&b->w, !inside || any ? "," : ",\"parts\":[");
		put_picture(&b->w, image);
		any = true;
	}
	writer_put(&b->w, inside && any ? "]" : "");
}

static void put_result(struct body *b, const struct message *m)
{
	struct writer *w = &b->w;
	struct str name = name_called(b->chat, m);

	if (name.n == 0)
		writer_refuse(w, "a tool's result answers a call (tool_call_id) that is not in the conversation");
	begin_part(b, RESULTS);
	writer_put(w, "{\"functionResponse\":{");
	put_id(w, m->call_id);
	writer_put(w, "\"name\":");
	writer_string(w, name);
	writer_put(w, m->failed ? ",\"response\":{\"error\":" : ",\"response\":{\"output\":");
	writer_string(w, m->text);
	writer_put(w, "}");
	put_result_pictures(b, m, true);
	writer_put(w, "}}");
	put_result_pictures(b, m, false);
}

static void put_contents(struct body *b)
{
	static void (*const put[])(struct body *, const struct message *) = {
		[ROLE_USER] = put_user, [ROLE_ASSISTANT] = put_answer, [ROLE_TOOL] = put_result,
	};
	const struct chat *chat = b->chat;

	for (size_t i = 0; i < chat->message_count; i++)
		b->turn = chat->messages[i].role == ROLE_USER ? i : b->turn;
	writer_put(&b->w, "\"contents\":[");
	for (size_t i = 0; i < chat->message_count; i++)
		if (chat->messages[i].role != ROLE_SYSTEM)
			put[chat->messages[i].role](b, &chat->messages[i]);
	writer_put(&b->w, "]}]}");
	if (b->side == NOBODY)
		writer_refuse(&b->w, "there is nothing to ask: the conversation holds no message");
}

bool gemini_write_body(
	const struct target *target, const struct request *request, struct buf *body, struct error *err)
{
	struct body b = {
		.w = WRITER_INIT(body, err), .target = target, .family = gemini_family_find(target->model),
		.chat = &request->chat,
	};

	writer_put(&b.w, "{");
	put_system(&b);
	put_tools(&b.w, request);
	put_config(&b, request);
	put_contents(&b);
	return b.w.ok;
}
