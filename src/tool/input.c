/* The walk is over the schema, so that only what a tool declares ever reaches it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "tool/input.h"

#define PLACE_MAX 120
#define WHOLE_MAX 9e15           /* below 2^53 every whole double is exact */

struct checker {
	const char *tool;
	struct error *err;
};

static bool check(struct checker *c, const json_t *schema, json_t **value, const char *place);

static bool wrong(struct checker *c, const char *place, const char *what)
{
	return error_set(c->err, ERROR_INVALID, "%s: the argument `%s` %s", c->tool, place, what);
}

/* --- what small models write ----------------------------------------------------------- */

/* A number or a boolean in quotes; NULL: it is none. */
static json_t *unquoted(const json_t *value, const char *type)
{
	const char *text = json_string_value(value);
	char *end;

	if (!text || !text[0])
		return NULL;
	if (strcmp(type, "boolean") == 0)
		return str_is_like(str_of(text), "true") ? json_true() :
			str_is_like(str_of(text), "false") ? json_false() : NULL;
	errno = 0;
	if (strcmp(type, "integer") == 0) {
		long long number = strtoll(text, &end, 10);
		return *end || errno ? NULL : json_integer(number);
	}
	if (strcmp(type, "number") == 0) {
		double number = strtod(text, &end);
		return *end || errno || !isfinite(number) ? NULL : json_real(number);
	}
	return NULL;
}

/* 5.0 for 5. */
static json_t *whole(const json_t *value)
{
	double number = json_real_value(value);

	return json_is_real(value) && number == trunc(number) && fabs(number) < WHOLE_MAX ?
		json_integer((json_int_t)number) : NULL;
}

static bool is_of_type(const json_t *value, const char *type)
{
	return strcmp(type, "string") == 0 ? json_is_string(value) :
		strcmp(type, "integer") == 0 ? json_is_integer(value) :
		strcmp(type, "number") == 0 ? json_is_number(value) :
		strcmp(type, "boolean") == 0 ? json_is_boolean(value) :
		strcmp(type, "array") == 0 ? json_is_array(value) : json_is_object(value);
}

/* Makes *value one of the type, if it was meant so. */
static bool settle_type(struct checker *c, json_t **value, const char *type, const char *place)
{
	char what[60];

	if (is_of_type(*value, type))
		return true;
	json_t *meant = strcmp(type, "integer") == 0 ? whole(*value) : NULL;
	if (!meant)
		meant = unquoted(*value, type);
	if (meant) {
		json_decref(*value);
		*value = meant;
		return true;
	}
	(void)snprintf(what, sizeof what, "must be of type %s", type);
	return wrong(c, place, what);
}

/* --- limits ------------------------------------------------------------------------------ */

static bool check_enum(struct checker *c, const json_t *words, const json_t *value, const char *place)
{
	char what[200] = "must be one of:";
	size_t i;
	json_t *word;

	if (!words)
		return true;
	json_array_foreach(words, i, word) {
		size_t n = strlen(what);
		if (json_equal(word, value))
			return true;
		(void)snprintf(what + n, sizeof what - n, " %s", json_is_string(word) ? json_string_value(word) : "?");
	}
	return wrong(c, place, what);
}

static bool check_bounds(struct checker *c, const json_t *schema, const json_t *value, const char *place)
{
	bool counted = json_is_array(value);
	const json_t *least = json_object_get(schema, counted ? "minItems" : "minimum");
	const json_t *most = json_object_get(schema, counted ? "maxItems" : "maximum");
	double size = counted ? (double)json_array_size(value) : json_number_value(value);
	own_mem char *what = NULL;

	if (!counted && !json_is_number(value))
		return true;
	if (least && size < json_number_value(least))
		what = mem_printf("must %s at least %.0f", counted ? "have" : "be", json_number_value(least));
	else if (most && size > json_number_value(most))
		what = mem_printf("must %s at most %.0f", counted ? "have" : "be", json_number_value(most));
	return !what || wrong(c, place, what);
}

/* --- objects and lists --------------------------------------------------------------------- */

static bool check_required(struct checker *c, const json_t *schema, const json_t *value, const char *place)
{
	char path[PLACE_MAX];
	size_t i;
	json_t *name;

	json_array_foreach(json_object_get(schema, "required"), i, name) {
		if (json_object_get(value, json_string_value(name)))
			continue;
		(void)snprintf(path, sizeof path, "%s%s%s", place, place[0] ? "." : "", json_string_value(name));
		return wrong(c, path, "is missing");
	}
	return true;
}

static void drop_nulls(json_t *object)
{
	const char *name;
	void *next;
	json_t *value;

	json_object_foreach_safe(object, next, name, value)
		if (json_is_null(value))
			json_object_del(object, name);
}

static bool check_object(struct checker *c, const json_t *schema, json_t *object, const char *place)
{
	const json_t *properties = json_object_get(schema, "properties");
	bool closed = json_is_false(json_object_get(schema, "additionalProperties"));
	char path[PLACE_MAX];
	const char *name;
	json_t *value;

	drop_nulls(object);
	json_object_foreach(object, name, value) {
		const json_t *of = json_object_get(properties, name);
		(void)snprintf(path, sizeof path, "%s%s%s", place, place[0] ? "." : "", name);
		if (!of && closed)
			return wrong(c, path, "is not known");
		json_t *kept = json_incref(value);
		bool ok = !of || check(c, of, &kept, path);
		if (ok && kept != value)
			json_object_set(object, name, kept);
		json_decref(kept);
		if (!ok)
			return false;
	}
	return check_required(c, schema, object, place);
}

static bool check_array(struct checker *c, const json_t *schema, json_t *array, const char *place)
{
	const json_t *of = json_object_get(schema, "items");
	char path[PLACE_MAX];
	size_t i;
	json_t *value;

	json_array_foreach(array, i, value) {
		json_t *kept = json_incref(value);
		(void)snprintf(path, sizeof path, "%s[%zu]", place, i);
		bool ok = !of || check(c, of, &kept, path);
		if (ok && kept != value)
			json_array_set(array, i, kept);
		json_decref(kept);
		if (!ok)
			return false;
	}
	return true;
}

static bool check(struct checker *c, const json_t *schema, json_t **value, const char *place)
{
	const char *type = json_member_string(schema, "type");

	if (type && !settle_type(c, value, type, place))
		return false;
	if (!check_enum(c, json_object_get(schema, "enum"), *value, place) || !check_bounds(c, schema, *value, place))
		return false;
	if (json_is_object(*value))
		return check_object(c, schema, *value, place);
	return !json_is_array(*value) || check_array(c, schema, *value, place);
}

json_t *tool_input_read(const struct tool_kind *kind, struct str arguments, struct error *err)
{
	struct checker c = { kind->name, err };
	struct str text = str_trim(arguments);

	if (!text.n)
		text = (struct str)STR("{}");
	own_json *schema = json_parse_object(str_of(kind->schema), "schema", err);
	own_json *input = schema ? json_parse_object(text, "arguments", err) : NULL;
	if (!input) {
		error_prefix(err, "%s", kind->name);
		return NULL;
	}
	return check(&c, schema, &input, "") ? take(input) : NULL;
}

struct str tool_input_str(const json_t *input, const char *name) { return json_member_str(input, name); }

int64_t tool_input_number(const json_t *input, const char *name, int64_t otherwise)
{
	const json_t *value = json_object_get(input, name);

	return json_is_integer(value) ? json_integer_value(value) : otherwise;
}

bool tool_input_flag(const json_t *input, const char *name, bool otherwise)
{
	const json_t *value = json_object_get(input, name);

	return json_is_boolean(value) ? json_is_true(value) : otherwise;
}
