/* What programs that we start get of our environment. */
#include "config/environment.h"

#include "config/vendors.h"
#include "support/test.h"

static const char *find(const char **environment, const char *name)
{
	size_t n = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, n) == 0 && (*environment)[n] == '=')
			return *environment + n + 1;
	return NULL;
}

TEST(keys_and_variables_of_ours_stay_with_us)
{
	setenv("SHAMMAH_HOME", "/somewhere", 1);
	setenv("HF_TOKEN", "hf_secret", 1);
	setenv("HUGGING_FACE_HUB_TOKEN", "hf_secret", 1);
	setenv("OPENAI_BASE_URL", "http://localhost", 1);
	setenv("SHAMMAHLIKE", "else", 1);
	for (size_t i = 0; i < vendor_count; i++)
		for (size_t k = 0; vendors[i].keys[k]; k++)
			setenv(vendors[i].keys[k], "sk-secret", 1);
	own_mem const char **environment = environment_for_children(NULL);
	for (const char **e = environment; *e; e++)
		assert_null(strstr(*e, "_secret") ? *e : strstr(*e, "sk-secret"));
	assert_null(find(environment, "SHAMMAH_HOME"));
	assert_string_equal(find(environment, "OPENAI_BASE_URL"), "http://localhost");
	assert_string_equal(find(environment, "SHAMMAHLIKE"), "else");
	assert_non_null(find(environment, "PATH"));
}

TEST(what_is_added_takes_the_place_of_what_is_there)
{
	const char *const added[] = { "TMPDIR=/new", "EXTRA=1", NULL };

	setenv("TMPDIR", "/old", 1);
	own_mem const char **environment = environment_for_children(added);
	unsigned found = 0;
	for (const char **e = environment; *e; e++)
		found += strncmp(*e, "TMPDIR=", 7) == 0;
	assert_int_equal(found, 1);
	assert_string_equal(find(environment, "TMPDIR"), "/new");
	assert_string_equal(find(environment, "EXTRA"), "1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_and_variables_of_ours_stay_with_us),
		cmocka_unit_test(what_is_added_takes_the_place_of_what_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
