#include "config/config.h"

#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "config/vendors.h"
#include "support/test.h"

static char home[] = "config_test.XXXXXX";

/* A home with only this settings.json (NULL: none) and no variable of ours set. */
static void given(const char *settings_json)
{
	struct error err = {0};
	own_mem char *folder = path_join(home, ".claude"), *file = path_join(folder, "settings.json");

	setenv("HOME", home, 1);
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (settings[i].variable)
			unsetenv(settings[i].variable);
	for (size_t i = 0; i < vendor_count; i++) {
		for (size_t j = 0; vendors[i].keys[j]; j++)
			unsetenv(vendors[i].keys[j]);
		if (vendors[i].address)
			unsetenv(vendors[i].address);
	}
	assert_ok(path_make(folder, 0700, &err));
	unlink(file);
	if (settings_json)
		assert_ok(file_write(file, str_of(settings_json), 0600, &err));
}

static void expect(enum setting s, const char *text, const char *origin)
{
	struct error err = {0};
	own_config c;

	if (!config_load(&c, &err))
		fail_msg("%s", err.text);
	assert_string_equal(c.values[s].text, text);
	assert_string_equal(c.values[s].origin, origin);
}

static void expect_error(const char *part)
{
	struct error err = {0};
	own_config c;

	assert_false(config_load(&c, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	if (!strstr(err.text, part))
		fail_msg("'%s' does not say '%s'", err.text, part);
}

static void given_model_file(const char *text)
{
	struct error err = {0};
	own_mem char *folder = path_join(home, ".shammah"), *file = path_join(folder, "model");

	unsetenv("SHAMMAH_HOME");
	assert_ok(path_make(folder, 0700, &err));
	if (text)
		assert_ok(file_write(file, str_of(text), 0600, &err));
	else
		unlink(file);
}

static int make_home(void **state)
{
	(void)state;
	return mkdtemp(home) ? 0 : -1;
}

static int remove_home(void **state)
{
	own_mem char *folder = path_join(home, ".claude"), *file = path_join(folder, "settings.json");

	own_mem char *ours = path_join(home, ".shammah");

	(void)state;
	unlink(file);
	rmdir(folder);
	rmdir(ours);
	return rmdir(home);
}

TEST(without_files_the_defaults_hold)
{
	given(NULL);
	expect(SETTING_PORT, "11435", "default");
	struct error err = {0};
	own_config c;
	assert_ok(config_load(&c, &err));
	assert_null(config_text(&c, SETTING_API_KEY));
	assert_int_equal(config_number(&c, SETTING_THREADS, 7), 7);
}

TEST(the_model_in_use_is_below_every_setting)
{
	given(NULL);
	given_model_file("qwen2.5-coder-1.5b\n");
	expect(SETTING_MODEL, "qwen2.5-coder-1.5b", "~/.shammah/model");
	given("{\"shammah\":{\"backend\":{\"model\":\"owner/name\"}}}");
	expect(SETTING_MODEL, "owner/name", "~/.claude/settings.json");
	setenv("SHAMMAH_MODEL", "/folder", 1);
	expect(SETTING_MODEL, "/folder", "environment SHAMMAH_MODEL");
	given(NULL);
	given_model_file("  \n");
	struct error err = {0};
	own_config c;
	assert_ok(config_load(&c, &err));
	assert_null(config_text(&c, SETTING_MODEL));
	given_model_file("two\nlines\n");
	expect_error("must hold one line");
	given_model_file(NULL);
}

TEST(the_environment_beats_the_file_and_a_flag_beats_both)
{
	given("{\"shammah\":{\"server\":{\"port\":1000}}}");
	expect(SETTING_PORT, "1000", "~/.claude/settings.json");
	setenv("SHAMMAH_PORT", "2000", 1);
	expect(SETTING_PORT, "2000", "environment SHAMMAH_PORT");

	struct error err = {0};
	own_config c;
	assert_ok(config_load(&c, &err));
	assert_ok(config_set_flag(&c, SETTING_PORT, "3000", &err));
	assert_int_equal(config_number(&c, SETTING_PORT, 0), 3000);
	assert_string_equal(c.values[SETTING_PORT].origin, "--port");
}

TEST(the_key_is_found_in_the_decided_order)
{
	given("{\"env\":{\"ANTHROPIC_API_KEY\":\"sk-file\"}}");
	setenv("SHAMMAH_API_KEY", "sk-environment", 1);
	expect(SETTING_API_KEY, "sk-file", "~/.claude/settings.json");

	given("{\"env\":{\"ANTHROPIC_API_KEY\":\"sk-file\",\"SHAMMAH_API_KEY\":\"sk-ours\"}}");
	expect(SETTING_API_KEY, "sk-ours", "~/.claude/settings.json");

	given("{}");
	setenv("ANTHROPIC_API_KEY", " sk-trimmed\n", 1);
	expect(SETTING_API_KEY, "sk-trimmed", "environment ANTHROPIC_API_KEY");
}

TEST(a_key_that_would_break_its_header_is_refused_without_showing_it)
{
	given("{}");
	setenv("ANTHROPIC_API_KEY", "sk-a\nX-Evil: 1", 1);
	expect_error("environment ANTHROPIC_API_KEY");
	struct error err = {0};
	own_config c;
	assert_false(config_load(&c, &err));
	assert_null(strstr(err.text, "sk-a"));
}

TEST(each_key_in_the_environment_makes_a_teacher_claude_first)
{
	struct error err = {0};
	own_config c;

	given(NULL);
	setenv("GROQ_API_KEY", "gsk-1", 1);
	setenv("OPENAI_API_KEY", "sk-2", 1);
	setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1", 1);
	setenv("ANTHROPIC_API_KEY", "sk-ant-3", 1);
	assert_ok(config_load(&c, &err));
	assert_int_equal(c.teacher_count, 3);
	assert_string_equal(c.teachers[0].provider, "claude");
	assert_string_equal(c.teachers[0].key.text, "sk-ant-3");
	assert_string_equal(c.teachers[1].name, "openai");
	assert_string_equal(c.teachers[1].base_url, "http://127.0.0.1:9/v1");
	assert_string_equal(c.teachers[1].key.origin, "environment OPENAI_API_KEY");
	assert_string_equal(c.teachers[2].provider, "groq");
	assert_null(c.teachers[2].base_url);
}

TEST(lists_are_kept_a_line_each)
{
	given("{\"shammah\":{\"server\":{\"origins\":[\"http://a\",\"http://b\"]}}}");
	expect(SETTING_ORIGINS, "http://a\nhttp://b", "~/.claude/settings.json");
}

TEST(wrong_values_name_file_key_and_what_is_accepted)
{
	given("{\"shammah\":{\"server\":{\"port\":\"x\"}}}");
	expect_error("~/.claude/settings.json: shammah.server.port must be a whole number");
	given("{\"shammah\":{\"server\":{\"port\":70000}}}");
	expect_error("server.port must be a whole number from 1 to 65535");
	given("{\"shammah\":{\"server\":{\"origins\":[1]}}}");
	expect_error("shammah.server.origins must be a list of strings");
	given("{");
	expect_error("settings.json: not valid JSON at line 1");
	given("[]");
	expect_error("must hold a JSON object");
	given("{}");
	setenv("SHAMMAH_PORT", "0", 1);
	expect_error("environment SHAMMAH_PORT: server.port");
}

TEST(unknown_keys_are_a_warning_that_names_them)
{
	struct error err = {0};
	own_config c;

	given("{\"permissions\":{},\"shammah\":{\"server\":{\"prot\":1},\"color\":2}}");
	assert_ok(config_load(&c, &err));
	assert_non_null(strstr(c.warnings.data, "unknown key shammah.server.prot is ignored\n"));
	assert_non_null(strstr(c.warnings.data, "unknown key shammah.color is ignored\n"));
}

TEST(every_setting_is_described)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		assert_non_null(settings[i].name);
		assert_non_null(settings[i].what);
		if (settings[i].variable)
			assert_true(config_knows_variable(settings[i].variable));
	}
	assert_true(config_knows_variable("SHAMMAH_HOME"));
	assert_false(config_knows_variable("PATH"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_files_the_defaults_hold),
		cmocka_unit_test(the_model_in_use_is_below_every_setting),
		cmocka_unit_test(the_environment_beats_the_file_and_a_flag_beats_both),
		cmocka_unit_test(the_key_is_found_in_the_decided_order),
		cmocka_unit_test(a_key_that_would_break_its_header_is_refused_without_showing_it),
		cmocka_unit_test(each_key_in_the_environment_makes_a_teacher_claude_first),
		cmocka_unit_test(lists_are_kept_a_line_each),
		cmocka_unit_test(wrong_values_name_file_key_and_what_is_accepted),
		cmocka_unit_test(unknown_keys_are_a_warning_that_names_them),
		cmocka_unit_test(every_setting_is_described),
	};
	return cmocka_run_group_tests(tests, make_home, remove_home);
}
