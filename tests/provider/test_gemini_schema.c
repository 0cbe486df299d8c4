#include "provider/gemini.h"
#include "dialogue.h"

static json_t *parse(const char *text)
{
	own_mem char *object = quoted(text);
	struct error err = { 0 };
	json_t *value = json_parse(str_of(object), "schema", &err);

	if (!value)
		fail_msg("%s: %s", text, err.text);
	return value;
}

static void expect_json(const json_t *value, const char *text)
{
	own_mem char *expected = quoted(text);
	own_buf out = BUF_INIT(1 << 20);
	struct error err = { 0 };

	assert_ok(json_write(&out, value, &err));
	assert_string_equal(out.data, expected);
}

static void expect(const char *schema, const char *text)
{
	own_json *in = parse(schema);
	struct error err = { 0 };
	own_json *out = gemini_schema(in, false, &err);

	assert_non_null(out);
	expect_json(out, text);
	own_json *again = gemini_schema(out, false, &err);
	assert_true(json_equal(out, again));
}

/* Without losing anything. */
static void expect_exact(const char *schema, const char *text)
{
	own_json *in = parse(schema);
	struct error err = { 0 };
	own_json *out = gemini_schema(in, true, &err);

	assert_ok(out != NULL);
	expect_json(out, text);
}

static void expect_inexact(const char *schema, const char *keyword)
{
	own_json *in = parse(schema);
	own_mem char *part = mem_printf("\"%s\" of JSON Schema", keyword);
	struct error err = { 0 };

	assert_null(gemini_schema(in, true, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	if (!strstr(err.text, part))
		fail_msg("%s: %s", keyword, err.text);
}

TEST(what_the_api_knows_is_kept)
{
	expect_exact("{'type':'object','description':'d','properties':{'a':{'type':'array','items':{'type':'string',"
		"'format':'date'},'minItems':1,'maxItems':3},'b':{'type':'integer','minimum':1,'maximum':9},"
		"'c':{'anyOf':[{'type':'string'},{'type':'boolean'}]},"
		"'d':{'prefixItems':[{'type':'number'}],'type':'array'}},"
		"'required':['a'],'additionalProperties':false}",
		"{'type':'object','properties':{'a':{'type':'array','items':{'type':'string','format':'date'},"
		"'minItems':1,'maxItems':3},'b':{'type':'integer','minimum':1,'maximum':9},"
		"'c':{'anyOf':[{'type':'string'},{'type':'boolean'}]},"
		"'d':{'type':'array','prefixItems':[{'type':'number'}]}},"
		"'required':['a'],'additionalProperties':false,'description':'d'}");
}

TEST(annotations_are_left_out)
{
	expect_exact("{'$schema':'s','$id':'i','title':'T','type':'string','deprecated':true,'readOnly':true,'x-own':1,"
		"'$comment':'c','default':'x','examples':['y'],'$defs':{'unused':{'not':{}}}}", "{'type':'string'}");
}

TEST(constants_become_lists_of_values)
{
	expect_exact("{'const':'a'}", "{'type':'string','enum':['a']}");
	expect_exact("{'enum':['a','b',null]}", "{'type':['string','null'],'enum':['a','b']}");
	expect_exact("{'type':'string','enum':['a',null,7]}", "{'type':['string','null'],'enum':['a']}");
	expect_exact("{'enum':[1,2.5]}", "{'type':'number','enum':[1,2.5]}");
	expect_exact("{'enum':[true,false]}", "{'type':'boolean'}");
	expect_exact("{'enum':['a',1]}", "{'anyOf':[{'type':'integer','enum':[1]},{'type':'string','enum':['a']}]}");
	expect_inexact("{'const':true}", "const");
	expect_inexact("{'enum':[{}]}", "enum");
	expect("{'const':true}", "{'type':'boolean','description':'(const: [true])'}");
	expect("{'type':'string','enum':['a','']}", "{'type':'string','description':'(enum: [\\'a\\',\\'\\'])'}");
}

TEST(null_is_a_second_type)
{
	expect_exact("{'type':['string','null'],'description':'d'}", "{'type':['string','null'],'description':'d'}");
	expect_exact("{'type':'integer','nullable':true}", "{'type':['integer','null']}");
	expect_exact("{'anyOf':[{'type':'string','description':'s'},{'type':'null'}],'title':'T','default':null}",
		"{'type':['string','null'],'description':'s'}");
	expect_exact("{'oneOf':[{'type':'string'},{'type':'integer'},{'type':'null'}]}",
		"{'anyOf':[{'type':'string'},{'type':'integer'},{'type':'null'}]}");
	expect_exact("{'type':'null'}", "{'type':'null'}");
	expect_exact("{'type':['null']}", "{'type':'null'}");
}

TEST(several_types_become_alternatives_with_what_concerns_each)
{
	expect_exact("{'type':['string','array','null'],'items':{'type':'string'},'description':'d'}",
		"{'anyOf':[{'type':'string'},{'type':'array','items':{'type':'string'}},{'type':'null'}],"
		"'description':'d'}");
	expect_exact("{'type':['number','integer'],'minimum':1}", "{'type':'number','minimum':1}");
}

TEST(bounds_of_whole_numbers_are_made_inclusive)
{
	expect_exact("{'type':'integer','exclusiveMinimum':3,'exclusiveMaximum':9.5}",
		"{'type':'integer','minimum':4,'maximum':9}");
	expect_exact("{'type':'integer','minimum':7,'exclusiveMinimum':3}", "{'type':'integer','minimum':7}");
	expect("{'type':'number','exclusiveMinimum':3}", "{'type':'number','description':'(exclusiveMinimum: 3)'}");
	expect_inexact("{'type':'number','exclusiveMinimum':3}", "exclusiveMinimum");
}

TEST(what_cannot_be_said_is_told_in_words_or_refused)
{
	static const char *const cases[][2] = {
		{ "'type':'string','pattern':'^a'", "pattern" }, { "'type':'string','minLength':1", "minLength" },
		{ "'type':'string','format':'email'", "format" }, { "'type':'number','multipleOf':2", "multipleOf" },
		{ "'type':'array','uniqueItems':true", "uniqueItems" }, { "'type':'array','contains':{}", "contains" },
		{ "'type':'object','patternProperties':{}", "patternProperties" }, { "'not':{}", "not" },
		{ "'type':'object','minProperties':1", "minProperties" }, { "'if':{},'then':{}", "if" },
		{ "'type':'object','required':['a']", "required" }, { "'type':'array','items':false", "items" },
		{ "'type':'object','anyOf':[{'required':['a']}]", "anyOf" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_mem char *schema = mem_printf("{%s}", cases[i][0]);
		expect_inexact(schema, cases[i][1]);
		own_json *in = parse(schema);
		struct error err = { 0 };
		own_json *out = gemini_schema(in, false, &err);
		own_mem char *note = mem_printf("(%s: ", cases[i][1]);
		assert_non_null(strstr(json_member_string(out, "description"), note));
	}
	expect("{'type':'string','description':'d','minLength':1,'maxLength':2,'default':'x'}",
		"{'type':'string','description':'d (default: \\'x\\'; minLength: 1; maxLength: 2)'}");
	expect_exact("{'type':'array','uniqueItems':false}", "{'type':'array'}");
	expect_exact("{'type':'integer','format':'int32'}", "{'type':'integer'}");
}

TEST(references_are_written_out)
{
	expect_exact("{'$ref':'#/$defs/a~1b','description':'mine',"
		"'$defs':{'a/b':{'type':'string','description':'theirs'}}}",
		"{'type':'string','description':'mine'}");
	expect_exact("{'properties':{'a':{'$ref':'#/definitions/d'},'b':{'$ref':'#/definitions/d'}},"
		"'definitions':{'d':{'type':'array','items':{'$ref':'#/definitions/e'}},'e':{'type':'number'}}}",
		"{'type':'object','properties':{'a':{'type':'array','items':{'type':'number'}},"
		"'b':{'type':'array','items':{'type':'number'}}}}");
	expect_inexact("{'$ref':'#/nowhere'}", "$ref");
	expect_inexact("{'$ref':'http://elsewhere/'}", "$ref");
	expect("{'$ref':'#/nowhere','type':'string'}", "{'type':'string'}");
}

TEST(a_schema_within_itself_is_cut)
{
	expect("{'$ref':'#/$defs/node','$defs':{'node':{'type':'object','properties':{'name':{'type':'string'},"
		"'next':{'$ref':'#/$defs/node'}}}}}",
		"{'type':'object','properties':{'name':{'type':'string'},'next':{'type':'object'}}}");
	expect("{'$ref':'#'}", "{}");
	expect("{'allOf':[{'$ref':'#'}],'type':'string'}", "{'type':'string'}");
	expect_inexact("{'properties':{'a':{'$ref':'#'}}}", "$ref");
}

TEST(what_must_hold_together_is_joined)
{
	expect_exact("{'allOf':[{'$ref':'#/$defs/a'},{'$ref':'#/$defs/b'},{'description':'d'}],"
		"'$defs':{'a':{'type':'object','properties':{'x':{'type':'string'}},'required':['x']},"
		"'b':{'properties':{'y':{'type':'number'}},'required':['x','y']}}}",
		"{'type':'object','properties':{'x':{'type':'string'},'y':{'type':'number'}},'required':['x','y'],"
		"'description':'d'}");
	expect("{'minimum':1,'type':'integer','allOf':[{'minimum':5}]}", "{'type':'integer','minimum':1}");
	expect_inexact("{'minimum':1,'type':'integer','allOf':[{'minimum':5}]}", "minimum");
}

TEST(sizes_have_ceilings)
{
	own_buf deep = BUF_INIT(1 << 20), wide = BUF_INIT(1 << 20);
	struct error err = { 0 };

	for (int i = 0; i < 100; i++)
		buf_put(&deep, "{\"type\":\"array\",\"items\":");
	buf_put(&deep, "{\"type\":\"string\"}");
	for (int i = 0; i < 100; i++)
		buf_put(&deep, "}");
	own_json *nested = json_parse(buf_str(&deep), "deep", &err);
	own_json *cut = gemini_schema(nested, false, &err);
	own_buf text = BUF_INIT(1 << 20);
	assert_ok(json_write(&text, cut, &err));
	assert_true(text.len < deep.len / 2);
	assert_null(gemini_schema(nested, true, &err));

	/* Each definition holds the next twice: 2^20 if nobody counted. */
	buf_put(&wide, "{\"$ref\":\"#/$defs/d0\",\"$defs\":{");
	for (int i = 0; i < 20; i++)
		buf_putf(&wide, "\"d%d\":{\"properties\":{\"a\":{\"$ref\":\"#/$defs/d%d\"},"
			"\"b\":{\"$ref\":\"#/$defs/d%d\"}}},", i, i + 1, i + 1);
	buf_put(&wide, "\"d20\":{\"type\":\"string\"}}}");
	own_json *doubling = json_parse(buf_str(&wide), "wide", &err);
	own_json *counted = gemini_schema(doubling, false, &err);
	buf_clear(&text);
	assert_ok(json_write(&text, counted, &err));
	assert_null(gemini_schema(doubling, true, &err));
}

static void expect_parameters(const char *schema, const char *text)
{
	own_json *in = parse(schema);
	own_json *out = gemini_parameters(in);

	if (text)
		expect_json(out, text);
	else
		assert_null(out);
}

TEST(parameters_are_an_object_or_left_out)
{
	expect_parameters("{}", NULL);
	expect_parameters("{'type':'object'}", NULL);
	expect_parameters("{'type':'string'}", NULL);
	expect_parameters("{'properties':{'a':{}}}", "{'type':'object','properties':{'a':{}}}");
	expect_parameters("{'type':'object','additionalProperties':{'type':'string'}}",
		"{'type':'object','additionalProperties':{'type':'string'}}");
	expect_parameters("{'anyOf':[{'properties':{'a':{'type':'string'}}},{'properties':{'b':{'type':'number'}}}]}",
		"{'type':'object','properties':{'a':{'type':'string'},'b':{'type':'number'}},'description':"
		"'The arguments must also satisfy this JSON Schema: {\\'anyOf\\':[{\\'properties\\':{\\'a\\':"
		"{\\'type\\':\\'string\\'}}},{\\'properties\\':{\\'b\\':{\\'type\\':\\'number\\'}}}]}'}");
}

/* A description has room for a few words only. */
TEST(what_has_no_room_in_words_is_said_to_be_missing)
{
	own_mem char *long_pattern = mem_zeroed(1001, 1);
	memset(long_pattern, 'x', 1000);
	own_json *in = json_pack("{s:s, s:{s:{s:s, s:s}}}", "type", "object", "properties", "a", "type", "string",
		"pattern", long_pattern);
	own_json *out = gemini_parameters(in);

	assert_non_null(strstr(json_member_string(out, "description"), "not all of the tool's schema"));
	own_json *loop = parse("{'type':'object','properties':{'a':{'$ref':'#'}}}");
	own_json *cut = gemini_parameters(loop);
	assert_non_null(strstr(json_member_string(cut, "description"), "not all of the tool's schema"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_api_knows_is_kept),
		cmocka_unit_test(annotations_are_left_out),
		cmocka_unit_test(constants_become_lists_of_values),
		cmocka_unit_test(null_is_a_second_type),
		cmocka_unit_test(several_types_become_alternatives_with_what_concerns_each),
		cmocka_unit_test(bounds_of_whole_numbers_are_made_inclusive),
		cmocka_unit_test(what_cannot_be_said_is_told_in_words_or_refused),
		cmocka_unit_test(references_are_written_out),
		cmocka_unit_test(a_schema_within_itself_is_cut),
		cmocka_unit_test(what_must_hold_together_is_joined),
		cmocka_unit_test(sizes_have_ceilings),
		cmocka_unit_test(parameters_are_an_object_or_left_out),
		cmocka_unit_test(what_has_no_room_in_words_is_said_to_be_missing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
