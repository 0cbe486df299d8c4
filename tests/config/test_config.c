/* The cascade: which value holds, and what is said of those that do not. */
#include "config/world.h"

static void expect(enum setting s, const char *text, const char *origin)
{
	own_config c;

	load(&c);
	assert_string_equal(c.values[s].text, text);
	assert_string_equal(c.values[s].origin, origin);
}

TEST(without_files_the_defaults_hold)
{
	own_config c;

	load(&c);
	assert_string_equal(config_text(&c, SETTING_PORT), "11435");
	assert_string_equal(c.values[SETTING_PORT].origin, "default");
	assert_int_equal(config_number(&c, SETTING_THREADS, 7), 7);
	assert_int_equal(config_micros(&c, SETTING_BUDGET, -1), -1);
	assert_int_equal(c.teacher_count, 0);
	assert_int_equal(c.finding_count, 0);
}

/* ---- Who is stronger ---- */

static void by_environment(const char *port)
{
	setenv("SHAMMAH_PORT", port, 1);
}

static void by_settings(const char *file, const char *port)
{
	own_mem char *text = mem_printf("{\"shammah\":{\"server\":{\"port\":%s}}}", port);

	given(file, text);
}

static void by_env_object(const char *file, const char *port)
{
	own_mem char *text = mem_printf("{\"env\":{\"SHAMMAH_PORT\":\"%s\"}}", port);

	given(file, text);
}

static void by_both(const char *file, const char *port)
{
	own_mem char *text =
		mem_printf("{\"env\":{\"SHAMMAH_PORT\":\"%s\"}, \"shammah\":{\"server\":{\"port\":1}}}", port);

	given(file, text);
}

static void by_toml(const char *port)
{
	own_mem char *text = mem_printf("[server]\nport = %s\n", port);

	given(TOML, text);
}

/* Strongest first; each sets the port in one place. */
static const struct place {
	const char *file;        /* NULL: none */
	void (*in_file)(const char *file, const char *port);
	void (*elsewhere)(const char *port);
	const char *origin;      /* its end */
} ranks[] = {
	{ .elsewhere = by_environment, .origin = "environment SHAMMAH_PORT" },
	{ .file = DROP_IN, .in_file = by_settings, .origin = "10-more.json" },
	{ .file = MANAGED, .in_file = by_env_object, .origin = "managed-settings.json" },
	{ .file = LOCAL, .in_file = by_settings, .origin = "~/project/.claude/settings.local.json" },
	{ .file = PROJECT, .in_file = by_env_object, .origin = "~/project/sub/.claude/settings.json" },
	{ .file = USER, .in_file = by_both, .origin = "~/.claude/settings.json" },
	{ .elsewhere = by_toml, .origin = "~/.shammah/config.toml" },
};

static void set_in(size_t rank, const char *port)
{
	if (ranks[rank].file)
		ranks[rank].in_file(ranks[rank].file, port);
	else
		ranks[rank].elsewhere(port);
}

static void expect_port(const char *port, const char *origin)
{
	own_config c;

	load(&c);
	const char *got = c.values[SETTING_PORT].origin;
	assert_string_equal(c.values[SETTING_PORT].text, port);
	assert_true(strlen(got) >= strlen(origin));
	assert_string_equal(got + strlen(got) - strlen(origin), origin);
}

/* Every pair of places, and each place beside all weaker ones. */
TEST(of_two_places_the_stronger_one_holds)
{
	void *none = NULL;

	world_end(&none);
	for (size_t strong = 0; strong < countof(ranks); strong++) {
		for (size_t weak = strong + 1; weak <= countof(ranks); weak++) {
			world_begin(&none);
			given_trust();
			set_in(strong, "2001");
			if (weak < countof(ranks))
				set_in(weak, "2002");
			expect_port("2001", ranks[strong].origin);
			world_end(&none);
		}
		world_begin(&none);
		given_trust();
		for (size_t weak = countof(ranks); weak-- > strong; )
			set_in(weak, weak == strong ? "2001" : "2002");
		expect_port("2001", ranks[strong].origin);
		world_end(&none);
	}
	world_begin(&none);
}

TEST(a_flag_beats_everything)
{
	struct error err = {0};
	own_config c;

	by_environment("2000");
	load(&c);
	assert_ok(config_set_flag(&c, SETTING_PORT, "3000", &err));
	assert_int_equal(config_number(&c, SETTING_PORT, 0), 3000);
	assert_string_equal(c.values[SETTING_PORT].origin, "--port");
	assert_false(config_set_flag(&c, SETTING_PORT, "x", &err));
	assert_string_equal(err.text, "--port: is not accepted; accepted: a whole number from 1 to 65535");
}

TEST(the_model_in_use_is_below_every_setting)
{
	given("home/.shammah/model", "qwen2.5-coder-1.5b\n");
	expect(SETTING_MODEL, "qwen2.5-coder-1.5b", "~/.shammah/model");
	given(TOML, "[backend]\nmodel = \"a/b\"\n");
	expect(SETTING_MODEL, "a/b", "~/.shammah/config.toml");
	given("home/.shammah/model", "two\nlines\n");
	expect_finding(FINDING_ERROR, "~/.shammah/model: must hold one line");
	given("home/.shammah/model", "  \n");
	expect(SETTING_MODEL, "a/b", "~/.shammah/config.toml");
}

TEST(proxy_is_another_name_of_shammah_and_shammah_wins)
{
	given(USER, "{\"shammah\":{\"server\":{\"port\":1}}, "
		    "\"proxy\":{\"server\":{\"port\":2},\"backend\":{\"threads\":3}}}");
	expect(SETTING_PORT, "1", "~/.claude/settings.json");
	expect(SETTING_THREADS, "3", "~/.claude/settings.json");
}

TEST(lists_and_amounts_are_read)
{
	own_config c;

	given(TOML, "[server]\norigins = [\"http://a\", \"http://b\"]\n[routing]\nmonthly_budget_usd = 12.5\n");
	load(&c);
	assert_string_equal(config_text(&c, SETTING_ORIGINS), "http://a\nhttp://b");
	assert_int_equal(config_micros(&c, SETTING_BUDGET, 0), 12500000);
}

TEST(a_switch_is_a_word_or_a_boolean)
{
	own_config c;

	load(&c);
	assert_true(config_switch(&c, SETTING_CONFINE));
	assert_false(config_switch(&c, SETTING_NETWORK));
	config_done(&c);
	given(TOML, "[tools]\nconfine = false\nnetwork = \"on\"\n");
	load(&c);
	assert_false(config_switch(&c, SETTING_CONFINE));
	assert_true(config_switch(&c, SETTING_NETWORK));
}

TEST(a_user_in_the_home_folder_has_no_project)
{
	own_config c;

	free(places.start);
	places.start = mem_strdup(places.home);
	given(USER, "{\"shammah\":{\"server\":{\"port\":5}}}");
	load(&c);
	assert_string_equal(c.values[SETTING_PORT].text, "5");
	assert_int_equal(c.finding_count, 0);
}

TEST(without_a_start_folder_no_project_is_read)
{
	own_config c;

	given(LOCAL, "{\"shammah\":{\"backend\":{\"threads\":5}}}");
	free(places.start);
	places.start = NULL;
	load(&c);
	assert_null(config_text(&c, SETTING_THREADS));
}

/* ---- What is wrong ---- */

TEST(each_wrong_value_names_file_line_key_and_what_is_accepted)
{
	static const struct { const char *file, *text, *says;
	} wrong[] = {
		{ USER, "{\n \"shammah\": {\n  \"server\": {\n   \"port\": \"x\"}}}",
			"~/.claude/settings.json:4: shammah.server.port: is of another kind; accepted: a whole number "
			"from 1 to 65535" },
		{ USER, "{\"shammah\":{\"server\":{\"port\":70000}}}",
			"settings.json:1: shammah.server.port: is not accepted; accepted: a whole number from 1 to "
			"65535" },
		{ USER, "{\"shammah\":{\"server\":{\"origins\":[1]}}}", "accepted: a list of strings" },
		{ USER, "{\n\"shammah\": 1}", "settings.json:2: shammah: is of another kind; accepted: an object" },
		{ USER, "{\n\n\"env\":{\"A\":null}}", "settings.json:3: env.A: is not accepted" },
		{ USER, "{\"model\":\"\"}", "model: is not accepted; accepted: a string, not empty" },
		{ USER, "{\"permissions\":{\"allow\":\"Read\"}}", "permissions.allow: is of another kind" },
		{ USER, "{\"permissions\":{\"defaultMode\":\"yolo\"}}", "accepted: default|manual|acceptEdits" },
		{ USER, "[]", "accepted: a JSON object" },
		{ USER, "{", "~/.claude/settings.json: not valid JSON at line 1" },
		{ USER, "{\n// a comment\n}", "not valid JSON at line 2" },
		{ USER, "{\"a\":1,\n}", "accepted: JSON without comments, commas at the end" },
		{ USER, "{\"a\":1,\"a\":2}", "keys given twice" },
		{ TOML, "[backend]\nkv_bits = 12\n",
			"~/.shammah/config.toml:2: backend.kv_bits: is not accepted; accepted: a "
			"multiple of 8 from 8 to 16" },
		{ TOML, "[routing]\n\nmonthly_budget_usd = -1\n",
			"config.toml:3: routing.monthly_budget_usd: is not accepted; "
			"accepted: a number from 0 to 1000000" },
		{ TOML, "[tools]\nconfine = \"perhaps\"\n",
			"config.toml:2: tools.confine: is not accepted; accepted: on or off" },
		{ TOML, "[tools]\nnetwork = 1\n", "tools.network: is of another kind; accepted: on or off" },
		{ TOML, "backend = 1\n", "config.toml:1: backend: is of another kind; accepted: a table" },
		{ TOML, "[backend]\nx = \n", "config.toml:2: not valid TOML" },
		{ TOML, "teachers = 1\n", "accepted: a list of tables, each beginning with [[teachers]]" },
		{ MANAGED, "{\"shammah\":{\"backend\":{\"threads\":0}}}",
			"managed-settings.json:1: shammah.backend.threads" },
	};
	void *none = NULL;

	for (size_t i = 0; i < countof(wrong); i++) {
		given(wrong[i].file, wrong[i].text);
		expect_finding(FINDING_ERROR, wrong[i].says);
		world_end(&none);
		world_begin(&none);
	}
	setenv("SHAMMAH_PORT", "0", 1);
	expect_finding(
		FINDING_ERROR, "environment SHAMMAH_PORT: server.port: is not accepted; accepted: a whole number");
}

TEST(a_wrong_value_leaves_the_others_usable_and_the_first_is_the_error)
{
	struct error err = {0};
	own_config c;

	given(TOML, "[server]\nport = 0\norigins = 2\n[backend]\nthreads = 2\n");
	assert_false(config_load(&c, &places, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
	assert_non_null(strstr(err.text, "config.toml:2: server.port"));
	assert_int_equal(c.finding_count, 2);
	assert_int_equal(config_number(&c, SETTING_THREADS, 0), 2);
	assert_string_equal(config_text(&c, SETTING_PORT), "11435");
}

TEST(unknown_keys_are_warnings_that_name_their_line)
{
	given(USER, "{\"shammah\":{\n\"server\":{\"prot\":1},\n\"color\":2}}");
	given(TOML, "[backend]\n# a comment\nmodle = \"x\"\n[sever]\nport = 1\n");
	expect_finding(FINDING_WARNING, "~/.claude/settings.json:2: shammah.server.prot: unknown, and ignored");
	expect_finding(FINDING_WARNING, "~/.claude/settings.json:3: shammah.color: unknown, and ignored");
	expect_finding(FINDING_WARNING, "~/.shammah/config.toml:3: backend.modle: unknown, and ignored");
	expect_finding(FINDING_WARNING, "~/.shammah/config.toml:4: sever: unknown, and ignored");
}

TEST(claude_codes_own_keys_are_known)
{
	given(USER, "{\"$schema\":\"x\",\"hooks\":{},\"statusLine\":{},\"sandbox\":{\"enabled\":true},"
		    "\"cleanupPeriodDays\":20,\"includeCoAuthoredBy\":true,\"model\":\"opus\","
		    "\"permissions\":{\"allow\":[\"Read\"],\"ask\":[],\"deny\":[\"Bash(rm "
		    "*)\"],\"defaultMode\":\"plan\"}}");
	expect_no_findings();
	given(USER, "{\"quiteNew\":1}");
	expect_finding(FINDING_NOTE, "quiteNew: unknown");
}

TEST(permissions_are_carried_strongest_first)
{
	own_config c;

	given(USER, "{\"permissions\":{\"allowedTools\":[\"Read\"],\"allow\":[\"Grep\"]}}");
	given(MANAGED, "{\"permissions\":{\"deny\":[\"Bash\"]}}");
	load(&c);
	assert_int_equal(json_array_size(c.permissions), 2);
	const json_t *first = json_object_get(json_array_get(c.permissions, 0), "permissions");
	const json_t *second = json_object_get(json_array_get(c.permissions, 1), "permissions");
	assert_int_equal(json_array_size(json_object_get(first, "deny")), 1);
	assert_int_equal(json_array_size(json_object_get(second, "allow")), 2);
	expect_finding(FINDING_WARNING, "permissions.allowedTools: is called permissions.allow today");
}

static json_t *rules(const struct config *c, size_t scope, const char *list)
{
	return json_object_get(json_object_get(json_array_get(c->permissions, scope), "permissions"), list);
}

TEST(tools_as_v1_set_them_become_rules)
{
	own_config c;

	given(USER, "{\"proxy\":{\"tools\":{\"web_search\":{\"enabled\":false,\"max_results\":5},"
		"\"web_fetch\":{\"enabled\":true,\"allowed_domains\":[\"a.org\",\"b.org\"],"
		"\"blocked_domains\":[\"c.org\"]},\"shell_execution\":{\"allowed_commands\":[\"ls\"],"
		"\"blocked_patterns\":[\"dd\"]},\"file_operations\":{\"allowed_directories\":[\"/data\"]}}}}");
	load(&c);
	own_mem char *allow = json_dumps(rules(&c, 0, "allow"), 0), *deny = json_dumps(rules(&c, 0, "deny"), 0);
	assert_string_equal(allow, "[\"WebFetch(domain:a.org)\", \"WebFetch(domain:b.org)\", \"Bash(ls *)\"]");
	assert_string_equal(deny, "[\"WebSearch\", \"WebFetch(domain:c.org)\", \"Bash(dd *)\"]");
	assert_int_equal(json_array_size(rules(&c, 0, "additionalDirectories")), 1);
	expect_finding(FINDING_WARNING, "proxy.tools.web_search.enabled: is v1's form: today it is permissions.deny "
		"\"WebSearch\"");
	expect_finding(FINDING_WARNING, "proxy.tools.web_search.max_results: is v1's, and ignored");
	given(USER, "{\"shammah\":{\"tools\":{\"code_execution\":{\"enabled\":1}}}}");
	expect_finding(FINDING_ERROR, "tools.code_execution.enabled: is of another kind; accepted: true or false");
	given(USER, "{\"shammah\":{\"tools\":{\"web_fetch\":{\"blocked_domains\":[1]}}}}");
	expect_finding(FINDING_ERROR, "tools.web_fetch.blocked_domains: is of another kind; accepted: a list");
	given(USER, "{\"shammah\":{\"tools\":{\"web_fetch\":7}}}");
	expect_finding(FINDING_ERROR, "tools.web_fetch: is of another kind; accepted: an object");
}

TEST(v1s_tools_of_an_untrusted_project_only_forbid)
{
	own_config c;

	given(PROJECT, "{\"proxy\":{\"tools\":{\"web_fetch\":{\"enabled\":false,"
		"\"allowed_domains\":[\"a.org\"]}}}}");
	load(&c);
	assert_int_equal(json_array_size(rules(&c, 0, "deny")), 1);
	assert_null(rules(&c, 0, "allow"));
}

TEST(a_sandbox_of_a_stronger_file_counts_and_lists_are_joined)
{
	own_config c;

	given(USER, "{\"sandbox\":{\"enabled\":false,\"excludedCommands\":[\"a\"]}}");
	given(MANAGED, "{\"sandbox\":{\"enabled\":true,\"excludedCommands\":[\"b\"],\"network\":{}}}");
	load(&c);
	assert_true(json_is_true(json_object_get(c.sandbox, "enabled")));
	assert_int_equal(json_array_size(json_object_get(c.sandbox, "excludedCommands")), 2);
	assert_int_equal(json_object_size(c.sandbox), 2);
	expect_no_findings();
	given(USER, "{\"sandbox\":{\"enabled\":1}}");
	expect_finding(FINDING_ERROR, "sandbox.enabled: is of another kind; accepted: true or false");
}

/* A rule that forbids must not be lost for the name of its folder. */
TEST(permissions_of_a_folder_whose_name_is_no_text_are_an_error)
{
	world_folder("home/\xff/.git");
	given("home/\xff/.claude/settings.json", "{\"permissions\":{\"deny\":[\"Bash\"]}}");
	free(places.start);
	places.start = path_join(world, "home/\xff");
	expect_finding(FINDING_ERROR, "permissions: belong to a folder whose name is no UTF-8");
}

/* ---- Files that are none ---- */

TEST(what_is_no_regular_file_is_refused_at_once)
{
	own_mem char *path = path_join(world, PROJECT);

	world_folder("home/project/sub/.claude");
	assert_int_equal(mkfifo(path, 0600), 0);
	expect_finding(FINDING_ERROR, "~/project/sub/.claude/settings.json: is no regular file");
}

TEST(a_file_that_is_too_long_is_refused)
{
	own_mem char *text = mem_alloc(((size_t)1 << 20) + 2);

	memset(text, ' ', ((size_t)1 << 20) + 1);
	text[((size_t)1 << 20) + 1] = '\0';
	given(USER, text);
	expect_finding(FINDING_ERROR, "~/.claude/settings.json: ");
}

/* However a file is cut or damaged: an error or a configuration, and no more findings than fit. */
TEST(any_damage_to_a_file_is_survived)
{
	static const char json[] =
		"{\"env\":{\"SHAMMAH_PORT\":\"99\"},\"apiKeyHelper\":\"echo x\",\"permissions\":{\"allow\":[\"Read\"]},"
		"\"shammah\":{\"backend\":{\"threads\":3},\"teachers\":[{\"provider\":\"openai\",\"api_key\":\"k\"}]}}";
	static const char toml[] =
		"[backend]\nthreads = 3 # so many\n[[teachers]]\nprovider = \"openai\"\napi_key = 'k'\n"
		"headers = { a = \"b\" }\n[client]\ntrusted = [\"/a\"]\n";
	unsigned seed = 7;

	for (int round = 0; round < 1200; round++) {
		bool first = round % 2;
		own_mem char *text = mem_strdup(first ? json : toml);
		size_t n = strlen(text);
		struct error err = {0};
		own_config c;
		if (round < 400)
			text[(size_t)round / 2 % n] = '\0';
		for (int i = 0; round >= 400 && i < 3; i++)
			text[(size_t)rand_r(&seed) % n] = (char)(1 + rand_r(&seed) % 255);
		given(first ? USER : TOML, text);
		(void)!config_load(&c, &places, &err);
		assert_true(c.finding_count <= 201);
	}
}

TEST(every_setting_is_described)
{
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		char accepted[120];
		assert_non_null(settings[i].name);
		assert_non_null(settings[i].what);
		setting_accepts((enum setting)i, accepted, sizeof accepted);
		assert_true(strlen(accepted) > 5);
		if (settings[i].variable)
			assert_true(config_knows_variable(settings[i].variable));
	}
	assert_true(config_knows_variable("SHAMMAH_HOME"));
	assert_true(config_knows_variable("OPENAI_API_KEY"));
	assert_true(config_knows_variable("ANTHROPIC_DEFAULT_OPUS_MODEL"));
	assert_false(config_knows_variable("PATH"));
}

/* What a file has, what is shown of it, and what is written for that. */
TEST(a_value_is_shown_and_written_back_as_it_was)
{
	static const struct {
		enum setting setting;
		const char *json, *text;
		bool spelled;            /* so written back; else as another spelling of the same */
	} values[] = {
		{ SETTING_PORT, "11435", "11435", true }, { SETTING_BUDGET, "12.5", "12.5", true },
		{ SETTING_BUDGET, "7", "7", true }, { SETTING_SEARCH, "\"x y\"", "x y", true },
		{ SETTING_CONFINE, "\"off\"", "off", true }, { SETTING_CONFINE, "true", "on", false },
		{ SETTING_PORT, "\"1\"", NULL, false }, { SETTING_CONFINE, "1", NULL, false },
		{ SETTING_ORIGINS, "[\"a\", \"b\"]", "a\nb", false },
	};

	for (size_t i = 0; i < countof(values); i++) {
		own_json *value = json_loads(values[i].json, JSON_DECODE_ANY, NULL);
		own_mem char *text = setting_from_json(values[i].setting, value);
		own_json *back = text ? setting_to_json(values[i].setting, text) : NULL;
		assert_int_equal(!text, !values[i].text);
		if (text)
			assert_string_equal(text, values[i].text);
		assert_int_equal(values[i].spelled, back && json_equal(back, value));
	}
	static const char *const no_numbers[] = { "", "x", "1x", "12.5.", "inf", "nan", "1e999" };
	for (size_t i = 0; i < countof(no_numbers); i++)
		assert_null(setting_to_json(SETTING_BUDGET, no_numbers[i]));
}

TEST(variables_of_files_that_libraries_read_are_exported_ours_are_not)
{
	own_config c;

	unsetenv("HTTPS_PROXY");
	setenv("NO_PROXY", "theirs", 1);
	given(USER, "{\"env\":{\"HTTPS_PROXY\":\"http://"
		    "p\",\"NO_PROXY\":\"ours\",\"ANTHROPIC_API_KEY\":\"k\",\"SHAMMAH_HOME\":\"/x\"}}");
	load(&c);
	config_export(&c);
	assert_string_equal(getenv("HTTPS_PROXY"), "http://p");
	assert_string_equal(getenv("NO_PROXY"), "theirs");
	assert_null(getenv("ANTHROPIC_API_KEY"));
	assert_null(getenv("SHAMMAH_HOME"));
	unsetenv("HTTPS_PROXY");
	unsetenv("NO_PROXY");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD_TEST(without_files_the_defaults_hold),
		WORLD_TEST(of_two_places_the_stronger_one_holds),
		WORLD_TEST(a_flag_beats_everything),
		WORLD_TEST(the_model_in_use_is_below_every_setting),
		WORLD_TEST(proxy_is_another_name_of_shammah_and_shammah_wins),
		WORLD_TEST(lists_and_amounts_are_read),
		WORLD_TEST(a_switch_is_a_word_or_a_boolean),
		WORLD_TEST(a_user_in_the_home_folder_has_no_project),
		WORLD_TEST(without_a_start_folder_no_project_is_read),
		WORLD_TEST(each_wrong_value_names_file_line_key_and_what_is_accepted),
		WORLD_TEST(a_wrong_value_leaves_the_others_usable_and_the_first_is_the_error),
		WORLD_TEST(unknown_keys_are_warnings_that_name_their_line),
		WORLD_TEST(claude_codes_own_keys_are_known),
		WORLD_TEST(permissions_are_carried_strongest_first),
		WORLD_TEST(tools_as_v1_set_them_become_rules),
		WORLD_TEST(v1s_tools_of_an_untrusted_project_only_forbid),
		WORLD_TEST(a_sandbox_of_a_stronger_file_counts_and_lists_are_joined),
		WORLD_TEST(permissions_of_a_folder_whose_name_is_no_text_are_an_error),
		WORLD_TEST(what_is_no_regular_file_is_refused_at_once),
		WORLD_TEST(a_file_that_is_too_long_is_refused),
		WORLD_TEST(any_damage_to_a_file_is_survived),
		WORLD_TEST(every_setting_is_described),
		WORLD_TEST(a_value_is_shown_and_written_back_as_it_was),
		WORLD_TEST(variables_of_files_that_libraries_read_are_exported_ours_are_not),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
