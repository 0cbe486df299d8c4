#include "base/half.h"

#include <math.h>

#include "support/test.h"

/* By the definition: sign · mantissa · 2^exponent. */
static float twin(uint16_t half)
{
	int exponent = half >> 10 & 31, mantissa = half & 1023;
	float sign = half & 0x8000 ? -1 : 1;

	if (exponent == 31)
		return mantissa ? NAN : sign * INFINITY;
	return sign * (exponent ? ldexpf((float)(1024 + mantissa), exponent - 25) : ldexpf((float)mantissa, -24));
}

TEST(every_half_is_converted_exactly)
{
	for (uint32_t h = 0; h < 65536; h++) {
		uint16_t in = (uint16_t)h;
		float out, wanted = twin(in);

		half_to_float(&out, &in, 1);
		assert_true(isnan(wanted) ? isnan(out) : out == wanted && signbit(out) == signbit(wanted));
	}
}

TEST(every_half_comes_back_as_it_was)
{
	for (uint32_t h = 0; h < 65536; h++) {
		uint16_t in = (uint16_t)h, back;
		float value;

		half_to_float(&value, &in, 1);
		half_from_float(&back, &value, 1);
		if (isnan(value))
			assert_true((back & 0x7C00) == 0x7C00 && (back & 0x3FF));
		else
			assert_int_equal(back, in);
	}
}

/* The positive float `steps` after this one. */
static float beside(float value, int steps)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof bits);
	bits += (uint32_t)steps;
	memcpy(&value, &bits, sizeof value);
	return value;
}

TEST(what_lies_between_two_halves_goes_to_the_nearer_and_ties_to_the_even)
{
	for (uint16_t h = 0; h < 0x7BFF; h++) {
		uint16_t pair[2] = { h, (uint16_t)(h + 1) }, got[3];
		float ends[2];

		half_to_float(ends, pair, 2);
		float middle = (ends[0] + ends[1]) / 2;
		half_from_float(got, (float[]){ middle, beside(middle, -1), beside(middle, 1) }, 3);
		assert_int_equal(got[0], h & 1 ? h + 1 : h);
		assert_int_equal(got[1], h);
		assert_int_equal(got[2], h + 1);
	}
	uint16_t large[2];
	half_from_float(large, (float[]){ 65519, 65520 }, 2);
	assert_int_equal(large[0], 0x7BFF);
	assert_int_equal(large[1], 0x7C00);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_half_is_converted_exactly),
		cmocka_unit_test(every_half_comes_back_as_it_was),
		cmocka_unit_test(what_lies_between_two_halves_goes_to_the_nearer_and_ties_to_the_even),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
