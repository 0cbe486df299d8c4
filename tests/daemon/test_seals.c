#include "daemon/seals.h"

#include <pthread.h>

#include "base/mem.h"
#include "support/test.h"

#define SECOND 1000000000ull

static struct delta seal(size_t call, const char *text)
{
	return (struct delta){ .kind = DELTA_SEAL, .call = call, .text = str_of(text), .vendor = STR("claude") };
}

/* An answer that thought, spoke and called `calls` tools, the first by the id. */
static void answer_to(
	struct seals *s, uint64_t question, const char *id, unsigned calls, const char *thought, uint64_t now)
{
	own_seal_notes notes = SEAL_NOTES_INIT;
	char second[40];

	notes.question = question;
	snprintf(second, sizeof second, "%s-2", id);
	const struct delta deltas[] = {
		{ .kind = DELTA_THOUGHT, .text = str_of(thought) }, seal(DELTA_NO_CALL, "s1"),
		delta_text((struct str)STR("So.")),
		seal(DELTA_NO_CALL, "s2"), { .kind = DELTA_CALL, .id = str_of(id), .name = STR("Read") }, seal(0, "c"),
		{ .kind = DELTA_ARGUMENTS, .text = STR("{}") },
		{ .kind = DELTA_CALL, .call = 1, .id = str_of(second), .name = STR("Now") },
		{ .kind = DELTA_END },
	};

	for (size_t i = 0; i < countof(deltas); i++) {
		if ((i >= 4 && i <= 6 && calls < 1) || (i == 7 && calls < 2))
			continue;
		seals_note(s, &notes, &deltas[i], now);
	}
}

static void answer(struct seals *s, const char *id, unsigned calls, const char *thought, uint64_t now)
{
	answer_to(s, 0, id, calls, thought, now);
}

/* A conversation in which a client gives back that answer without its seals. */
static struct message *give_back(struct chat *c, const char *id, unsigned calls)
{
	struct error err = {0};
	struct message *m = chat_add(c, ROLE_ASSISTANT, (struct str)STR("So."), &err);
	own_mem char *second = mem_printf("%s-2", id);

	assert_non_null(m);
	assert_ok(calls < 1 || chat_add_call(c, m, &(struct tool_call){ .id = str_of(id), .name = STR("Read") }, &err));
	assert_ok(calls < 2 ||
		chat_add_call(c, m, &(struct tool_call){ .id = str_of(second), .name = STR("Now") }, &err));
	return m;
}

static size_t restored(struct seals *s, const char *id, unsigned calls, uint64_t now)
{
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	give_back(&c, id, calls);
	assert_ok(seals_restore(s, &c, now, &err));
	return c.messages[0].sealed_count;
}

TEST(what_was_sealed_is_put_back)
{
	struct seals *s = seals_create(1 << 20, SECOND);
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	answer(s, "a", 2, "hm", 0);
	give_back(&c, "a", 2);
	assert_ok(seals_restore(s, &c, 1, &err));
	const struct message *m = c.messages;
	assert_int_equal(m->sealed_count, 2);
	assert_true(str_is(m->sealed[0].text, "hm") && str_is(m->sealed[0].seal.text, "s1"));
	assert_true(str_is(m->sealed[0].seal.vendor, "claude"));
	assert_int_equal(m->sealed[0].after_text, 0);
	assert_true(str_is(m->sealed[1].text, "") && str_is(m->sealed[1].seal.text, "s2"));
	assert_int_equal(m->sealed[1].after_text, 3);
	assert_true(str_is(m->calls[0].seal.text, "c"));
	assert_int_equal(m->calls[1].seal.text.n, 0);
	seals_destroy(s);
}

/* What is put back into an answer to the second question, when it was sealed in one to the first. */
static size_t carried(const char *asked, const char *again)
{
	struct seals *s = seals_create(1 << 20, SECOND);
	own_chat first = CHAT_INIT(1 << 16), second = CHAT_INIT(1 << 16);
	struct error err = {0};

	assert_non_null(chat_add(&first, ROLE_USER, str_of(asked), &err));
	answer_to(s, seals_question(&first, 1), "call_0", 1, "hm", 0);
	assert_non_null(chat_add(&second, ROLE_USER, (struct str)STR("Hello"), &err));
	assert_non_null(chat_add(&second, ROLE_USER, str_of(again), &err));
	struct message *m = give_back(&second, "call_0", 1);
	assert_ok(seals_restore(s, &second, 1, &err));
	size_t count = m->sealed_count + (m->calls[0].seal.text.n > 0);
	seals_destroy(s);
	return count;
}

TEST(what_was_thought_about_one_question_is_not_put_into_another_s_answer)
{
	assert_int_equal(carried("What is my salary?", "What is my salary?"), 3);
	assert_int_equal(carried("What is my salary?", "What is the weather?"), 0);
}

TEST(what_a_client_sends_back_itself_is_left_alone)
{
	struct seals *s = seals_create(1 << 20, SECOND);
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	answer(s, "a", 1, "hm", 0);
	struct message *m = give_back(&c, "a", 1);
	assert_ok(chat_add_thought(&c, m, &(struct thought){ .seal = { STR("claude"), STR("mine") } }, &err));
	assert_ok(chat_seal_call(&c, &m->calls[0], (struct seal){ STR("gemini"), STR("too") }, &err));
	assert_ok(seals_restore(s, &c, 1, &err));
	assert_int_equal(m->sealed_count, 1);
	assert_true(str_is(m->sealed[0].seal.text, "mine") && str_is(m->calls[0].seal.text, "too"));
	seals_destroy(s);
}

TEST(only_the_same_calls_are_completed)
{
	struct seals *s = seals_create(1 << 20, SECOND);
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	answer(s, "a", 2, "hm", 0);
	assert_int_equal(restored(s, "a", 1, 0), 0);
	assert_int_equal(restored(s, "b", 2, 0), 0);
	struct message *m = give_back(&c, "a", 2);
	m->calls[1].name = (struct str)STR("Write");
	assert_ok(seals_restore(s, &c, 0, &err));
	assert_int_equal(m->sealed_count, 0);
	seals_destroy(s);
}

TEST(answers_without_calls_or_seals_are_not_kept)
{
	struct seals *s = seals_create(1 << 20, SECOND);
	own_seal_notes notes = SEAL_NOTES_INIT;
	const struct delta deltas[] = {
		{ .kind = DELTA_THOUGHT, .text = STR("hm") }, seal(DELTA_NO_CALL, ""),
		{ .kind = DELTA_CALL, .id = STR("b"), .name = STR("Read") }, { .kind = DELTA_END },
	};

	answer(s, "a", 0, "hm", 0);
	for (size_t i = 0; i < countof(deltas); i++)
		seals_note(s, &notes, &deltas[i], 0);
	assert_int_equal(restored(s, "a", 1, 0), 0);
	assert_int_equal(restored(s, "b", 1, 0), 0);
	seals_destroy(s);
}

TEST(an_answer_that_was_cut_is_not_kept)
{
	struct seals *s = seals_create(1 << 20, SECOND);
	own_seal_notes notes = SEAL_NOTES_INIT;
	const struct delta one = seal(DELTA_NO_CALL, "s"),
		call = { .kind = DELTA_CALL, .id = STR("a"), .name = STR("Read") };

	seals_note(s, &notes, &one, 0);
	seals_note(s, &notes, &call, 0);
	assert_int_equal(restored(s, "a", 1, 0), 0);
	seals_destroy(s);
}

TEST(what_nobody_asks_for_is_forgotten_after_a_while)
{
	struct seals *s = seals_create(1 << 20, 10 * SECOND);

	answer(s, "a", 1, "hm", 0);
	answer(s, "b", 1, "hm", 0);
	assert_int_equal(restored(s, "a", 1, 9 * SECOND), 2);
	assert_int_equal(restored(s, "a", 1, 18 * SECOND), 2);
	assert_int_equal(restored(s, "b", 1, 18 * SECOND), 0);
	assert_int_equal(restored(s, "a", 1, 29 * SECOND), 0);
	seals_destroy(s);
}

TEST(the_least_recently_used_goes_first)
{
	struct seals *s = seals_create(40000, 1000 * SECOND);
	char thought[4001];

	memset(thought, 'x', sizeof thought - 1);
	thought[sizeof thought - 1] = '\0';
	for (int i = 0; i < 3; i++) {
		char id[8];
		snprintf(id, sizeof id, "c%d", i);
		answer(s, id, 1, thought, 0);
	}
	assert_int_equal(restored(s, "c0", 1, 0), 2);
	answer(s, "c3", 1, thought, 0);
	answer(s, "c4", 1, thought, 0);
	assert_int_equal(restored(s, "c1", 1, 0), 0);
	assert_int_equal(restored(s, "c0", 1, 0), 2);
	assert_int_equal(restored(s, "c4", 1, 0), 2);
	seals_destroy(s);
}

/* An answer takes a block of memory, however little it says. */
TEST(small_answers_count_with_the_memory_they_take)
{
	struct seals *s = seals_create(20000, 1000 * SECOND);

	for (int i = 0; i < 20; i++) {
		char id[8];
		snprintf(id, sizeof id, "c%d", i);
		answer(s, id, 1, "hm", 0);
	}
	assert_int_equal(restored(s, "c10", 1, 0), 0);
	assert_int_equal(restored(s, "c19", 1, 0), 2);
	seals_destroy(s);
}

TEST(the_same_call_twice_is_the_newer_one)
{
	struct seals *s = seals_create(1 << 20, SECOND);
	own_chat c = CHAT_INIT(1 << 16);
	struct error err = {0};

	answer(s, "a", 1, "old", 0);
	answer(s, "a", 1, "new", 0);
	give_back(&c, "a", 1);
	assert_ok(seals_restore(s, &c, 0, &err));
	assert_int_equal(c.messages[0].sealed_count, 2);
	assert_true(str_is(c.messages[0].sealed[0].text, "new"));
	seals_destroy(s);
}

TEST(an_answer_past_its_ceiling_is_not_kept)
{
	struct seals *s = seals_create(SIZE_MAX, SECOND);
	own_seal_notes notes = SEAL_NOTES_INIT;
	own_mem char *much = mem_zeroed(1, SEAL_NOTES_MAX / 2);
	const struct delta thought = { .kind = DELTA_THOUGHT, .text = { much, SEAL_NOTES_MAX / 2 } },
		one = seal(DELTA_NO_CALL, "s"), call = { .kind = DELTA_CALL, .id = STR("a"), .name = STR("Read") },
		end = { .kind = DELTA_END };

	for (int i = 0; i < 3; i++) {
		seals_note(s, &notes, &thought, 0);
		seals_note(s, &notes, &one, 0);
	}
	seals_note(s, &notes, &call, 0);
	seals_note(s, &notes, &end, 0);
	assert_true(notes.full);
	assert_int_equal(restored(s, "a", 1, 0), 0);
	seals_destroy(s);
}

TEST(a_conversation_past_its_ceiling_is_refused)
{
	struct seals *s = seals_create(1 << 20, SECOND);
	char thought[4001];
	own_chat c = CHAT_INIT(4000);
	struct error err = {0};

	memset(thought, 'x', sizeof thought - 1);
	thought[sizeof thought - 1] = '\0';
	answer(s, "a", 1, thought, 0);
	give_back(&c, "a", 1);
	assert_false(seals_restore(s, &c, 0, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	seals_destroy(s);
}

static void *busy(void *seals)
{
	for (unsigned i = 0; i < 300; i++) {
		char id[16];
		snprintf(id, sizeof id, "t%u", i % 7);
		answer(seals, id, 1, "hm", i);
		restored(seals, id, 1, i);
	}
	return NULL;
}

TEST(any_thread_may_ask)
{
	struct seals *s = seals_create(20000, SECOND);
	pthread_t threads[4];

	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, busy, s), 0);
	for (size_t i = 0; i < countof(threads); i++)
		pthread_join(threads[i], NULL);
	seals_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_sealed_is_put_back),
		cmocka_unit_test(what_was_thought_about_one_question_is_not_put_into_another_s_answer),
		cmocka_unit_test(what_a_client_sends_back_itself_is_left_alone),
		cmocka_unit_test(only_the_same_calls_are_completed),
		cmocka_unit_test(answers_without_calls_or_seals_are_not_kept),
		cmocka_unit_test(an_answer_that_was_cut_is_not_kept),
		cmocka_unit_test(what_nobody_asks_for_is_forgotten_after_a_while),
		cmocka_unit_test(the_least_recently_used_goes_first),
		cmocka_unit_test(small_answers_count_with_the_memory_they_take),
		cmocka_unit_test(the_same_call_twice_is_the_newer_one),
		cmocka_unit_test(an_answer_past_its_ceiling_is_not_kept),
		cmocka_unit_test(a_conversation_past_its_ceiling_is_refused),
		cmocka_unit_test(any_thread_may_ask),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
