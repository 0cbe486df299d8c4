#include "provider/price.h"

#include "provider/provider.h"
#include "support/test.h"

#define NOVEMBER 1795824000        /* 2026-11-28 00:00 UTC */
#define DECEMBER 1796083200        /* 2026-12-01 00:00 UTC */
#define UNKNOWN UINT64_MAX

static uint64_t cost_at(int64_t when, const char *provider, const char *model, struct usage usage)
{
	uint64_t cost = 0;

	return price_cost(provider, model, &usage, when, &cost) ? cost : UNKNOWN;
}

static uint64_t cost(const char *provider, const char *model, struct usage usage)
{
	return cost_at(NOVEMBER, provider, model, usage);
}

TEST(each_kind_of_token_has_its_price)
{
	struct usage all = { .prompt_tokens = 1000000, .cached_tokens = 300000, .written_tokens = 200000,
		.completion_tokens = 100000, .thought_tokens = 60000 };

	/* 0.5 at 2 $, 0.3 at 0.10 $, 0.2 at 2.50 $, 0.1 at 10 $; the thoughts are in the last. */
	assert_int_equal(cost("claude", "claude-sonnet-5-5", all), 1000000 + 30000 + 500000 + 1000000);
	assert_int_equal(cost("claude", "claude-sonnet-5-5", (struct usage){ 0 }), 0);
	assert_int_equal(cost("groq", "openai/gpt-oss-120b", (struct usage){ .completion_tokens = 1 }), 1);
}

TEST(what_is_kept_for_an_hour_costs_twice_what_is_read)
{
	struct usage all = { .prompt_tokens = 300000, .written_tokens = 200000, .lasting_tokens = 100000 };

	/* 0.1 at 2 $, 0.1 at 2.50 $, 0.1 at 4 $ */
	assert_int_equal(cost("claude", "claude-sonnet-5-5", all), 200000 + 250000 + 400000);
	all.lasting_tokens = 900000;           /* no more than was written */
	assert_int_equal(cost("claude", "claude-sonnet-5-5", all), 200000 + 800000);
	struct price flat = price_flat(1000000, 0);
	assert_int_equal(price_apply(&flat, &all), 300000);
}

TEST(a_long_prompt_has_the_price_of_long_ones)
{
	struct usage at = { .prompt_tokens = 272000, .completion_tokens = 1000 };
	struct usage above = { .prompt_tokens = 272001, .completion_tokens = 1000 };

	assert_int_equal(cost("openai", "gpt-6.1-sol", at), 544000 + 10000);
	assert_int_equal(cost("openai", "gpt-6.1-sol", above), 1088004 + 15000);
}

TEST(a_price_holds_from_its_day)
{
	struct usage million = { .prompt_tokens = 1000000 };

	assert_int_equal(cost_at(DECEMBER - 1, "gemini", "gemini-4-argon", million), 2000000);
	assert_int_equal(cost_at(DECEMBER, "gemini", "gemini-4-argon", million), 4000000);
	assert_int_equal(cost_at(0, "gemini", "gemini-4-argon", million), 2000000);
}

TEST(a_version_or_preview_of_a_model_is_that_model_and_others_are_not)
{
	static const struct { const char *provider, *model; uint64_t cost; } cases[] = {
		{ "claude", "claude-haiku-4-5-20251001", 1000000 },
		{ "claude", "claude-opus-4-20250514", 15000000 },
		{ "claude", "claude-opus-4-5-20251101", 5000000 },
		{ "claude", "claude-opus-4-9", UNKNOWN },
		{ "claude", "claude-opus-5-5[1m]", 4000000 },
		{ "openai", "gpt-5-2025-08-07", 1250000 },
		{ "openai", "gpt-5-pro", UNKNOWN },
		{ "openai", "gpt-5.7", UNKNOWN },
		{ "openai", "gpt-5.4-mini", 750000 },
		{ "gemini", "gemini-3.1-pro-preview", 4000000 },
		{ "gemini", "gemini-2.5-flash-lite", 100000 },
		{ "gemini", "gemini-3.8-flash-tts", UNKNOWN },
		{ "mistral", "codestral-2508", 300000 },
		{ "openai", "claude-haiku-4-5", UNKNOWN },
		{ "compatible", "gpt-5", UNKNOWN },
		{ "nobody", "", UNKNOWN },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		uint64_t seen = cost(cases[i].provider, cases[i].model, (struct usage){ .prompt_tokens = 1000000 });
		if (seen != cases[i].cost)
			fail_msg("%s: %llu", cases[i].model, (unsigned long long)seen);
	}
}

TEST(what_runs_on_ones_own_machine_costs_nothing)
{
	assert_int_equal(cost("ollama", "anything:7b", (struct usage){ .prompt_tokens = 1000000 }), 0);
	assert_int_equal(cost("vllm", "", (struct usage){ .completion_tokens = 1000000 }), 0);
}

TEST(figures_that_contradict_each_other_do_not_wrap)
{
	struct usage odd = { .prompt_tokens = 10, .cached_tokens = 1000000 };

	assert_int_equal(cost("claude", "claude-haiku-4-5", odd), 100000);
}

/* The table: no row twice, cached never dearer than fresh, dates that are dates; default models are in it. */
TEST(the_table_is_sound)
{
	for (size_t i = 0; i < price_count; i++) {
		const struct price *p = &prices[i];
		assert_true(p->cached <= p->input && p->input <= p->output && p->input <= p->written + 0u);
		assert_true(p->since == 0 || (p->since > 20250000 && p->since % 100 >= 1 && p->since % 100 <= 31));
		for (const struct price *q = prices; q < p; q++)
			assert_false(strcmp(p->provider, q->provider) == 0 && strcmp(p->model, q->model) == 0 &&
				p->since == q->since && p->above == q->above);
	}
	assert_int_equal(strlen(price_date), 10);
	/* OpenRouter passes on what others ask. */
	for (const struct provider *p = providers; p < providers + provider_count; p++)
		if (p->default_base_url && p->default_model && strcmp(p->name, "openrouter") &&
			!price_find(p->name, p->default_model, 1000, NOVEMBER))
			fail_msg("%s: %s has no price", p->name, p->default_model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_token_has_its_price),
		cmocka_unit_test(what_is_kept_for_an_hour_costs_twice_what_is_read),
		cmocka_unit_test(a_long_prompt_has_the_price_of_long_ones),
		cmocka_unit_test(a_price_holds_from_its_day),
		cmocka_unit_test(a_version_or_preview_of_a_model_is_that_model_and_others_are_not),
		cmocka_unit_test(what_runs_on_ones_own_machine_costs_nothing),
		cmocka_unit_test(figures_that_contradict_each_other_do_not_wrap),
		cmocka_unit_test(the_table_is_sound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
