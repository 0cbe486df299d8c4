#include "provider/schema_draft.h"

#include <stddef.h>

#define DEEP_MAX 200           /* as deep as a request's JSON may be, less what stands around it */

enum shape { ONE, LIST, MAP };

/* Where schemas stand within one; elsewhere (enum, default, ...) the same words are values. */
static const struct { const char *name; enum shape shape; } places[] = {
	{ "properties", MAP }, { "patternProperties", MAP }, { "$defs", MAP }, { "definitions", MAP },
	{ "dependentSchemas", MAP }, { "anyOf", LIST }, { "oneOf", LIST }, { "allOf", LIST }, { "prefixItems", LIST },
	{ "items", ONE }, { "additionalProperties", ONE }, { "not", ONE }, { "if", ONE }, { "then", ONE },
	{ "else", ONE }, { "contains", ONE }, { "propertyNames", ONE }, { "unevaluatedItems", ONE },
	{ "unevaluatedProperties", ONE },
};

static bool renew(json_t *schema, int deep);

/* A list says how each item in turn must be, and the next word how the rest. */
static bool renew_items(json_t *schema)
{
	json_t *items = json_object_get(schema, "items"), *rest = json_object_get(schema, "additionalItems");

	if (!json_is_array(items))
		return false;
	json_object_set(schema, "prefixItems", items);
	if (rest)
		json_object_set(schema, "items", rest);
	else
		json_object_del(schema, "items");
	json_object_del(schema, "additionalItems");
	return true;
}

/* "minimum": 3, "exclusiveMinimum": true */
static bool renew_bound(json_t *schema, const char *bound, const char *exclusive)
{
	json_t *flag = json_object_get(schema, exclusive), *limit = json_object_get(schema, bound);

	if (!json_is_boolean(flag))
		return false;
	if (json_is_true(flag) && json_is_number(limit)) {
		json_object_set(schema, exclusive, limit);
		json_object_del(schema, bound);
	} else {
		json_object_del(schema, exclusive);
	}
	return true;
}

static bool renew_all(json_t *schemas, int deep)
{
	const char *name;
	json_t *schema;
	size_t i;
	bool any = false;

	json_array_foreach(schemas, i, schema)
		any |= renew(schema, deep);
	json_object_foreach(schemas, name, schema)
		any |= renew(schema, deep);
	return any;
}

/* In place; whether anything was old. */
static bool renew(json_t *schema, int deep)
{
	if (!json_is_object(schema) || deep > DEEP_MAX)
		return false;
	bool any = renew_items(schema);
	any |= renew_bound(schema, "minimum", "exclusiveMinimum");
	any |= renew_bound(schema, "maximum", "exclusiveMaximum");
	for (size_t i = 0; i < countof(places); i++) {
		json_t *within = json_object_get(schema, places[i].name);
		if (places[i].shape == ONE)
			any |= renew(within, deep + 1);
		else if (places[i].shape == LIST ? json_is_array(within) : json_is_object(within))
			any |= renew_all(within, deep + 1);
	}
	return any;
}

json_t *schema_renew(const json_t *schema)
{
	own_json *copy = json_deep_copy(schema);

	return renew(copy, 0) ? take(copy) : NULL;
}
