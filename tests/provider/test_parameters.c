#include "provider/parameters.h"

#include "provider/provider.h"
#include "support/random.h"
#include "support/schema_check.h"
#include "support/test.h"
#include "dialogue.h"

#define MARK "must also satisfy"

static const char *const refused[] = { "oneOf", "anyOf", "allOf", "enum", "not", NULL };

/* What is written for a schema, in single quotes. */
static void expect(const char *schema, const char *text)
{
	own_mem char *in = quoted(schema), *expected = quoted(text);
	own_buf out = BUF_INIT(1 << 20);
	struct error err = {0};
	struct writer w = WRITER_INIT(&out, &err);

	parameters_put(&w, str_of(in), "{}", refused);
	if (!w.ok)
		fail_msg("%s: %s", schema, err.text);
	assert_string_equal(out.data, expected);
}

TEST(what_can_go_as_it_is_goes_byte_for_byte)
{
	expect("{'type':'object','properties': {'a':{'anyOf':[{},{}]}} , 'required':['a']}",
		"{'type':'object','properties': {'a':{'anyOf':[{},{}]}} , 'required':['a']}");
	expect("", "{}");
}

TEST(words_of_older_drafts_are_renewed)
{
	expect("{'type':'object','properties':{'a':{'items':[{}]}}}",
		"{'type':'object','properties':{'a':{'prefixItems':[{}]}}}");
	expect("{'properties':{'a':{'minimum':1,'exclusiveMinimum':true}}}",
		"{'properties':{'a':{'exclusiveMinimum':1}},'type':'object'}");
}

TEST(a_top_without_a_type_is_an_objects)
{
	expect("{}", "{'type':'object','properties':{}}");
	expect("{'properties':{'a':{}}}", "{'properties':{'a':{}},'type':'object'}");
}

TEST(parts_that_all_hold_are_joined_without_a_word)
{
	expect("{'type':'object','allOf':[{'properties':{'a':{'type':'string'}},'required':['a']},"
		"{'$ref':'#/$defs/b'}],'$defs':{'b':{'properties':{'b':{}},'required':['b']}}}",
		"{'type':'object','$defs':{'b':{'properties':{'b':{}},'required':['b']}},"
		"'properties':{'a':{'type':'string'},'b':{}},'required':['a','b']}");
}

TEST(alternatives_lie_side_by_side_and_are_told_in_the_description)
{
	expect("{'type':'object','description':'D','oneOf':["
		"{'properties':{'a':{'type':'string'},'x':{}},'required':['a','x']},"
		"{'properties':{'a':{'type':'number'},'y':{}},'required':['a','y']}]}",
		"{'type':'object','description':'D The arguments must also satisfy this JSON Schema: "
		"{\\'oneOf\\':[{\\'properties\\':{\\'a\\':{\\'type\\':\\'string\\'},\\'x\\':{}},"
		"\\'required\\':[\\'a\\',\\'x\\']},"
		"{\\'properties\\':{\\'a\\':{\\'type\\':\\'number\\'},\\'y\\':{}},"
		"\\'required\\':[\\'a\\',\\'y\\']}]}',"
		"'properties':{'a':{'anyOf':[{'type':'string'},{'type':'number'}]},'x':{},'y':{}},'required':['a']}");
}

TEST(a_reference_at_the_top_is_followed)
{
	expect("{'$ref':'#/$defs/a','$defs':{'a':{'type':'object','properties':{'p':{}}}}}",
		"{'$defs':{'a':{'type':'object','properties':{'p':{}}}},'properties':{'p':{}},'type':'object'}");
}

TEST(what_leads_nowhere_or_round_in_circles_ends)
{
	static const char *const odd[] = {
		"{'$ref':'#'}", "{'$ref':'#/none'}", "{'$ref':'http://x/y'}",
		"{'allOf':[{'$ref':'#'},{'$ref':'#'},{'$ref':'#'}]}",
		"{'anyOf':[]}", "{'anyOf':7}", "{'allOf':[false]}", "{'oneOf':[true,1,null,[]]}", "{'enum':[1]}",
		"{'not':{}}",
		"{'required':7,'properties':[],'anyOf':[{'required':[1,{}]},{'properties':3}]}",
	};

	for (size_t i = 0; i < countof(odd); i++) {
		own_mem char *text = quoted(odd[i]);
		struct error err = {0};
		own_json *schema = json_parse(str_of(text), "schema", &err);
		own_json *open = parameters_open(schema, refused);
		assert_non_null(strstr(json_member_string(open, "description"), MARK));
	}
}

TEST(what_is_no_schema_is_an_error)
{
	own_buf out = BUF_INIT(100);
	struct error err = {0};
	struct writer w = WRITER_INIT(&out, &err);

	parameters_put(&w, (struct str)STR("[1]"), "{}", refused);
	assert_false(w.ok);
	assert_int_equal(err.kind, ERROR_INVALID);
}

TEST(a_long_original_is_told_without_its_words)
{
	own_json *choices = json_array();

	for (int i = 0; i < 2000; i++)
		json_array_append_new(choices, json_pack("{s:[s]}", "required", "path_of_the_file"));
	own_json *schema = json_pack("{s:s, s:O}", "type", "object", "anyOf", choices);
	own_json *open = parameters_open(schema, refused);
	const char *said = json_member_string(open, "description");
	assert_non_null(strstr(said, "too long to be shown"));
	assert_true(strlen(said) < 200);
}

/* --- at random ---------------------------------------------------------------------------------- */

static const char *const names[] = { "a", "b", "c" };

static json_t *property(uint64_t *seed)
{
	static const char *const types[] = { "string", "integer", "boolean" };
	uint32_t which = random_below(seed, countof(types) + 1);

	return which < countof(types) ? json_pack("{s:s}", "type", types[which]) : json_object();
}

/* An object's; it names every property, for what one alternative leaves open the others decide. */
static json_t *object_schema(uint64_t *seed, int deep)
{
	static const char *const keywords[] = { "allOf", "anyOf", "oneOf" };
	json_t *properties = json_object(), *required = json_array();

	for (size_t i = 0; i < countof(names); i++) {
		json_object_set_new(properties, names[i], property(seed));
		if (random_below(seed, 4) == 0)
			json_array_append_new(required, json_string(names[i]));
	}
	json_t *schema = json_pack("{s:s, s:o, s:o}", "type", "object", "properties", properties, "required",
		required);
	if (random_below(seed, 4) == 0)
		json_object_set_new(schema, "additionalProperties",
			random_below(seed, 2) ? json_false() : property(seed));
	if (random_below(seed, 8) == 0)
		json_object_set_new(schema, "minProperties", json_integer(2));
	if (random_below(seed, 8) == 0)
		json_object_set_new(schema, "not", json_pack("{s:[s]}", "required", "b"));
	if (random_below(seed, 10) == 0)
		json_object_set_new(schema, "patternProperties", json_pack("{s:{s:s}}", "^d", "type", "string"));
	if (deep && random_below(seed, 10) == 0)
		json_object_set_new(schema, "$ref", json_string("#/$defs/r"));
	for (size_t i = 0; deep && i < countof(keywords); i++) {
		if (random_below(seed, 3))
			continue;
		json_t *list = json_array();
		for (uint32_t n = 1 + random_below(seed, 3); n; n--)
			json_array_append_new(list, object_schema(seed, deep - 1));
		json_object_set_new(schema, keywords[i], list);
	}
	return schema;
}

static json_t *instance(uint64_t *seed)
{
	static const char *const members[] = { "a", "b", "c", "d", "e" };
	json_t *object = json_object();

	for (size_t i = 0; i < countof(members); i++) {
		uint32_t kind = random_below(seed, 6);
		if (kind < 3)
			json_object_set_new(object, members[i],
				kind == 0 ? json_string("x") : kind == 1 ? json_integer(1) : json_true());
	}
	return object;
}

TEST(nothing_is_narrowed_and_nothing_is_widened_without_a_word)
{
	uint64_t seed = 11;
	size_t opened = 0, widened = 0, exact = 0;

	for (int round = 0; round < 4000; round++) {
		own_json *schema = object_schema(&seed, 2);
		json_object_set_new(schema, "$defs", json_pack("{s:o}", "r", object_schema(&seed, 0)));
		own_json *open = parameters_open(schema, refused);
		if (!open)
			continue;
		const char *said = json_member_string(open, "description");
		bool told = said && strstr(said, MARK);
		opened++;
		exact += !told;
		for (const char *const *name = refused; *name; name++)
			assert_null(json_object_get(open, *name));
		for (int i = 0; i < 60; i++) {
			own_json *value = instance(&seed);
			bool was = schema_allows(schema, schema, value), is = schema_allows(open, open, value);
			if ((was && !is) || (is && !was && !told))
				fail_msg("round %d: %s", round, was ? "narrowed" : "widened in silence");
			widened += is && !was;
		}
	}
	assert_true(opened > 1000 && widened > 1000 && exact > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_can_go_as_it_is_goes_byte_for_byte),
		cmocka_unit_test(words_of_older_drafts_are_renewed),
		cmocka_unit_test(a_top_without_a_type_is_an_objects),
		cmocka_unit_test(parts_that_all_hold_are_joined_without_a_word),
		cmocka_unit_test(alternatives_lie_side_by_side_and_are_told_in_the_description),
		cmocka_unit_test(a_reference_at_the_top_is_followed),
		cmocka_unit_test(what_leads_nowhere_or_round_in_circles_ends),
		cmocka_unit_test(what_is_no_schema_is_an_error),
		cmocka_unit_test(a_long_original_is_told_without_its_words),
		cmocka_unit_test(nothing_is_narrowed_and_nothing_is_widened_without_a_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
