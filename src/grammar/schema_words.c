/*
 * The keywords: what each is about, and what is refused.
 */
#include "grammar/schema_inside.h"

enum { NOTHING = 0 };

static const struct keyword {
	const char *name;
	unsigned about;                /* types that it speaks of */
} keywords[] = {
	{ "$ref", NOTHING }, { "allOf", NOTHING }, { "anyOf", NOTHING }, { "oneOf", NOTHING },
	{ "type", NOTHING }, { "nullable", NOTHING }, { "enum", NOTHING }, { "const", NOTHING },
	{ "properties", TYPE_OBJECT }, { "required", TYPE_OBJECT }, { "additionalProperties", TYPE_OBJECT },
	{ "patternProperties", TYPE_OBJECT }, { "propertyNames", TYPE_OBJECT }, { "minProperties", TYPE_OBJECT },
	{ "maxProperties", TYPE_OBJECT }, { "unevaluatedProperties", TYPE_OBJECT },
	{ "items", TYPE_ARRAY }, { "prefixItems", TYPE_ARRAY }, { "additionalItems", TYPE_ARRAY },
	{ "minItems", TYPE_ARRAY },
	{ "maxItems", TYPE_ARRAY }, { "uniqueItems", TYPE_ARRAY }, { "unevaluatedItems", TYPE_ARRAY },
	{ "minLength", TYPE_STRING }, { "maxLength", TYPE_STRING }, { "pattern", TYPE_STRING },
	{ "format", TYPE_STRING },
	{ "minimum", TYPE_NUMBER }, { "maximum", TYPE_NUMBER }, { "exclusiveMinimum", TYPE_NUMBER },
	{ "exclusiveMaximum", TYPE_NUMBER }, { "multipleOf", TYPE_NUMBER },
};

static const char *const annotations[] = {
	"$schema", "$id", "id", "$comment", "$anchor", "$defs", "definitions", "title", "description", "default",
	"examples",
	"example", "deprecated", "readOnly", "writeOnly", "contentEncoding", "contentMediaType", "contentSchema",
	"discriminator", "externalDocs", "xml", "strict",
};

bool is_annotation(const char *keyword)
{
	for (size_t i = 0; i < countof(annotations); i++)
		if (strcmp(keyword, annotations[i]) == 0)
			return true;
	return strncmp(keyword, "x-", 2) == 0;
}

static const struct keyword *find_keyword(const char *name)
{
	for (size_t i = 0; i < countof(keywords); i++)
		if (strcmp(name, keywords[i].name) == 0)
			return &keywords[i];
	return NULL;
}

/* Keywords that are supported with some values only. */
static bool check_value(struct compiler *c, const char *name, const json_t *value)
{
	if (strcmp(name, "uniqueItems") == 0 && !json_is_false(value))
		return refuse_keyword(c, name, "only false is supported"), false;
	if (strncmp(name, "unevaluated", 11) == 0 && !json_is_false(value))
		return refuse_keyword(c, name, "only false is supported"), false;
	if (strcmp(name, "multipleOf") == 0 && !(json_is_number(value) && json_number_value(value) == 1))
		return refuse_keyword(c, name, "only 1 is supported"), false;
	return true;
}

bool check_keywords(struct compiler *c, const json_t *schema)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)schema, name, value) {
		if (is_annotation(name))
			continue;
		if (!find_keyword(name))
			return refuse_keyword(c, name, "is not supported"), false;
		if (!check_value(c, name, value))
			return false;
	}
	return true;
}

/* ---- Types ---- */

static unsigned type_named(const char *name)
{
	static const struct { const char *name; unsigned type; } types[] = {
		{ "null", TYPE_NULL }, { "boolean", TYPE_BOOLEAN }, { "integer", TYPE_INTEGER },
		{ "number", TYPE_NUMBER | TYPE_INTEGER },
		{ "string", TYPE_STRING }, { "array", TYPE_ARRAY }, { "object", TYPE_OBJECT },
	};

	for (size_t i = 0; name && i < countof(types); i++)
		if (strcmp(name, types[i].name) == 0)
			return types[i].type;
	return 0;
}

unsigned value_type(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT: return TYPE_OBJECT;
	case JSON_ARRAY: return TYPE_ARRAY;
	case JSON_STRING: return TYPE_STRING;
	case JSON_INTEGER: return TYPE_INTEGER;
	case JSON_REAL: return TYPE_NUMBER;
	case JSON_TRUE:
	case JSON_FALSE: return TYPE_BOOLEAN;
	case JSON_NULL: return TYPE_NULL;
	}
	return 0;
}

/* Without a type, a schema with keywords for objects means objects, and so on. */
static unsigned types_meant(const json_t *schema)
{
	unsigned about = 0;
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)schema, name, value)
		if (find_keyword(name))
			about |= find_keyword(name)->about;
	if (about & TYPE_NUMBER)
		about |= TYPE_INTEGER;
	return about ? about : TYPE_ALL;
}

unsigned schema_types(struct compiler *c, const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type"), *item;
	unsigned types = 0;
	size_t i;

	if (!type) {
		types = types_meant(schema);
	} else if (json_is_string(type)) {
		types = type_named(json_string_value(type));
	} else {
		json_array_foreach((json_t *)type, i, item) {
			unsigned one = type_named(json_string_value(item));
			if (!one)
				return refuse_keyword(c, "type", "names no type of JSON"), 0;
			types |= one;
		}
	}
	if (!types)
		return refuse_keyword(c, "type", "must be a type of JSON or a list of them"), 0;
	return json_is_true(json_object_get(schema, "nullable")) ? types | TYPE_NULL : types;
}

/* ---- Whether two schemas exclude each other ---- */

static bool allows_value(const json_t *values, const json_t *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)values, i, item)
		if (json_equal(item, value))
			return true;
	return false;
}

/* The values of enum or const; NULL when there is neither.  The caller owns the list. */
static json_t *listed_values(const json_t *schema)
{
	json_t *constant = json_object_get(schema, "const"), *list = json_object_get(schema, "enum");

	if (constant)
		return json_pack("[O]", constant);
	return json_is_array(list) ? json_incref(list) : NULL;
}

static bool lists_are_disjoint(const json_t *a, const json_t *b)
{
	own_json *left = listed_values(a), *right = listed_values(b);
	const json_t *item;
	size_t i;

	if (!left || !right)
		return false;
	json_array_foreach(left, i, item)
		if (allows_value(right, item))
			return false;
	return true;
}

static bool requires(const json_t *schema, const char *name)
{
	own_json *wanted = json_string(name);

	return allows_value(json_object_get(schema, "required"), wanted);
}

/* A property that both must have, with values that exclude each other. */
static bool have_discriminator(struct compiler *c, const json_t *a, const json_t *b, int deep)
{
	const json_t *others = json_object_get(b, "properties");
	const char *name;
	json_t *property;

	json_object_foreach(json_object_get(a, "properties"), name, property)
		if (json_object_get(others, name) && requires(a, name) && requires(b, name) &&
			are_disjoint(c, property, json_object_get(others, name), deep - 1))
			return true;
	return false;
}

/* What values of a schema can be.  Strictly, one without a type allows values that none of its keywords are about. */
static unsigned possible_types(const json_t *schema, bool strictly)
{
	struct error err = {0};
	struct compiler quiet = { .err = &err, .path = BUF_INIT(1) };
	own_json *values = listed_values(schema);
	const json_t *item;
	unsigned types = 0;
	size_t i;

	json_array_foreach(values, i, item)
		types |= value_type(item);
	if (values)
		return types & TYPE_NUMBER ? types | TYPE_INTEGER : types;
	if (json_object_get(schema, "anyOf") || json_object_get(schema, "oneOf") || json_object_get(schema, "allOf") ||
		(strictly && !json_object_get(schema, "type")))
		return TYPE_ALL;
	types = schema_types(&quiet, schema);
	return types ? types : TYPE_ALL;
}

bool are_disjoint(struct compiler *c, const json_t *a, const json_t *b, int deep)
{
	const json_t **both[] = { &a, &b };

	for (size_t i = 0; i < countof(both); i++)
		while (json_object_get(*both[i], "$ref")) {
			const char *reference = json_member_string(*both[i], "$ref");
			*both[i] = deep-- > 0 && reference ? resolve_reference(c, reference) : NULL;
		}
	if (!json_is_object(a) || !json_is_object(b) || deep <= 0)
		return false;
	unsigned shared = (possible_types(a, false) & possible_types(b, true)) |
		(possible_types(a, true) & possible_types(b, false));
	return !shared || lists_are_disjoint(a, b) || (shared == TYPE_OBJECT && have_discriminator(c, a, b, deep));
}
