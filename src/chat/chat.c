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

/* The list with room for one more: twice as long when it holds a power of two.  NULL past the arena's ceiling. */
static void *longer(struct chat *c, void *list, size_t count, size_t size)
{
	if (count & (count - 1))
		return list;
	void *bigger = arena_alloc(&c->arena, (count ? 2 * count : 1) * size);

	if (bigger && count)
		memcpy(bigger, list, count * size);
	return bigger;
}

static bool copy_seal(struct chat *c, struct seal *seal)
{
	return copy(c, &seal->vendor) && copy(c, &seal->text);
}

bool chat_add_call(struct chat *c, struct message *m, const struct tool_call *call, struct error *err)
{
	struct tool_call *calls = longer(c, m->calls, m->call_count, sizeof *calls);
	struct tool_call added = *call;

	if (!calls || !copy(c, &added.id) || !copy(c, &added.name) || !copy(c, &added.arguments) ||
	    !copy_seal(c, &added.seal))
		return too_large(c, err);
	calls[m->call_count++] = added;
	m->calls = calls;
	return true;
}

bool chat_seal_call(struct chat *c, struct tool_call *call, struct seal seal, struct error *err)
{
	call->seal = seal;
	return copy_seal(c, &call->seal) || too_large(c, err);
}

bool chat_add_thought(struct chat *c, struct message *m, const struct thought *thought, struct error *err)
{
	struct thought *thoughts = longer(c, m->sealed, m->sealed_count, sizeof *thoughts);
	struct thought added = *thought;

	if (!thoughts || !copy(c, &added.text) || !copy(c, &added.id) || !copy_seal(c, &added.seal))
		return too_large(c, err);
	thoughts[m->sealed_count++] = added;
	m->sealed = thoughts;
	return true;
}

static bool copy_image(struct chat *c, struct piece *piece)
{
	struct image *image = arena_alloc(&c->arena, sizeof *image);

	if (!image)
		return false;
	*image = *piece->image;
	piece->image = image;
	return copy(c, &image->type) && copy(c, &image->data) && copy(c, &image->url);
}

bool chat_add_piece(struct chat *c, struct message *m, const struct piece *piece, struct error *err)
{
	struct piece *pieces = longer(c, m->pieces, m->piece_count, sizeof *pieces);
	struct piece added = *piece;

	if (!pieces || !copy(c, &added.text) || (added.image && !copy_image(c, &added)))
		return too_large(c, err);
	pieces[m->piece_count++] = added;
	m->pieces = pieces;
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

bool chat_has_pictures(const struct chat *c)
{
	for (size_t i = 0; i < c->message_count; i++)
		for (size_t k = 0; k < c->messages[i].piece_count; k++)
			if (c->messages[i].pieces[k].image)
				return true;
	return false;
}

const struct message *chat_question(const struct chat *c)
{
	const struct message *last = c->message_count ? &c->messages[c->message_count - 1] : NULL;

	return last && last->role == ROLE_USER ? last : NULL;
}
