#include "provider/estimate.h"

#include "support/test.h"

static struct usage guess(struct request *r, size_t received) { return estimate_usage(r, received); }

TEST(more_of_anything_takes_more)
{
	static const struct tool tool = { .name = STR("f"), .definition = STR("{\"type\":\"function\"}") };
	static const struct image image = { .type = STR("image/png"), .data = STR("AAAA") };
	static const struct tool_call call = { .id = STR("1"), .name = STR("f"), .arguments = STR("{\"a\":1}") };
	own_request r = REQUEST_INIT(1 << 16);
	struct error err = {0};
	size_t before = guess(&r, 0).prompt_tokens;

	assert_int_equal(before, 0);
	struct message *m = chat_add(&r.chat, ROLE_USER, (struct str)STR("How many words are these?"), &err);
	assert_non_null(m);
	assert_true(guess(&r, 0).prompt_tokens >= 25 / 4);
	before = guess(&r, 0).prompt_tokens;
	assert_ok(chat_add_piece(&r.chat, m, &(struct piece){ .image = &image }, &err));
	assert_true(guess(&r, 0).prompt_tokens > before + 1000);
	before = guess(&r, 0).prompt_tokens;
	assert_ok(chat_add_tool(&r.chat, &tool, &err));
	assert_true(guess(&r, 0).prompt_tokens > before);
	before = guess(&r, 0).prompt_tokens;
	m = chat_add(&r.chat, ROLE_ASSISTANT, (struct str)STR(""), &err);
	assert_non_null(m);
	assert_ok(chat_add_call(&r.chat, m, &call, &err));
	assert_true(guess(&r, 0).prompt_tokens > before + 2);
}

TEST(what_came_is_counted_even_when_it_is_little)
{
	own_request r = REQUEST_INIT(1 << 16);

	assert_int_equal(guess(&r, 0).completion_tokens, 0);
	assert_int_equal(guess(&r, 1).completion_tokens, 1);
	assert_int_equal(guess(&r, 3000).completion_tokens, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(more_of_anything_takes_more),
		cmocka_unit_test(what_came_is_counted_even_when_it_is_little),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
