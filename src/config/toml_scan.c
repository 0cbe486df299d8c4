/*
 * One pass, statement by statement.  Brackets and quotes that stand in strings or
 * comments are never taken for structure, since whole strings are skipped first.
 */
#include "config/toml_scan.h"

#include <ctype.h>

#include "base/mem.h"
#include "base/utf8.h"

#define NAME_MAX_BYTES ((size_t)4096)
#define TOO_DEEP "nested more than 32 deep"

struct cursor {
	struct str text;
	size_t at, line;
	const char *what;
	struct toml_scan *scan;
	struct error *err;
};

static bool refuse(struct cursor *c, const char *why)
{
	return error_set(c->err, ERROR_INVALID, "%s:%zu: not valid TOML: %s", c->what, c->line, why);
}

static char here(const struct cursor *c) { return c->at < c->text.n ? c->text.p[c->at] : '\0'; }

static bool ended(const struct cursor *c) { return c->at >= c->text.n; }

static bool looks_at(const struct cursor *c, const char *text)
{
	return str_starts(str_from(c->text, c->at), str_of(text));
}

/* Goes over one byte and counts lines. */
static void step(struct cursor *c)
{
	c->line += here(c) == '\n';
	c->at++;
}

static void skip_blanks(struct cursor *c)
{
	while (!ended(c) && (here(c) == ' ' || here(c) == '\t'))
		c->at++;
}

/* To the end of the line, which is not gone over. */
static void skip_comment(struct cursor *c)
{
	while (here(c) == '#' && !ended(c))
		while (!ended(c) && here(c) != '\n')
			c->at++;
}

/* What may stand between the values of an array. */
static void skip_space(struct cursor *c)
{
	while (!ended(c) && memchr(" \t\r\n#", here(c), 5)) {
		if (here(c) == '#')
			skip_comment(c);
		else
			step(c);
	}
}

/* Blanks, a comment and the newline after a statement. */
static bool end_line(struct cursor *c)
{
	skip_blanks(c);
	skip_comment(c);
	if (here(c) == '\r')
		c->at++;
	if (ended(c))
		return true;
	if (here(c) != '\n')
		return refuse(c, "more on a line than one statement");
	step(c);
	return true;
}

/* --- strings and names -------------------------------------------------------------- */

static bool skip_long_string(struct cursor *c, char quote)
{
	const char close[] = { quote, quote, quote, '\0' };

	for (c->at += 3; !ended(c) && !looks_at(c, close); ) {
		if (quote == '"' && here(c) == '\\')
			step(c);
		step(c);
	}
	if (ended(c))
		return refuse(c, "a string without an end");
	c->at += 3;
	for (int i = 0; i < 2 && here(c) == quote; i++)     /* up to two quotes may stand before the closing ones */
		c->at++;
	return true;
}

static bool skip_string(struct cursor *c)
{
	char quote = here(c);

	if (looks_at(c, quote == '"' ? "\"\"\"" : "'''"))
		return skip_long_string(c, quote);
	for (c->at++; !ended(c) && here(c) != quote; c->at++) {
		if (quote == '"' && here(c) == '\\')
			c->at++;
		if (here(c) == '\n')
			break;
	}
	if (here(c) != quote || ended(c))
		return refuse(c, "a string without an end");
	c->at++;
	return true;
}

/* \uXXXX or \UXXXXXXXX, at its letter. */
static bool decode_number(struct cursor *c, size_t digits, struct buf *out)
{
	uint32_t code_point = 0;
	char bytes[4];

	for (size_t i = 1; i <= digits; i++) {
		char d = c->at + i < c->text.n ? c->text.p[c->at + i] : '\0';
		if (!isxdigit((unsigned char)d))
			return refuse(c, "an escape that is none");
		code_point = code_point << 4 | (uint32_t)(d <= '9' ? d - '0' : (d | 0x20) - 'a' + 10);
	}
	c->at += digits + 1;
	return buf_add(out, bytes, utf8_encode(code_point, bytes), c->err);
}

static bool decode_escape(struct cursor *c, struct buf *out)
{
	static const char letters[] = "btnfre\"\\", meant[] = "\b\t\n\f\r\033\"\\";

	c->at++;
	if (here(c) == 'u' || here(c) == 'U')
		return decode_number(c, here(c) == 'u' ? 4 : 8, out);
	const char *letter = here(c) ? strchr(letters, here(c)) : NULL;
	if (!letter)
		return refuse(c, "an escape that is none");
	c->at++;
	return buf_add(out, &meant[letter - letters], 1, c->err);
}

static bool read_quoted(struct cursor *c, struct buf *out)
{
	char quote = here(c);

	for (c->at++; here(c) != quote; ) {
		if (ended(c) || here(c) == '\n')
			return refuse(c, "a name without an end");
		if (quote == '"' && here(c) == '\\') {
			if (!decode_escape(c, out))
				return false;
		} else if (!buf_add(out, &c->text.p[c->at++], 1, c->err)) {
			return false;
		}
	}
	c->at++;
	return true;
}

static bool is_bare(char x) { return isalnum((unsigned char)x) || x == '_' || x == '-'; }

static bool read_name(struct cursor *c, json_t *path)
{
	own_buf name = BUF_INIT(NAME_MAX_BYTES);
	bool ok = true;

	if (here(c) == '"' || here(c) == '\'') {
		ok = read_quoted(c, &name);
	} else {
		if (!is_bare(here(c)))
			return refuse(c, "a name is missing");
		for (; ok && is_bare(here(c)); c->at++)
			ok = buf_add(&name, &c->text.p[c->at], 1, c->err);
	}
	if (!ok)
		return error_prefix(c->err, "%s:%zu", c->what, c->line);
	if (json_array_size(path) >= TOML_STEPS_MAX)
		return refuse(c, TOO_DEEP);
	if (memchr(name.data, '\0', name.len))
		return refuse(c, "a key with a NUL character in it");
	json_t *text = json_stringn(name.data, name.len);
	return (text && json_array_append_new(path, text) == 0) || refuse(c, "a key that is not valid UTF-8");
}

/* A name, or several with dots between; `path` grows. */
static bool read_names(struct cursor *c, json_t *path)
{
	for (;;) {
		skip_blanks(c);
		if (!read_name(c, path))
			return false;
		skip_blanks(c);
		if (here(c) != '.')
			return true;
		c->at++;
	}
}

/* --- paths ----------------------------------------------------------------------------- */

bool toml_path_begins(const json_t *path, const json_t *start, size_t steps)
{
	if (json_array_size(path) < steps || json_array_size(start) < steps)
		return false;
	for (size_t i = 0; i < steps; i++)
		if (!json_equal(json_array_get(path, i), json_array_get(start, i)))
			return false;
	return true;
}

size_t toml_scan_elements(const struct toml_scan *s, const json_t *path)
{
	own_mem char *name = json_dumps(path, JSON_COMPACT);

	return (size_t)json_integer_value(json_object_get(s->elements, name));
}

/* The path that the names of a header mean: after those of [[tables]], the last of them. */
static json_t *resolve(struct toml_scan *s, const json_t *names, bool is_element)
{
	size_t count = json_array_size(names);
	json_t *path = json_array();

	for (size_t i = 0; i < count; i++) {
		json_array_append(path, json_array_get(names, i));
		size_t elements = toml_scan_elements(s, path);
		if (is_element && i + 1 == count) {
			own_mem char *name = json_dumps(path, JSON_COMPACT);
			json_object_set_new(s->elements, name, json_integer((json_int_t)elements + 1));
			json_array_append_new(path, json_integer((json_int_t)elements));
		} else if (elements) {
			json_array_append_new(path, json_integer((json_int_t)elements - 1));
		}
	}
	return path;
}

/* Takes the path over. */
static struct toml_statement *add(struct cursor *c, enum toml_kind kind, json_t *path)
{
	struct toml_scan *s = c->scan;

	if (s->count == s->capacity) {
		s->capacity = s->capacity ? s->capacity * 2 : 64;
		s->all = mem_resize(s->all, s->capacity, sizeof *s->all);
	}
	s->all[s->count] = (struct toml_statement){ .kind = kind, .path = path };
	return &s->all[s->count++];
}

/* --- values ----------------------------------------------------------------------------- */

static bool skip_value(struct cursor *c, const json_t *path, unsigned depth);

/* Adds the names before a value, and stands before the value then. */
static bool read_key(struct cursor *c, json_t *names)
{
	if (!read_names(c, names))
		return false;
	if (here(c) != '=')
		return refuse(c, "an equals sign is missing");
	c->at++;
	skip_blanks(c);
	return true;
}

/* One `name = value` of an inline table; noted when the path that leads there is known. */
static bool read_member(struct cursor *c, const json_t *path, unsigned depth)
{
	size_t start = c->at, line = c->line, steps = path ? json_array_size(path) : 0;
	own_json *names = path ? json_copy((json_t *)path) : json_array();

	if (!read_key(c, names))
		return false;
	size_t value = c->at;
	if (!skip_value(c, path ? names : NULL, depth))
		return false;
	if (path) {
		struct toml_statement *x = add(c, TOML_MEMBER, take(names));
		x->steps = steps;
		x->line = line;
		x->start = start;
		x->value = value;
		x->end = x->value_end = c->at;
	}
	return true;
}

/* A list, or an inline table. */
static bool skip_group(struct cursor *c, const json_t *path, unsigned depth)
{
	bool list = c->text.p[c->at++] == '[';
	char end = list ? ']' : '}';

	for (;;) {
		skip_space(c);
		if (here(c) == end)
			break;
		if (ended(c))
			return refuse(c, list ? "a list without an end" : "an inline table without an end");
		if (!(list ? skip_value(c, NULL, depth) : read_member(c, path, depth)))
			return false;
		skip_space(c);
		if (here(c) == ',')
			c->at++;
		else if (here(c) != end)
			return refuse(c, list ? "a comma is missing in a list" :
				"a comma is missing in an inline table");
	}
	c->at++;
	return true;
}

/* Whether a text begins as `shape` says, in which 9 stands for any digit. */
static bool has_shape(struct str text, const char *shape)
{
	for (size_t i = 0; shape[i]; i++)
		if (i >= text.n || (shape[i] == '9' ? !isdigit((unsigned char)text.p[i]) : text.p[i] != shape[i]))
			return false;
	return true;
}

/* A number, true or false, or a date, which may have one blank before the time. */
static bool skip_word(struct cursor *c)
{
	size_t start = c->at;

	if (has_shape(str_from(c->text, c->at), "9999-99-99 99:"))
		c->at += sizeof "9999-99-99 " - 1;
	while (is_bare(here(c)) || (!ended(c) && memchr("+.:", here(c), 3)))
		c->at++;
	return c->at > start || refuse(c, "no value: a text must stand in quotes");
}

static bool skip_value(struct cursor *c, const json_t *path, unsigned depth)
{
	if (depth >= TOML_STEPS_MAX)
		return refuse(c, TOO_DEEP);
	switch (here(c)) {
	case '"':
	case '\'':
		return skip_string(c);
	case '[':
	case '{':
		return skip_group(c, path, depth + 1);
	default:
		return skip_word(c);
	}
}

/* --- statements ------------------------------------------------------------------------- */

/* Takes the path of a header and makes it the section that values stand in from here on. */
static bool read_header(struct cursor *c, size_t start, json_t **section)
{
	bool element = looks_at(c, "[[");
	size_t line = c->line;
	own_json *names = json_array();

	c->at += element ? 2 : 1;
	if (!read_names(c, names))
		return false;
	if (!looks_at(c, element ? "]]" : "]"))
		return refuse(c, "a table's name without an end");
	c->at += element ? 2 : 1;
	if (!end_line(c))
		return false;
	json_decref(*section);
	*section = resolve(c->scan, names, element);
	struct toml_statement *x = add(c, element ? TOML_ELEMENT : TOML_TABLE, json_incref(*section));
	x->line = line;
	x->start = start;
	x->end = c->at;
	return true;
}

static bool read_value(struct cursor *c, size_t start, const json_t *section)
{
	size_t line = c->line;
	own_json *path = json_copy((json_t *)section);

	if (!read_key(c, path))
		return false;
	size_t value = c->at;
	if (!skip_value(c, path, 0))
		return false;
	size_t value_end = c->at;
	if (!end_line(c))
		return false;
	struct toml_statement *x = add(c, TOML_VALUE, take(path));
	x->steps = json_array_size(section);
	x->line = line;
	x->start = start;
	x->end = c->at;
	x->value = value;
	x->value_end = value_end;
	return true;
}

static bool read_statement(struct cursor *c, json_t **section)
{
	size_t start = c->at;

	skip_blanks(c);
	if (ended(c) || memchr("#\r\n", here(c), 3))
		return end_line(c);
	return here(c) == '[' ? read_header(c, start, section) : read_value(c, start, *section);
}

bool toml_scan(struct toml_scan *s, struct str text, const char *what, struct error *err)
{
	struct cursor c = { .text = text, .line = 1, .what = what, .scan = s, .err = err };
	own_json *section = json_array();
	const char *end = text.n ? memchr(text.p, '\n', text.n) : NULL;

	*s = (struct toml_scan){ .elements = json_object() };
	s->newline = end && end > text.p && end[-1] == '\r' ? "\r\n" : "\n";
	c.at = s->top = str_starts(text, (struct str)STR("\xEF\xBB\xBF")) ? 3 : 0;
	while (!ended(&c))
		if (!read_statement(&c, &section))
			return false;
	return true;
}

void toml_scan_done(struct toml_scan *s)
{
	for (size_t i = 0; i < s->count; i++)
		json_decref(s->all[i].path);
	free(s->all);
	json_decref(s->elements);
	*s = (struct toml_scan){0};
}
