#include "grammar/schema.h"

#include "support/held.h"

static json_t *parse(const char *text)
{
	json_error_t at;
	json_t *v = json_loads(text, JSON_DECODE_ANY, &at);

	if (!v)
		fail_msg("%s in %s", at.text, text);
	return v;
}

static struct vocabulary_trie *bytes;       /* of the small tokenizer: every byte is a token */

static int set_up(void **state)
{
	(void)state;
	bytes = vocabulary_trie_create(held_tiny());
	return 0;
}

static int tear_down(void **state)
{
	struct tokenizer *t = (struct tokenizer *)bytes->tokenizer;

	(void)state;
	vocabulary_trie_destroy(bytes);
	tokenizer_destroy(t);
	return 0;
}

/* Whether the text is complete under a schema, given as JSON. */
static bool takes(const char *schema, const char *text)
{
	struct error err = {0};
	own_json *s = parse(schema);
	struct grammar *g = grammar_of_schema(s, &err);
	struct held h;

	if (!g)
		fail_msg("%s: %s", schema, err.text);
	held_init(&h, bytes, g);
	bool taken = matcher_accept_text(h.matcher, str_of(text)) && matcher_is_complete(h.matcher);
	held_done(&h);
	return taken;
}

static void assert_takes(const char *schema, const char *text, bool wanted)
{
	if (takes(schema, text) != wanted)
		fail_msg("%s %s %s", schema, wanted ? "does not take" : "takes", text);
}

struct grammar_case { const char *schema, *text; bool taken; };

static void check_cases(const struct grammar_case *cases, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_takes(cases[i].schema, cases[i].text, cases[i].taken);
}

#define OBJECT "{\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"boolean\"},\"c\":{}}," \
	"\"required\":[\"b\"]"

TEST(objects_hold_their_properties_in_order_and_others_only_when_asked_for)
{
	static const struct grammar_case cases[] = {
		{ OBJECT "}", "{\"b\":true}", true },
		{ OBJECT "}", "{\"a\":1,\"b\":true}", true },
		{ OBJECT "}", "{\"a\": 1, \"b\": true, \"c\": [null]}", true },
		{ OBJECT "}", "{\n  \"a\": 1,\n  \"b\": true\n}", true },
		{ OBJECT "}", "{\"a\":1}", false },
		{ OBJECT "}", "{}", false },
		{ OBJECT "}", "{\"b\":true,\"a\":1}", false },
		{ OBJECT "}", "{\"b\":true,}", false },
		{ OBJECT "}", "{\"b\":true,\"d\":1}", false },
		{ OBJECT ",\"additionalProperties\":true}", "{\"b\":true,\"d\":1,\"e\":{}}", true },
		{ OBJECT ",\"additionalProperties\":{\"type\":\"null\"}}", "{\"b\":true,\"d\":1}", false },
		{ OBJECT ",\"additionalProperties\":{\"type\":\"null\"}}", "{\"b\":true,\"d\":null}", true },
		{ OBJECT ",\"additionalProperties\":{\"type\":\"null\"}}", "{\"b\":true,\"a\":null}", false },
		{ OBJECT ",\"additionalProperties\":true}", "{\"b\":true,\"\\u0061\":null}", false },
		{ "{\"type\":\"object\"}", "{\"x\":{\"y\":[1,\"z\"]}}", true },
		{ "{\"type\":\"object\"}", "{}", true },
		{ "{\"type\":\"object\"}", "[]", false },
		{ "{\"type\":\"object\",\"properties\":{}}", "{\"x\":1}", false },
		{ "{\"type\":\"object\",\"required\":[\"x\"],\"additionalProperties\":{\"type\":\"integer\"}}",
			"{\"x\":1,\"y\":2}", true },
		{ "{\"type\":\"object\",\"required\":[\"x\"],\"additionalProperties\":{\"type\":\"integer\"}}",
			"{\"y\":2}", false },
		{ "{\"type\":\"object\",\"minProperties\":1}", "{}", false },
		{ "{\"type\":\"object\",\"minProperties\":1}", "{\"a\":0}", true },
		{ "{\"type\":\"object\",\"maxProperties\":1}", "{\"a\":0}", true },
		{ "{\"type\":\"object\",\"maxProperties\":1}", "{\"a\":0,\"b\":0}", false },
		{ "{\"patternProperties\":{\"^x\":{\"type\":\"integer\"}}}", "{\"x1\":1,\"xy\":2}", true },
		{ "{\"patternProperties\":{\"^x\":{\"type\":\"integer\"}}}", "{\"y\":1}", false },
		{ "{\"patternProperties\":{\"^x\":{\"type\":\"integer\"}},"
			"\"additionalProperties\":{\"type\":\"null\"}}",
			"{\"y\":null,\"x\":1}", true },
		{ "{\"patternProperties\":{\"^x\":{\"type\":\"integer\"}},"
			"\"additionalProperties\":{\"type\":\"null\"}}",
			"{\"x\":null}", false },
		{ "{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^[a-z]$\"}}", "{\"q\":1}", true },
		{ "{\"type\":\"object\",\"propertyNames\":{\"pattern\":\"^[a-z]$\"}}", "{\"qq\":1}", false },
		{ "{\"type\":\"object\",\"propertyNames\":{\"maxLength\":2}}", "{\"qq\":1}", true },
		{ "{\"type\":\"object\",\"propertyNames\":{\"maxLength\":2}}", "{\"qqq\":1}", false },
		{ "{\"propertyNames\":{\"type\":\"string\"},\"additionalProperties\":{\"type\":\"null\"}}",
			"{\"qqq\":null}", true },
	};

	check_cases(cases, countof(cases));
}

TEST(arrays_hold_their_items)
{
	static const struct grammar_case cases[] = {
		{ "{\"type\":\"array\"}", "[1, \"a\", []]", true },
		{ "{\"items\":{\"type\":\"integer\"}}", "[1,2,3]", true },
		{ "{\"items\":{\"type\":\"integer\"}}", "[1,]", false },
		{ "{\"items\":{\"type\":\"integer\"}}", "[]", true },
		{ "{\"items\":{\"type\":\"integer\"},\"minItems\":2,\"maxItems\":3}", "[1]", false },
		{ "{\"items\":{\"type\":\"integer\"},\"minItems\":2,\"maxItems\":3}", "[1,2]", true },
		{ "{\"items\":{\"type\":\"integer\"},\"minItems\":2,\"maxItems\":3}", "[1,2,3]", true },
		{ "{\"items\":{\"type\":\"integer\"},\"minItems\":2,\"maxItems\":3}", "[1,2,3,4]", false },
		{ "{\"items\":false}", "[]", true },
		{ "{\"items\":false}", "[1]", false },
		{ "{\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":{\"const\":3}}", "[1,2,3,3]", true },
		{ "{\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":{\"const\":3}}", "[1]", true },
		{ "{\"prefixItems\":[{\"const\":1},{\"const\":2}],\"items\":false,\"minItems\":2}", "[1,2,3]", false },
		{ "{\"items\":[{\"const\":1}],\"additionalItems\":false}", "[1]", true },
		{ "{\"items\":[{\"const\":1}],\"additionalItems\":false}", "[1,1]", false },
		{ "{\"type\":\"array\",\"maxItems\":0}", "[]", true },
		{ "{\"type\":\"array\",\"maxItems\":0}", "[1]", false },
	};

	check_cases(cases, countof(cases));
}

TEST(strings_are_json_strings_of_valid_text)
{
	static const struct grammar_case cases[] = {
		{ "{\"type\":\"string\"}", "\"\"", true },
		{ "{\"type\":\"string\"}", "\"a\\n\\u00e9\\\\\\/\"", true },
		{ "{\"type\":\"string\"}", "\"\\uD83D\\uDE00\"", true },
		{ "{\"type\":\"string\"}", "\"\\uD83D\"", false },
		{ "{\"type\":\"string\"}", "\"\\uD83Dx\"", false },
		{ "{\"type\":\"string\"}", "\"\\uD83D\\u0041\"", false },
		{ "{\"type\":\"string\"}", "\"\\uDE00\"", false },
		{ "{\"type\":\"string\"}", "\"\\u0000\"", false },
		{ "{\"type\":\"string\"}", "\"\\u0001\"", true },
		{ "{\"type\":\"string\"}", "\"\\x41\"", false },
		{ "{\"type\":\"string\"}", "\"a\nb\"", false },
		{ "{\"type\":\"string\"}", "\"a\tb\"", false },
		{ "{\"type\":\"string\"}", "\"\xC3\xA9\xF0\x9F\x98\x80\"", true },
		{ "{\"type\":\"string\"}", "\"\xC3\"", false },
		{ "{\"type\":\"string\"}", "\"\xED\xA0\x80\"", false },
		{ "{\"type\":\"string\"}", "\"\xC0\x80\"", false },
		{ "{\"type\":\"string\"}", "\"\xF4\x90\x80\x80\"", false },
		{ "{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"a\"", false },
		{ "{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"\\uD83D\\uDE00a\"", true },
		{ "{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}",
			"\"\xF0\x9F\x98\x80\xF0\x9F\x98\x80\xF0\x9F\x98\x80\"", true },
		{ "{\"type\":\"string\",\"minLength\":2,\"maxLength\":3}", "\"abcd\"", false },
		{ "{\"type\":\"string\",\"pattern\":\"^a.c$\"}", "\"a\\u0062c\"", true },
		{ "{\"type\":\"string\",\"pattern\":\"^a.c$\"}", "\"a\\nc\"", false },
		{ "{\"type\":\"string\",\"pattern\":\"^a.c$\"}", "\"a\\\"c\"", true },
		{ "{\"type\":\"string\",\"pattern\":\"b\",\"maxLength\":3}", "\"abc\"", true },
		{ "{\"type\":\"string\",\"pattern\":\"b\",\"maxLength\":3}", "\"aabc\"", false },
		{ "{\"type\":\"string\",\"pattern\":\"^[a-z]+$\",\"format\":\"date\"}", "\"\"", false },
	};

	for (size_t i = 0; i + 1 < countof(cases); i++)
		assert_takes(cases[i].schema, cases[i].text, cases[i].taken);
}

TEST(numbers_literals_and_choices)
{
	static const struct grammar_case cases[] = {
		{ "{\"type\":\"number\"}", "-0.5e-7", true },
		{ "{\"type\":\"number\"}", "01", false },
		{ "{\"type\":\"number\"}", "1.", false },
		{ "{\"type\":\"integer\"}", "12", true },
		{ "{\"type\":\"integer\"}", "1.0", false },
		{ "{\"type\":\"integer\"}", "-0", false },
		{ "{\"type\":\"integer\",\"minimum\":5,\"maximum\":12}", "4", false },
		{ "{\"type\":\"integer\",\"minimum\":5,\"maximum\":12}", "12", true },
		{ "{\"type\":\"integer\",\"minimum\":0,\"exclusiveMinimum\":true}", "0", false },
		{ "{\"minimum\":0}", "0.25", true },
		{ "{\"minimum\":0}", "-0.25", false },
		{ "{\"enum\":[\"a\",1,null,[1,{\"x\":true}],0.1]}", "[1,{\"x\":true}]", true },
		{ "{\"enum\":[\"a\",1,null,[1,{\"x\":true}],0.1]}", "0.1", true },
		{ "{\"enum\":[\"a\",\"ab\"]}", "\"ab\"", true },
		{ "{\"enum\":[\"a\",\"ab\"]}", "\"abc\"", false },
		{ "{\"enum\":[\"a\",1],\"type\":\"integer\"}", "\"a\"", false },
		{ "{\"enum\":[\"a\",1],\"const\":1}", "1", true },
		{ "{\"const\":\"caf\xC3\xA9\"}", "\"caf\xC3\xA9\"", true },
		{ "{\"type\":[\"string\",\"null\"]}", "null", true },
		{ "{\"type\":[\"string\",\"null\"]}", "1", false },
		{ "{\"type\":\"string\",\"nullable\":true}", "null", true },
		{ "true", "[{}]", true },
		{ "{}", "\"x\"", true },
		{ "{\"anyOf\":[{\"type\":\"integer\"},{\"type\":\"boolean\"}]}", "true", true },
		{ "{\"anyOf\":[{\"type\":\"integer\"},false]}", "1", true },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"anyOf\":["
			"{\"required\":[\"a\"]},{\"properties\":{\"b\":{\"const\":1}},\"required\":[\"b\"]}]}",
			"{\"b\":1}", true },
		{ "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"}},\"anyOf\":["
			"{\"required\":[\"a\"]},{\"properties\":{\"b\":{\"const\":1}},\"required\":[\"b\"]}]}",
			"{}", false },
		{ "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"string\"}]}", "\"x\"", true },
		{ "{\"allOf\":[{\"type\":\"integer\",\"minimum\":3},{\"maximum\":5}]}", "4", true },
		{ "{\"allOf\":[{\"type\":\"integer\",\"minimum\":3},{\"maximum\":5}]}", "6", false },
		{ "{\"allOf\":[{\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]},"
			"{\"properties\":{\"a\":{\"maximum\":1},\"b\":{}}}]}",
			"{\"a\":1,\"b\":2}", true },
		{ "{\"allOf\":[{\"properties\":{\"a\":{\"type\":\"integer\"}},\"required\":[\"a\"]},"
			"{\"properties\":{\"a\":{\"maximum\":1},\"b\":{}}}]}",
			"{\"a\":2}", false },
		{ "{\"allOf\":[{\"properties\":{\"a\":{}},\"additionalProperties\":false},"
			"{\"properties\":{\"b\":{}}}]}",
			"{\"b\":1}", false },
		{ "{\"$ref\":\"#/$defs/x\",\"$defs\":{\"x\":{\"type\":\"integer\"}}}", "1", true },
		{ "{\"$ref\":\"#/$defs/a~1b%20c\",\"$defs\":{\"a/b c\":{\"type\":\"integer\"}}}", "1", true },
		{ "{\"$ref\":\"#/$defs/x\",\"minimum\":5,\"$defs\":{\"x\":{\"type\":\"integer\"}}}", "1", false },
		{ "{\"properties\":{\"next\":{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]}},\"required\":["
			"\"next\"]}",
			"{\"next\":{\"next\":null}}", true },
	};

	check_cases(cases, countof(cases));
}

TEST(white_space_is_limited_so_that_nobody_gets_lost_in_it)
{
	static const struct grammar_case cases[] = {
		{ "{\"type\":\"object\"}", " {}", false }, { "{\"type\":\"object\"}", "{} ", false },
		{ "{\"type\":\"object\"}", "{ }", true },
		{ "{\"type\":\"object\"}", "{  }", false }, { "{\"type\":\"object\"}", "{\n\n}", false },
		{ "{\"type\":\"object\"}", "{\n\t\t\"a\": 1\n}", true },
		{ "{\"type\":\"object\"}", "{\"a\" :1}", false }, { "{\"type\":\"object\"}", "{\"a\":  1}", false },
		{ "{\"type\":\"object\"}", "{\"a\":1 ,\"b\":1}", false },
	};

	check_cases(cases, countof(cases));
}

/* ---- Refusals ---- */

static void assert_refused(const char *schema, const char *part)
{
	struct error err = {0};
	own_json *s = parse(schema);
	own_grammar *g = grammar_of_schema(s, &err);

	if (g)
		fail_msg("accepted %s", schema);
	if (err.kind != ERROR_INVALID || !strstr(err.text, part))
		fail_msg("%s: %s", schema, err.text);
}

TEST(what_is_not_supported_is_refused_by_keyword_and_place)
{
	static const struct { const char *schema, *part; } cases[] = {
		{ "{\"properties\":{\"a b\":{\"not\":{}}}}", "keyword \"not\" at #/properties/a b: is not supported" },
		{ "{\"properties\":{\"a/b\":{\"items\":{\"if\":{}}}}}", "keyword \"if\" at #/properties/a~1b/items" },
		{ "{\"anyOf\":[{\"type\":\"string\"},{\"format\":\"regex\"}]}", "keyword \"format\" at #/anyOf/1" },
		{ "{\"uniqueItems\":true}", "uniqueItems" }, { "{\"multipleOf\":3}", "multipleOf" },
		{ "{\"type\":\"strin\"}", "keyword \"type\" at #" },
		{ "{\"contains\":{}}", "contains" }, { "{\"dependentRequired\":{}}", "dependentRequired" },
		{ "{\"wibble\":1}", "wibble" },
		{ "{\"oneOf\":[{\"type\":\"integer\"},{\"type\":\"number\"}]}", "oneOf" },
		{ "{\"oneOf\":[{\"properties\":{\"a\":{}}},{\"type\":\"string\"}]}", "oneOf" },
		{ "{\"$ref\":\"other.json\"}", "$ref" }, { "{\"$ref\":\"#/nowhere\"}", "$ref" },
		{ "{\"pattern\":\"(?=x)\"}", "keyword \"pattern\" at #: look-arounds" },
		{ "{\"$ref\":\"#\"}", "" }, { "{\"anyOf\":[{\"$ref\":\"#\"},{\"type\":\"null\"}]}",
			"refers to itself" },
		{ "{\"properties\":{\"a\":{\"$ref\":\"#\"}},\"required\":[\"a\"]}", "nothing can satisfy it" },
		{ "false", "nothing can satisfy it" },
		{ "{\"type\":\"integer\",\"minimum\":3,\"maximum\":2}", "nothing can satisfy it" },
		{ "{\"type\":\"string\",\"minLength\":3,\"maxLength\":2}", "nothing can satisfy it" },
		{ "{\"type\":\"string\",\"pattern\":\"^(aa)*$\",\"minLength\":3,\"maxLength\":3}",
			"nothing can satisfy it" },
		{ "{\"required\":[\"x\"],\"additionalProperties\":false}", "nothing can satisfy it" },
		{ "{\"enum\":[1],\"minimum\":0}", "minimum" }, { "{\"minItems\":-1}", "minItems" },
		{ "{\"maxItems\":100000}", "maxItems" },
		{ "{\"properties\":[]}", "properties" }, { "{\"items\":3}", "schema" }, { "{\"anyOf\":[]}", "anyOf" },
		{ "{\"minimum\":\"1\"}", "minimum" },
		{ "{\"patternProperties\":{\"a\":{},\"b\":{}}}", "two patterns" },
		{ "{\"properties\":{\"ax\":{}},\"patternProperties\":{\"a\":{}}}", "pattern" },
		{ "{\"minProperties\":2}", "minProperties" },
		{ "{\"allOf\":[{\"pattern\":\"a\"},{\"pattern\":\"b\"}]}", "stated twice" },
	};

	for (size_t i = 0; i < countof(cases); i++)
		assert_refused(cases[i].schema, cases[i].part);
}

TEST(annotations_say_nothing)
{
	assert_takes("{\"title\":\"t\",\"description\":\"d\",\"default\":7,\"examples\":[1],\"$schema\":\"x\",\"$id\":"
		"\"y\",\"x-own\":1,"
		"\"$comment\":\"c\",\"deprecated\":true,\"type\":\"integer\"}",
		"7", true);
}

/* ---- Hostile ones ---- */

static char *repeated(const char *before, const char *inside, const char *behind, int times)
{
	size_t room = (strlen(before) + strlen(behind)) * (size_t)times + strlen(inside) + 1;
	char *text = malloc(room);

	text[0] = '\0';
	for (int i = 0; i < times; i++)
		strcat(text, before);
	strcat(text, inside);
	for (int i = 0; i < times; i++)
		strcat(text, behind);
	return text;
}

TEST(deep_and_wide_schemas_end_in_an_error)
{
	char *deep = repeated("{\"items\":", "{}", "}", 300), *ands = repeated("{\"allOf\":[", "{}", "]}", 300);
	char *choices = repeated("{\"anyOf\":[{\"type\":\"null\"},", "{}", "]}", 90);

	assert_refused(deep, "nested");
	assert_refused(ands, "");
	assert_true(takes(choices, "null"));
	free(deep);
	free(ands);
	free(choices);
}

TEST(many_expensive_patterns_end_in_an_error)
{
	json_t *properties = json_object();
	char name[32];

	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof name, "p%d", i);
		json_object_set_new(properties, name,
			json_pack("{s:s, s:i}", "pattern", "^[a-z]+$", "maxLength", 4000 + i));
	}
	own_json *object = json_pack("{s:o}", "properties", properties);
	char *text = json_dumps(object, 0);
	assert_refused(text, "too many and too large automata");
	free(text);
}

/* Each level doubles the ways to come to the same text. */
TEST(ambiguous_recursion_stays_small)
{
	static const char schema[] = "{\"anyOf\":[{\"type\":\"null\"},{\"properties\":{\"a\":{\"$ref\":\"#\"}}},"
		"{\"properties\":{\"a\":{\"$ref\":\"#\"},\"b\":{}}}]}";
	char *text = repeated("{\"a\":", "null", "}", 1500);

	assert_takes(schema, text, true);
	text[strlen(text) - 1] = ']';
	assert_takes(schema, text, false);
	free(text);
}

TEST(large_enums_and_many_properties_work)
{
	json_t *values = json_array(), *properties = json_object();
	char name[32];

	for (int i = 0; i < 5000; i++) {
		snprintf(name, sizeof name, "value-%d", i);
		json_array_append_new(values, json_string(name));
		if (i < 1000)
			json_object_set_new(properties, name, json_pack("{s:s}", "type", "integer"));
	}
	own_json *list = json_pack("{s:o}", "enum", values), *object = json_pack("{s:o}", "properties", properties);
	char *many = json_dumps(list, 0), *wide = json_dumps(object, 0);
	assert_takes(many, "\"value-4999\"", true);
	assert_takes(many, "\"value-5000\"", false);
	assert_takes(wide, "{\"value-0\":1,\"value-998\":2,\"value-999\":3}", true);
	assert_takes(wide, "{\"value-999\":3,\"value-0\":1}", false);
	free(many);
	free(wide);
}

/* ---- Calls of tools ---- */

static const struct grammar_form hermes = {
	.before_name = STR("<tool_call>\n{\"name\": \""), .before_arguments = STR("\", \"arguments\": "),
	.behind = STR("}\n</tool_call>"),
	.between = STR("\n"), .quoted = true,
};

static bool takes_calls(const struct grammar_form *form, bool many, const char *text)
{
	struct error err = {0};
	own_json *schema = parse("{\"properties\":{\"x\":{\"type\":\"integer\"}},\"required\":[\"x\"]}");
	const struct grammar_tool tools[] = { { STR("get"), schema }, { STR("get_all"), NULL } };
	own_tokens tokens = TOKENS_INIT(4096);
	struct held h;
	bool taken = true;

	const struct grammar_wish wish = { .tools = tools, .tool_count = 2, .form = form, .many = many,
		.tokenizer = bytes->tokenizer };
	int wrong;

	struct grammar *g = grammar_create(&wish, &wrong, &err);
	if (!g)
		fail_msg("%s", err.text);
	held_init(&h, bytes, g);
	assert_ok(tokenizer_encode(bytes->tokenizer, str_of(text), TOKENS_PARSED, &tokens, &err));
	for (size_t i = 0; i < tokens.count && taken; i++) {
		bool allowed = held_allows(matcher_allowed(h.matcher), tokens.ids[i]);
		taken = matcher_accept(h.matcher, tokens.ids[i]);
		assert_int_equal(allowed, taken);
	}
	taken = taken && matcher_is_complete(h.matcher);
	held_done(&h);
	return taken;
}

#define CALL(name, arguments) "<tool_call>\n{\"name\": \"" name "\", \"arguments\": " arguments "}\n</tool_call>"

TEST(calls_name_a_tool_and_hold_its_arguments)
{
	assert_true(takes_calls(&hermes, false, CALL("get", "{\"x\": 1}")));
	assert_true(takes_calls(&hermes, false, CALL("get_all", "{\"y\": [1]}")));
	assert_false(takes_calls(&hermes, false, CALL("get", "{}")));
	assert_false(takes_calls(&hermes, false, CALL("got", "{\"x\": 1}")));
	assert_false(takes_calls(&hermes, false, "hello"));
	assert_false(takes_calls(&hermes, false, CALL("get", "{\"x\": 1}") "\n" CALL("get", "{\"x\": 2}")));
	assert_true(takes_calls(&hermes, true,
		CALL("get", "{\"x\": 1}") "\n" CALL("get_all", "{}") "\n" CALL("get", "{\"x\": 2}")));
}

TEST(an_error_in_a_tool_numbers_it)
{
	struct error err = {0};
	own_json *wrong = parse("{\"not\":{}}");
	const struct grammar_tool tools[] = { { STR("fine"), NULL }, { STR("wrong"), wrong } };

	const struct grammar_wish wish = { .tools = tools, .tool_count = 2, .form = &hermes,
		.tokenizer = bytes->tokenizer };
	int number = 7;

	assert_null(grammar_create(&wish, &number, &err));
	assert_int_equal(number, 1);
	assert_string_equal(err.text, "keyword \"not\" at #: is not supported");
}

TEST(values_and_calls_can_be_wished_for_together)
{
	struct error err = {0};
	const struct grammar_tool tool = { STR("go"), NULL };
	const struct grammar_wish wish = {
		.values = true, .tools = &tool, .tool_count = 1, .form = &hermes, .tokenizer = bytes->tokenizer,
	};
	struct held h;
	int wrong;

	held_init(&h, bytes, grammar_create(&wish, &wrong, &err));
	int32_t open = grammar_form_token(&hermes, bytes->tokenizer);
	assert_int_equal(open, tokenizer_find(bytes->tokenizer, (struct str)STR("<tool_call>")));
	assert_true(held_allows(matcher_allowed(h.matcher), open));
	assert_true(matcher_accept_text(h.matcher, (struct str)STR("{}")) && matcher_must_end(h.matcher));
	held_done(&h);
}

/* ---- Text without choice ---- */

TEST(text_without_choice_is_known_beforehand)
{
	struct error err = {0};
	own_json *schema = parse("{\"type\":\"object\",\"properties\":{\"kind\":{\"const\":\"circle\"},\"r\":{\"type\":"
		"\"integer\"}},\"required\":[\"kind\",\"r\"]}");
	struct held h;
	char text[64];

	held_init(&h, bytes, grammar_of_schema(schema, &err));
	assert_int_equal(matcher_forced(h.matcher, text, sizeof text), 1);
	assert_memory_equal(text, "{", 1);
	assert_true(matcher_accept_text(h.matcher, (struct str)STR("{\"")));
	assert_int_equal(matcher_forced(h.matcher, text, sizeof text), 6);
	assert_memory_equal(text, "kind\":", 6);
	assert_false(matcher_must_end(h.matcher));
	assert_true(matcher_accept_text(h.matcher, (struct str)STR("kind\":\"circle\",\"r\":1}")));
	assert_true(matcher_must_end(h.matcher));
	held_done(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_hold_their_properties_in_order_and_others_only_when_asked_for),
		cmocka_unit_test(arrays_hold_their_items),
		cmocka_unit_test(strings_are_json_strings_of_valid_text),
		cmocka_unit_test(numbers_literals_and_choices),
		cmocka_unit_test(white_space_is_limited_so_that_nobody_gets_lost_in_it),
		cmocka_unit_test(what_is_not_supported_is_refused_by_keyword_and_place),
		cmocka_unit_test(annotations_say_nothing),
		cmocka_unit_test(deep_and_wide_schemas_end_in_an_error),
		cmocka_unit_test(many_expensive_patterns_end_in_an_error),
		cmocka_unit_test(ambiguous_recursion_stays_small),
		cmocka_unit_test(large_enums_and_many_properties_work),
		cmocka_unit_test(calls_name_a_tool_and_hold_its_arguments),
		cmocka_unit_test(an_error_in_a_tool_numbers_it),
		cmocka_unit_test(values_and_calls_can_be_wished_for_together),
		cmocka_unit_test(text_without_choice_is_known_beforehand),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
