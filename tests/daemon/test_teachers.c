#include "base/clock.h"
#include "base/mem.h"
#include "daemon/teacher_entry.h"
#include "daemon/teacher_list.h"
#include "support/test.h"

static const struct teacher_config claude = { .name = "claude", .provider = "claude", .key = { "sk-ant-1", "a file" } };
static const struct teacher_config work = { .name = "work", .provider = "claude", .model = "opus",
	.base_url = "http://127.0.0.1:9", .key = { "sk-ant-2", "another file" } };
static const struct teacher_config gpt = { .name = "openai", .provider = "openai", .key = { "sk-3", "a file" } };
static const struct teacher_config keyless = { .name = "grok", .provider = "grok" };

static void done(struct teachers **t)
{
	teachers_stop(*t);
	teachers_destroy(*t);
}
#define own_teachers owns(done) struct teachers

static struct teachers *with(const struct teacher_config *list, size_t count)
{
	struct teachers *t = teachers_create();
	struct error err = {0};

	assert_ok(teachers_set(t, list, count, &err));
	return t;
}
#define WITH(...) \
	const struct teacher_config list_[] = { __VA_ARGS__ }; \
	own_teachers *t = with(list_, countof(list_))

/* "name=model name=model" of those that a request's model means. */
static char *chosen(struct teachers *t, const char *wish)
{
	own_teacher_choice choice = {0};
	own_buf out = BUF_INIT(1000);
	own_teacher_list *own = teachers_own(t);

	teachers_choose(t, own, str_of(wish), &choice);
	for (size_t i = 0; i < choice.count; i++)
		buf_putf(&out, "%s%s=%s", i ? " " : "", choice.entries[i]->name,
			choice.model ? choice.model : choice.entries[i]->model);
	return buf_detach(&out, NULL);
}

static void expect(struct teachers *t, const char *wish, const char *who)
{
	own_mem char *found = chosen(t, wish);

	if (strcmp(found ? found : "", who) != 0)
		fail_msg("%s: \"%s\", expected \"%s\"", wish, found ? found : "", who);
}

TEST(a_request_names_teachers_in_many_ways)
{
	WITH(claude, work, gpt);
	const char *sonnet = provider_model(provider_find("claude"), NULL);
	const char *opus = provider_model(provider_find("claude"), "opus");
	own_mem char *own = mem_printf("claude=%s", sonnet), *works = mem_printf("work=%s", opus);
	own_mem char *both = mem_printf("claude=%s work=%s", opus, opus), *path = mem_printf("claude/%s", sonnet);

	expect(t, "claude", own);
	expect(t, "work", works);
	expect(t, sonnet, own);
	expect(t, path, own);
	expect(t, opus, works);
	expect(t, "claude/claude-test-1", "claude=claude-test-1 work=claude-test-1");
	expect(t, "work/claude-test-1", "work=claude-test-1");
	expect(t, "claude-test-1", "claude=claude-test-1 work=claude-test-1");
	expect(t, "opus", both);
	expect(t, "openai/gpt-test", "openai=gpt-test");
	expect(t, "gpt-test", "openai=gpt-test");
	expect(t, "openai/a/b", "openai=a/b");
}

TEST(a_short_name_means_what_its_user_says)
{
	struct teacher_config told = claude;

	told.stands_for[0] = "company/opus";
	WITH(told, gpt);
	expect(t, "opus", "claude=company/opus");
	expect(t, "claude/opus", "claude=company/opus");
	own_mem char *sonnet = mem_printf("claude=%s", provider_model(provider_find("claude"), "sonnet"));
	expect(t, "sonnet", sonnet);
}

TEST(nobody_is_meant_by_a_name_that_is_none)
{
	WITH(claude, gpt);
	static const char *const names[] = { "", "/", "claude/", "Claude", "qwen", "x/claude", "cl", "gemini-test" };

	for (size_t i = 0; i < countof(names); i++)
		expect(t, names[i], "");
}

TEST(who_has_no_key_is_meant_but_not_asked)
{
	WITH(claude, keyless);
	own_teacher_choice named = {0}, all = {0};
	own_teacher_list *own = teachers_own(t);
	char hint[300];

	teachers_choose(t, own, str_of("grok"), &named);
	assert_true(named.named);
	assert_int_equal(named.count, 0);
	teachers_choose_all(t, own, &all);
	assert_int_equal(all.count, 1);
	assert_int_equal(all.state, TEACHER_READY);
	assert_true(teachers_explain(own, str_of("gemini-test"), hint, sizeof hint));
	assert_non_null(strstr(hint, provider_find("gemini")->key_variable));
	assert_true(teachers_explain(own, str_of("grok"), hint, sizeof hint));
	assert_non_null(strstr(hint, "the teacher grok has no key"));
	assert_false(teachers_explain(own, str_of("nonsense"), hint, sizeof hint));
}

TEST(a_list_may_hold_all_that_a_configuration_may)
{
	own_teachers *t = teachers_create();
	char *headers[TEACHER_HEADERS_MAX + 1] = { 0 };
	struct teacher_config many = claude;
	struct error err = {0};

	for (size_t i = 0; i < TEACHER_HEADERS_MAX; i++)
		headers[i] = "X-Team: watch";
	many.headers = headers;
	own_json *list = teacher_list_json(&many, 1);
	assert_ok(teacher_list_use(t, list, &err));
	json_array_append_new(json_object_get(json_array_get(list, 0), "headers"), json_string("X-One: too many"));
	assert_false(teacher_list_use(t, list, &err));
}

static const char *state_of(json_t *list, size_t i) { return json_member_string(json_array_get(list, i), "state"); }

TEST(what_a_breaker_learnt_is_kept_until_key_or_address_changes)
{
	WITH(claude, work);
	struct teacher_config other = claude, key = claude;
	struct error err = {0};
	own_teacher_choice choice = {0};
	own_teacher_list *own = teachers_own(t);

	teachers_choose_all(t, own, &choice);
	breaker_refuse(&choice.entries[0]->reach->breaker);
	other.model = "opus";
	assert_ok(teachers_set(t, (const struct teacher_config[]){ work, other }, 2, &err));
	own_json *kept = teachers_json(t);
	assert_string_equal(state_of(kept, 0), "ready");
	assert_string_equal(state_of(kept, 1), "key refused");
	key.key.text = "sk-ant-9";
	assert_ok(teachers_set(t, &key, 1, &err));
	own_json *fresh = teachers_json(t);
	assert_string_equal(state_of(fresh, 0), "ready");
	assert_string_equal(choice.entries[0]->name, "claude");    /* as it was, for who began with it */
}

TEST(all_rest_only_when_each_does)
{
	WITH(claude, work);
	own_teacher_choice choice = {0}, one = {0}, both = {0};
	own_teacher_list *own = teachers_own(t);

	teachers_choose_all(t, own, &choice);
	breaker_rest(&choice.entries[0]->reach->breaker, clock_ms(), 60000);
	teachers_choose_all(t, own, &one);
	assert_int_equal(one.state, TEACHER_READY);
	breaker_refuse(&choice.entries[1]->reach->breaker);
	teachers_choose_all(t, own, &both);
	assert_int_equal(both.state, TEACHER_RESTING);
	own_json *list = teachers_json(t);
	assert_string_equal(state_of(list, 0), "resting");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(list, 0), "rests_s")), 60);
}

TEST(a_list_that_cannot_be_changes_nothing)
{
	static const char *const bad[] = {
		"{}", "[1]", "[{}]", "[{\"name\":\"x\"}]", "[{\"name\":\"x\",\"provider\":\"nobody\"}]",
		"[{\"name\":1,\"provider\":\"claude\"}]", "[{\"name\":\"x\",\"provider\":\"claude\",\"headers\":{}}]",
		"[{\"name\":\"x\",\"provider\":\"claude\",\"headers\":[\"no colon\"]}]",
		"[{\"name\":\"x\",\"provider\":\"claude\",\"headers\":[\": v\"]}]",
	};
	WITH(claude);

	for (size_t i = 0; i < countof(bad); i++) {
		struct error err = {0};
		own_json *list = json_parse(str_of(bad[i]), "list", &err);
		assert_non_null(list);
		if (teacher_list_use(t, list, &err))
			fail_msg("%s was taken", bad[i]);
		assert_int_equal(err.kind, ERROR_INVALID);
	}
	expect(t, "work", "");
	own_mem char *still = chosen(t, "claude");
	assert_non_null(still);
}

TEST(a_list_survives_the_way_to_the_daemon)
{
	char *headers[] = { "X-One: 1", "X-Two:  two ", NULL };
	struct teacher_config full = { .name = "full", .provider = "openai", .model = "gpt-x",
		.base_url = "http://127.0.0.1:9/v1", .key = { "sk-4", "here" }, .bearer = true, .headers = headers,
		.uncached = 5, .lasting = true, .stands_for = { "o", NULL, "h" } };
	const struct teacher_config list[] = { full, claude };
	own_teachers *t = teachers_create();
	struct error err = {0};
	own_teacher_choice all = {0};
	own_json *json = teacher_list_json(list, 2);

	assert_ok(teacher_list_use(t, json, &err));
	own_teacher_list *own = teachers_own(t);
	teachers_choose_all(t, own, &all);
	assert_int_equal(all.count, 2);
	struct teacher_entry *made = teacher_entry_create(&full, &err);
	assert_true(teacher_entry_same(all.entries[0], made));
	teacher_entry_unref(made);
	assert_string_equal(all.entries[0]->reach->headers[1].value, "two");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_names_teachers_in_many_ways),
		cmocka_unit_test(a_short_name_means_what_its_user_says),
		cmocka_unit_test(nobody_is_meant_by_a_name_that_is_none),
		cmocka_unit_test(who_has_no_key_is_meant_but_not_asked),
		cmocka_unit_test(a_list_may_hold_all_that_a_configuration_may),
		cmocka_unit_test(what_a_breaker_learnt_is_kept_until_key_or_address_changes),
		cmocka_unit_test(all_rest_only_when_each_does),
		cmocka_unit_test(a_list_that_cannot_be_changes_nothing),
		cmocka_unit_test(a_list_survives_the_way_to_the_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
