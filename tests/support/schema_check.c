#include "support/schema_check.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <math.h>
#include <pcre2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

bool pattern_found(const char *pattern, const char *text, size_t bytes)
{
	int code;
	PCRE2_SIZE at;
	pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
		PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALT_BSUX | PCRE2_NO_AUTO_CAPTURE, &code, &at, NULL);
	if (!compiled) {
		fprintf(stderr, "pattern_found: cannot compile %s\n", pattern);
		abort();
	}
	pcre2_match_data *data = pcre2_match_data_create_from_pattern(compiled, NULL);
	bool found = pcre2_match(compiled, (PCRE2_SPTR)text, bytes, 0, 0, data, NULL) >= 0;
	pcre2_match_data_free(data);
	pcre2_code_free(compiled);
	return found;
}

static bool is_whole(const json_t *v)
{
	return json_is_integer(v) || (json_is_real(v) && floor(json_real_value(v)) == json_real_value(v));
}

static bool has_type(const json_t *v, const char *type)
{
	return strcmp(type, "null") == 0 ? json_is_null(v) : strcmp(type, "boolean") == 0 ? json_is_boolean(v) :
		strcmp(type, "integer") == 0 ? is_whole(v) : strcmp(type, "number") == 0 ? json_is_number(v) :
		strcmp(type, "string") == 0 ? json_is_string(v) : strcmp(type, "array") == 0 ? json_is_array(v) :
		json_is_object(v);
}

static bool check_type(const json_t *type, const json_t *v)
{
	const json_t *one;
	size_t i;

	if (json_is_string(type))
		return has_type(v, json_string_value(type));
	json_array_foreach((json_t *)type, i, one)
		if (has_type(v, json_string_value(one)))
			return true;
	return !type;
}

static bool same(const json_t *a, const json_t *b)
{
	return json_is_number(a) && json_is_number(b) ? json_number_value(a) == json_number_value(b) : json_equal(a, b);
}

static size_t characters(const char *text, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += (text[i] & 0xC0) != 0x80;
	return count;
}

/* ---- Formats, by hand ---- */

static bool is_date(const char *s)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int y, m, d, used = 0;

	if (strlen(s) < 10 || sscanf(s, "%4d-%2d-%2d%n", &y, &m, &d, &used) != 3 || used != 10 || m < 1 || m > 12)
		return false;
	bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
	return d >= 1 && d <= days[m - 1] + (m == 2 && leap);
}

static bool is_time(const char *s)
{
	int h, m, sec, used = 0, zh, zm;

	if (sscanf(s, "%2d:%2d:%2d%n", &h, &m, &sec, &used) != 3 || used != 8 || h > 23 || m > 59 || sec > 60)
		return false;
	s += used;
	if (*s == '.') {
		size_t digits = strspn(s + 1, "0123456789");
		if (!digits)
			return false;
		s += 1 + digits;
	}
	if (strcmp(s, "Z") == 0)
		return true;
	return (*s == '+' || *s == '-') && sscanf(s + 1, "%2d:%2d%n", &zh, &zm, &used) == 2 && used == 5 && !s[6] &&
		zh <= 23 && zm <= 59;
}

static bool is_ipv4(const char *s)
{
	for (int part = 0; part < 4; part++) {
		size_t digits = strspn(s, "0123456789");
		if (!digits || digits > 3 || atoi(s) > 255 || (digits > 1 && *s == '0'))
			return false;
		s += digits;
		if (part < 3 && *s++ != '.')
			return false;
	}
	return !*s;
}

static bool is_uuid(const char *s)
{
	for (int i = 0; i < 36; i++)
		if (i == 8 || i == 13 || i == 18 || i == 23 ? s[i] != '-' : !strchr("0123456789abcdefABCDEF", s[i]) ||
			!s[i])
			return false;
	return !s[36];
}

static bool check_format(const char *format, const char *s)
{
	if (strcmp(format, "date") == 0)
		return strlen(s) == 10 && is_date(s);
	if (strcmp(format, "time") == 0)
		return is_time(s);
	if (strcmp(format, "date-time") == 0)
		return is_date(s) && s[10] == 'T' && is_time(s + 11);
	if (strcmp(format, "ipv4") == 0)
		return is_ipv4(s);
	return strcmp(format, "uuid") != 0 || is_uuid(s);
}

/* ---- By type ---- */

static bool check_number(const json_t *s, const json_t *v)
{
	double x = json_number_value(v);
	const json_t *limit;

	if (!json_is_number(v))
		return true;
	return !((limit = json_object_get(s, "minimum")) && x < json_number_value(limit)) &&
		!((limit = json_object_get(s, "maximum")) && x > json_number_value(limit)) &&
		!((limit = json_object_get(s, "exclusiveMinimum")) && x <= json_number_value(limit)) &&
		!((limit = json_object_get(s, "exclusiveMaximum")) && x >= json_number_value(limit));
}

static bool check_string(const json_t *s, const json_t *v)
{
	const char *text = json_string_value(v), *pattern = json_string_value(json_object_get(s, "pattern"));
	const char *format = json_string_value(json_object_get(s, "format"));
	const json_t *limit;

	if (!text)
		return true;
	double n = (double)characters(text, json_string_length(v));
	return !((limit = json_object_get(s, "minLength")) && n < json_number_value(limit)) &&
		!((limit = json_object_get(s, "maxLength")) && n > json_number_value(limit)) &&
		!(pattern && !pattern_found(pattern, text, json_string_length(v))) &&
		!(format && !check_format(format, text));
}

static bool check_array(const json_t *root, const json_t *s, const json_t *v)
{
	const json_t *first = json_object_get(s, "prefixItems"), *others = json_object_get(s, "items"), *item, *limit;
	size_t i;

	if (!json_is_array(v))
		return true;
	json_array_foreach((json_t *)v, i, item) {
		const json_t *schema = i < json_array_size(first) ? json_array_get(first, i) : others;
		if (schema && !schema_allows(root, schema, item))
			return false;
	}
	double n = (double)json_array_size(v);
	return !((limit = json_object_get(s, "minItems")) && n < json_number_value(limit)) &&
		!((limit = json_object_get(s, "maxItems")) && n > json_number_value(limit));
}

static bool check_member(const json_t *root, const json_t *s, const char *name, const json_t *value)
{
	const json_t *named = json_object_get(json_object_get(s, "properties"), name);
	const json_t *others = json_object_get(s, "additionalProperties"), *names = json_object_get(s, "propertyNames");
	bool spoken = named != NULL;
	const char *pattern;
	json_t *schema;

	if (named && !schema_allows(root, named, value))
		return false;
	json_object_foreach(json_object_get(s, "patternProperties"), pattern, schema)
		if (pattern_found(pattern, name, strlen(name))) {
			spoken = true;
			if (!schema_allows(root, schema, value))
				return false;
		}
	json_t *key = json_string(name);
	bool ok = !names || schema_allows(root, names, key);
	json_decref(key);
	return ok && (spoken || !others || schema_allows(root, others, value));
}

static bool check_object(const json_t *root, const json_t *s, const json_t *v)
{
	const json_t *limit;
	const char *name;
	json_t *value;
	size_t i;

	if (!json_is_object(v))
		return true;
	json_array_foreach(json_object_get(s, "required"), i, value)
		if (!json_object_get(v, json_string_value(value)))
			return false;
	json_object_foreach((json_t *)v, name, value)
		if (!check_member(root, s, name, value))
			return false;
	double n = (double)json_object_size(v);
	return !((limit = json_object_get(s, "minProperties")) && n < json_number_value(limit)) &&
		!((limit = json_object_get(s, "maxProperties")) && n > json_number_value(limit));
}

/* ---- Combinations ---- */

static size_t allowing(const json_t *root, const json_t *list, const json_t *v)
{
	const json_t *one;
	size_t i, count = 0;

	json_array_foreach((json_t *)list, i, one)
		count += schema_allows(root, one, v);
	return count;
}

static bool check_combinations(const json_t *root, const json_t *s, const json_t *v)
{
	const json_t *list;

	if ((list = json_object_get(s, "allOf")) && allowing(root, list, v) != json_array_size(list))
		return false;
	if ((list = json_object_get(s, "anyOf")) && allowing(root, list, v) == 0)
		return false;
	return !(list = json_object_get(s, "oneOf")) || allowing(root, list, v) == 1;
}

static bool check_values(const json_t *s, const json_t *v)
{
	const json_t *list = json_object_get(s, "enum"), *one;
	bool listed = !list;
	size_t i;

	json_array_foreach((json_t *)list, i, one)
		listed |= same(one, v);
	return listed && (!json_object_get(s, "const") || same(json_object_get(s, "const"), v));
}

static const json_t *target(const json_t *root, const char *reference)
{
	const json_t *at = root;
	char copy[512], *save = NULL;

	snprintf(copy, sizeof copy, "%s", reference);
	for (char *step = strtok_r(copy, "/", &save); step; step = strtok_r(NULL, "/", &save))
		if (strcmp(step, "#") != 0)
			at = json_is_array(at) ? json_array_get(at, (size_t)atoi(step)) : json_object_get(at, step);
	return at;
}

bool schema_allows(const json_t *root, const json_t *s, const json_t *v)
{
	const char *reference = json_string_value(json_object_get(s, "$ref"));

	if (json_is_boolean(s))
		return json_is_true(s);
	if (reference && !schema_allows(root, target(root, reference), v))
		return false;
	if (json_is_null(v) && json_is_true(json_object_get(s, "nullable")))
		return true;
	return check_type(json_object_get(s, "type"), v) && check_values(s, v) && check_number(s, v) &&
		check_string(s, v) &&
		check_array(root, s, v) && check_object(root, s, v) && check_combinations(root, s, v);
}
