#include "config/toml_write.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>

static bool write_string(struct buf *out, struct str text, struct error *err)
{
	static const char letters[] = "btnfr\"\\", meant[] = "\b\t\n\f\r\"\\";

	if (!buf_adds(out, "\"", err))
		return false;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char x = (unsigned char)text.p[i];
		const char *escaped = x ? strchr(meant, x) : NULL;
		bool ok = escaped ? buf_addf(out, err, "\\%c", letters[escaped - meant]) :
			x < ' ' || x == 0x7f ? buf_addf(out, err, "\\u%04X", x) : buf_add(out, &text.p[i], 1, err);
		if (!ok)
			return false;
	}
	return buf_adds(out, "\"", err);
}

bool toml_write_name(struct buf *out, const char *name, struct error *err)
{
	bool bare = *name;

	for (const char *x = name; *x; x++)
		bare = bare && (isalnum((unsigned char)*x) || *x == '_' || *x == '-');
	return bare ? buf_adds(out, name, err) : write_string(out, str_of(name), err);
}

/* The shortest that reads back as the same number, and as one with a fraction. */
static bool write_real(struct buf *out, double x, struct error *err)
{
	char text[40];

	if (!isfinite(x))
		return buf_adds(out, isnan(x) ? "nan" : x > 0 ? "inf" : "-inf", err);
	for (int digits = 6; digits <= 17; digits++) {
		snprintf(text, sizeof text, "%.*g", digits, x);
		if (strtod(text, NULL) == x)
			break;
	}
	return buf_addf(out, err, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

static bool write_list(struct buf *out, const json_t *list, struct error *err)
{
	size_t i;
	json_t *item;

	if (!buf_adds(out, "[", err))
		return false;
	json_array_foreach(list, i, item)
		if (!buf_adds(out, i ? ", " : "", err) || !toml_write_value(out, item, err))
			return false;
	return buf_adds(out, "]", err);
}

bool toml_write_value(struct buf *out, const json_t *value, struct error *err)
{
	switch (json_typeof(value)) {
	case JSON_STRING:
		return write_string(out, (struct str){ json_string_value(value), json_string_length(value) }, err);
	case JSON_INTEGER:
		return buf_addf(out, err, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	case JSON_REAL:
		return write_real(out, json_real_value(value), err);
	case JSON_TRUE:
	case JSON_FALSE:
		return buf_adds(out, json_is_true(value) ? "true" : "false", err);
	case JSON_ARRAY:
		return write_list(out, value, err);
	default:
		return error_set(
			err, ERROR_INVALID, "only texts, numbers, true, false and lists of them can be written");
	}
}

static bool write_below(
	struct buf *out, struct str before, const json_t *object, const char *newline, struct error *err)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)object, name, value) {
		own_buf path = BUF_INIT(out->max);
		if (!buf_add_str(&path, before, err) || !toml_write_name(&path, name, err))
			return false;
		if (json_is_object(value)) {
			if (!buf_adds(&path, ".", err) || !write_below(out, buf_str(&path), value, newline, err))
				return false;
		} else if (!buf_add_str(out, buf_str(&path), err) || !buf_adds(out, " = ", err) ||
			!toml_write_value(out, value, err) || !buf_adds(out, newline, err)) {
			return false;
		}
	}
	return true;
}

bool toml_write_lines(struct buf *out, const json_t *object, const char *newline, struct error *err)
{
	return write_below(out, (struct str){0}, object, newline, err);
}
