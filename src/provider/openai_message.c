#include "provider/openai_message.h"

#include <ctype.h>

#include "base/sha.h"
#include "provider/parameters.h"

#define CALL_ID_MAX 40     /* bytes, as OpenAI takes them */

void openai_put_image_url(struct writer *w, const struct image *image)
{
	own_buf url = BUF_INIT(image->data.n + image->type.n + 32);

	if (image->data.n == 0) {
		writer_string(w, image->url);
		return;
	}
	w->ok = w->ok && buf_adds(&url, "data:", w->err) && buf_add_str(&url, image->type, w->err) &&
		buf_adds(&url, ";base64,", w->err) && buf_add_str(&url, image->data, w->err);
	writer_string(w, buf_str(&url));
}

static bool fits(struct str id, unsigned length)
{
	if (length == 0)
		return id.n <= CALL_ID_MAX;
	for (size_t i = 0; i < id.n; i++)
		if (!isalnum((unsigned char)id.p[i]))
			return false;
	return id.n == length;
}

void openai_put_function(struct writer *w, const struct provider *provider, const struct tool *tool)
{
	writer_put(w, "\"name\":");
	writer_string(w, tool->name);
	writer_put(w, tool->description.n ? ",\"description\":" : "");
	if (tool->description.n)
		writer_string(w, tool->description);
	writer_put(w, ",\"parameters\":");
	parameters_put(w, tool->schema, "{\"type\":\"object\",\"properties\":{}}", provider->not_at_top);
}

/* Others' ids are made fit by a digest, so that equal ones stay equal. */
void openai_put_call_id(struct writer *w, const struct openai_quirks *q, struct str id)
{
	unsigned length = q->call_id_length;
	char hex[SHA_HEX_MAX + 1];
	struct sha sha;

	if (fits(id, length)) {
		writer_string(w, id);
		return;
	}
	sha_init(&sha, SHA_256);
	sha_feed(&sha, id);
	sha_hex(&sha, hex);
	writer_string(w, (struct str){ hex, length ? length : CALL_ID_MAX });
}

static void put_text_part(struct writer *w, struct str text)
{
	writer_put(w, "{\"type\":\"text\",\"text\":");
	writer_string(w, text);
	writer_put(w, "}");
}

static void put_picture(struct writer *w, const struct image *image)
{
	writer_put(w, "{\"type\":\"image_url\",\"image_url\":{\"url\":");
	openai_put_image_url(w, image);
	writer_put(w, "}}");
}

static void put_pieces(struct writer *w, const struct message *m)
{
	for (size_t i = 0; i < m->piece_count; i++) {
		writer_put(w, i ? "," : "[");
		if (m->pieces[i].image)
			put_picture(w, m->pieces[i].image);
		else
			put_text_part(w, m->pieces[i].text);
	}
	writer_put(w, "]");
}

static void open_message(struct openai_message_writer *x, enum chat_role role)
{
	writer_put(x->w, x->count++ ? ",{\"role\":\"" : "{\"role\":\"");
	writer_put(x->w, chat_role_name(role));
	writer_put(x->w, "\",");
	x->after_tool = role == ROLE_TOOL;
}

static void put_content(struct openai_message_writer *x, const struct message *m, bool pictures)
{
	writer_put(x->w, "\"content\":");
	if (m->piece_count && pictures)
		put_pieces(x->w, m);
	else
		writer_string(x->w, m->text);
}

void openai_put_pictures(struct openai_message_writer *x, const struct message *m)
{
	open_message(x, ROLE_USER);
	writer_put(x->w, "\"content\":[");
	put_text_part(x->w, (struct str)STR("What the tool returned:"));
	for (size_t i = 0; i < m->piece_count; i++)
		if (m->pieces[i].image) {
			writer_put(x->w, ",");
			put_picture(x->w, m->pieces[i].image);
		}
	writer_put(x->w, "]}");
}

static void put_result(struct openai_message_writer *x, const struct message *m)
{
	open_message(x, ROLE_TOOL);
	writer_put(x->w, "\"tool_call_id\":");
	openai_put_call_id(x->w, x->quirks, m->call_id);
	writer_put(x->w, ",");
	put_content(x, m, x->quirks->tool_pictures);
	writer_put(x->w, "}");
}

/* ---- an answer ---- */

static bool ours(const struct openai_message_writer *x, const struct seal *seal)
{
	return str_is(seal->vendor, x->target->provider->name);
}

static void put_call(struct openai_message_writer *x, const struct tool_call *call)
{
	writer_put(x->w, "{\"id\":");
	openai_put_call_id(x->w, x->quirks, call->id);
	writer_put(x->w, ",\"type\":\"function\",\"function\":{\"name\":");
	writer_string(x->w, call->name);
	writer_put(x->w, ",\"arguments\":");
	writer_string(x->w, str_trim(call->arguments).n ? call->arguments : (struct str)STR("{}"));
	writer_put(x->w, "}");
	if (ours(x, &call->seal)) {
		writer_put(x->w, ",\"extra_content\":{\"google\":{\"thought_signature\":");
		writer_string(x->w, call->seal.text);
		writer_put(x->w, "}}");
	}
	writer_put(x->w, "}");
}

/* What was thought before the answer: as this vendor sealed it, else as the client kept it, which need not be ours. */
static bool gather_thoughts(const struct openai_message_writer *x, const struct message *m, struct buf *text)
{
	bool sealed = x->quirks->thoughts == THOUGHTS_PARTS, ok = true;

	for (size_t i = 0; i < m->sealed_count; i++) {
		if (!ours(x, &m->sealed[i].seal))
			continue;
		sealed = true;
		ok = ok && buf_add_str(text, m->sealed[i].text, x->w->err);
	}
	return ok && (sealed || buf_add_str(text, m->thoughts, x->w->err));
}

static bool wants_thoughts(const struct openai_message_writer *x)
{
	enum openai_thoughts how = x->quirks->thoughts;

	if (x->quirks->thoughtless && openai_model_in(x->target->model, x->quirks->thoughtless))
		return false;
	return how == THOUGHTS_ALWAYS || ((how == THOUGHTS_LOOP || how == THOUGHTS_PARTS) && x->in_loop);
}

static void put_thoughts(struct openai_message_writer *x, const struct message *m, struct str thoughts)
{
	static const struct str blank = STR(" ");

	if (thoughts.n == 0 && x->quirks->thoughts != THOUGHTS_ALWAYS) {
		put_content(x, m, false);
	} else if (x->quirks->thoughts == THOUGHTS_PARTS) {
		writer_put(x->w, "\"content\":[{\"type\":\"thinking\",\"thinking\":[");
		put_text_part(x->w, thoughts);
		writer_put(x->w, m->text.n ? "]}," : "]}");
		if (m->text.n)
			put_text_part(x->w, m->text);
		writer_put(x->w, "]");
	} else {
		put_content(x, m, false);
		writer_putf(x->w, ",\"%s\":", x->quirks->thoughts_member);
		writer_string(x->w, thoughts.n ? thoughts : blank);
	}
}

/* One detail, as it came: the seal holds all of it but its text. */
static void put_detail(struct openai_message_writer *x, const struct thought *thought)
{
	struct writer *w = x->w;
	own_json *detail = w->ok ? json_parse(thought->seal.text, "reasoning_details", w->err) : NULL;
	const char *type = json_member_string(detail, "type");

	if (!detail || !type) {
		writer_refuse(w, "reasoning_details: what OpenRouter had sealed has been changed");
		w->ok = false;
		return;
	}
	if (!thought->redacted) {
		const char *key = strcmp(type, "reasoning.summary") == 0 ? "summary" : "text";
		json_object_set_new(detail, key, json_stringn(thought->text.p ? thought->text.p : "", thought->text.n));
	}
	w->ok = json_write(w->out, detail, w->err);
}

static void put_details(struct openai_message_writer *x, const struct message *m)
{
	bool any = false;

	for (size_t i = 0; i < m->sealed_count; i++) {
		if (!ours(x, &m->sealed[i].seal))
			continue;
		writer_put(x->w, any ? "," : ",\"reasoning_details\":[");
		put_detail(x, &m->sealed[i]);
		any = true;
	}
	writer_put(x->w, any ? "]" : "");
}

static void put_answer(struct openai_message_writer *x, const struct message *m)
{
	own_buf thoughts = BUF_INIT(SIZE_MAX / 2);

	if (m->text.n == 0 && m->call_count == 0)      /* empty answers are refused */
		return;
	open_message(x, ROLE_ASSISTANT);
	if (wants_thoughts(x)) {
		x->w->ok = x->w->ok && gather_thoughts(x, m, &thoughts);
		put_thoughts(x, m, buf_str(&thoughts));
	} else {
		put_content(x, m, false);
	}
	if (x->quirks->thoughts == THOUGHTS_DETAILS && !x->target->plain)
		put_details(x, m);
	for (size_t i = 0; i < m->call_count; i++) {
		writer_put(x->w, i ? "," : ",\"tool_calls\":[");
		put_call(x, &m->calls[i]);
	}
	writer_put(x->w, m->call_count ? "]}" : "}");
}

void openai_put_message(struct openai_message_writer *x, const struct message *m)
{
	if (m->role == ROLE_TOOL) {
		put_result(x, m);
		return;
	}
	if (m->role == ROLE_ASSISTANT) {
		put_answer(x, m);
		return;
	}
	if (m->role == ROLE_USER && x->after_tool && x->quirks->between) {
		open_message(x, ROLE_ASSISTANT);
		writer_put(x->w, "\"content\":\"Done.\"}");
	}
	open_message(x, m->role);
	put_content(x, m, true);
	writer_put(x->w, "}");
}
