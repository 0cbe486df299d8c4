#include "chat/request.h"

#include "support/test.h"

TEST(messages_and_calls_are_copied)
{
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};
	char text[] = "hello";

	for (int i = 0; i < 20; i++)
		assert_non_null(chat_add(&c, ROLE_USER, str_of(text), &err));
	text[0] = 'X';
	struct message *m = chat_add(&c, ROLE_ASSISTANT, str_of(""), &err);
	for (int i = 0; i < 3; i++)
		assert_ok(chat_add_call(&c, m, &(struct tool_call){ STR("call_1"), STR("Read"), STR("{}") }, &err));
	assert_int_equal(c.message_count, 21);
	assert_true(str_is(c.messages[19].text, "hello"));
	assert_int_equal(c.messages[20].call_count, 3);
	assert_true(str_is(c.messages[20].calls[2].name, "Read"));
}

TEST(a_conversation_over_its_ceiling_is_refused)
{
	own_chat c = CHAT_INIT(1000);
	struct error err = {0};
	char text[1001];

	memset(text, 'x', sizeof text);
	assert_null(chat_add(&c, ROLE_USER, (struct str){ text, 1000 }, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	assert_int_equal(c.message_count, 0);
}

TEST(roles_are_found_by_name)
{
	enum chat_role role;

	for (role = ROLE_SYSTEM; role <= ROLE_TOOL; role++) {
		enum chat_role found;
		assert_true(chat_role_find(str_of(chat_role_name(role)), &found));
		assert_int_equal(found, role);
	}
	assert_true(chat_role_find(str_of("developer"), &role));
	assert_int_equal(role, ROLE_SYSTEM);
	assert_false(chat_role_find(str_of("robot"), &role));
}

TEST(the_question_is_the_users_last_word)
{
	own_request r = REQUEST_INIT(1 << 16);
	struct error err = {0};

	assert_null(chat_question(&r.chat));
	assert_non_null(chat_add(&r.chat, ROLE_USER, str_of("why?"), &err));
	assert_true(str_is(chat_question(&r.chat)->text, "why?"));
	assert_non_null(chat_add(&r.chat, ROLE_ASSISTANT, str_of("because"), &err));
	assert_null(chat_question(&r.chat));
	assert_true(isnan(r.sampling.temperature));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_and_calls_are_copied),
		cmocka_unit_test(a_conversation_over_its_ceiling_is_refused),
		cmocka_unit_test(roles_are_found_by_name),
		cmocka_unit_test(the_question_is_the_users_last_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
