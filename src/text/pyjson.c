#include "text/pyjson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DIGITS_MAX 17   /* enough for any double */

/* The decimal digits of |value| in `digits`, as few as give it back, and the power of ten of the first. */
static int shortest(double value, char digits[DIGITS_MAX + 1])
{
	char text[40];
	size_t n = 0;

	for (int precision = 0; precision < DIGITS_MAX; precision++) {
		snprintf(text, sizeof text, "%.*e", precision, fabs(value));
		if (strtod(text, NULL) == fabs(value))
			break;
	}
	char *exponent = strchr(text, 'e');
	for (const char *c = text; c < exponent; c++)   /* the point may be a comma, depending on the locale */
		if (*c >= '0' && *c <= '9')
			digits[n++] = *c;
	digits[n] = '\0';
	return atoi(exponent + 1);
}

/* As repr(): 1e-05, 0.0001, 123.0, 1e+16. */
static bool write_real(struct buf *out, double value, struct error *err)
{
	char digits[DIGITS_MAX + 1];
	int power = shortest(value, digits), n = (int)strlen(digits);

	if (signbit(value) && !buf_adds(out, "-", err))
		return false;
	if (power < -4 || power >= 16)
		return buf_addf(out, err, "%c%s%se%+03d", digits[0], n > 1 ? "." : "", digits + 1, power);
	if (power < 0)
		return buf_addf(out, err, "0.%.*s%s", -power - 1, "000", digits);
	if (n <= power + 1)
		return buf_addf(out, err, "%s%.*s.0", digits, power + 1 - n, "000000000000000");
	return buf_addf(out, err, "%.*s.%s", power + 1, digits, digits + power + 1);
}

/* How values are laid out: width 0 is all on one line. */
struct layout {
	int width, depth;
};

static bool write_value(struct buf *out, const json_t *value, struct layout at, struct error *err);

/* What stands before an item, or with `depth` one less before the closing bracket. */
static bool begin_line(struct buf *out, struct layout at, struct error *err)
{
	return !at.width || buf_addf(out, err, "\n%*s", at.width * at.depth, "");
}

static bool separate(struct buf *out, bool first, struct layout at, struct error *err)
{
	return (first || buf_adds(out, at.width ? "," : ", ", err)) && begin_line(out, at, err);
}

static bool write_array(struct buf *out, const json_t *array, struct layout at, struct error *err)
{
	struct layout inner = { at.width, at.depth + 1 };
	const json_t *item;
	size_t i;

	if (!json_array_size(array))
		return buf_adds(out, "[]", err);
	if (!buf_adds(out, "[", err))
		return false;
	json_array_foreach(array, i, item)
		if (!separate(out, i == 0, inner, err) || !write_value(out, item, inner, err))
			return false;
	return begin_line(out, at, err) && buf_adds(out, "]", err);
}

static bool write_object(struct buf *out, const json_t *object, struct layout at, struct error *err)
{
	struct layout inner = { at.width, at.depth + 1 };
	bool first = true;
	const char *key;
	json_t *value;

	if (!json_object_size(object))
		return buf_adds(out, "{}", err);
	if (!buf_adds(out, "{", err))
		return false;
	json_object_foreach((json_t *)object, key, value) {
		if (!separate(out, first, inner, err) || !json_write_string(out, str_of(key), err) ||
			!buf_adds(out, ": ", err) || !write_value(out, value, inner, err))
			return false;
		first = false;
	}
	return begin_line(out, at, err) && buf_adds(out, "}", err);
}

static bool write_value(struct buf *out, const json_t *value, struct layout at, struct error *err)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return write_object(out, value, at, err);
	case JSON_ARRAY: return write_array(out, value, at, err);
	case JSON_STRING:
		return json_write_string(out, (struct str){ json_string_value(value), json_string_length(value) }, err);
	case JSON_INTEGER: return buf_addf(out, err, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	case JSON_REAL: return write_real(out, json_real_value(value), err);
	case JSON_TRUE: return buf_adds(out, "true", err);
	case JSON_FALSE: return buf_adds(out, "false", err);
	case JSON_NULL: return buf_adds(out, "null", err);
	}
	return error_set(err, ERROR_INTERNAL, "JSON of an unknown type");
}

bool pyjson_write(struct buf *out, const json_t *value, struct error *err)
{
	return write_value(out, value, (struct layout){0}, err);
}

bool pyjson_write_indented(struct buf *out, const json_t *value, int width, struct error *err)
{
	return write_value(out, value, (struct layout){ .width = width }, err);
}
