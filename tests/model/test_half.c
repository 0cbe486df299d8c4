#include "model/half.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_half_is_converted_exactly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
