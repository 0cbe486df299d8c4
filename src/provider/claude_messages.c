/*
 * The API knows two sides that take turns.  What one says in a row becomes one
 * message of blocks; results of tools are the user's and come first in it, for they
 * must follow their calls at once.
 *
 * Sealed thoughts are replayed in the places where they came, as the vendor checks.
 * The last two of the user's messages end with a cache mark: one finds what the
 * request before this one has left in the cache, the other leaves it for the next.
 */
#include <stdio.h>

#include "provider/claude.h"

#define MARKED_TURNS 2
#define STAYING_MAX 10000      /* messages: a look around each takes time */

/* A run of messages of one side: from `first` to before `end`. */
struct run {
	const char *role;
	size_t first, end;
	bool marked;
};

struct blocks {
	struct writer *w;
	bool open;             /* one is, still without its end */
};

/* ---- blocks ---- */

static void next_block(struct blocks *b)
{
	if (b->open) {
		claude_close_block(b->w, "");
		writer_put(b->w, ",");
	}
	b->open = true;
}

static void put_text(struct blocks *b, struct str text)
{
	if (!claude_says(text))
		return;
	next_block(b);
	claude_open_text(b->w, text);
}

static void put_image(struct blocks *b, const struct image *image)
{
	struct writer *w = b->w;

	next_block(b);
	if (image->data.n) {
		writer_put(w, "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":");
		writer_string(w, image->type);
		writer_put(w, ",\"data\":");
		writer_string(w, image->data);
	} else {
		writer_put(w, "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":");
		writer_string(w, image->url);
	}
	writer_put(w, "}");
}

static void put_pieces(struct blocks *b, const struct message *m)
{
	for (size_t i = 0; i < m->piece_count; i++) {
		if (m->pieces[i].image)
			put_image(b, m->pieces[i].image);
		else
			put_text(b, m->pieces[i].text);
	}
	if (!m->piece_count)
		put_text(b, m->text);
}

static void put_result(struct blocks *b, const struct message *m)
{
	struct writer *w = b->w;

	next_block(b);
	writer_put(w, "{\"type\":\"tool_result\",\"tool_use_id\":");
	writer_id(w, m->call_id);
	writer_put(w, ",\"content\":");
	if (m->piece_count) {
		struct blocks inner = { .w = w };
		writer_put(w, "[");
		put_pieces(&inner, m);
		if (inner.open)
			claude_close_block(w, "");
		writer_put(w, "]");
	} else {
		writer_string(w, m->text);
	}
	writer_put(w, m->failed ? ",\"is_error\":true" : "");
}

static void put_call(struct blocks *b, const struct tool_call *call)
{
	struct writer *w = b->w;

	next_block(b);
	writer_put(w, "{\"type\":\"tool_use\",\"id\":");
	writer_id(w, call->id);
	writer_put(w, ",\"name\":");
	writer_string(w, call->name);
	writer_put(w, ",\"input\":");
	writer_object(w, call->arguments, "{}", "the arguments of a tool call");
}

static void put_thought(struct blocks *b, const struct thought *t)
{
	struct writer *w = b->w;

	next_block(b);
	if (t->redacted) {
		writer_put(w, "{\"type\":\"redacted_thinking\",\"data\":");
	} else {
		writer_put(w, "{\"type\":\"thinking\",\"thinking\":");
		writer_string(w, t->text);
		writer_put(w, ",\"signature\":");
	}
	writer_string(w, t->seal.text);
}

/* ---- an assistant's message ---- */

/* A place in a text that may have been changed since: not past its end, and not within a character. */
static size_t place_in(struct str text, size_t place)
{
	while (place < text.n && ((unsigned char)text.p[place] & 0xc0) == 0x80)
		place++;
	return place < text.n ? place : text.n;
}

/* Thoughts from the i-th on that came before the call of that number; the text up to each goes before it. */
static size_t put_thoughts_before(struct blocks *b, const struct message *m, size_t i, size_t call, size_t *said)
{
	for (; i < m->sealed_count && m->sealed[i].after_calls <= call; i++) {
		size_t place = place_in(m->text, m->sealed[i].after_text);
		if (!str_is(m->sealed[i].seal.vendor, "claude"))
			continue;
		if (place > *said) {
			put_text(b, (struct str){ m->text.p + *said, place - *said });
			*said = place;
		}
		put_thought(b, &m->sealed[i]);
	}
	return i;
}

static void put_answer(struct blocks *b, const struct message *m, bool thoughts)
{
	size_t said = 0, i = thoughts ? put_thoughts_before(b, m, 0, 0, &said) : m->sealed_count;

	put_text(b, str_from(m->text, said));
	said = m->text.n;
	for (size_t k = 0; k < m->call_count; k++) {
		if (k > 0)
			i = put_thoughts_before(b, m, i, k, &said);
		put_call(b, &m->calls[k]);
	}
	put_thoughts_before(b, m, i, SIZE_MAX, &said);
}

/* ---- turns ---- */

static const char *side_of(const struct message *m)
{
	static const char *const sides[] = {
		[ROLE_SYSTEM] = "system", [ROLE_USER] = "user", [ROLE_ASSISTANT] = "assistant", [ROLE_TOOL] = "user",
	};

	return sides[m->role];
}

/* Something of a message of the conversation is written. */
static bool counts(const struct claude_plan *plan, const struct message *m)
{
	bool thoughts = !plan->plain && claude_is_sealed(m);

	return m->role == ROLE_TOOL || m->piece_count || m->call_count || thoughts || claude_says(m->text);
}

/* The role of the nearest message of the conversation that counts, in that direction; ROLE_SYSTEM: there is none. */
static enum chat_role neighbour(const struct claude_plan *plan, size_t i, size_t step)
{
	const struct chat *c = &plan->request->chat;

	for (i += step; i < c->message_count; i += step)
		if (c->messages[i].role != ROLE_SYSTEM && counts(plan, &c->messages[i]))
			return c->messages[i].role;
	return ROLE_SYSTEM;
}

/* The vendor takes it between a user's turn and an answer, or at the end. */
bool claude_stays(const struct claude_plan *plan, size_t i)
{
	enum chat_role before, after;

	if (!plan->model->system || plan->plain || plan->request->chat.message_count > STAYING_MAX)
		return false;
	before = neighbour(plan, i, SIZE_MAX);
	after = neighbour(plan, i, 1);
	return (before == ROLE_USER || before == ROLE_TOOL) && (after == ROLE_ASSISTANT || after == ROLE_SYSTEM);
}

static bool is_written(const struct claude_plan *plan, size_t i)
{
	const struct message *m = &plan->request->chat.messages[i];

	return m->role == ROLE_SYSTEM ? claude_says(m->text) && claude_stays(plan, i) : counts(plan, m);
}

/* The run that begins at the `at`-th message or after it; false when there is none. */
static bool next_run(const struct claude_plan *plan, size_t at, struct run *run)
{
	const struct chat *c = &plan->request->chat;

	while (at < c->message_count && !is_written(plan, at))
		at++;
	if (at == c->message_count)
		return false;
	*run = (struct run){ .role = side_of(&c->messages[at]), .first = at };
	while (at < c->message_count && (!is_written(plan, at) || strcmp(side_of(&c->messages[at]), run->role) == 0))
		at++;
	run->end = at;
	return true;
}

/* The vendor's words for "must call a tool" are refused by some models; so they are told in plain ones. */
static void put_demand(struct blocks *b, const struct request *request)
{
	char text[200];

	if (request->tool_choice == TOOLS_NAMED)
		snprintf(text, sizeof text, "(Answer with a call of the tool %.*s, not with text.)",
			request->named_tool.n < 100 ? (int)request->named_tool.n : 100, request->named_tool.p);
	else
		snprintf(text, sizeof text, "(Answer with a call of one of the tools, not with text.)");
	put_text(b, str_of(text));
}

static void put_run(struct writer *w, const struct claude_plan *plan, const struct run *run, bool last)
{
	const struct message *messages = plan->request->chat.messages;
	struct blocks b = { .w = w };

	writer_putf(w, "{\"role\":\"%s\",\"content\":[", run->role);
	for (size_t i = run->first; i < run->end; i++)
		if (messages[i].role == ROLE_TOOL)
			put_result(&b, &messages[i]);
	for (size_t i = run->first; i < run->end; i++) {
		if (!is_written(plan, i) || messages[i].role == ROLE_TOOL)
			continue;
		if (messages[i].role == ROLE_ASSISTANT)
			put_answer(&b, &messages[i], !plan->plain);
		else
			put_pieces(&b, &messages[i]);
	}
	if (last && claude_wants_call(plan->request) && !plan->forces && messages[run->first].role != ROLE_ASSISTANT)
		put_demand(&b, plan->request);
	if (b.open)
		claude_close_block(w, run->marked ? plan->mark : "");
	writer_put(w, "]}");
}

static size_t count_user_runs(const struct claude_plan *plan)
{
	struct run run = { .end = 0 };
	size_t count = 0;

	while (next_run(plan, run.end, &run))
		count += strcmp(run.role, "user") == 0;
	return count;
}

void claude_put_messages(struct writer *w, const struct claude_plan *plan)
{
	size_t left = count_user_runs(plan);
	struct run run = { .end = 0 }, next;
	bool any = next_run(plan, 0, &run);

	if (!any)
		writer_refuse(w, "there is nothing to ask: the conversation holds no message");
	writer_put(w, ",\"messages\":[");
	while (any) {
		bool user = strcmp(run.role, "user") == 0;
		run.marked = user && left <= MARKED_TURNS;
		left -= user;
		any = next_run(plan, run.end, &next);
		put_run(w, plan, &run, !any);
		writer_put(w, any ? "," : "");
		run = next;
	}
	writer_put(w, "]");
}
