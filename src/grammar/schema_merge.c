/*
 * allOf, and keywords beside $ref and anyOf: two schemas become one.  Where both
 * say something about the same part (a property, the items) that part becomes an
 * allOf of its own and is looked at when it is compiled, so that recursive schemas
 * merge as far as they are used.
 */
#include "grammar/schema_inside.h"

#include "base/mem.h"

static json_t *keep(struct compiler *c, json_t *made)
{
	json_array_append_new(c->made, made);
	return made;
}

/* ---- References ---- */

const json_t *resolve_reference(struct compiler *c, const char *reference)
{
	if (reference[0] != '#' || (reference[1] && reference[1] != '/'))
		return refuse_keyword(c, "$ref", "only places within the schema (#/…) can be referred to"), NULL;
	const json_t *at = json_pointer(c->root, str_of(reference + 1));
	if (!at)
		refuse_keyword(c, "$ref", "points to nothing");
	return at;
}

/* ---- Single keywords ---- */

static json_t *both_of(const json_t *a, const json_t *b)
{
	if (json_is_false(a) || json_is_false(b))
		return json_false();
	if (json_is_true(a) || json_equal(a, b))
		return json_incref((json_t *)b);
	if (json_is_true(b))
		return json_incref((json_t *)a);
	return json_pack("{s:[O, O]}", "allOf", a, b);
}

static bool holds(const json_t *list, const json_t *value)
{
	const json_t *item;
	size_t i;

	json_array_foreach((json_t *)list, i, item)
		if (json_equal(item, value))
			return true;
	return false;
}

static json_t *united(const json_t *a, const json_t *b)
{
	json_t *list = json_copy((json_t *)a), *item;
	size_t i;

	json_array_foreach((json_t *)b, i, item)
		if (!holds(list, item))
			json_array_append(list, item);
	return list;
}

static json_t *shared(const json_t *a, const json_t *b)
{
	json_t *list = json_array(), *item;
	size_t i;

	json_array_foreach((json_t *)a, i, item)
		if (holds(b, item))
			json_array_append(list, item);
	return list;
}

static bool names_type(const json_t *types, const char *name)
{
	own_json *wanted = json_string(name);

	return json_equal(types, wanted) || holds(types, wanted);
}

/* "integer" is a kind of "number". */
static json_t *shared_types(const json_t *a, const json_t *b)
{
	static const char *const names[] = { "null", "boolean", "integer", "number", "string", "array", "object" };
	json_t *list = json_array();

	for (size_t i = 0; i < countof(names); i++) {
		bool integer = strcmp(names[i], "integer") == 0;
		bool left = names_type(a, names[i]) || (integer && names_type(a, "number"));
		bool right = names_type(b, names[i]) || (integer && names_type(b, "number"));
		if (left && right)
			json_array_append_new(list, json_string(names[i]));
	}
	return list;
}

static json_t *larger(const json_t *a, const json_t *b)
{
	return json_incref((json_t *)(json_number_value(a) >= json_number_value(b) ? a : b));
}

static json_t *smaller(const json_t *a, const json_t *b)
{
	return json_incref((json_t *)(json_number_value(a) <= json_number_value(b) ? a : b));
}

static const struct merger {
	const char *keyword;
	json_t *(*merge)(const json_t *a, const json_t *b);
} mergers[] = {
	{ "type", shared_types },
	{ "enum", shared },
	{ "required", united },
	{ "items", both_of },
	{ "additionalProperties", both_of },
	{ "propertyNames", both_of },
	{ "minimum", larger },
	{ "minLength", larger },
	{ "minItems", larger },
	{ "minProperties", larger },
	{ "maximum", smaller },
	{ "maxLength", smaller },
	{ "maxItems", smaller },
	{ "maxProperties", smaller },
};

/* The value of a keyword that both state; NULL when there is no saying it in one. */
static json_t *merge_values(const char *keyword, const json_t *a, const json_t *b)
{
	if (json_equal(a, b))
		return json_incref((json_t *)a);
	for (size_t i = 0; i < countof(mergers); i++)
		if (strcmp(keyword, mergers[i].keyword) == 0)
			return mergers[i].merge(a, b);
	return NULL;
}

/* ---- Properties ---- */

/* What a schema says of a property that it does not name: its additionalProperties; true when it says nothing. */
static json_t *said_of_others(const json_t *schema)
{
	json_t *others = json_object_get(schema, "additionalProperties");

	return others ? json_incref(others) : json_true();
}

static void put_properties(json_t *out, const json_t *from, const json_t *other)
{
	const json_t *theirs = json_object_get(other, "properties");
	const char *name;
	json_t *schema;

	json_object_foreach(json_object_get(from, "properties"), name, schema) {
		if (json_object_get(out, name))
			continue;
		json_t *named = json_object_get(theirs, name);
		own_json *there = named ? json_incref(named) : said_of_others(other);
		json_object_set_new(out, name, both_of(schema, there));
	}
}

static bool merge_properties(struct compiler *c, json_t *out, const json_t *a, const json_t *b)
{
	if (!json_object_get(a, "properties") && !json_object_get(b, "properties"))
		return true;
	if (json_object_get(a, "patternProperties") || json_object_get(b, "patternProperties"))
		return refuse_keyword(c, "patternProperties", "cannot be combined with other schemas"), false;
	json_t *properties = json_object();
	put_properties(properties, a, b);
	put_properties(properties, b, a);
	json_object_set_new(out, "properties", properties);
	return true;
}

/* ---- The whole ---- */

json_t *without_keyword(struct compiler *c, const json_t *schema, const char *keyword)
{
	json_t *copy = keep(c, json_copy((json_t *)schema));

	json_object_del(copy, keyword);
	return copy;
}

/* References and allOf are followed first, so that all keywords lie open; NULL (error set) on failure. */
static const json_t *lay_open(struct compiler *c, const json_t *schema)
{
	for (int deep = 0; json_object_get(schema, "$ref") || json_object_get(schema, "allOf"); deep++) {
		const json_t *branches = json_object_get(schema, "allOf"), *rest, *branch;
		const char *reference = json_member_string(schema, "$ref");
		size_t i;
		if (deep == SCHEMA_DEEP_MAX || ++c->count > SCHEMA_COUNT_MAX)
			return refuse_keyword(c, "$ref", "is nested too deeply"), NULL;
		if (reference) {
			rest = without_keyword(c, schema, "$ref");
			branch = resolve_reference(c, reference);
			schema = branch ? (json_object_size(rest) ? merge_schemas(c, branch, rest) : branch) : NULL;
		} else {
			schema = without_keyword(c, schema, "allOf");
			json_array_foreach((json_t *)branches, i, branch)
				if (schema)
					schema = merge_schemas(c, schema, branch);
		}
		if (!schema)
			return NULL;
	}
	return schema;
}

static bool put_keyword(struct compiler *c, json_t *out, const char *name, json_t *value)
{
	json_t *there = json_object_get(out, name);

	if (!there)
		return json_object_set(out, name, value) == 0;
	if (strcmp(name, "properties") == 0 || is_annotation(name))
		return true;
	json_t *both = merge_values(name, there, value);
	if (!both)
		return refuse_keyword(c, name, "is stated twice, in a way that cannot be put together"), false;
	return json_object_set_new(out, name, both) == 0;
}

const json_t *merge_schemas(struct compiler *c, const json_t *a, const json_t *b)
{
	const char *name;
	json_t *value;

	if (json_is_boolean(a) || json_is_boolean(b))
		return keep(c, both_of(a, b));
	if (c->deep >= SCHEMA_DEEP_MAX)
		return refuse_keyword(c, "allOf", "is nested too deeply"), NULL;
	c->deep++;
	a = lay_open(c, a);
	b = a ? lay_open(c, b) : NULL;
	c->deep--;
	if (!a || !b)
		return NULL;
	if (!json_is_object(a) || !json_is_object(b))
		return json_is_boolean(a) || json_is_boolean(b) ? keep(c, both_of(a, b)) :
			(refuse_keyword(c, "allOf", "holds what is no schema"), NULL);
	json_t *out = keep(c, json_copy((json_t *)a));
	json_object_foreach((json_t *)b, name, value)
		if (!put_keyword(c, out, name, value))
			return NULL;
	return merge_properties(c, out, a, b) ? out : NULL;
}
