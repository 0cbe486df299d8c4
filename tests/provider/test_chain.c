/* Two or three teachers, each a scripted server; what each of them is asked, and what is told. */
#include "provider/chain.h"

#include <signal.h>

#include "base/clock.h"
#include "base/mem.h"
#include "support/scripted_server.h"
#include "support/test.h"

#define SSE "Content-Type: text/event-stream\r\n"
#define TEXT(words) \
	"event: content_block_delta\ndata: " \
	"{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"" words "\"}}\n\n"
#define END "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
#define ANSWER(words) { .headers = SSE, .body = TEXT(words) END, .chunked = true }
#define PROBLEM(code, type, message) \
	{ .status = code, .headers = "Content-Type: application/json\r\n", \
		.body = "{\"error\":{\"type\":\"" type "\",\"message\":\"" message "\"}}" }
#define TEACHERS_MAX 3
#define SCRIPT_MAX 12

static const char *const names[TEACHERS_MAX] = { "Anna", "Bert", "Carl" };

struct school {
	struct scripted_reply scripts[TEACHERS_MAX][SCRIPT_MAX];
	size_t replies[TEACHERS_MAX], count;
	struct scripted_server *servers[TEACHERS_MAX];
	char urls[TEACHERS_MAX][64];
	struct breaker breakers[TEACHERS_MAX];
	pthread_mutex_t lock;
	const char *keys[TEACHERS_MAX], *fresh[TEACHERS_MAX];
	struct cancel *fire_on_notice;

	struct buf text;           /* of the answer */
	struct buf told;           /* the notices, a line each */
	size_t ends;
	unsigned unanswered;
	const char *asked;         /* the last teacher */
	bool ok;
	struct error err;
};

static struct school *open_school(void)
{
	struct school *s = mem_zeroed(1, sizeof *s);

	s->text = s->told = (struct buf)BUF_INIT(1 << 16);
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

static void close_school(struct school **school)
{
	struct school *s = *school;

	for (size_t i = 0; i < s->count; i++)
		scripted_server_stop(s->servers[i]);
	buf_done(&s->text);
	buf_done(&s->told);
	pthread_mutex_destroy(&s->lock);
	free(s);
}
#define own_school owns(close_school) struct school

/* The next teacher, and what it answers, one after the other. */
#define HIRE(school, ...) \
	do { \
		const struct scripted_reply script_[] = { __VA_ARGS__ }; \
		hire(school, script_, countof(script_)); \
	} while (0)

static void hire(struct school *s, const struct scripted_reply *script, size_t count)
{
	size_t i = s->count++;

	memcpy(s->scripts[i], script, count * sizeof *script);
	s->keys[i] = "sk-key";
	s->servers[i] = scripted_server_start(s->scripts[i], count);
	snprintf(s->urls[i], sizeof s->urls[i], "%s", scripted_server_url(s->servers[i], ""));
}

static size_t requests(const struct school *s, size_t i) { return scripted_server_requests(s->servers[i]); }

static bool on_delta(void *user, const struct delta *delta, struct error *err)
{
	struct school *s = user;

	s->ends += delta->kind == DELTA_END;
	return buf_add_str(&s->text, delta->text, err);
}

static void on_notice(void *user, const struct chain_notice *notice)
{
	struct school *s = user;
	char text[CHAIN_TEXT_MAX];

	chain_notice_text(notice, text);
	buf_putf(&s->told, "%s: %s\n", notice->teacher, text);
	if (s->fire_on_notice)
		cancel_fire(s->fire_on_notice);
}

static void on_teacher(void *user, size_t teacher)
{
	struct school *s = user;

	s->asked = names[teacher];
}

static void on_unanswered(void *user, size_t teacher, unsigned attempts)
{
	struct school *s = user;

	assert_string_equal(s->asked, names[teacher]);
	s->unanswered += attempts;
}

static bool find_key(void *user, size_t teacher, bool refused, const char **key, struct error *err)
{
	struct school *s = user;

	*key = refused ? s->fresh[teacher] : s->keys[teacher];
	return *key || error_set(err, ERROR_DENIED, "the key helper has no key");
}

static void ask(struct school *s, struct cancel *cancel)
{
	struct chain_teacher teachers[TEACHERS_MAX];
	own_request request = REQUEST_INIT(1 << 16);
	own_http_client *client = http_client_create(&s->err);

	assert_non_null(client);
	assert_non_null(chat_add(&request.chat, ROLE_USER, (struct str)STR("hi"), &s->err));
	for (size_t i = 0; i < s->count; i++)
		teachers[i] = (struct chain_teacher){
			.teacher = { .provider = provider_find("claude"), .base_url = s->urls[i] },
			.name = names[i], .key_origin = "a file", .breaker = &s->breakers[i] };
	const struct chain chain = {
		.teachers = teachers, .count = s->count, .lock = &s->lock, .cancel = cancel,
		.patience = { .pause_ms = 2, .first_byte_ms = 200, .silence_ms = 200 },
		.on_delta = on_delta, .on_notice = on_notice, .find_key = find_key, .on_teacher = on_teacher,
		.on_unanswered = on_unanswered, .user = s,
	};
	buf_clear(&s->text);
	buf_clear(&s->told);
	s->ends = 0;
	s->err = (struct error){ 0 };
	s->ok = chain_ask(client, &chain, &request, &s->err);
	assert_int_equal(s->ends, s->ok);
	assert_null(strstr(s->err.text, "sk-key"));
	assert_null(strstr(s->told.data, "sk-key"));
}

static void assert_answered(const struct school *s, const char *name, const char *text)
{
	if (!s->ok)
		fail_msg("%s", s->err.text);
	assert_string_equal(s->asked, name);
	assert_string_equal(s->text.data, text);
}

static void assert_fails(const struct school *s, enum error_kind kind, const char *text)
{
	assert_false(s->ok);
	assert_string_equal(s->err.text, text);
	assert_int_equal(s->err.kind, kind);
}

TEST(the_first_teacher_answers_when_it_can)
{
	own_school *s = open_school();
	HIRE(s, ANSWER("one"));
	HIRE(s, ANSWER("two"));
	ask(s, NULL);
	assert_answered(s, "Anna", "one");
	assert_string_equal(s->told.data, "");
	assert_int_equal(requests(s, 1), 0);
}

TEST(after_failures_of_the_first_the_second_answers)
{
	static const struct {
		struct scripted_reply reply;
		size_t attempts;
		const char *told;
	} cases[] = {
		{ { .status = 529 }, 3, "Claude is overloaded (tried 3 times)" },
		{ { .status = 500 }, 3, "Claude has an internal error (tried 3 times)" },
		{ { .status = 429 }, 3, "Claude says that the rate limit for this key is reached (tried 3 times)" },
		{ { .status = 401 }, 1, "Claude refused the key (the one from a file)" },
		{ { .status = 403 }, 1, "Claude does not allow this with this key" },
		{ PROBLEM(404, "not_found_error", "no model"), 1,
			"Claude knows no such model or address: check the model's name and the base URL: no model" },
		{ { .status = 413 }, 1,
			"Claude says that the conversation is too large: shorten it or begin a new one" },
		{ PROBLEM(400, "invalid_request_error", "prompt is too long: 9 tokens"), 1,
			"Claude refused the request: prompt is too long: 9 tokens" },
		{ PROBLEM(400, "invalid_request_error", "Your credit balance is too low"), 1,
			"Claude refused the request: Your credit balance is too low" },
		{ { .headers = "Content-Type: text/html\r\n", .body = "<p>" }, 1,
			"Claude's address answered with text/html instead of a stream: check the base URL" },
		{ { .status = 302, .headers = "Location: http://127.0.0.1:1/\r\n" }, 1,
			"Claude's address answered with a redirect (302): check the base URL" },
		{ { .status = 429, .headers = "Retry-After: 30\r\n" }, 1,
			"Claude says that the rate limit for this key is reached (it asks to wait 30 s)" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_school *s = open_school();
		HIRE(s, cases[i].reply, cases[i].reply, cases[i].reply);
		HIRE(s, ANSWER("two"));
		ask(s, NULL);
		assert_answered(s, "Bert", "two");
		assert_int_equal(requests(s, 0), cases[i].attempts);
		own_mem char *last = mem_printf("Anna: %s; asking Bert\n", cases[i].told);
		size_t begin = s->told.len > strlen(last) ? s->told.len - strlen(last) : 0;
		assert_string_equal(s->told.data + begin, last);
	}
}

TEST(a_silent_teacher_is_asked_once_where_another_is_there_and_twice_where_none_is)
{
	for (size_t others = 0; others < 2; others++) {
		own_school *s = open_school();
		HIRE(s, { .hang = true }, { .hang = true }, ANSWER("one"));
		if (others)
			HIRE(s, ANSWER("two"));
		ask(s, NULL);
		assert_int_equal(s->ok, others);
		assert_int_equal(requests(s, 0), 2 - others);
		assert_int_equal(s->unanswered, 2 - others);      /* whatever the other one says */
	}
}

TEST(each_attempt_and_each_change_is_told)
{
	own_school *s = open_school();
	HIRE(s, { .status = 529 }, { .status = 500, .headers = "retry-after-ms: 1\r\n" }, { .status = 529 });
	HIRE(s, { .status = 401 });
	HIRE(s, ANSWER("three"));
	ask(s, NULL);
	assert_answered(s, "Carl", "three");
	assert_string_equal(s->told.data,
		"Anna: Claude is overloaded: asking again in 1 s (attempt 2 of 3)\n"
		"Anna: Claude has an internal error: asking again in 1 s (attempt 3 of 3)\n"
		"Anna: Claude is overloaded (tried 3 times); asking Bert\n"
		"Bert: Claude refused the key (the one from a file); asking Carl\n");
}

TEST(a_request_that_is_wrong_is_not_put_to_the_next)
{
	own_school *s = open_school();
	HIRE(s, PROBLEM(400, "invalid_request_error", "messages: nonsense"));
	HIRE(s, ANSWER("two"));
	ask(s, NULL);
	assert_fails(s, ERROR_INVALID, "Claude refused the request: messages: nonsense");
	assert_int_equal(requests(s, 1), 0);
}

TEST(an_answer_that_has_begun_is_not_begun_again_by_the_next)
{
	own_school *s = open_school();
	HIRE(s, { .headers = SSE, .body = TEXT("half"), .chunked = true });
	HIRE(s, ANSWER("two"));
	ask(s, NULL);
	assert_fails(s, ERROR_UNAVAILABLE,
		"Claude's answer was cut after 4 characters: the connection ended too early");
	assert_string_equal(s->text.data, "half");
	assert_int_equal(requests(s, 0), 1);
	assert_int_equal(requests(s, 1), 0);
}

TEST(who_stops_the_question_stops_it_for_all)
{
	own_school *s = open_school();
	struct cancel cancel;

	HIRE(s, { .status = 529, .headers = "Retry-After: 15\r\n" });
	HIRE(s, ANSWER("two"));
	cancel_init(&cancel);
	s->fire_on_notice = &cancel;
	ask(s, &cancel);
	assert_fails(s, ERROR_CANCELLED, "cancelled");
	assert_int_equal(requests(s, 1), 0);
	assert_int_equal(s->breakers[0].failures, 0);
	cancel_done(&cancel);
}

TEST(when_all_fail_each_is_named_with_its_reason)
{
	own_school *s = open_school();
	HIRE(s, { .status = 529 }, { .status = 529 }, { .status = 529 });
	HIRE(s, { .status = 401 });
	ask(s, NULL);
	assert_fails(s, ERROR_UNAVAILABLE, "none of the 2 teachers could answer: Claude is overloaded (tried 3 times); "
		"Claude refused the key (the one from a file). Try again later");
}

TEST(one_teacher_alone_speaks_for_itself)
{
	own_school *s = open_school();
	HIRE(s, { .status = 529 }, { .status = 529 }, { .status = 529 }, { .status = 401 });
	ask(s, NULL);
	assert_fails(s, ERROR_UNAVAILABLE, "Claude is overloaded (tried 3 times): try again later");
	ask(s, NULL);
	assert_fails(s, ERROR_DENIED,
		"Claude refused the key (the one from a file): check it, or run `shammah setup`");
}

TEST(a_dead_teacher_is_not_asked_on_every_turn)
{
	own_school *s = open_school();
	HIRE(s, { .status = 529, .headers = "x-should-retry: false\r\n" },
		{ .status = 529, .headers = "x-should-retry: false\r\n" },
		{ .status = 529, .headers = "x-should-retry: false\r\n" });
	HIRE(s, ANSWER("a"), ANSWER("b"), ANSWER("c"), ANSWER("d"), ANSWER("e"));
	for (int i = 0; i < 4; i++)
		ask(s, NULL);
	assert_answered(s, "Bert", "d");
	assert_int_equal(requests(s, 0), BREAKER_FAILURES);
	assert_non_null(strstr(s->told.data, "Anna: Anna rests after failures, for "));
	assert_non_null(strstr(s->told.data, " s yet; asking Bert\n"));
}

TEST(after_its_rest_it_is_tried_once_and_then_trusted_again)
{
	own_school *s = open_school();
	HIRE(s, { .status = 529 }, ANSWER("one"), ANSWER("more"));
	HIRE(s, ANSWER("two"));
	s->breakers[0] =
		(struct breaker){ .failures = 3, .rest_ms = BREAKER_REST_MS, .open = true, .until = clock_ms() };
	ask(s, NULL);
	assert_answered(s, "Bert", "two");
	assert_int_equal(requests(s, 0), 1);
	assert_int_equal(s->breakers[0].rest_ms, 2 * BREAKER_REST_MS);
	s->breakers[0].until = clock_ms();
	ask(s, NULL);
	assert_answered(s, "Anna", "one");
	assert_false(s->breakers[0].open);
}

TEST(when_all_rest_the_one_that_is_ready_first_is_asked)
{
	own_school *s = open_school();
	HIRE(s, ANSWER("one"));
	HIRE(s, ANSWER("two"));
	HIRE(s, ANSWER("three"));
	s->breakers[0] = (struct breaker){ .open = true, .until = clock_ms() + 60000 };
	s->breakers[1] = (struct breaker){ .open = true, .until = clock_ms() + 30000 };
	s->breakers[2] = (struct breaker){ .open = true, .refused = true };
	ask(s, NULL);
	assert_answered(s, "Bert", "two");
	assert_false(s->breakers[1].open);
	assert_non_null(strstr(s->told.data, "Carl: Carl has refused the key; asking Bert\n"));
}

TEST(a_refused_key_is_asked_for_once_more)
{
	own_school *s = open_school();
	HIRE(s, { .status = 401 }, { .expect = { "x-api-key: sk-fresh" }, .headers = SSE, .body = TEXT("one") END });
	s->fresh[0] = "sk-fresh";
	ask(s, NULL);
	assert_answered(s, "Anna", "one");
	assert_string_equal(s->told.data, "");
	assert_int_equal(requests(s, 0), 2);
}

TEST(a_key_that_cannot_be_had_is_no_reason_to_give_up)
{
	own_school *s = open_school();
	HIRE(s, ANSWER("one"));
	HIRE(s, ANSWER("two"));
	s->keys[0] = NULL;
	ask(s, NULL);
	assert_answered(s, "Bert", "two");
	assert_string_equal(s->told.data, "Anna: the key helper has no key; asking Bert\n");
	assert_int_equal(requests(s, 0), 0);
	assert_false(s->breakers[0].open);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_teacher_answers_when_it_can),
		cmocka_unit_test(after_failures_of_the_first_the_second_answers),
		cmocka_unit_test(a_silent_teacher_is_asked_once_where_another_is_there_and_twice_where_none_is),
		cmocka_unit_test(each_attempt_and_each_change_is_told),
		cmocka_unit_test(a_request_that_is_wrong_is_not_put_to_the_next),
		cmocka_unit_test(an_answer_that_has_begun_is_not_begun_again_by_the_next),
		cmocka_unit_test(who_stops_the_question_stops_it_for_all),
		cmocka_unit_test(when_all_fail_each_is_named_with_its_reason),
		cmocka_unit_test(one_teacher_alone_speaks_for_itself),
		cmocka_unit_test(a_dead_teacher_is_not_asked_on_every_turn),
		cmocka_unit_test(after_its_rest_it_is_tried_once_and_then_trusted_again),
		cmocka_unit_test(when_all_rest_the_one_that_is_ready_first_is_asked),
		cmocka_unit_test(a_refused_key_is_asked_for_once_more),
		cmocka_unit_test(a_key_that_cannot_be_had_is_no_reason_to_give_up),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
