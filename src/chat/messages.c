#include "chat/reader.h"

#include <stdio.h>

struct reader_path reader_under(const struct reader_path *parent, const char *list, size_t index)
{
	struct reader_path p;

	snprintf(p.text, sizeof p.text, "%.40s%s%.20s[%zu]",
		parent ? parent->text : "", parent ? "." : "", list, index);
	return p;
}

bool reader_wrong(struct reader *r, const struct reader_path *path, const char *field, const char *what)
{
	struct chat_place place;

	snprintf(place.param, sizeof place.param, "%s%s", path ? path->text : "", field);
	if (r->place)
		*r->place = place;
	return error_set(r->err, ERROR_INVALID, "%s: %s", place.param, what);
}

bool reader_keep(struct reader *r, struct str text, struct str *kept)
{
	*kept = (struct str){ arena_copy(&r->chat->arena, text), text.n };
	return kept->p || error_set(r->err, ERROR_TOO_LARGE, "the conversation is over %zu bytes", r->chat->arena.max);
}

/* Arguments as JSON text of an object, in `text`. */
static bool read_arguments(struct reader *r, const struct reader_path *path, const json_t *function, struct buf *text)
{
	const json_t *arguments = json_object_get(function, "arguments");
	struct str written = json_member_str(function, "arguments");
	struct error unused = {0};

	if (json_is_object(arguments))
		return json_write(text, arguments, r->err);
	if (!written.p)
		return reader_wrong(r, path, ".function.arguments", "must be an object or its JSON text");
	if (!str_trim(written).n)
		return buf_adds(text, "{}", r->err);
	own_json *parsed = json_parse_object(written, "arguments", &unused);
	own_json *mended = parsed ? NULL : json_parse_tolerant(written, "arguments", &unused);
	if (mended)
		return json_write(text, mended, r->err);
	return parsed ? buf_add_str(text, written, r->err) :
		reader_wrong(r, path, ".function.arguments", "is not the JSON text of an object");
}

static bool read_call(struct reader *r, const struct reader_path *path, const json_t *call, struct message *m)
{
	const json_t *function = json_object_get(call, "function");
	const char *type = json_member_string(call, "type");
	struct tool_call read = { .id = json_member_str(call, "id"), .name = json_member_str(function, "name"),
		.seal = reader_call_seal(call) };
	own_buf arguments = BUF_INIT(r->chat->arena.max);

	if (type && strcmp(type, "function"))
		return reader_wrong(r, path, ".type", "must be \"function\"");
	if (!read.name.n)
		return reader_wrong(r, path, ".function.name", "must be a string that is not empty");
	if (!read_arguments(r, path, function, &arguments))
		return false;
	read.arguments = buf_str(&arguments);
	return chat_add_call(r->chat, m, &read, r->err);
}

static bool read_calls(struct reader *r, const struct reader_path *path, const json_t *message, struct message *m)
{
	const json_t *calls = json_object_get(message, "tool_calls"), *call;
	size_t i;

	if (!calls || json_is_null(calls))
		return true;
	if (!json_is_array(calls))
		return reader_wrong(r, path, ".tool_calls", "must be a list");
	if (m->role != ROLE_ASSISTANT)
		return reader_wrong(r, path, ".tool_calls", "only an assistant calls tools");
	json_array_foreach(calls, i, call) {
		struct reader_path at = reader_under(path, "tool_calls", i);
		if (!read_call(r, &at, call, m))
			return false;
	}
	return true;
}

/* Beside OpenAI's fields `is_error`, as Anthropic's API has it: what came of the call is why it failed. */
static bool read_result(struct reader *r, const struct reader_path *path, const json_t *message, struct message *m)
{
	struct str id = json_member_str(message, "tool_call_id");

	if (m->role != ROLE_TOOL)
		return true;
	m->failed = json_is_true(json_object_get(message, "is_error"));
	if (!json_object_get(message, "tool_call_id"))
		return true;
	return id.p ? reader_keep(r, id, &m->call_id) : reader_wrong(r, path, ".tool_call_id", "must be a string");
}

static bool read_message(struct reader *r, const struct reader_path *path, const json_t *message)
{
	struct str name = json_member_str(message, "role");
	struct message *m;
	enum chat_role role;

	if (!json_is_object(message))
		return reader_wrong(r, path, "", "must be an object");
	if (!name.p || !chat_role_find(name, &role))
		return reader_wrong(r, path, ".role", "must be system, developer, user, assistant or tool");
	m = reader_content(r, path, message, role);
	return m && read_calls(r, path, message, m) && read_result(r, path, message, m) &&
		reader_thoughts(r, path, message, m);
}

static bool read_tool(struct reader *r, const struct reader_path *path, const json_t *tool)
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
		return reader_wrong(r, path, ".type", "must be \"function\"");
	if (!read.name.n)
		return reader_wrong(r, path, ".function.name", "must be a string that is not empty");
	if (parameters && !json_is_object(parameters) && !json_is_null(parameters))
		return reader_wrong(r, path, ".function.parameters", "must be an object");
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
	struct reader r = { .chat = c, .place = place, .err = err };
	const json_t *item;
	size_t i;

	if (json_array_size(messages) == 0)
		return reader_wrong(&r, NULL, "messages", "must be a list that is not empty");
	if (tools && !json_is_null(tools) && !json_is_array(tools))
		return reader_wrong(&r, NULL, "tools", "must be a list");
	json_array_foreach(messages, i, item) {
		struct reader_path path = reader_under(NULL, "messages", i);
		if (!read_message(&r, &path, item))
			return false;
	}
	json_array_foreach(tools, i, item) {
		struct reader_path path = reader_under(NULL, "tools", i);
		if (!read_tool(&r, &path, item))
			return false;
	}
	return true;
}
