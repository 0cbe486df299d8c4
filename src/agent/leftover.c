#include "agent/leftover.h"

#include <stdio.h>

#include "agent/offer.h"
#include "text/json_repair.h"

#define OPEN "<tool_call>"
#define CLOSE "</tool_call>"
#define HELD_MAX ((size_t)16 << 20)

enum state {
	BEGINNING,                 /* nothing but what may be the beginning of a bare call */
	FREE,
	MARKED,                    /* behind a mark */
	BARE,                      /* a bare call, it seems */
};

enum match { NO, PARTLY, YES };

void leftover_init(struct leftover *l)
{
	*l = (struct leftover){ .held = BUF_INIT(HELD_MAX) };
}

void leftover_done(struct leftover *l) { buf_done(&l->held); }

/* --- what a call looks like ---------------------------------------------------------------------- */

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* Steps over `word`, and white space before it. */
static enum match step(struct str *text, const char *word)
{
	size_t n = strlen(word);

	while (text->n && is_space(*text->p))
		*text = str_from(*text, 1);
	size_t there = text->n < n ? text->n : n;
	if (memcmp(text->p, word, there) != 0)
		return NO;
	if (there < n)
		return PARTLY;
	*text = str_from(*text, n);
	return YES;
}

/* Whether the text begins with a call without a mark: {"name", perhaps in a list, perhaps fenced. */
static enum match begins_bare(struct str text)
{
	static const struct { const char *word; bool may_lack; } words[] = {
		{ "```", true }, { "json", true }, { "[", true }, { "{", false }, { "\"name\"", false },
	};

	for (size_t i = 0; i < countof(words); i++) {
		enum match m = step(&text, words[i].word);
		if (m == PARTLY || (m == NO && !words[i].may_lack))
			return m;
	}
	return YES;
}

/* How many bytes at the end may be the beginning of `mark`. */
static size_t partial(struct str text, const char *mark)
{
	size_t n = strlen(mark) - 1;

	for (n = n < text.n ? n : text.n; n; n--)
		if (memcmp(text.p + text.n - n, mark, n) == 0)
			return n;
	return 0;
}

/* --- as it comes ------------------------------------------------------------------------------------ */

static bool emit(struct leftover *l, size_t n, const struct leftover_sink *sink, struct error *err)
{
	if (n && !sink->on_text(sink->user, (struct str){ l->held.data, n }, err))
		return false;
	buf_consume(&l->held, n);
	return true;
}

/* How many of the n first bytes are, at their end, brackets and blanks: the rest of a broken call, if CLOSE follows. */
static size_t rest_of_call(struct str text, size_t n)
{
	size_t end = n;

	while (n && text.p[n - 1] && strchr("}], \t\r\n", text.p[n - 1]))
		n--;
	return end - n;
}

/* Text goes on up to a mark, or what may become one; one that closes nothing is dropped with the rest of its call. */
static bool pass(struct leftover *l, const struct leftover_sink *sink, struct error *err)
{
	for (;;) {
		struct str held = buf_str(&l->held);
		const char *open = memmem(held.p, held.n, OPEN, strlen(OPEN));
		const char *close = memmem(held.p, held.n, CLOSE, strlen(CLOSE));
		bool first = close && (!open || close < open);
		const char *mark = first ? close : open;
		size_t opening = partial(held, OPEN), closing = partial(held, CLOSE);
		size_t n = mark ? (size_t)(mark - held.p) : held.n - (opening > closing ? opening : closing);
		size_t rest = !mark || first ? rest_of_call(held, n) : 0;
		if (!emit(l, n - rest, sink, err))
			return false;
		if (!mark)
			return true;
		if (!first) {
			l->state = MARKED;
			return true;
		}
		buf_consume(&l->held, rest + strlen(CLOSE));
	}
}

bool leftover_feed(struct leftover *l, struct str text, const struct leftover_sink *sink, struct error *err)
{
	if (!buf_add_str(&l->held, text, err))
		return false;
	if (l->state == BEGINNING) {
		static const unsigned char next[] = { [NO] = FREE, [PARTLY] = BEGINNING, [YES] = BARE };
		l->state = next[begins_bare(buf_str(&l->held))];
	}
	return l->state != FREE || pass(l, sink, err);
}

/* --- at the end --------------------------------------------------------------------------------------- */

static void add_call(json_t *calls, json_t *function, const char *unreadable)
{
	char id[32];
	json_t *call;

	(void)snprintf(id, sizeof id, "call_repaired_%zu", json_array_size(calls));
	call = json_pack("{s:s, s:s, s:o}", "id", id, "type", "function", "function", function);
	if (unreadable)
		json_object_set_new(call, "unreadable", json_string(unreadable));
	json_array_append_new(calls, call);
}

/* {"name", "arguments"} as OpenAI has it; NULL: it is none. */
static json_t *function_of(const json_t *value)
{
	json_t *arguments = json_object_get(value, "arguments"), *name = json_object_get(value, "name");
	own_buf text = BUF_INIT(HELD_MAX);
	struct error unused = {0};

	if (!arguments)
		arguments = json_object_get(value, "parameters");
	if (!json_string_length(name) || (arguments && !json_is_object(arguments) && !json_is_string(arguments)))
		return NULL;
	if (json_is_string(arguments))
		return json_pack("{s:O, s:O}", "name", name, "arguments", arguments);
	if (arguments && !json_write(&text, arguments, &unused))
		return NULL;
	return json_pack("{s:O, s:s}", "name", name, "arguments", arguments ? text.data : "{}");
}

/* One call or a list of them; how many. */
static size_t read_calls(struct str text, const json_t *tools, json_t *calls, struct error *err)
{
	own_buf repaired = BUF_INIT(HELD_MAX);
	struct error unused = {0};
	own_json *value = json_parse(text, "call", err);
	json_t *one;
	size_t i, found = 0;

	if (!value && json_repair(text, &repaired))
		value = json_parse(buf_str(&repaired), "call", &unused);
	own_json *list = json_is_array(value) ? json_incref(value) : json_pack("[O*]", value);
	json_array_foreach(list, i, one) {
		json_t *function = function_of(one);
		if (function && (!tools || offer_has(tools, json_member_string(function, "name")))) {
			add_call(calls, function, NULL);
			found++;
		} else {
			json_decref(function);
		}
	}
	return found;
}

static void read_marked(struct str text, json_t *calls)
{
	struct error err = {0};

	while (text.n) {
		const char *close = memmem(text.p, text.n, CLOSE, strlen(CLOSE));
		const char *next = memmem(text.p + 1, text.n - 1, OPEN, strlen(OPEN));
		size_t end = next ? (size_t)(next - text.p) : text.n;
		struct str inside = { text.p, end };
		if (close && (size_t)(close - text.p) < end)
			inside.n = (size_t)(close - text.p);
		if (str_starts(inside, (struct str)STR(OPEN)))
			inside = str_from(inside, strlen(OPEN));
		error_set(&err, ERROR_INVALID, "it has no name and arguments");
		if (!read_calls(str_trim(inside), NULL, calls, &err))
			add_call(calls, json_pack("{s:s, s:s}", "name", "unreadable", "arguments", "{}"), err.text);
		text = str_from(text, end);
	}
}

bool leftover_finish(struct leftover *l, const json_t *tools, json_t *calls, const struct leftover_sink *sink,
	struct error *err)
{
	struct str held = buf_str(&l->held);
	struct error unused = {0};

	if (l->state == MARKED) {
		read_marked(held, calls);
		return true;
	}
	if (l->state == BARE && read_calls(str_trim(held), tools, calls, &unused))
		return true;
	if (l->state == BARE) {
		l->state = FREE;
		if (!pass(l, sink, err))
			return false;
		if (l->state == MARKED)
			return leftover_finish(l, tools, calls, sink, err);
	}
	return emit(l, l->held.len, sink, err);
}
