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

TEST(pictures_thoughts_and_seals_are_copied)
{
	own_chat c = CHAT_INIT(1 << 20);
	char text[] = "hello";
	struct image image = { .type = str_of(text), .data = str_of(text), .url = str_of(text) };
	struct seal seal = { str_of(text), str_of(text) };
	struct error err = {0};
	struct message *m = chat_add(&c, ROLE_ASSISTANT, (struct str)STR(""), &err);

	assert_ok(chat_add_call(&c, m, &(struct tool_call){ STR("a"), STR("f"), STR("{}") }, &err));
	assert_ok(chat_seal_call(&c, &m->calls[0], seal, &err));
	for (size_t i = 0; i < 300; i++) {
		struct thought thought = { .text = str_of(text), .id = str_of(text), .seal = seal, .after_text = i };
		assert_ok(chat_add_thought(&c, m, &thought, &err));
		assert_ok(chat_add_piece(&c, m, &(struct piece){ str_of(text), i % 2 ? &image : NULL }, &err));
	}
	memset(text, 'x', sizeof text - 1);
	memset(&image, 0, sizeof image);
	assert_true(str_is(m->calls[0].seal.vendor, "hello") && str_is(m->calls[0].seal.text, "hello"));
	for (size_t i = 0; i < 300; i++) {
		assert_true(str_is(m->sealed[i].text, "hello") && str_is(m->sealed[i].id, "hello"));
		assert_true(str_is(m->sealed[i].seal.text, "hello") && str_is(m->sealed[i].seal.vendor, "hello"));
		assert_int_equal(m->sealed[i].after_text, i);
		assert_true(str_is(m->pieces[i].text, "hello"));
		assert_int_equal(m->pieces[i].image != NULL, i % 2);
		assert_true(i % 2 == 0 || str_is(m->pieces[i].image->data, "hello"));
	}
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
		cmocka_unit_test(pictures_thoughts_and_seals_are_copied),
		cmocka_unit_test(a_conversation_over_its_ceiling_is_refused),
		cmocka_unit_test(roles_are_found_by_name),
		cmocka_unit_test(the_question_is_the_users_last_word),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
