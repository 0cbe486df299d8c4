#include "support/test.h"

#include <math.h>

#include "support/bare_ort.h"
#include "support/forward.h"

#define TOKENS 24

static const int64_t prompt[TOKENS] = { 411, 12, 200, 77, 3, 3, 398, 150, 31, 8, 290, 64, 5, 99, 300, 7, 7, 421, 18, 33, 260, 41, 2, 110 };

TEST(both_attention_forms_give_the_logits_of_the_slow_twin)
{
	struct error err = { 0 };

	if (!bare_available())
		skip_because("no ONNX Runtime");
	for (enum attention form = ATTENTION_PLAIN; form <= ATTENTION_GQA; form++) {
		struct model_shape shape = { MODEL_TINY, .attention = form };
		static float got[TOKENS * 640], want[TOKENS * 640];
		own_forward *twin = forward_create(&shape);
		own_bare *bare = NULL;

		assert_ok(model_write("test_models.tmp", &shape, &err));
		assert_ok((bare = bare_open("test_models.tmp", &shape, 0, &err)));
		assert_ok(bare_run(bare, prompt, TOKENS, got, &err));
		forward_run(twin, prompt, TOKENS, want);
		for (size_t i = 0; i < TOKENS * shape.vocab; i++)
			assert_true(fabsf(got[i] - want[i]) < 1e-4f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_attention_forms_give_the_logits_of_the_slow_twin),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
