#include "provider/schema_draft.h"

#include "dialogue.h"
#include "support/test.h"

/* In single quotes; NULL: nothing is to be changed. */
static void expect(const char *schema, const char *today)
{
	own_mem char *text = quoted(schema), *expected = quoted(today ? today : "");
	struct error err = {0};
	own_json *old = json_parse(str_of(text), "schema", &err), *before = json_deep_copy(old);
	own_json *made = schema_renew(old);
	own_buf out = BUF_INIT(1 << 16);

	assert_true(json_equal(old, before));
	if (made)
		assert_ok(json_write(&out, made, &err));
	assert_string_equal(out.data, expected);
	own_json *again = made ? schema_renew(made) : NULL;
	assert_null(again);
}

TEST(a_list_of_items_is_a_prefix_today)
{
	expect("{'items':[{'type':'string'},{}]}", "{'prefixItems':[{'type':'string'},{}]}");
	expect("{'items':[{}],'additionalItems':false}", "{'items':false,'prefixItems':[{}]}");
	expect("{'properties':{'a':{'items':[{'items':[{}]}]}}}",
		"{'properties':{'a':{'prefixItems':[{'prefixItems':[{}]}]}}}");
}

TEST(a_bound_that_is_excluded_is_a_number_today)
{
	expect("{'minimum':3,'exclusiveMinimum':true}", "{'exclusiveMinimum':3}");
	expect("{'maximum':3.5,'exclusiveMaximum':false}", "{'maximum':3.5}");
	expect("{'exclusiveMaximum':true}", "{}");
	expect("{'anyOf':[{'maximum':1,'exclusiveMaximum':true}]}", "{'anyOf':[{'exclusiveMaximum':1}]}");
}

TEST(what_is_of_today_stays_as_it_is)
{
	expect("{'type':'object','properties':{'a':{'exclusiveMinimum':1,'items':{},'prefixItems':[{}]}}}", NULL);
	expect("true", NULL);
	expect("{}", NULL);
}

TEST(the_same_words_elsewhere_are_names_or_values)
{
	expect("{'properties':{'exclusiveMinimum':true,'items':true}}", NULL);
	expect("{'enum':[{'items':[1],'exclusiveMinimum':true}],'default':{'items':[1]},'const':{'items':[]}}", NULL);
	expect("{'properties':[{'items':[]}],'anyOf':{'a':{'items':[]}}}", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_list_of_items_is_a_prefix_today),
		cmocka_unit_test(a_bound_that_is_excluded_is_a_number_today),
		cmocka_unit_test(what_is_of_today_stays_as_it_is),
		cmocka_unit_test(the_same_words_elsewhere_are_names_or_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
