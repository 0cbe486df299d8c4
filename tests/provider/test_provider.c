#include "provider/provider.h"

#include "config/vendors.h"

#include "support/test.h"

TEST(every_provider_fills_what_it_must)
{
	for (size_t i = 0; i < provider_count; i++) {
		const struct provider *p = &providers[i];
		const struct dialect *d = p->dialect;

		assert_true(p->name && p->name[0]);
		assert_true(p->display_name && p->display_name[0]);
		assert_non_null(p->aliases);
		assert_non_null(p->model_prefixes);
		assert_non_null(p->refusable);
		assert_true(p->keyless || p->key_variable);
		if (p->default_base_url && !p->keyless)
			assert_true(strncmp(p->default_base_url, "https://", 8) == 0);
		assert_non_null(d->name);
		assert_non_null(d->headers);
		assert_non_null(d->write_path);
		assert_non_null(d->write_body);
		assert_non_null(d->read_event);
		assert_non_null(d->read_error);
	}
}

TEST(a_provider_is_found_by_its_name)
{
	for (size_t i = 0; i < provider_count; i++)
		assert_ptr_equal(provider_find(providers[i].name), &providers[i]);
	assert_null(provider_find("nobody"));
}

TEST(people_read_the_name_of_a_provider_or_that_of_a_teacher_that_has_its_own)
{
	const struct provider *p = provider_find("openai");

	assert_string_equal(provider_title(p, "openai"), "OpenAI");
	assert_string_equal(provider_title(p, "openai-2"), "openai-2");
	assert_string_equal(provider_title(p, "team"), "team");
}

/* The configuration, which cannot see the providers, has a table of its own. */
TEST(the_configuration_knows_the_same_providers_in_the_same_order)
{
	assert_int_equal(vendor_count, provider_count);
	for (size_t i = 0; i < provider_count; i++) {
		const struct provider *p = &providers[i];
		const struct vendor *v = &vendors[i];
		bool key = false;
		assert_string_equal(v->name, p->name);
		assert_int_equal(v->keyless, p->keyless);
		assert_int_equal(v->needs_address, p->default_base_url == NULL);
		for (size_t j = 0; v->keys[j]; j++)
			key |= p->key_variable && strcmp(v->keys[j], p->key_variable) == 0;
		assert_int_equal(key, p->key_variable != NULL);
	}
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
				assert_false(providers[i].dialect->read_error(&providers[i], status, str_of(bodies[k]),
					&err));
				assert_true(err.kind != ERROR_NONE && err.text[0]);
				assert_null(strpbrk(err.text, "\n\a"));
			}
}

TEST(short_names_mean_a_model_and_other_names_themselves)
{
	for (size_t i = 0; i < provider_count; i++) {
		const struct provider *p = &providers[i];
		if (p->default_model)
			assert_string_equal(provider_model(p, NULL), p->default_model);
		else
			assert_null(provider_model(p, NULL));
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
		cmocka_unit_test(every_provider_fills_what_it_must),
		cmocka_unit_test(a_provider_is_found_by_its_name),
		cmocka_unit_test(people_read_the_name_of_a_provider_or_that_of_a_teacher_that_has_its_own),
		cmocka_unit_test(the_configuration_knows_the_same_providers_in_the_same_order),
		cmocka_unit_test(every_provider_explains_every_status),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
