/*
 * The API takes JSON Schema for parameters (parametersJsonSchema) and for answers
 * (responseJsonSchema), but only some of its keywords, and refuses a whole request
 * for one that it cannot read: https://ai.google.dev/api/generate-content#FIELDS.response_json_schema
 *
 * One table has a row for each keyword, in the order they are written.  A schema is
 * first laid open (references followed, allOf joined), then each keyword that
 * applies to its type is written, rewritten, or put into words.  A reference that
 * leads to where it stands is cut there; sizes and depths have ceilings, past which
 * anything goes.
 */
#include <math.h>

#include "base/mem.h"
#include "provider/gemini_walk.h"
#include "provider/parameters.h"

#define DEEP_MAX 24
#define NODES_MAX 4096
#define NOTES_MAX 600          /* bytes of words in one description */

enum {
	TYPE_NULL = 1, TYPE_BOOLEAN = 2, TYPE_INTEGER = 4, TYPE_NUMBER = 8,
	TYPE_STRING = 16, TYPE_ARRAY = 32, TYPE_OBJECT = 64, TYPE_ALL = 127,
	TYPE_NUMBERS = TYPE_INTEGER | TYPE_NUMBER,
};

static const char *const type_names[] = { "null", "boolean", "integer", "number", "string", "array", "object" };

struct node {
	const json_t *schema;      /* laid open */
	json_t *out;
	unsigned types;            /* without null; 0: any */
	bool nullable;
	struct buf notes;
};

static json_t *translate(struct walk *w, const json_t *schema);

/* ---- words ---- */

/* Says it in words: the model reads descriptions. */
static bool put_note(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	struct error full;
	size_t before = n->notes.len;
	own_buf json = BUF_INIT(NOTES_MAX);

	if (json_write(&json, value, &full) &&
		buf_addf(&n->notes, &full, "%s%s: %s", before ? "; " : "", keyword, json.data))
		return true;
	buf_truncate(&n->notes, before);
	return walk_lose(w, keyword);
}

static bool put_hint(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	return w->exact || put_note(w, n, keyword, value);
}

static bool put_words(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	return w->exact ? walk_refuse(w, keyword) : put_note(w, n, keyword, value);
}

static bool put_flag(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	return !json_is_true(value) || put_words(w, n, keyword, value);
}

static void put_description(struct node *n)
{
	struct str said = json_member_str(n->schema, "description"), other = json_member_str(n->out, "description");
	struct error full;
	own_buf text = BUF_INIT(SIZE_MAX / 2);

	said = said.n ? said : other;
	if (n->notes.len && !buf_addf(&text, &full, "%.*s%s(%s)", STR_ARGS(said), said.n ? " " : "", n->notes.data))
		return;
	if (n->notes.len)
		said = buf_str(&text);
	if (said.n)
		json_object_set_new(n->out, "description", json_stringn(said.p, said.n));
}

/* ---- types ---- */

static unsigned type_named(const json_t *name)
{
	for (unsigned i = 0; i < countof(type_names); i++)
		if (json_is_string(name) && strcmp(json_string_value(name), type_names[i]) == 0)
			return 1u << i;
	return 0;
}

static unsigned type_of(const json_t *value)
{
	static const unsigned types[] = {
		[JSON_OBJECT] = TYPE_OBJECT, [JSON_ARRAY] = TYPE_ARRAY, [JSON_STRING] = TYPE_STRING,
		[JSON_INTEGER] = TYPE_INTEGER, [JSON_REAL] = TYPE_NUMBER, [JSON_TRUE] = TYPE_BOOLEAN,
		[JSON_FALSE] = TYPE_BOOLEAN, [JSON_NULL] = TYPE_NULL,
	};

	return types[json_typeof(value)];
}

static unsigned types_of_values(const json_t *values)
{
	unsigned types = 0;
	const json_t *value;
	size_t i;

	json_array_foreach((json_t *)values, i, value)
		types |= type_of(value);
	return types;
}

/* What a schema that names no type must be talking of. */
static unsigned types_implied(const json_t *schema)
{
	static const struct { const char *keyword; unsigned type; } signs[] = {
		{ "properties", TYPE_OBJECT }, { "required", TYPE_OBJECT }, { "additionalProperties", TYPE_OBJECT },
		{ "items", TYPE_ARRAY }, { "prefixItems", TYPE_ARRAY },
	};
	const json_t *constant = json_object_get(schema, "const");

	if (constant)
		return type_of(constant);
	if (json_array_size(json_object_get(schema, "enum")))
		return types_of_values(json_object_get(schema, "enum"));
	for (size_t i = 0; i < countof(signs); i++)
		if (json_object_get(schema, signs[i].keyword))
			return signs[i].type;
	return 0;
}

static unsigned types_said(const json_t *schema)
{
	const json_t *type = json_object_get(schema, "type"), *name;
	unsigned types = type_named(type);
	size_t i;

	json_array_foreach((json_t *)type, i, name)
		types |= type_named(name);
	types = types ? types : types_implied(schema);
	if (types && json_is_true(json_object_get(schema, "nullable")))
		types |= TYPE_NULL;
	return types & TYPE_NUMBER ? types & ~(unsigned)TYPE_INTEGER : types;
}

static json_t *null_schema(void) { return json_pack("{s:s}", "type", "null"); }

static bool is_null_schema(const json_t *schema)
{
	const char *type = json_member_string(schema, "type");

	return type && strcmp(type, "null") == 0;
}

static void make_nullable(json_t *out)
{
	json_t *type = json_object_get(out, "type"), *choices = json_object_get(out, "anyOf");

	if (json_is_string(type) && !is_null_schema(out))
		json_object_set_new(out, "type", json_pack("[O, s]", type, "null"));
	else if (choices)
		json_array_append_new(choices, null_schema());
}

/* ---- keywords ---- */

static bool put_values(struct walk *w, struct node *n, const char *keyword, const json_t *values)
{
	bool kept = true;
	own_json *list = json_array();
	const json_t *value;
	size_t i;

	json_array_foreach((json_t *)values, i, value) {
		unsigned type = type_of(value);
		bool empty = json_is_string(value) && json_string_length(value) == 0;
		if (type == TYPE_NULL)
			n->nullable = true;
		else if (n->types && !(type & (n->types & TYPE_NUMBER ? TYPE_NUMBERS : n->types)))
			continue;          /* contradicts the type */
		else if (!(type & (TYPE_STRING | TYPE_NUMBERS)) || empty)
			kept = false;
		else
			json_array_append(list, (json_t *)value);
	}
	unsigned types = types_of_values(list);
	bool one_kind = (types & TYPE_STRING) == types || (types & TYPE_NUMBERS) == types;
	if (kept && one_kind && json_array_size(list))
		return json_object_set(n->out, "enum", list) == 0;
	/* Both truth values are no constraint. */
	return (n->types == TYPE_BOOLEAN && json_array_size(values) > 1) || put_words(w, n, keyword, values);
}

static bool put_enum(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	return !json_is_array(value) || put_values(w, n, keyword, value);
}

static bool put_const(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	own_json *list = json_pack("[O]", value);

	return put_values(w, n, keyword, list);
}

static bool put_format(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	static const char *const known[] = { "date-time", "date", "time" };

	for (size_t i = 0; i < countof(known); i++)
		if (json_is_string(value) && strcmp(json_string_value(value), known[i]) == 0)
			return json_object_set(n->out, keyword, (json_t *)value) == 0;
	/* Of numbers it says how they are stored, which holds anyway. */
	return n->types & TYPE_NUMBERS || put_words(w, n, keyword, value);
}

static bool put_properties(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	own_json *properties = json_object();
	const char *name;
	json_t *schema;

	json_object_foreach((json_t *)value, name, schema) {
		if (json_is_false(schema) && !w->exact)
			continue;
		json_t *made = translate(w, schema);
		if (!made)
			return false;
		json_object_set_new(properties, name, made);
	}
	return json_object_size(properties) == 0 || json_object_set(n->out, keyword, properties) == 0;
}

/* The API refuses names that are no property's. */
static bool put_required(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	const json_t *properties = json_object_get(n->out, "properties"), *name;
	own_json *names = json_array();
	size_t i;

	json_array_foreach((json_t *)value, i, name) {
		if (!json_is_string(name))
			continue;
		if (json_object_get(properties, json_string_value(name)))
			json_array_append(names, (json_t *)name);
		else if (!put_words(w, n, keyword, name))
			return false;
	}
	return json_array_size(names) == 0 || json_object_set(n->out, keyword, names) == 0;
}

static bool put_schema(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	json_t *made = json_is_boolean(value) ? json_incref((json_t *)value) : translate(w, value);

	return made && json_object_set_new(n->out, keyword, made) == 0;
}

static bool put_schemas(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	own_json *list = json_array();
	const json_t *schema;
	size_t i;

	json_array_foreach((json_t *)value, i, schema) {
		json_t *made = translate(w, schema);
		if (!made)
			return false;
		json_array_append_new(list, made);
	}
	return json_array_size(list) == 0 || json_object_set(n->out, keyword, list) == 0;
}

/* A list of schemas is what prefixItems was called before 2020. */
static bool put_items(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	if (json_is_array(value))
		return put_schemas(w, n, "prefixItems", value);
	return json_is_true(value) || (json_is_object(value) ? put_schema(w, n, keyword, value) :
		put_words(w, n, keyword, value));
}

static bool put_count(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	if (!json_is_number(value) || json_number_value(value) < 0 || json_number_value(value) > 1e9)
		return put_words(w, n, keyword, value);
	return json_object_set_new(n->out, keyword, json_integer((json_int_t)json_number_value(value))) == 0;
}

static bool put_bound(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	return json_is_number(value) ? json_object_set(n->out, keyword, (json_t *)value) == 0 :
		put_words(w, n, keyword, value);
}

/* Whole numbers above 3 are those from 4. */
static bool put_exclusive(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	bool lower = strcmp(keyword, "exclusiveMinimum") == 0;
	const char *bound = lower ? "minimum" : "maximum";
	const json_t *other = json_object_get(n->out, bound);
	double limit = json_number_value(value);

	if (!json_is_number(value) || n->types != TYPE_INTEGER || !(fabs(limit) < 1e15))
		return put_words(w, n, keyword, value);
	limit = lower ? floor(limit) + 1 : ceil(limit) - 1;
	if (other && (lower ? json_number_value(other) >= limit : json_number_value(other) <= limit))
		return true;
	return json_object_set_new(n->out, bound, json_integer((json_int_t)limit)) == 0;
}

/* Alternatives stand alone: beside a type of the schema's own they are refused, and less than it. */
static bool put_choices(struct walk *w, struct node *n, const char *keyword, const json_t *value)
{
	own_json *list = json_array();
	const json_t *schema;
	size_t i;

	if (n->types || json_object_get(n->out, "anyOf") || !json_is_array(value))
		return put_words(w, n, keyword, value);
	json_array_foreach((json_t *)value, i, schema) {
		own_json *made = translate(w, schema);
		if (!made)
			return false;
		if (is_null_schema(made))
			n->nullable = true;
		else
			json_array_append(list, made);
	}
	if (json_array_size(list) == 1)
		return json_object_update(n->out, json_array_get(list, 0)) == 0;
	return json_array_size(list) == 0 || json_object_set(n->out, "anyOf", list) == 0;
}

static const struct keyword {
	const char *name;
	unsigned types;            /* it says something of these */
	bool (*put)(struct walk *w, struct node *n, const char *keyword, const json_t *value);
} keywords[] = {
	{ "enum", TYPE_ALL, put_enum },
	{ "const", TYPE_ALL, put_const },
	{ "format", TYPE_STRING | TYPE_NUMBERS, put_format },
	{ "properties", TYPE_OBJECT, put_properties },
	{ "required", TYPE_OBJECT, put_required },
	{ "additionalProperties", TYPE_OBJECT, put_schema },
	{ "prefixItems", TYPE_ARRAY, put_schemas },
	{ "items", TYPE_ARRAY, put_items },
	{ "minItems", TYPE_ARRAY, put_count },
	{ "maxItems", TYPE_ARRAY, put_count },
	{ "minimum", TYPE_NUMBERS, put_bound },
	{ "maximum", TYPE_NUMBERS, put_bound },
	{ "exclusiveMinimum", TYPE_NUMBERS, put_exclusive },
	{ "exclusiveMaximum", TYPE_NUMBERS, put_exclusive },
	{ "anyOf", TYPE_ALL, put_choices },
	{ "oneOf", TYPE_ALL, put_choices },
	{ "default", TYPE_ALL, put_hint },
	{ "examples", TYPE_ALL, put_hint },
	{ "minLength", TYPE_STRING, put_words },
	{ "maxLength", TYPE_STRING, put_words },
	{ "pattern", TYPE_STRING, put_words },
	{ "multipleOf", TYPE_NUMBERS, put_words },
	{ "uniqueItems", TYPE_ARRAY, put_flag },
	{ "contains", TYPE_ARRAY, put_words },
	{ "minContains", TYPE_ARRAY, put_words },
	{ "maxContains", TYPE_ARRAY, put_words },
	{ "unevaluatedItems", TYPE_ARRAY, put_words },
	{ "minProperties", TYPE_OBJECT, put_words },
	{ "maxProperties", TYPE_OBJECT, put_words },
	{ "patternProperties", TYPE_OBJECT, put_words },
	{ "propertyNames", TYPE_OBJECT, put_words },
	{ "dependentRequired", TYPE_OBJECT, put_words },
	{ "dependentSchemas", TYPE_OBJECT, put_words },
	{ "dependencies", TYPE_OBJECT, put_words },
	{ "unevaluatedProperties", TYPE_OBJECT, put_words },
	{ "not", TYPE_ALL, put_words },
	{ "if", TYPE_ALL, put_words },
	{ "then", TYPE_ALL, put_words },
	{ "else", TYPE_ALL, put_words },
};

/* ---- the whole ---- */

/* "string or number" is an anyOf of both, each with the keywords that concern it. */
static bool split_types(struct walk *w, struct node *n)
{
	own_json *list = json_array();

	for (unsigned i = 0; i < countof(type_names); i++) {
		if (!(n->types & 1u << i))
			continue;
		own_json *one = json_copy((json_t *)n->schema);
		json_object_del(one, "description");
		json_object_del(one, "nullable");
		json_object_set_new(one, "type", json_string(type_names[i]));
		json_t *made = translate(w, one);
		if (!made)
			return false;
		json_array_append_new(list, made);
	}
	return json_object_set(n->out, "anyOf", list) == 0;
}

static bool put_keywords(struct walk *w, struct node *n)
{
	if (n->types & (n->types - 1))
		return split_types(w, n);
	for (unsigned i = 0; i < countof(type_names); i++)
		if (n->types == 1u << i)
			json_object_set_new(n->out, "type", json_string(type_names[i]));
	for (const struct keyword *k = keywords; k < keywords + countof(keywords); k++) {
		const json_t *value = json_object_get(n->schema, k->name);
		if (value && (!n->types || n->types & k->types) && !k->put(w, n, k->name, value))
			return false;
	}
	return true;
}

static bool fill(struct walk *w, struct node *n)
{
	unsigned types = types_said(n->schema);

	n->types = types == TYPE_NULL ? TYPE_NULL : types & ~(unsigned)TYPE_NULL;
	n->nullable = types != n->types;
	if (!put_keywords(w, n))
		return false;
	if (n->nullable)
		make_nullable(n->out);
	put_description(n);
	return true;
}

static json_t *translate(struct walk *w, const json_t *schema)
{
	own_json *out = json_object();
	size_t open = w->open_count;
	bool ok = true;

	if (!json_is_object(schema) || w->deep == DEEP_MAX || w->nodes++ >= NODES_MAX)
		return json_is_true(schema) || walk_lose(w, "so large a schema") ? take(out) : NULL;
	w->deep++;
	own_json *flat = walk_open(w, schema);
	struct node n = { .schema = flat, .out = out, .notes = BUF_INIT(NOTES_MAX) };
	ok = flat && fill(w, &n);
	buf_done(&n.notes);
	w->deep--;
	w->open_count = open;
	return ok ? take(out) : NULL;
}

json_t *gemini_schema(const json_t *schema, bool exact, struct error *err)
{
	struct walk w = { .root = schema, .exact = exact, .err = err };

	return translate(&w, schema);
}

/* That more holds than could be written: the model reads it, who wrote the schema need not guess. */
static void note_lost(json_t *out)
{
	own_mem char *text = mem_printf("%s(This is not all of the tool's schema: more may be required.)",
		json_object_get(out, "description") ? " " : "");
	struct str said = json_member_str(out, "description");
	own_mem char *both = mem_printf("%.*s%s", STR_ARGS(said), text);

	json_object_set_new(out, "description", json_string(both));
}

json_t *gemini_parameters(const json_t *schema)
{
	static const char *const refused[] = { "anyOf", "oneOf", "allOf", NULL };
	own_json *open = parameters_open(schema, refused);
	struct walk w = { .root = open ? open : schema };
	json_t *out = translate(&w, w.root);

	if (!json_object_size(json_object_get(out, "properties")) && !json_object_get(out, "additionalProperties")) {
		json_decref(out);
		return NULL;
	}
	json_object_set_new(out, "type", json_string("object"));
	if (w.lost)
		note_lost(out);
	return out;
}
