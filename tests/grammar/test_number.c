#include "grammar/number.h"

#include <math.h>

#include "support/random.h"
#include "support/test.h"

static json_t *limit(uint64_t *seed, bool integer)
{
	switch (random_below(seed, 4)) {
	case 0: return NULL;
	case 1: return json_integer((int)random_below(seed, 60) - 30);
	case 2: return json_integer((int)random_below(seed, 40000) - 20000);
	default: return integer ? json_real((int)random_below(seed, 200) / 4.0 - 25) :
		json_real(((int)random_below(seed, 40000) - 20000) / 1000.0);
	}
}

static bool within(const struct number_limits *l, double x)
{
	return !(l->least && (l->above ? x <= json_number_value(l->least) : x < json_number_value(l->least))) &&
		!(l->most && (l->below ? x >= json_number_value(l->most) : x > json_number_value(l->most)));
}

static bool is_written_by_us(const char *text)
{
	return strcmp(text, "-0") != 0 && strncmp(text, "-0.0000", 7) != 0;
}

TEST(accepts_the_texts_of_the_numbers_between_and_no_others)
{
	uint64_t seed = 161803;
	int inside = 0, tried = 0;

	for (int i = 0; i < 1500; i++) {
		struct error err = {0};
		bool integer = random_below(&seed, 2);
		own_json *least = limit(&seed, integer), *most = limit(&seed, integer);
		struct number_limits l = { integer, least, most, random_below(&seed, 2), random_below(&seed, 2) };
		own_dfa *d = number_between(&l, &err);
		if (!d)
			fail_msg("%.17g to %.17g: %s", least ? json_number_value(least) : 0,
				most ? json_number_value(most) : 0, err.text);
		for (int k = 0; k < 40; k++) {
			double x = random_below(&seed, 2) && least ? json_number_value(least) :
				random_below(&seed, 2) && most ?
				json_number_value(most) : (int)random_below(&seed, 400) - 200;
			char text[64];
			x += ((int)random_below(&seed, 9) - 4) * (integer ? 1 :
				pow(10, -(double)random_below(&seed, 4)));
			if (integer)
				x = floor(x);
			snprintf(text, sizeof text, "%.*f", integer ? 0 : (int)random_below(&seed, 5), x);
			if (!is_written_by_us(text) || (strtod(text, NULL) == 0 && text[0] == '-'))
				continue;
			bool wanted = within(&l, strtod(text, NULL));
			if (dfa_matches(d, str_of(text)) != wanted)
				fail_msg("%s %s between %g and %g (%d %d)", text, wanted ? "is not" : "is",
					least ? json_number_value(least) :
					-INFINITY, most ? json_number_value(most) : INFINITY, l.above, l.below);
			inside += wanted;
			tried++;
		}
	}
	assert_true(inside > tried / 5 && inside < tried * 4 / 5);
}

TEST(refuses_texts_that_are_no_numbers)
{
	static const char *const texts[] = { "", "-", "01", "1.", ".5", "-0", "00", "1e3", "+1", "--1", "1.2.3", "0x1",
		"- 1" };
	own_json *least = json_integer(-100), *most = json_integer(100);
	struct number_limits l = { false, least, most, false, false };
	struct error err = {0};
	own_dfa *d = number_between(&l, &err);

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (dfa_matches(d, str_of(texts[i])))
			fail_msg("%s", texts[i]);
	assert_true(dfa_matches(d, (struct str)STR("-99.999")));
}

TEST(limits_beyond_all_numbers_say_nothing_or_everything)
{
	own_json *low = json_integer(INT64_MIN), *high = json_integer(INT64_MAX), *huge = json_real(1e300);
	struct error err = {0};
	struct number_limits open = { true, low, high, false, false }, shut = { true, huge, NULL, false, false };
	own_dfa *d = number_between(&open, &err);

	assert_non_null(d);
	assert_true(dfa_matches(d, (struct str)STR("999999999999999999")));
	assert_null(number_between(&shut, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

TEST(doubles_cannot_round_onto_a_limit_that_is_left_out)
{
	own_json *least = json_real(0.1), *most = json_integer(3);
	struct number_limits l = { false, least, most, true, true };
	struct error err = {0};
	own_dfa *d = number_between(&l, &err);

	assert_non_null(d);
	assert_false(dfa_matches(d, (struct str)STR("0.1")));
	assert_false(dfa_matches(d, (struct str)STR("0.10000000000000000001")));
	assert_true(dfa_matches(d, (struct str)STR("0.10000000000001")));
	assert_false(dfa_matches(d, (struct str)STR("2.99999999999999999999")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_the_texts_of_the_numbers_between_and_no_others),
		cmocka_unit_test(refuses_texts_that_are_no_numbers),
		cmocka_unit_test(limits_beyond_all_numbers_say_nothing_or_everything),
		cmocka_unit_test(doubles_cannot_round_onto_a_limit_that_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
