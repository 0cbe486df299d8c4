#include "support/schema_random.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "support/random.h"
#include "support/schema_check.h"

static const char *const names[] = { "a", "ab", "name", "kind", "x y", "caf\xC3\xA9", "q\"uote", "path/to",
	"\xF0\x9F\x98\x80", "n1", "n2", "" };

/* Patterns, each with texts that match. */
static const struct { const char *pattern; const char *texts[3]; } patterns[] = {
	{ "^[a-z]+$", { "a", "hello", "zz" } },
	{ "^[A-Z]{2}-[0-9]{3,5}$", { "AB-123", "ZZ-00000", "QX-1234" } },
	{ "foo", { "foo", "a foo\n", "\xC3\xA9 foofoo" } },
	{ "^(yes|no|maybe)$", { "yes", "no", "maybe" } },
	{ "^\\d+(\\.\\d+)?", { "1", "12.5 kg", "0.1" } },
	{ "[^a]$", { "b", "ab", "\xE2\x82\xAC" } },
	{ "^.{3}$", { "abc", "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", "a\tb" } },
};

static const char *const formats[] = { "date", "time", "date-time", "ipv4", "uuid" };
static const char *const format_texts[][2] = {
	{ "2024-02-29", "1999-12-31" }, { "23:59:59Z", "00:00:00.123+05:30" },
	{ "2025-01-31T12:00:00Z", "2000-02-29T00:00:00.5-08:00" }, { "127.0.0.1", "255.0.10.99" },
	{ "123e4567-e89b-12d3-a456-426614174000", "ABCDEF01-2345-6789-abcd-ef0123456789" },
};

static json_t *schema_at(uint64_t *seed, int deep);

/* ---- Schemas ---- */

static json_t *integer_schema(uint64_t *seed)
{
	json_t *s = json_pack("{s:s}", "type", random_below(seed, 3) ? "integer" : "number");
	int lo = (int)random_below(seed, 3000) - 1500,
		hi = lo + (int)random_below(seed, random_below(seed, 2) ? 12 : 2000);

	if (random_below(seed, 2))
		json_object_set_new(s, random_below(seed, 4) ? "minimum" : "exclusiveMinimum", json_integer(lo));
	if (random_below(seed, 2))
		json_object_set_new(s, random_below(seed, 4) ? "maximum" : "exclusiveMaximum", json_integer(hi + 2));
	if (random_below(seed, 6) == 0)
		json_object_set_new(s, "minimum", json_real(lo + 0.25));
	return s;
}

static json_t *string_schema(uint64_t *seed)
{
	json_t *s = json_pack("{s:s}", "type", "string");

	switch (random_below(seed, 4)) {
	case 0:
		json_object_set_new(s, "pattern", json_string(patterns[random_below(seed, countof(patterns))].pattern));
		break;
	case 1: {
		uint32_t least = random_below(seed, 4);
		json_object_set_new(s, "minLength", json_integer(least));
		if (random_below(seed, 2))
			json_object_set_new(s, "maxLength", json_integer(least + random_below(seed, 12)));
		break;
	}
	case 2:
		json_object_set_new(s, "format", json_string(formats[random_below(seed, countof(formats))]));
		break;
	default: break;
	}
	return s;
}

static json_t *enum_schema(uint64_t *seed)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i <= random_below(seed, 5); i++)
		json_array_append_new(list, random_below(seed, 3) ?
			json_string(names[random_below(seed, countof(names))]) :
			random_below(seed, 2) ? json_integer((int)random_below(seed, 200) - 100) :
				json_pack("[i, n, {s:b}]", 1, "k", 1));
	return json_pack("{s:o}", "enum", list);
}

static json_t *object_schema(uint64_t *seed, int deep)
{
	json_t *s = json_pack("{s:s, s:{}, s:[]}", "type", "object", "properties", "required");

	for (uint32_t i = 0, n = random_below(seed, 5); i < n; i++) {
		const char *name = names[random_below(seed, countof(names))];
		if (json_object_get(json_object_get(s, "properties"), name))
			continue;
		json_object_set_new(json_object_get(s, "properties"), name, schema_at(seed, deep - 1));
		if (random_below(seed, 2))
			json_array_append_new(json_object_get(s, "required"), json_string(name));
	}
	if (random_below(seed, 3) == 0)
		json_object_set_new(s, "additionalProperties", schema_at(seed, deep - 2));
	else if (random_below(seed, 2))
		json_object_set_new(s, "additionalProperties", json_false());
	return s;
}

static json_t *map_schema(uint64_t *seed, int deep)
{
	json_t *s = json_pack("{s:s}", "type", "object");

	if (random_below(seed, 2))
		json_object_set_new(s, "additionalProperties", schema_at(seed, deep - 1));
	if (random_below(seed, 3) == 0) {
		json_object_set_new(s, "patternProperties", json_pack("{s:o}", "^n[0-9]$", schema_at(seed, deep - 2)));
		if (random_below(seed, 2))
			json_object_set_new(s, "additionalProperties", json_false());
	} else if (random_below(seed, 3) == 0) {
		json_object_set_new(s, "minProperties", json_integer(1));
	}
	return s;
}

static json_t *array_schema(uint64_t *seed, int deep)
{
	json_t *s = json_pack("{s:s, s:o}", "type", "array", "items", schema_at(seed, deep - 1));
	uint32_t least = random_below(seed, 3);

	if (random_below(seed, 2))
		json_object_set_new(s, "minItems", json_integer(least));
	if (random_below(seed, 2))
		json_object_set_new(s, "maxItems", json_integer(least + random_below(seed, 3)));
	if (random_below(seed, 4) == 0)
		json_object_set_new(s, "prefixItems",
			json_pack("[o, o]", schema_at(seed, deep - 2), schema_at(seed, deep - 2)));
	return s;
}

static json_t *choice_schema(uint64_t *seed, int deep)
{
	json_t *list = json_array();

	if (random_below(seed, 4) == 0) {
		for (int i = 0; i < 3; i++)
			json_array_append_new(list, json_pack("{s:s, s:{s:{s:i}, s:o}, s:[s]}", "type", "object",
				"properties", "kind",
				"const", i, "value", schema_at(seed, deep - 2), "required", "kind"));
		return json_pack("{s:o}", "oneOf", list);
	}
	for (uint32_t i = 0, n = 1 + random_below(seed, 3); i < n; i++)
		json_array_append_new(list, schema_at(seed, deep - 1));
	return json_pack("{s:o}", "anyOf", list);
}

static json_t *schema_at(uint64_t *seed, int deep)
{
	switch (deep <= 0 ? random_below(seed, 5) : random_below(seed, 13)) {
	case 0: return integer_schema(seed);
	case 1: return string_schema(seed);
	case 2: return enum_schema(seed);
	case 3: return json_pack("{s:[s, s]}", "type", "boolean", "null");
	case 4: return json_pack("{s:s}", "type", random_below(seed, 2) ? "string" : "number");
	case 5:
	case 6:
	case 7: return object_schema(seed, deep);
	case 8: return map_schema(seed, deep);
	case 9: return array_schema(seed, deep);
	case 10: return choice_schema(seed, deep);
	case 11: return json_pack("{s:s}", "$ref", "#/$defs/node");
	default: return json_pack("{s:[o, {s:o}]}", "allOf", object_schema(seed, deep), "properties", json_object());
	}
}

json_t *random_schema(uint64_t *seed)
{
	json_t *s = schema_at(seed, 3);

	json_object_set_new(s, "$defs", json_pack("{s:{s:s, s:{s:{s:s}, s:{s:s, s:{s:s}, s:i}}, s:[s]}}", "node",
		"type", "object",
		"properties", "value", "type", "integer", "next", "type", "array", "items", "$ref", "#/$defs/node",
		"maxItems", 2, "required", "value"));
	return s;
}

/* ---- Values ---- */

static json_t *text_value(uint64_t *seed, const json_t *schema)
{
	const char *pattern = json_string_value(json_object_get(schema, "pattern"));
	const char *format = json_string_value(json_object_get(schema, "format"));
	uint32_t least = (uint32_t)json_integer_value(json_object_get(schema, "minLength"));
	const json_t *most = json_object_get(schema, "maxLength");
	char text[400];
	size_t n = 0;

	for (size_t i = 0; pattern && i < countof(patterns); i++)
		if (strcmp(pattern, patterns[i].pattern) == 0)
			return json_string(patterns[i].texts[random_below(seed, 3)]);
	for (size_t i = 0; format && i < countof(formats); i++)
		if (strcmp(format, formats[i]) == 0)
			return json_string(format_texts[i][random_below(seed, 2)]);
	uint32_t room = most ? (uint32_t)json_integer_value(most) - least : 20;
	for (uint32_t count = least + random_below(seed, room + 1); count; count--) {
		uint32_t c = random_code_point(seed);
		n += utf8_encode(c ? c : 'z', text + n);
	}
	return json_stringn(text, n);
}

static json_t *number_value(uint64_t *seed, const json_t *schema)
{
	bool whole = strcmp(json_string_value(json_object_get(schema, "type")), "integer") == 0;

	for (int tries = 0; tries < 200; tries++) {
		int x = (int)random_below(seed, tries < 100 ? 4000 : 40000) - (tries < 100 ? 2000 : 20000);
		json_t *v = whole || random_below(seed, 2) ? json_integer(x) : json_real(x + 0.5);
		if (schema_allows(schema, schema, v))
			return v;
		json_decref(v);
	}
	return NULL;
}

static bool put_random(uint64_t *seed, const json_t *root, json_t *out, const char *name, const json_t *schema,
	int deep)
{
	json_t *value = random_value(seed, root, schema, deep);

	return value && json_object_set_new(out, name, value) == 0;
}

static bool is_required(const json_t *schema, const char *name)
{
	json_t *item;
	size_t i;

	json_array_foreach(json_object_get(schema, "required"), i, item)
		if (strcmp(json_string_value(item), name) == 0)
			return true;
	return false;
}

static json_t *object_value(uint64_t *seed, const json_t *root, const json_t *schema, int deep)
{
	const json_t *others = json_object_get(schema, "additionalProperties");
	json_t *out = json_object(), *property;
	const char *name;
	bool ok = true;

	json_object_foreach(json_object_get(schema, "properties"), name, property)
		if (is_required(schema, name) || (deep > 0 && random_below(seed, 2)))
			ok = put_random(seed, root, out, name, property, deep) && ok;
	json_object_foreach(json_object_get(schema, "patternProperties"), name, property)
		if (random_below(seed, 2))
			ok = put_random(seed, root, out, "n7", property, deep) && ok;
	uint32_t more = json_object_get(schema, "minProperties") ? 1 : random_below(seed, 2);
	if (json_is_object(others) && more)
		ok = put_random(seed, root, out, "other name", others, deep) && ok;
	else if (!others && !json_object_get(schema, "properties") && !json_object_get(schema, "patternProperties") &&
		more)
		json_object_set_new(out, "free", json_pack("[i, {s:n}, f]", 1, "x", 0.5));
	if (ok)
		return out;
	json_decref(out);
	return NULL;
}

static json_t *array_value(uint64_t *seed, const json_t *root, const json_t *schema, int deep)
{
	const json_t *first = json_object_get(schema, "prefixItems"), *items = json_object_get(schema, "items");
	size_t least = (size_t)json_integer_value(json_object_get(schema, "minItems"));
	const json_t *most = json_object_get(schema, "maxItems");
	size_t count = least + (deep > 0 ? random_below(seed,
		most ? (uint32_t)((size_t)json_integer_value(most) - least) + 1 : 3) : 0);
	json_t *out = json_array();

	for (size_t i = 0; i < count; i++) {
		json_t *v = random_value(seed, root, i < json_array_size(first) ? json_array_get(first, i) : items,
			deep);
		if (!v) {
			json_decref(out);
			return NULL;
		}
		json_array_append_new(out, v);
	}
	return out;
}

static json_t *typed_value(uint64_t *seed, const json_t *root, const json_t *schema, const char *type, int deep)
{
	if (strcmp(type, "string") == 0)
		return text_value(seed, schema);
	if (strcmp(type, "boolean") == 0)
		return json_boolean(random_below(seed, 2));
	if (strcmp(type, "null") == 0)
		return json_null();
	if (strcmp(type, "array") == 0)
		return array_value(seed, root, schema, deep);
	if (strcmp(type, "object") == 0)
		return object_value(seed, root, schema, deep);
	return number_value(seed, schema);
}

json_t *random_value(uint64_t *seed, const json_t *root, const json_t *schema, int deep)
{
	const json_t *list = json_object_get(schema, "anyOf") ? json_object_get(schema, "anyOf") :
		json_object_get(schema, "oneOf");
	const json_t *type = json_object_get(schema, "type");

	if (deep < -6)
		return NULL;
	if (json_object_get(schema, "$ref"))
		return random_value(seed, root, json_object_get(json_object_get(root, "$defs"), "node"), deep - 1);
	if (list)
		return random_value(seed, root, json_array_get(list,
			random_below(seed, (uint32_t)json_array_size(list))), deep - 1);
	if (json_object_get(schema, "allOf"))
		return random_value(seed, root, json_array_get(json_object_get(schema, "allOf"), 0), deep - 1);
	if ((list = json_object_get(schema, "enum")))
		return json_incref(json_array_get(list, random_below(seed, (uint32_t)json_array_size(list))));
	if (json_object_get(schema, "const"))
		return json_incref(json_object_get(schema, "const"));
	if (json_is_array(type))
		type = json_array_get(type, random_below(seed, (uint32_t)json_array_size(type)));
	return typed_value(seed, root, schema, json_string_value(type), deep - 1);
}
