/*
 * One pass that copies tokens and keeps a stack of what is open; the result is parsed
 * to see whether it is JSON now.
 */
#include "text/json_repair.h"

#include <stdint.h>

#include "base/json.h"

enum { DEPTH_MAX = 200, INSIDE_MAX = 3 };

struct repair {
	const char *at, *end;
	struct buf *out;
	char open[DEPTH_MAX];
	size_t depth;
	size_t comma;              /* where in `out` a comma stands that nothing has followed yet; SIZE_MAX: none */
	struct error err;
};

static bool put(struct repair *r, const char *bytes, size_t n)
{
	r->comma = SIZE_MAX;
	return buf_add(r->out, bytes, n, &r->err);
}

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("+-._", c));
}

/* --- strings --------------------------------------------------------------------------------- */

/* One byte inside of a string, or an escape, which may be one that JSON does not have. */
static bool copy_inside(struct repair *r, char quote)
{
	static const struct { char c; const char *escape; } bare[] = {
		{ '\n', "\\n" }, { '\t', "\\t" }, { '\r', "\\r" }, { '"', "\\\"" },
	};
	char c = *r->at++;

	if (c == '\\') {
		if (r->at == r->end)
			return false;
		char next = *r->at++;
		if (next == '\'' || (quote == '\'' && next == '"'))
			return next == '\'' ? put(r, "'", 1) : put(r, "\\\"", 2);
		return put(r, (char[]){ '\\', next }, 2);
	}
	for (size_t i = 0; i < countof(bare); i++)
		if (c == bare[i].c)
			return put(r, bare[i].escape, strlen(bare[i].escape));
	return put(r, &c, 1);
}

static bool copy_string(struct repair *r)
{
	char quote = *r->at++;

	if (!put(r, "\"", 1))
		return false;
	while (r->at < r->end && *r->at != quote)
		if (!copy_inside(r, quote))
			return false;
	return r->at++ < r->end && put(r, "\"", 1);
}

/* --- the rest ---------------------------------------------------------------------------------- */

static bool copy_word(struct repair *r)
{
	static const struct { const char *python, *json; } words[] = { { "True", "true" }, { "False", "false" },
		{ "None", "null" } };
	struct str word = { r->at, 0 };

	while (r->at < r->end && is_word(*r->at))
		r->at++;
	word.n = (size_t)(r->at - word.p);
	for (size_t i = 0; i < countof(words); i++)
		if (str_is(word, words[i].python))
			word = str_of(words[i].json);
	return word.n && put(r, word.p, word.n);
}

/* A comma before a closing bracket is dropped, and so is one behind another. */
static void drop_comma(struct repair *r)
{
	if (r->comma != SIZE_MAX)
		buf_truncate(r->out, r->comma);
	r->comma = SIZE_MAX;
}

static bool copy_bracket(struct repair *r, char c)
{
	if (c == '{' || c == '[') {
		if (r->depth == DEPTH_MAX)
			return false;
		r->open[r->depth++] = c == '{' ? '}' : ']';
		return put(r, &c, 1);
	}
	drop_comma(r);
	if (!r->depth || r->open[r->depth - 1] != c)
		return false;
	r->depth--;
	return put(r, &c, 1);
}

static bool copy_comma(struct repair *r)
{
	size_t at = r->out->len;

	if (r->comma != SIZE_MAX || !buf_adds(r->out, ",", &r->err))
		return r->comma != SIZE_MAX;
	r->comma = at;
	return true;
}

static bool copy_token(struct repair *r)
{
	char c = *r->at;

	if (c == '"' || c == '\'')
		return copy_string(r);
	if (is_word(c))
		return copy_word(r);
	r->at++;
	if (is_space(c))
		return true;
	if (c == ',')
		return copy_comma(r);
	return c == ':' ? put(r, ":", 1) : c && strchr("{}[]", c) && copy_bracket(r, c);
}

/* The outermost value; what stands behind it is left. */
static bool copy_value(struct repair *r)
{
	do {
		if (!copy_token(r))
			return false;
	} while (r->at < r->end && r->depth);
	drop_comma(r);
	if (r->depth && !strchr("\"]}", r->out->data[r->out->len - 1]))
		return false;      /* a number or a word at the end may be half of one */
	while (r->depth)
		if (!put(r, &r->open[--r->depth], 1))
			return false;
	return true;
}

/* Without a fence before it; one behind it is never looked at. */
static struct str unfenced(struct str text)
{
	text = str_trim(text);
	if (!str_starts(text, (struct str)STR("```")))
		return text;
	const char *line = memchr(text.p, '\n', text.n);
	return line ? str_trim(str_from(text, (size_t)(line - text.p))) : (struct str){ text.p, 0 };
}

/* The object itself, where it is the one of a list or the text of a string. */
static json_t *unwrap(json_t *value, int inside)
{
	own_json *held = value;
	struct str text = { json_string_value(held), json_string_length(held) };
	struct error unused = {0};

	if (json_is_object(held))
		return take(held);
	if (inside < INSIDE_MAX && json_array_size(held) == 1)
		return unwrap(json_incref(json_array_get(held, 0)), inside + 1);
	if (inside < INSIDE_MAX && json_is_string(held))
		return unwrap(json_parse(text, "text", &unused), inside + 1);
	return NULL;
}

bool json_repair(struct str text, struct buf *out)
{
	own_buf made = BUF_INIT(out->max);
	struct repair r = { .out = &made, .comma = SIZE_MAX };

	text = unfenced(text);
	r.at = text.p;
	r.end = text.p + text.n;
	if (!text.n || !copy_value(&r))
		return false;
	own_json *object = unwrap(json_parse(buf_str(&made), "text", &r.err), 0);
	return object && json_write(out, object, &r.err);
}
