#include "provider/provider.h"

#include "support/test.h"

TEST(every_provider_fills_every_slot)
{
	for (size_t i = 0; i < provider_count; i++) {
		const struct provider *p = providers[i];
		const char *const texts[] = { p->name, p->display_name, p->default_model, p->default_base_url,
			p->key_variable, p->key_header, p->path };

		for (size_t k = 0; k < countof(texts); k++)
			assert_true(texts[k] && texts[k][0]);
		assert_non_null(p->headers);
		assert_non_null(p->refusable);
		assert_non_null(p->write_body);
		assert_non_null(p->read_event);
		assert_non_null(p->read_error);
		assert_true(p->path[0] == '/');
		assert_true(strncmp(p->default_base_url, "https://", 8) == 0);
	}
}

TEST(a_provider_is_found_by_its_name)
{
	for (size_t i = 0; i < provider_count; i++)
		assert_ptr_equal(provider_find(providers[i]->name), providers[i]);
	assert_null(provider_find("nobody"));
}

/* Property: whatever the status and the body, there is an error with a text. */
TEST(every_provider_explains_every_status)
{
	static const char *const bodies[] = { "", "{}", "[]", "null", "<html>", "{\"error\":1}",
		"{\"error\":{\"type\":1,\"message\":[]}}",
		"{\"error\":{\"type\":\"error\",\"message\":\"\\u0007\\n\"}}" };

	for (size_t i = 0; i < provider_count; i++)
		for (int status = 201; status < 600; status++)
			for (size_t k = 0; k < countof(bodies); k++) {
				struct error err = { 0 };
				assert_false(providers[i]->read_error(status, str_of(bodies[k]), &err));
				assert_true(err.kind != ERROR_NONE && err.text[0]);
				assert_null(strpbrk(err.text, "\n\a"));
			}
}

TEST(short_names_mean_a_model_and_other_names_themselves)
{
	for (size_t i = 0; i < provider_count; i++) {
		const struct provider *p = providers[i];
		assert_string_equal(provider_model(p, NULL), p->default_model);
		assert_string_equal(provider_model(p, "some-model-1"), "some-model-1");
		for (const struct provider_alias *a = p->aliases; a->name; a++)
			assert_string_equal(provider_model(p, a->name), a->model);
	}
	assert_string_equal(provider_model(provider_find("claude"), "sonnet"), "claude-sonnet-5-5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(short_names_mean_a_model_and_other_names_themselves),
		cmocka_unit_test(every_provider_fills_every_slot),
		cmocka_unit_test(a_provider_is_found_by_its_name),
		cmocka_unit_test(every_provider_explains_every_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
