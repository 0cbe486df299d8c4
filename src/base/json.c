#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"

#define NESTING 512

/*
 * Jansson's own ceiling is 2,048 levels of recursion; count ours before parsing,
 * outside strings.
 */
static bool nested_too_deep(struct str text)
{
	size_t depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > NESTING)
				return true;
		} else if ((c == ']' || c == '}') && depth) {
			depth--;
		}
	}
	return false;
}

/* The code unit of an escape, four hexadecimal digits after its 'u'; -1 where it is none. */
static int code_unit(struct str text, size_t at)
{
	int unit = 0;

	for (size_t i = at; i < at + 4; i++) {
		int c = i < text.n ? (unsigned char)text.p[i] | 0x20 : 0;
		if (!(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'f'))
			return -1;
		unit = unit * 16 + (c <= '9' ? c - '0' : c - 'a' + 10);
	}
	return unit;
}

static bool is_between(int unit, int first, int last) { return unit >= first && unit <= last; }

/* Whether a high surrogate before `at` has its other half there. */
static bool has_other_half(struct str text, size_t at)
{
	return at + 1 < text.n && text.p[at] == '\\' && text.p[at + 1] == 'u' &&
		is_between(code_unit(text, at + 2), 0xdc00, 0xdfff);
}

/* In a copy that the caller frees: escapes of what no string may hold become one of U+FFFD, of the same length. */
static char *mend(struct str text, bool nul)
{
	char *copy = mem_strndup(text.p, text.n);

	for (size_t i = 0; i + 1 < text.n; i++) {
		if (text.p[i] != '\\')
			continue;
		int unit = text.p[i + 1] == 'u' ? code_unit(text, i + 2) : -1;
		bool pair = is_between(unit, 0xd800, 0xdbff) && has_other_half(text, i + 6);
		if (!pair && (is_between(unit, 0xd800, 0xdfff) || (unit == 0 && !nul)))
			memcpy(copy + i + 2, "fffd", 4);
		i += pair ? 11 : unit >= 0 ? 5 : 1;
	}
	return copy;
}

static json_t *parse(struct str text, size_t flags, const char *what, struct error *err)
{
	json_error_t problem;

	if (nested_too_deep(text)) {
		error_set(err, ERROR_INVALID, "%s: nested more than %d deep", what, NESTING);
		return NULL;
	}
	json_t *value = json_loadb(text.p, text.n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | flags, &problem);
	if (!value)
		error_set(err, ERROR_INVALID, "%s: not valid JSON at line %d, column %d", what, problem.line,
			problem.column);
	return value;
}

static void overwrite(json_t *value)
{
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_string(value))
		explicit_bzero((char *)json_string_value(value), json_string_length(value));
	json_array_foreach(value, i, member)
		overwrite(member);
	json_object_foreach(value, key, member)
		overwrite(member);
}

void json_forget(json_t **value)
{
	overwrite(*value);
	json_decref(*value);
}

json_t *json_parse(struct str text, const char *what, struct error *err)
{
	return parse(text, 0, what, err);
}

/* Takes it over. */
static json_t *object_only(json_t *parsed, const char *what, struct error *err)
{
	own_json *value = parsed;

	if (value && !json_is_object(value)) {
		error_set(err, ERROR_INVALID, "%s: must be a JSON object", what);
		return NULL;
	}
	return take(value);
}

json_t *json_parse_object(struct str text, const char *what, struct error *err)
{
	return object_only(json_parse(text, what, err), what, err);
}

/* What cannot be read as it is may be once it is mended; what is wrong besides stays wrong, at the same place. */
static json_t *parse_mended(struct str text, size_t flags, const char *what, struct error *err)
{
	struct error as_it_is = {0};
	json_t *value = parse(text, flags, what, &as_it_is);

	if (value)
		return value;
	own_mem char *mended = mend(text, flags & JSON_ALLOW_NUL);
	return parse((struct str){ mended, text.n }, flags, what, err);
}

json_t *json_parse_nul(struct str text, const char *what, struct error *err)
{
	return parse_mended(text, JSON_ALLOW_NUL, what, err);
}

json_t *json_parse_tolerant(struct str text, const char *what, struct error *err)
{
	return object_only(parse_mended(text, 0, what, err), what, err);
}

json_t *json_parse_file(const char *path, size_t limit, struct error *err)
{
	size_t len;
	own_mem char *text = file_read(path, limit, &len, err);

	return text ? json_parse((struct str){ text, len }, path, err) : NULL;
}

struct sink {
	struct buf *out;
	struct error *err;
	bool full;          /* err is already set */
};

static int dump(const char *bytes, size_t n, void *user)
{
	struct sink *s = user;

	s->full = !buf_add(s->out, bytes, n, s->err);
	return s->full ? -1 : 0;
}

/* Whether 15 digits say every number in it: 0.1 is not to be written as 0.10000000000000001. */
static bool is_short(const json_t *value)
{
	const char *name;
	json_t *member;
	size_t i;
	char digits[32];

	json_object_foreach((json_t *)value, name, member)
		if (!is_short(member))
			return false;
	json_array_foreach(value, i, member)
		if (!is_short(member))
			return false;
	if (!json_is_real(value))
		return true;
	(void)snprintf(digits, sizeof digits, "%.15g", json_real_value(value));
	double back = strtod(digits, NULL), is = json_real_value(value);
	return memcmp(&back, &is, sizeof is) == 0;
}

bool json_write(struct buf *out, const json_t *value, struct error *err)
{
	struct sink s = { .out = out, .err = err };
	size_t before = out->len, digits = is_short(value) ? JSON_REAL_PRECISION(15) : 0;

	if (json_dump_callback(value, dump, &s, JSON_COMPACT | JSON_ENCODE_ANY | digits) == 0)
		return true;
	if (!s.full)
		error_set(err, ERROR_INVALID, "cannot be written as JSON");
	buf_truncate(out, before);
	return false;
}

static bool add_escaped(struct buf *out, unsigned char c, struct error *err)
{
	static const char *const named[0x60] = {
		['"'] = "\\\"", ['\\'] = "\\\\", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t", ['\b'] = "\\b",
		['\f'] = "\\f",
	};

	if (c < countof(named) && named[c])
		return buf_adds(out, named[c], err);
	return buf_addf(out, err, "\\u%04x", c);
}

bool json_write_string(struct buf *out, struct str text, struct error *err)
{
	size_t plain = 0;

	if (!buf_adds(out, "\"", err))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		if (!buf_add(out, text.p + plain, i - plain, err) || !add_escaped(out, c, err))
			return false;
		plain = i + 1;
	}
	return buf_add(out, text.p + plain, text.n - plain, err) && buf_adds(out, "\"", err);
}

const char *json_member_string(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

struct str json_member_str(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);

	return (struct str){ json_string_value(value), json_string_length(value) };
}

/* One step of a pointer, its ~ and % escapes undone. */
static const json_t *step_into(const json_t *at, struct str step)
{
	char name[256];
	size_t n = 0;

	for (size_t i = 0; i < step.n && n + 1 < sizeof name; i++) {
		unsigned byte = 0;
		if (step.p[i] == '~' && i + 1 < step.n)
			name[n++] = step.p[++i] == '1' ? '/' : '~';
		else if (step.p[i] == '%' && i + 2 < step.n && sscanf(step.p + i + 1, "%2x", &byte) == 1 && (i += 2))
			name[n++] = (char)byte;
		else
			name[n++] = step.p[i];
	}
	name[n] = '\0';
	if (json_is_array(at))
		return json_array_get(at, strtoul(name, NULL, 10));
	return json_object_get(at, name);
}

const json_t *json_pointer(const json_t *root, struct str pointer)
{
	struct str step;

	if (pointer.n == 0)
		return root;
	if (pointer.p[0] != '/')
		return NULL;
	pointer = str_from(pointer, 1);
	while (root && str_split(&pointer, '/', &step))
		root = step_into(root, step);
	return root;
}
