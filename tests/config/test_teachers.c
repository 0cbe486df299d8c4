#include "config/caching.h"
/* Which teachers there are, with which keys. */
#include "config/report.h"
#include "config/teachers.h"
#include "config/world.h"

static const struct teacher_config *only(const struct config *c)
{
	assert_int_equal(c->teacher_count, 1);
	return &c->teachers[0];
}

static void expect_key(const char *key, const char *origin, bool bearer)
{
	own_config c;

	load(&c);
	const struct teacher_config *t = only(&c);
	assert_string_equal(t->provider, "claude");
	assert_string_equal(t->key.text, key);
	assert_string_equal(t->key.origin, origin);
	assert_int_equal(t->bearer, bearer);
}

/* Whether the cache is asked for with a model, when a variable is set ("": none). */
static bool caches(const char *variable, const char *value, const char *model)
{
	own_config c;

	if (*variable)
		setenv(variable, value, 1);
	load(&c);
	if (*variable)
		unsetenv(variable);
	return !caching_is_off(only(&c)->uncached, model);
}

TEST(the_cache_of_prompts_can_be_off_for_all_models_or_for_a_family)
{
	static const struct { const char *variable; bool opus, sonnet, haiku; } cases[] = {
		{ "", true, true, true },
		{ "DISABLE_PROMPT_CACHING", false, false, false },
		{ "DISABLE_PROMPT_CACHING_OPUS", false, true, true },
		{ "DISABLE_PROMPT_CACHING_SONNET", true, false, true },
		{ "DISABLE_PROMPT_CACHING_HAIKU", true, true, false },
	};

	setenv("ANTHROPIC_API_KEY", "k", 1);
	for (size_t i = 0; i < countof(cases); i++) {
		assert_int_equal(caches(cases[i].variable, "True", "claude-opus-5"), cases[i].opus);
		assert_int_equal(caches(cases[i].variable, "1", "eu.anthropic.claude-sonnet-5"), cases[i].sonnet);
		assert_int_equal(caches(cases[i].variable, "on", "claude-haiku-5"), cases[i].haiku);
		assert_true(caches(cases[i].variable, "0", "claude-opus-5"));
	}
}

TEST(the_cache_keeps_prompts_for_an_hour_where_that_is_said)
{
	static const struct { const char *hour, *minutes; bool lasting; } cases[] = {
		{ "", "", false }, { "1", "", true }, { "", "1", false }, { "1", "1", false }, { "0", "", false },
	};

	setenv("ANTHROPIC_API_KEY", "k", 1);
	for (size_t i = 0; i < countof(cases); i++) {
		own_config c;
		setenv("ENABLE_PROMPT_CACHING_1H", cases[i].hour, 1);
		setenv("FORCE_PROMPT_CACHING_5M", cases[i].minutes, 1);
		load(&c);
		assert_int_equal(only(&c)->lasting, cases[i].lasting);
	}
}

TEST(each_key_in_the_environment_makes_a_teacher_claude_first)
{
	own_config c;

	setenv("GROQ_API_KEY", "gsk-1", 1);
	setenv("OPENAI_API_KEY", "sk-2", 1);
	setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1", 1);
	setenv("ANTHROPIC_API_KEY", "sk-ant-3", 1);
	load(&c);
	assert_int_equal(c.teacher_count, 3);
	assert_string_equal(c.teachers[0].provider, "claude");
	assert_string_equal(c.teachers[1].name, "openai");
	assert_string_equal(c.teachers[1].base_url, "http://127.0.0.1:9/v1");
	assert_string_equal(c.teachers[1].base_url_origin, "environment OPENAI_BASE_URL");
	assert_string_equal(c.teachers[1].key.origin, "environment OPENAI_API_KEY");
	assert_string_equal(c.teachers[2].provider, "groq");
	assert_null(c.teachers[2].base_url);
}

TEST(claudes_key_is_found_in_the_decided_order)
{
	given("home/.anthropic/api_key", " sk-file\n");
	expect_key("sk-file", "~/.anthropic/api_key", false);
	given(TOML, "[[teachers]]\nprovider = \"claude\"\napi_key = \"sk-entry\"\n");
	expect_key("sk-entry", "~/.shammah/config.toml", false);
	setenv("ANTHROPIC_API_KEY", " sk-environment\n", 1);
	expect_key("sk-environment", "environment ANTHROPIC_API_KEY", false);
	setenv("ANTHROPIC_AUTH_TOKEN", "token", 1);
	expect_key("token", "environment ANTHROPIC_AUTH_TOKEN", true);
	setenv("SHAMMAH_API_KEY", "sk-ours", 1);
	expect_key("sk-ours", "environment SHAMMAH_API_KEY", false);
	given(USER, "{\"env\":{\"ANTHROPIC_API_KEY\":\"sk-env\"}, \"apiKeyHelper\":\"x\"}");
	expect_key("sk-env", "~/.claude/settings.json", false);
	given(USER, "{\"env\":{\"ANTHROPIC_API_KEY\":\"sk-env\",\"ANTHROPIC_AUTH_TOKEN\":\"bear\"}}");
	expect_key("bear", "~/.claude/settings.json", true);
	given(USER, "{\"env\":{\"ANTHROPIC_API_KEY\":\"sk-env\",\"SHAMMAH_API_KEY\":\"sk-first\"}}");
	expect_key("sk-first", "~/.claude/settings.json", false);
}

TEST(a_helper_comes_before_the_processs_environment)
{
	own_config c;

	setenv("ANTHROPIC_API_KEY", "sk-environment", 1);
	given(USER, "{\"apiKeyHelper\":\"print-key\",\"env\":{\"CLAUDE_CODE_API_KEY_HELPER_TTL_MS\":\"90000\"}}");
	load(&c);
	const struct teacher_config *t = only(&c);
	assert_null(t->key.text);
	assert_string_equal(t->helper, "print-key");
	assert_int_equal(t->helper_ttl_s, 90);
	assert_string_equal(t->key.origin, "~/.claude/settings.json apiKeyHelper");
	setenv("CLAUDE_CODE_API_KEY_HELPER_TTL_MS", "soon", 1);
	expect_finding(FINDING_ERROR, "CLAUDE_CODE_API_KEY_HELPER_TTL_MS: is not accepted; accepted: milliseconds");
}

TEST(a_key_that_would_break_its_header_is_refused_without_showing_it)
{
	struct error err = {0};
	own_config c;

	setenv("ANTHROPIC_API_KEY", "sk-a\nX-Evil: 1", 1);
	assert_false(config_load(&c, &places, &err));
	assert_non_null(strstr(err.text, "environment ANTHROPIC_API_KEY: the API key is not accepted"));
	for (size_t i = 0; i < c.finding_count; i++)
		assert_null(strstr(c.findings[i].text, "sk-a"));
	assert_int_equal(c.teacher_count, 0);
}

static void expect_model(const char *model, const char *origin)
{
	own_config c;

	load(&c);
	assert_string_equal(only(&c)->model, model);
	assert_string_equal(only(&c)->model_origin, origin);
}

TEST(claudes_model_comes_from_its_own_settings_and_variables)
{
	setenv("ANTHROPIC_API_KEY", "k", 1);
	given(USER, "{\"model\":\"opus\"}");
	expect_model("opus", "~/.claude/settings.json");
	given(USER, "{\"model\":\"opus\",\"env\":{\"ANTHROPIC_DEFAULT_OPUS_MODEL\":\"claude-opus-9\"}}");
	expect_model("claude-opus-9", "~/.claude/settings.json");
	given(PROJECT, "{\"model\":\"haiku\"}");
	expect_model("haiku", "~/project/sub/.claude/settings.json");
	setenv("ANTHROPIC_MODEL", "sonnet", 1);
	expect_model("sonnet", "environment ANTHROPIC_MODEL");
	setenv("ANTHROPIC_DEFAULT_SONNET_MODEL", "s-5", 1);
	expect_model("s-5", "environment ANTHROPIC_DEFAULT_SONNET_MODEL");
	given(TOML, "[[teachers]]\nprovider = \"claude\"\nmodel = \"m\"\n");
	expect_model("m", "~/.shammah/config.toml");
}

TEST(headers_and_betas_go_along_to_the_address_they_are_meant_for)
{
	own_config c;

	setenv("ANTHROPIC_API_KEY", "k", 1);
	setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Team: a b\nX-Other: c", 1);
	setenv("ANTHROPIC_BETAS", "one,two", 1);
	load(&c);
	assert_string_equal(only(&c)->headers[0], "X-Team: a b");
	assert_string_equal(only(&c)->headers[1], "X-Other: c");
	assert_string_equal(only(&c)->headers[2], "anthropic-beta: one,two");
	assert_null(only(&c)->headers[3]);
	config_done(&c);
	given(TOML, "[[teachers]]\nprovider = \"claude\"\nbase_url = \"https://other\"\napi_key = \"k2\"\n");
	load(&c);
	assert_null(only(&c)->headers);
	setenv("ANTHROPIC_CUSTOM_HEADERS", "no header", 1);
	given(TOML, "");
	expect_finding(FINDING_ERROR, "ANTHROPIC_CUSTOM_HEADERS: is not accepted");
}

TEST(a_list_of_teachers_is_all_there_are_in_its_order)
{
	own_config c;

	setenv("ANTHROPIC_API_KEY", "k1", 1);
	setenv("OPENAI_API_KEY", "k2", 1);
	setenv("MINE", "k3", 1);
	given(TOML, "[[teachers]]\nprovider = \"openai\"\nmodel = \"gpt-5\"\n"
		    "[[teachers]]\nprovider = \"ollama\"\n"
		    "[[teachers]]\nprovider = \"openai\"\napi_key = \"k4\"\n"
		    "[[teachers]]\nprovider = \"compatible\"\nname = \"team\"\nbase_url = "
		    "\"https://h/v1\"\napi_key_env = \"MINE\"\n"
		    "headers = { X-A = \"b\" }\n"
		    "price_input = 1.25\nprice_output = 4000\n"
		    "[[teachers]]\nprovider = \"grok\"\nenabled = false\n");
	load(&c);
	assert_int_equal(c.teacher_count, 4);
	assert_string_equal(c.teachers[0].name, "openai");
	assert_string_equal(c.teachers[0].key.text, "k2");
	assert_string_equal(c.teachers[0].model, "gpt-5");
	assert_string_equal(c.teachers[1].name, "ollama");
	assert_null(c.teachers[1].key.text);
	assert_string_equal(c.teachers[2].name, "openai-2");
	assert_string_equal(c.teachers[2].key.text, "k4");
	assert_string_equal(c.teachers[3].name, "team");
	assert_string_equal(c.teachers[3].key.text, "k3");
	assert_string_equal(c.teachers[3].key.origin, "environment MINE");
	assert_string_equal(c.teachers[3].headers[0], "X-A: b");
	assert_true(c.teachers[3].priced && !c.teachers[2].priced);
	assert_int_equal(c.teachers[3].price_input, 1250000);
	assert_int_equal(c.teachers[3].price_output, 4000000000);
	assert_string_equal(c.teachers[3].origin, "~/.shammah/config.toml");
	assert_int_equal(c.finding_count, 0);
	unsetenv("MINE");
}

TEST(a_stronger_list_replaces_the_weaker_one)
{
	own_config c;

	given(TOML, "[[teachers]]\nprovider = \"ollama\"\n");
	given(USER, "{\"shammah\":{\"teachers\":[{\"provider\":\"vllm\"}]}}");
	load(&c);
	assert_string_equal(only(&c)->provider, "vllm");
	assert_string_equal(only(&c)->origin, "~/.claude/settings.json");
}

/* Keys found for a vendor are for that vendor's address. */
TEST(a_found_key_never_goes_to_an_address_of_ones_own)
{
	own_config c;

	setenv("OPENAI_API_KEY", "k2", 1);
	given(TOML, "[[teachers]]\nprovider = \"openai\"\nbase_url = \"http://elsewhere/v1\"\n");
	load(&c);
	assert_int_equal(c.teacher_count, 0);
	expect_finding(FINDING_WARNING,
		"config.toml:1: teachers[0]: left out: no key; one found elsewhere is not sent to an "
		"address of your own; accepted: api_key_env = \"OPENAI_API_KEY\"");
	given(TOML, "[[teachers]]\nprovider = \"openai\"\nbase_url = \"http://elsewhere/v1\"\napi_key_env = "
		    "\"OPENAI_API_KEY\"\n");
	config_done(&c);
	load(&c);
	assert_string_equal(only(&c)->key.text, "k2");
}

TEST(a_key_that_travels_in_the_open_is_noted)
{
	setenv("ANTHROPIC_API_KEY", "k", 1);
	setenv("ANTHROPIC_BASE_URL", "http://gateway/", 1);
	expect_finding(FINDING_NOTE, "environment ANTHROPIC_BASE_URL: claude: its key travels unencrypted");
	setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:8080", 1);
	expect_no_findings();
	given(TOML, "[[teachers]]\nprovider = \"ollama\"\nbase_url = \"http://rack:11434/v1\"\n");
	expect_no_findings();
}

TEST(each_wrong_entry_says_what_is_accepted)
{
	static const struct { const char *text; enum finding_kind kind; const char *says;
	} wrong[] = {
		{ "model = \"m\"", FINDING_ERROR, "provider: is not accepted; accepted: claude, openai, gemini" },
		{ "provider = \"opnai\"", FINDING_ERROR, "config.toml:2: teachers[0].provider: is not accepted" },
		{ "provider = \"openai\"\nbase_url = \"ftp://x\"", FINDING_ERROR,
			"config.toml:3: teachers[0].base_url: is not accepted" },
		{ "provider = \"openai\"\nbase_url = \"https://me:pw@h\"", FINDING_ERROR,
			"without a name or password" },
		{ "provider = \"compatible\"", FINDING_ERROR, "teachers[0]: has no base_url" },
		{ "provider = \"openai\"\nname = \"a/b\"", FINDING_ERROR, "teachers[0].name: is not accepted" },
		{ "provider = \"ollama\"\nname = \"x\"\n[[teachers]]\nprovider = \"vllm\"\nname = \"x\"", FINDING_ERROR,
			"config.toml:6: teachers[1].name: means another already" },
		{ "provider = \"ollama\"\nname = \"local\"", FINDING_ERROR, "teachers[0].name: means another already" },
		{ "provider = \"ollama\"\nname = \"openai\"", FINDING_ERROR,
			"teachers[0].name: means another already" },
		{ "provider = \"ollama\"\nenabled = 1", FINDING_ERROR,
			"enabled: is not accepted; accepted: true or false" },
		{ "provider = \"ollama\"\nprice_input = 1", FINDING_ERROR, "price_input: is not enough" },
		{ "provider = \"ollama\"\nprice_input = 1\nprice_output = -1", FINDING_ERROR,
			"price_output: is not accepted; accepted: a number from 0 to 4000" },
		{ "provider = \"ollama\"\nprice_output = 1\nprice_input = \"1\"", FINDING_ERROR,
			"price_input: is not accepted" },
		{ "provider = \"ollama\"\nheaders = { a = 1 }", FINDING_ERROR, "headers: is not accepted" },
		{ "provider = \"ollama\"\nheaders = { a = \"b\\nc\" }", FINDING_ERROR, "headers: is not accepted" },
		{ "provider = \"ollama\"\nheaders = { \"a b\" = \"c\" }", FINDING_ERROR, "headers: is not accepted" },
		{ "provider = \"ollama\"\nmodle = \"m\"", FINDING_WARNING,
			"config.toml:3: teachers[0].modle: unknown, and ignored" },
		{ "provider = \"grok\"", FINDING_WARNING,
			"left out: no key; accepted: api_key_env, api_key, or the variable XAI_API_KEY" },
		{ "provider = \"grok\"\napi_key_env = \"NOT_SET_ANYWHERE\"", FINDING_WARNING,
			"this variable is not set" },
	};

	for (size_t i = 0; i < countof(wrong); i++) {
		own_mem char *text = mem_printf("[[teachers]]\n%s\n", wrong[i].text);
		given(TOML, text);
		expect_finding(wrong[i].kind, wrong[i].says);
	}
}

TEST(the_report_names_every_place_and_no_key)
{
	own_buf report = BUF_INIT((size_t)1 << 16);
	own_config c;

	setenv("MISTRAL_API_KEY", "", 1);
	given(USER, "{\"env\":{\"SECRETIVE\":\"sk-hidden\"}}");
	load(&c);
	config_key_report(&c, &report);
	static const char *const parts[] = { "ANTHROPIC_API_KEY", "OPENAI_API_KEY", "MISTRAL_API_KEY (empty)",
		"~/.claude/settings.json, a key in env, apiKeyHelper: none that counts",
		"~/.shammah/config.toml, [[teachers]]: no such file", "~/.anthropic/api_key, a key: no such file",
		"export ANTHROPIC_API_KEY", "shammah setup" };
	for (size_t i = 0; i < countof(parts); i++)
		if (!strstr(report.data, parts[i]))
			fail_msg("does not say '%s':\n%s", parts[i], report.data);
	assert_null(strstr(report.data, "sk-hidden"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(each_key_in_the_environment_makes_a_teacher_claude_first),
		WORLD_TEST(the_cache_of_prompts_can_be_off_for_all_models_or_for_a_family),
		WORLD_TEST(the_cache_keeps_prompts_for_an_hour_where_that_is_said),
		WORLD_TEST(claudes_key_is_found_in_the_decided_order),
		WORLD_TEST(a_helper_comes_before_the_processs_environment),
		WORLD_TEST(a_key_that_would_break_its_header_is_refused_without_showing_it),
		WORLD_TEST(claudes_model_comes_from_its_own_settings_and_variables),
		WORLD_TEST(headers_and_betas_go_along_to_the_address_they_are_meant_for),
		WORLD_TEST(a_list_of_teachers_is_all_there_are_in_its_order),
		WORLD_TEST(a_stronger_list_replaces_the_weaker_one),
		WORLD_TEST(a_found_key_never_goes_to_an_address_of_ones_own),
		WORLD_TEST(a_key_that_travels_in_the_open_is_noted),
		WORLD_TEST(each_wrong_entry_says_what_is_accepted),
		WORLD_TEST(the_report_names_every_place_and_no_key),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
