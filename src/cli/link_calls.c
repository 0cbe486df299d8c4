#include "cli/link_calls.h"

#include "base/mem.h"

#define ARGUMENTS_MAX ((size_t)16 << 20)

void link_calls_done(struct link_calls *c)
{
	for (size_t i = 0; i < c->count; i++)
		buf_done(&c->arguments[i]);
	free(c->arguments);
	json_decref(c->calls);
	json_decref(c->details);
	*c = (struct link_calls){0};
}

static json_t *begin_call(struct link_calls *c)
{
	json_t *call = json_pack("{s:s, s:s, s:{s:s, s:s}}", "id", "", "type", "function", "function", "name", "",
		"arguments", "");

	if (!c->calls)
		c->calls = json_array();
	c->arguments = mem_resize(c->arguments, c->count + 1, sizeof *c->arguments);
	c->arguments[c->count++] = (struct buf)BUF_INIT(ARGUMENTS_MAX);
	json_array_append_new(c->calls, call);
	return call;
}

static void set_member(json_t *object, const char *name, json_t *value)
{
	if (json_string_length(value) || json_is_object(value))
		json_object_set(object, name, value);
}

static bool add_piece(struct link_calls *c, const json_t *piece, struct error *err)
{
	const json_t *place = json_object_get(piece, "index"), *function = json_object_get(piece, "function");
	json_int_t index = json_integer_value(place);

	if (!json_is_integer(place) || index < 0 || index > (json_int_t)c->count || index >= LINK_CALLS_MAX)
		return error_set(err, ERROR_INTERNAL, "the answer holds a call in a place where none can be");
	json_t *call = (size_t)index == c->count ? begin_call(c) : json_array_get(c->calls, (size_t)index);
	set_member(call, "id", json_object_get(piece, "id"));
	set_member(call, "extra_content", json_object_get(piece, "extra_content"));
	set_member(json_object_get(call, "function"), "name", json_object_get(function, "name"));
	return buf_add_str(&c->arguments[index], json_member_str(function, "arguments"), err);
}

bool link_calls_add(struct link_calls *c, const json_t *delta, bool *came, struct error *err)
{
	json_t *details = json_object_get(delta, "reasoning_details"), *piece;
	size_t i;

	if (json_array_size(details)) {
		if (!c->details)
			c->details = json_array();
		json_array_extend(c->details, details);
	}
	json_array_foreach(json_object_get(delta, "tool_calls"), i, piece) {
		*came = true;
		if (!add_piece(c, piece, err))
			return false;
	}
	return true;
}

void link_calls_end(struct link_calls *c)
{
	for (size_t i = 0; i < c->count; i++) {
		json_t *text = json_stringn(c->arguments[i].data, c->arguments[i].len);
		json_object_set_new(json_object_get(json_array_get(c->calls, i), "function"), "arguments",
			text ? text : json_string(""));
	}
}
