/* The table of features that `shammah setup` asks for. */
#include "base/mem.h"
#include "cli/setup.h"
#include "support/test.h"
#include "tool/search_provider.h"

static const struct setup_question *find(enum setting setting)
{
	for (const struct setup_question *q = setup_feature_table; q->question; q++)
		if (q->setting == setting)
			return q;
	fail_msg("%s is not asked for", settings[setting].name);
	return NULL;
}

static bool offers(const struct setup_question *q, const char *value)
{
	for (size_t i = 0; i < SETUP_CHOICES_MAX && q->choices[i].value; i++)
		if (strcmp(q->choices[i].value, value) == 0)
			return true;
	return false;
}

TEST(every_switch_is_a_feature_with_both_its_positions)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		if (settings[i].kind != SETTING_SWITCH)
			continue;
		assert_true(offers(find(i), "on"));
		assert_true(offers(find(i), "off"));
	}
}

TEST(every_search_engine_is_offered)
{
	for (const struct search_provider *p = search_providers; p->name; p++)
		assert_true(offers(find(SETTING_SEARCH), p->name));
}

TEST(what_is_offered_is_accepted_and_the_standard_is_among_it)
{
	for (const struct setup_question *q = setup_feature_table; q->question; q++) {
		for (size_t i = 0; i < SETUP_CHOICES_MAX && q->choices[i].value; i++) {
			own_config c = {0};
			struct error err = {0};
			own_json *value = setting_to_json(q->setting, q->choices[i].value);
			own_mem char *text = setting_from_json(q->setting, value);
			assert_string_equal(text, q->choices[i].value);
			assert_true(config_set_flag(&c, q->setting, text, &err));
			assert_true(strlen(q->choices[i].line) > 1);
		}
		if (q->choices[0].value)
			assert_true(offers(q, settings[q->setting].standard));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_switch_is_a_feature_with_both_its_positions),
		cmocka_unit_test(every_search_engine_is_offered),
		cmocka_unit_test(what_is_offered_is_accepted_and_the_standard_is_among_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
