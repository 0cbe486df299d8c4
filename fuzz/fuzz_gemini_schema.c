/*
 * Any schema that a client sends with a tool: what becomes of it holds only words that
 * Gemini knows, no deeper than it takes, and does not change when it is done again.
 */
#include <assert.h>
#include <stdint.h>

#include "provider/gemini.h"

static const char *const known[] = {
	"type", "description", "enum", "format", "properties", "required", "additionalProperties", "items",
	"prefixItems", "minItems", "maxItems", "minimum", "maximum", "anyOf",
};

static void check(const json_t *schema, int deep);

static void check_all(const json_t *schemas, int deep)
{
	const json_t *schema;
	const char *name;
	json_t *member;
	size_t i;

	json_array_foreach((json_t *)schemas, i, schema)
		check(schema, deep);
	json_object_foreach((json_t *)schemas, name, member)
		check(member, deep);
}

static void check(const json_t *schema, int deep)
{
	const json_t *additional = json_object_get(schema, "additionalProperties"), *name;
	const json_t *properties = json_object_get(schema, "properties"), *items = json_object_get(schema, "items");
	const char *key;
	json_t *value;
	size_t i;

	assert(json_is_object(schema) && deep < 60);
	json_object_foreach((json_t *)schema, key, value) {
		bool found = false;
		for (i = 0; i < countof(known); i++)
			found = found || strcmp(known[i], key) == 0;
		assert(found);
	}
	json_array_foreach(json_object_get(schema, "required"), i, name)
		assert(json_object_get(properties, json_string_value(name)));
	check_all(properties, deep + 1);
	check_all(json_object_get(schema, "anyOf"), deep + 1);
	check_all(json_object_get(schema, "prefixItems"), deep + 1);
	if (items)
		check(items, deep + 1);
	if (json_is_object(additional))
		check(additional, deep + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { 0 };
	own_json *schema = json_parse((struct str){ (const char *)data, size }, "schema", &err);
	own_json *before = json_deep_copy(schema);

	if (!schema)
		return 0;
	own_json *once = gemini_schema(schema, false, &err);
	own_json *again = gemini_schema(once, false, &err);
	own_json *exact = gemini_schema(schema, true, &err);
	own_json *parameters = gemini_parameters(schema);
	assert(once && again && (exact || err.kind == ERROR_INVALID));
	check(once, 0);
	assert(json_equal(once, again));
	assert(json_equal(schema, before));
	if (exact)
		check(exact, 0);
	if (parameters)
		check(parameters, 0);
	return 0;
}
