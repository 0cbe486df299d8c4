#include "chat/chat.h"

static const char *const role_names[] = {
	[ROLE_SYSTEM] = "system",
	[ROLE_USER] = "user",
	[ROLE_ASSISTANT] = "assistant",
	[ROLE_TOOL] = "tool",
};

void chat_done(struct chat *c)
{
	arena_done(&c->arena);
	*c = (struct chat)CHAT_INIT(c->arena.max);
}

const char *chat_role_name(enum chat_role role)
{
	return role_names[role];
}

bool chat_role_find(struct str name, enum chat_role *role)
{
	if (str_is(name, "developer")) {
		*role = ROLE_SYSTEM;
		return true;
	}
	for (size_t i = 0; i < countof(role_names); i++) {
		if (str_is(name, role_names[i])) {
			*role = (enum chat_role)i;
			return true;
		}
	}
	return false;
}

static bool too_large(const struct chat *c, struct error *err)
{
	return error_set(err, ERROR_TOO_LARGE, "the conversation is over %zu bytes", c->arena.max);
}

/* Room for one more item; the old array stays in the arena until it is released. */
static void *grown(struct chat *c, void *items, size_t count, size_t *cap, size_t size)
{
	if (count < *cap)
		return items;

	size_t more = *cap ? *cap * 2 : 4;
	void *bigger = arena_alloc(&c->arena, more * size);
	if (bigger && count)
		memcpy(bigger, items, count * size);
	if (bigger)
		*cap = more;
	return bigger;
}

static bool copy(struct chat *c, struct str *text)
{
	text->p = arena_copy(&c->arena, *text);
	return text->p != NULL;
}

struct message *chat_add(struct chat *c, enum chat_role role, struct str text, struct error *err)
{
	struct message *messages = grown(c, c->messages, c->message_count, &c->message_cap, sizeof *messages);

	if (!messages || !copy(c, &text))
		return too_large(c, err), NULL;
	c->messages = messages;
	struct message *m = &messages[c->message_count++];
	*m = (struct message){ .role = role, .text = text };
	return m;
}

bool chat_add_call(struct chat *c, struct message *m, const struct tool_call *call, struct error *err)
{
	struct tool_call *calls = arena_alloc(&c->arena, (m->call_count + 1) * sizeof *calls);
	struct tool_call added = *call;

	if (!calls || !copy(c, &added.id) || !copy(c, &added.name) || !copy(c, &added.arguments))
		return too_large(c, err);
	if (m->call_count)
		memcpy(calls, m->calls, m->call_count * sizeof *calls);
	calls[m->call_count++] = added;
	m->calls = calls;
	return true;
}

bool chat_add_tool(struct chat *c, const struct tool *tool, struct error *err)
{
	struct tool *tools = grown(c, c->tools, c->tool_count, &c->tool_cap, sizeof *tools);
	struct tool added = *tool;

	if (!tools || !copy(c, &added.name) || !copy(c, &added.description) || !copy(c, &added.schema) ||
	    !copy(c, &added.definition))
		return too_large(c, err);
	c->tools = tools;
	tools[c->tool_count++] = added;
	return true;
}

const struct message *chat_question(const struct chat *c)
{
	const struct message *last = c->message_count ? &c->messages[c->message_count - 1] : NULL;

	return last && last->role == ROLE_USER ? last : NULL;
}
