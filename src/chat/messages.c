#include "chat/messages.h"

#include <stdio.h>

struct reader {
	struct chat *chat;
	struct chat_place *place;
	struct error *err;
};

/* The path of a value being read, at longest "messages[N].tool_calls[N]". */
struct path {
	char text[80];
};

static struct path under(const struct path *parent, const char *list, size_t index)
{
	struct path p;

	snprintf(p.text, sizeof p.text, "%.40s%s%.12s[%zu]",
		parent ? parent->text : "", parent ? "." : "", list, index);
	return p;
}

/* Says that `field` of the value at `path` is not as it must be. */
static bool wrong(struct reader *r, const struct path *path, const char *field, const char *what)
{
	struct chat_place place;

	snprintf(place.param, sizeof place.param, "%s%s", path ? path->text : "", field);
	if (r->place)
		*r->place = place;
	return error_set(r->err, ERROR_INVALID, "%s: %s", place.param, what);
}

/* Appends one text part of a content list. */
static bool add_part(struct reader *r, const struct path *message, size_t index, const json_t *part, struct buf *out)
{
	struct path path = under(message, "content", index);
	const char *type = json_member_string(part, "type");
	struct str text = json_member_str(part, "text");

	if (!type || strcmp(type, "text"))
		return wrong(r, &path, ".type", "only parts of type \"text\" are understood");
	if (!text.p)
		return wrong(r, &path, ".text", "must be a string");
	return (index == 0 || buf_adds(out, "\n", r->err)) && buf_add_str(out, text, r->err);
}

/* The message's text; `joined` holds it when it came in parts. */
static bool read_content(struct reader *r, const struct path *path, const json_t *message, enum chat_role role,
	struct buf *joined, struct str *text)
{
	const json_t *content = json_object_get(message, "content"), *part;
	size_t i;

	*text = json_member_str(message, "content");
	if (text->p)
		return true;
	if (json_is_array(content)) {
		json_array_foreach(content, i, part)
			if (!add_part(r, path, i, part, joined))
				return false;
		*text = buf_str(joined);
		return true;
	}
	*text = (struct str)STR("");
	if (role == ROLE_ASSISTANT && (!content || json_is_null(content)))
		return true;
	return wrong(r, path, ".content", "must be a string or a list of text parts");
}

/* Arguments as JSON text of an object, in `text`. */
static bool read_arguments(struct reader *r, const struct path *path, const json_t *function, struct buf *text)
{
	const json_t *arguments = json_object_get(function, "arguments");
	struct str written = json_member_str(function, "arguments");
	struct error unused = {0};

	if (json_is_object(arguments))
		return json_write(text, arguments, r->err);
	if (!written.p)
		return wrong(r, path, ".function.arguments", "must be an object or its JSON text");
	if (!str_trim(written).n)
		return buf_adds(text, "{}", r->err);
	own_json *parsed = json_parse(written, "arguments", &unused);
	if (!json_is_object(parsed))
		return wrong(r, path, ".function.arguments", "is not the JSON text of an object");
	return buf_add_str(text, written, r->err);
}

static bool read_call(struct reader *r, const struct path *path, const json_t *call, struct message *m)
{
	const json_t *function = json_object_get(call, "function");
	const char *type = json_member_string(call, "type");
	struct tool_call read = { .id = json_member_str(call, "id"), .name = json_member_str(function, "name") };
	own_buf arguments = BUF_INIT(r->chat->arena.max);

	if (type && strcmp(type, "function"))
		return wrong(r, path, ".type", "must be \"function\"");
	if (!read.name.n)
		return wrong(r, path, ".function.name", "must be a string that is not empty");
	if (!read_arguments(r, path, function, &arguments))
		return false;
	read.arguments = buf_str(&arguments);
	return chat_add_call(r->chat, m, &read, r->err);
}

static bool read_calls(struct reader *r, const struct path *path, const json_t *message, struct message *m)
{
	const json_t *calls = json_object_get(message, "tool_calls"), *call;
	size_t i;

	if (!calls || json_is_null(calls))
		return true;
	if (!json_is_array(calls))
		return wrong(r, path, ".tool_calls", "must be a list");
	if (m->role != ROLE_ASSISTANT)
		return wrong(r, path, ".tool_calls", "only an assistant calls tools");
	json_array_foreach(calls, i, call) {
		struct path at = under(path, "tool_calls", i);
		if (!read_call(r, &at, call, m))
			return false;
	}
	return true;
}

static bool set_call_id(struct reader *r, const struct path *path, const json_t *message, struct message *m)
{
	struct str id = json_member_str(message, "tool_call_id");

	if (m->role != ROLE_TOOL || !json_object_get(message, "tool_call_id"))
		return true;
	if (!id.p)
		return wrong(r, path, ".tool_call_id", "must be a string");
	m->call_id = (struct str){ arena_copy(&r->chat->arena, id), id.n };
	return m->call_id.p ||
		error_set(r->err, ERROR_TOO_LARGE, "the conversation is over %zu bytes", r->chat->arena.max);
}

/* DeepSeek's and vLLM's name for thoughts; clients that keep them send them back. */
static bool set_thoughts(struct reader *r, const struct path *path, const json_t *message, struct message *m)
{
	const json_t *thoughts = json_object_get(message, "reasoning_content");
	struct str text = json_member_str(message, "reasoning_content");

	if (m->role != ROLE_ASSISTANT || !thoughts || json_is_null(thoughts))
		return true;
	if (!text.p)
		return wrong(r, path, ".reasoning_content", "must be a string");
	m->thoughts = (struct str){ arena_copy(&r->chat->arena, text), text.n };
	return m->thoughts.p ||
		error_set(r->err, ERROR_TOO_LARGE, "the conversation is over %zu bytes", r->chat->arena.max);
}

static bool read_message(struct reader *r, const struct path *path, const json_t *message)
{
	own_buf joined = BUF_INIT(r->chat->arena.max);
	struct str name = json_member_str(message, "role"), text;
	enum chat_role role;

	if (!json_is_object(message))
		return wrong(r, path, "", "must be an object");
	if (!name.p || !chat_role_find(name, &role))
		return wrong(r, path, ".role", "must be system, developer, user, assistant or tool");
	if (!read_content(r, path, message, role, &joined, &text))
		return false;
	struct message *m = chat_add(r->chat, role, text, r->err);
	return m && read_calls(r, path, message, m) && set_call_id(r, path, message, m) &&
		set_thoughts(r, path, message, m);
}

static bool read_tool(struct reader *r, const struct path *path, const json_t *tool)
{
	static const char no_parameters[] = "{\"type\":\"object\",\"properties\":{}}";
	const json_t *function = json_object_get(tool, "function");
	const json_t *parameters = json_object_get(function, "parameters");
	const char *type = json_member_string(tool, "type");
	own_buf definition = BUF_INIT(r->chat->arena.max), schema = BUF_INIT(r->chat->arena.max);
	struct tool read = {
		.name = json_member_str(function, "name"),
		.description = json_member_str(function, "description"),
		.strict = json_is_true(json_object_get(function, "strict")),
	};

	if (!type || strcmp(type, "function"))
		return wrong(r, path, ".type", "must be \"function\"");
	if (!read.name.n)
		return wrong(r, path, ".function.name", "must be a string that is not empty");
	if (parameters && !json_is_object(parameters) && !json_is_null(parameters))
		return wrong(r, path, ".function.parameters", "must be an object");
	bool ok = json_is_object(parameters) ? json_write(&schema, parameters, r->err) :
		buf_adds(&schema, no_parameters, r->err);
	if (!ok || !json_write(&definition, tool, r->err))
		return false;
	read.definition = buf_str(&definition);
	read.schema = buf_str(&schema);
	return chat_add_tool(r->chat, &read, r->err);
}

bool chat_from_json(
	struct chat *c, const json_t *messages, const json_t *tools, struct chat_place *place, struct error *err)
{
	struct reader r = { c, place, err };
	const json_t *item;
	size_t i;

	if (json_array_size(messages) == 0)
		return wrong(&r, NULL, "messages", "must be a list that is not empty");
	if (tools && !json_is_null(tools) && !json_is_array(tools))
		return wrong(&r, NULL, "tools", "must be a list");
	json_array_foreach(messages, i, item) {
		struct path path = under(NULL, "messages", i);
		if (!read_message(&r, &path, item))
			return false;
	}
	json_array_foreach(tools, i, item) {
		struct path path = under(NULL, "tools", i);
		if (!read_tool(&r, &path, item))
			return false;
	}
	return true;
}
