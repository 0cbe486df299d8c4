#include "provider/ask.h"

#include <pthread.h>
#include <signal.h>

#include "base/clock.h"
#include "support/scripted_server.h"
#include "support/test.h"

#define SSE "Content-Type: text/event-stream; charset=utf-8\r\n"
#define BEGIN \
	"event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"usage\":{\"input_tokens\":3}}}\n\n"
#define HELLO \
	"event: content_block_delta\ndata: " \
	"{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":\"Hello\"}}\n\n"
#define END "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"
#define ERROR_EVENT \
	"event: error\ndata: " \
	"{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n"
#define INVALID(message) "{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"" message "\"}}"
#define ANSWER { .headers = SSE, .body = BEGIN HELLO END, .chunked = true }

struct seen {
	struct buf text;
	size_t ends, notices;
	unsigned waits[8];
	char why[450];
	bool refuse;           /* the next delta */
	struct cancel *fire_on_notice, *fire_on_text;
	uint64_t fired;
	struct ask_report report;
	struct error err;
	bool ok;
};

static void fire(struct seen *seen, struct cancel *cancel)
{
	if (!cancel)
		return;
	seen->fired = clock_ms();
	cancel_fire(cancel);
}

static bool on_delta(void *user, const struct delta *delta, struct error *err)
{
	struct seen *seen = user;

	if (seen->refuse)
		return error_set(err, ERROR_CANCELLED, "nobody listens");
	if (delta->kind == DELTA_END)
		seen->ends++;
	fire(seen, seen->fire_on_text);
	return buf_add_str(&seen->text, delta->text, err);
}

static void on_notice(void *user, const struct ask_notice *notice)
{
	struct seen *seen = user;

	seen->waits[seen->notices++] = notice->wait_ms;
	snprintf(seen->why, sizeof seen->why, "%u/%u %s", notice->attempt, notice->attempts, notice->why->text);
	fire(seen, seen->fire_on_notice);
}

static void seen_done(struct seen *seen) { buf_done(&seen->text); }
#define own_seen owns(seen_done) struct seen
#define SEEN_NOTHING { .text = BUF_INIT(1 << 16) }

static void ask_with(struct scripted_server *server, struct ask how, float temperature, struct seen *seen)
{
	own_request request = REQUEST_INIT(1 << 16);
	own_http_client *client = http_client_create(&seen->err);

	assert_non_null(client);
	assert_non_null(chat_add(&request.chat, ROLE_USER, (struct str)STR("hi"), &seen->err));
	request.sampling.temperature = temperature;
	if (!how.teacher.provider)
		how.teacher.provider = provider_find("claude");
	if (!how.teacher.base_url)
		how.teacher.base_url = scripted_server_url(server, "/");
	how.teacher.key = "sk-secret";
	how.patience.pause_ms = 1;
	how.on_delta = on_delta;
	how.on_notice = on_notice;
	how.user = seen;
	seen->ok = ask_provider(client, &how, &request, &seen->report, &seen->err);
	assert_null(strstr(seen->err.text, "sk-secret"));
}

static void ask(struct scripted_server *server, struct seen *seen)
{
	ask_with(server, (struct ask){ .patience = { .first_byte_ms = 800, .silence_ms = 800 } }, NAN, seen);
}

static void stop(struct scripted_server **server) { scripted_server_stop(*server); }
#define own_server owns(stop) struct scripted_server
#define SERVE(...) \
	static const struct scripted_reply script[] = { __VA_ARGS__ }; \
	own_server *server = scripted_server_start(script, countof(script)); \
	own_seen seen = SEEN_NOTHING

static void assert_answered(const struct seen *seen)
{
	if (!seen->ok)
		fail_msg("%s", seen->err.text);
	assert_string_equal(seen->text.data, "Hello");
	assert_int_equal(seen->ends, 1);
}

static void assert_fails(const struct seen *seen, enum error_kind kind, const char *part)
{
	assert_false(seen->ok);
	if (seen->err.kind != kind || !strstr(seen->err.text, part))
		fail_msg("error %d: %s (expected %d, %s)", seen->err.kind, seen->err.text, kind, part);
	assert_int_equal(seen->ends, 0);
}

TEST(a_question_is_sent_as_claude_wants_it)
{
	SERVE({ .expect = { "POST /v1/messages HTTP/1.1\r\n", "\r\nx-api-key: sk-secret\r\n",
			"\r\nanthropic-version: 2023-06-01\r\n", "\r\nContent-Type: application/json\r\n" },
		.headers = SSE, .body = BEGIN HELLO END });
	ask(server, &seen);
	assert_answered(&seen);
	assert_non_null(strstr(scripted_server_request(server, 0), "{\"model\":\"claude-sonnet-5-5\""));
}

TEST(an_answer_comes_through_in_pieces_of_any_size)
{
	SERVE({ .headers = SSE, .body = BEGIN HELLO END, .chunked = true, .piece = 1 },
		{ .headers = SSE, .body = BEGIN HELLO END, .piece = 7 });
	own_seen again = SEEN_NOTHING;
	ask(server, &seen);
	ask(server, &again);
	assert_answered(&seen);
	assert_answered(&again);
}

TEST(a_server_that_is_busy_is_asked_again)
{
	SERVE({ .status = 529 }, { .status = 500, .headers = "Content-Type: application/json\r\n", .body = "{}" },
		ANSWER);
	ask(server, &seen);
	assert_answered(&seen);
	assert_int_equal(seen.notices, 2);
	assert_string_equal(seen.why, "3/3 Claude has an internal error");
}

TEST(after_three_attempts_it_is_over)
{
	SERVE({ .status = 529 }, { .status = 529 }, { .status = 529 }, ANSWER);
	ask(server, &seen);
	assert_fails(&seen, ERROR_UNAVAILABLE, "Claude is overloaded (tried 3 times)");
	assert_int_equal(scripted_server_requests(server), 3);
}

TEST(retry_after_is_waited_for)
{
	SERVE({ .status = 429, .headers = "Retry-After: 1\r\n" }, ANSWER);
	uint64_t begin = clock_ms();
	ask(server, &seen);
	assert_answered(&seen);
	assert_int_equal(seen.waits[0], 1000);
	assert_true(clock_ms() - begin >= 1000);
}

TEST(a_retry_after_that_has_passed_is_no_wait)
{
	SERVE({ .status = 429, .headers = "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n" }, ANSWER);
	ask(server, &seen);
	assert_answered(&seen);
	assert_int_equal(seen.waits[0], 0);
}

TEST(a_wait_of_milliseconds_comes_before_one_of_seconds)
{
	SERVE({ .status = 429, .headers = "retry-after-ms: 20.5\r\nRetry-After: 50\r\n" }, ANSWER);
	ask(server, &seen);
	assert_answered(&seen);
	assert_int_equal(seen.waits[0], 21);
}

TEST(a_server_that_wants_no_second_try_gets_none)
{
	SERVE({ .status = 500, .headers = "x-should-retry: false\r\n" }, ANSWER);
	ask(server, &seen);
	assert_fails(&seen, ERROR_UNAVAILABLE, "Claude has an internal error");
	assert_int_equal(seen.report.end, ASK_DOWN);
	assert_int_equal(scripted_server_requests(server), 1);
}

TEST(a_server_that_wants_a_second_try_gets_it)
{
	SERVE({ .status = 404, .headers = "x-should-retry: true\r\nretry-after-ms: 0\r\n" }, ANSWER);
	ask(server, &seen);
	assert_answered(&seen);
}

TEST(not_even_a_server_that_wants_it_gets_a_wrong_key_twice)
{
	static const int statuses[] = { 400, 401, 403 };

	for (size_t i = 0; i < countof(statuses); i++) {
		struct scripted_reply script[] = {
			{ .status = statuses[i], .headers = "x-should-retry: true\r\n" }, ANSWER
		};
		own_server *server = scripted_server_start(script, countof(script));
		own_seen seen = SEEN_NOTHING;
		ask(server, &seen);
		assert_false(seen.ok);
		assert_int_equal(scripted_server_requests(server), 1);
	}
}

TEST(every_status_that_says_not_now_is_tried_again)
{
	static const int statuses[] = { 408, 409, 425, 429, 500, 502, 503, 504, 520, 529 };

	for (size_t i = 0; i < countof(statuses); i++) {
		struct scripted_reply script[] = { { .status = statuses[i] }, ANSWER };
		own_server *server = scripted_server_start(script, countof(script));
		own_seen seen = SEEN_NOTHING;
		ask(server, &seen);
		assert_answered(&seen);
		assert_int_equal(seen.report.end, ASK_ANSWERED);
		assert_int_equal(seen.report.attempts, 2);
	}
}

TEST(a_retry_after_too_far_off_ends_the_asking)
{
	SERVE({ .status = 429, .headers = "Retry-After: 3600\r\n" }, ANSWER);
	ask(server, &seen);
	assert_fails(&seen, ERROR_UNAVAILABLE, "rate limit for this key is reached (it asks to wait 3600 s)");
	assert_int_equal(seen.notices, 0);
	assert_int_equal(seen.report.told_ms, 3600000);
}

TEST(a_wait_is_cancelled_at_once)
{
	SERVE({ .status = 429, .headers = "Retry-After: 50\r\n" }, ANSWER);
	struct cancel cancel;

	cancel_init(&cancel);
	seen.fire_on_notice = &cancel;
	ask_with(server, (struct ask){ .cancel = &cancel }, NAN, &seen);
	assert_fails(&seen, ERROR_CANCELLED, "cancelled");
	assert_true(clock_ms() - seen.fired < 5000);
	cancel_done(&cancel);
}

TEST(what_a_second_try_cannot_mend_is_tried_once)
{
	static const struct {
		int status;
		enum error_kind kind;
		enum ask_end end;
	} cases[] = {
		{ 400, ERROR_INVALID, ASK_REFUSED }, { 401, ERROR_DENIED, ASK_KEY }, { 403, ERROR_DENIED, ASK_DENIED },
		{ 402, ERROR_DENIED, ASK_DENIED }, { 404, ERROR_NOT_FOUND, ASK_UNKNOWN },
		{ 413, ERROR_TOO_LARGE, ASK_TOO_LARGE }, { 302, ERROR_INVALID, ASK_UNKNOWN },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		struct scripted_reply script[] = {
			{ .status = cases[i].status, .headers = "Location: http://127.0.0.1:1/\r\n" }, ANSWER
		};
		own_server *server = scripted_server_start(script, countof(script));
		own_seen seen = SEEN_NOTHING;
		ask(server, &seen);
		assert_fails(&seen, cases[i].kind, "Claude");
		assert_int_equal(seen.report.end, cases[i].end);
		assert_int_equal(scripted_server_requests(server), 1);
	}
}

TEST(a_connection_cut_before_any_text_is_tried_again)
{
	SERVE({ .raw = true }, { .headers = SSE, .body = BEGIN HELLO END, .chunked = true, .cut = 150 }, ANSWER);
	ask(server, &seen);
	assert_answered(&seen);
	assert_int_equal(scripted_server_requests(server), 3);
}

TEST(an_error_event_before_any_text_is_tried_again)
{
	SERVE({ .headers = SSE, .body = BEGIN ERROR_EVENT, .chunked = true }, ANSWER);
	ask(server, &seen);
	assert_answered(&seen);
}

TEST(a_refused_port_is_tried_three_times)
{
	static const struct scripted_reply script[] = { ANSWER };
	struct scripted_server *server = scripted_server_start(script, 1);
	char url[64];
	own_seen seen = SEEN_NOTHING;

	snprintf(url, sizeof url, "%s", scripted_server_url(server, ""));
	scripted_server_stop(server);
	ask_with(NULL, (struct ask){ .teacher.base_url = url }, NAN, &seen);
	assert_fails(&seen, ERROR_UNAVAILABLE, "cannot connect to 127.0.0.1");
	assert_int_equal(seen.notices, 2);
}

TEST(silence_is_tried_once_more)
{
	SERVE({ .hang = true }, { .hang = true }, ANSWER);
	ask(server, &seen);
	assert_fails(&seen, ERROR_TIMEOUT, "no answer from 127.0.0.1");
	assert_int_equal(seen.report.unanswered, 2);
	assert_int_equal(scripted_server_requests(server), 2);
}

/* A byte now and then: each is a sign of life, and none says anything. */
#define CRAWLS(...) do { \
		SERVE({ __VA_ARGS__, .body = BEGIN HELLO END, .chunked = true, .piece = 1, .pause_ms = 15 }); \
		ask_with(server, (struct ask){ .patience = { .attempts = 1, .silence_ms = 120 } }, NAN, &seen); \
		assert_fails(&seen, ERROR_TIMEOUT, "a few bytes now and then"); \
	} while (0)

TEST(who_sends_next_to_nothing_is_as_good_as_silent)
{
	CRAWLS(.headers = SSE);
	CRAWLS(.status = 529);
	SERVE({ .headers = SSE, .body = BEGIN HELLO END, .chunked = true, .piece = 40, .pause_ms = 5 });
	ask(server, &seen);
	assert_true(seen.ok);
}

/* Once the user has read something, nothing is asked again. */
TEST(a_stream_broken_after_text_is_reported_as_cut)
{
	static const struct {
		struct scripted_reply reply;
		enum error_kind kind;
		const char *text;
	} cases[] = {
		{ { .headers = SSE, .body = BEGIN HELLO, .chunked = true, .hang = true }, ERROR_TIMEOUT,
			"fell silent" },
		{ { .headers = SSE, .body = BEGIN HELLO, .chunked = true }, ERROR_UNAVAILABLE,
			"the connection ended too early" },
		{ { .headers = SSE, .body = BEGIN HELLO END, .cut = 310 }, ERROR_UNAVAILABLE, "cut in the middle" },
		{ { .headers = SSE, .body = BEGIN HELLO ERROR_EVENT }, ERROR_UNAVAILABLE, "Claude is overloaded" },
		{ { .headers = SSE, .body = BEGIN HELLO "event: message_stop\ndata: {\n\n" }, ERROR_UNAVAILABLE,
			"not valid JSON" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_server *server = scripted_server_start(&cases[i].reply, 1);
		own_seen seen = SEEN_NOTHING;
		ask(server, &seen);
		assert_fails(&seen, cases[i].kind, cases[i].text);
		assert_non_null(strstr(seen.err.text, "Claude's answer was cut after 5 characters"));
		assert_int_equal(seen.report.end, ASK_CUT);
		assert_int_equal(scripted_server_requests(server), 1);
		assert_int_equal(seen.notices, 0);
	}
}

TEST(an_answer_is_over_when_it_says_so_even_if_the_connection_stays)
{
	SERVE({ .headers = SSE, .body = BEGIN HELLO END, .chunked = true, .hang = true });
	ask_with(server, (struct ask){ 0 }, NAN, &seen);
	assert_answered(&seen);
}

TEST(something_that_is_no_stream_is_refused)
{
	SERVE({ .headers = "Content-Type: text/html\r\n", .body = "<html>log in here</html>" });
	ask(server, &seen);
	assert_fails(&seen, ERROR_INVALID,
		"Claude's address answered with text/html instead of a stream: check the base URL");
}

TEST(a_proxy_that_wants_a_password_is_what_is_told)
{
	SERVE({ .status = 407, .body = "no" });
	ask(server, &seen);
	assert_fails(&seen, ERROR_DENIED, "the proxy before Claude wants a name and password (407)");
}

TEST(an_endless_error_page_is_read_no_further_than_needed)
{
	SERVE({ .status = 400, .body = "0123456789012345678901234567890123456789", .endless = true });
	ask(server, &seen);
	assert_fails(&seen, ERROR_INVALID, "Claude refused the request");
}

TEST(as_many_headers_as_a_teacher_may_have_are_sent)
{
	SERVE({ .expect = { "\r\nX-32: last\r\n", "\r\nx-api-key: sk-secret\r\n" }, .headers = SSE,
		.body = BEGIN HELLO END });
	struct http_header headers[33] = { 0 };
	for (int i = 0; i < 32; i++)
		headers[i] = (struct http_header){ i < 31 ? "X-More" : "X-32", i < 31 ? "more" : "last", true };
	ask_with(server, (struct ask){ .teacher.headers = headers, .patience = { .first_byte_ms = 800 } }, NAN, &seen);
	assert_answered(&seen);
}

TEST(a_key_that_the_server_quotes_is_not_shown)
{
	SERVE({ .status = 400, .body = INVALID("bad key sk-secret") },
		{ .headers = SSE, .body = "event: error\ndata: " INVALID("bad key sk-secret") "\n\n" },
		{ .status = 400, .body = INVALID("bad key \\u0073k-secret") });
	own_seen again = SEEN_NOTHING, escaped = SEEN_NOTHING;
	ask(server, &seen);
	ask(server, &again);
	ask(server, &escaped);
	assert_fails(&seen, ERROR_INVALID, "bad key *********");
	assert_fails(&again, ERROR_INVALID, "bad key *********");
	assert_fails(&escaped, ERROR_INVALID, "bad key *********");
}

#define FIFTY "12345678901234567890123456789012345678901234567890"

/* Words are cut after 199 bytes. */
TEST(a_key_that_is_quoted_where_words_are_cut_is_not_shown)
{
	SERVE({ .headers = SSE, .body = "event: error\ndata: " INVALID(FIFTY FIFTY FIFTY FIFTY "12") "\n\n" },
		{ .headers = SSE, .body = "event: error\ndata: " INVALID(FIFTY FIFTY FIFTY
			"123456789012345678901234567890123456789012 sk-secret") "\n\n" });
	own_seen again = SEEN_NOTHING;
	ask(server, &seen);
	ask(server, &again);
	assert_fails(&seen, ERROR_INVALID, FIFTY FIFTY FIFTY "1234567890123456789012345678901234567890123456789");
	assert_fails(&again, ERROR_INVALID, "12 ******");
}

TEST(a_header_of_the_users_that_the_server_quotes_is_not_shown)
{
	SERVE({ .status = 403, .body = INVALID("not for team-secret-1, nor another-secret") });
	const struct http_header headers[] = {
		{ "X-Team", "team-secret-1", true }, { "X-More", "Basic another-secret", true }, { 0 },
	};
	ask_with(server, (struct ask){ .teacher.headers = headers, .patience = { .first_byte_ms = 800 } }, NAN, &seen);
	assert_fails(&seen, ERROR_DENIED, "not for *************, nor **************");
}

/* For a server that speaks OpenAI's dialect. */
static void ask_compatible(struct scripted_server *server, struct seen *seen)
{
	ask_with(server, (struct ask){ .patience = { .first_byte_ms = 800, .silence_ms = 800 },
		.teacher = { .provider = provider_find("compatible"), .model = "m" } }, NAN, seen);
}

#define JSON "Content-Type: application/json; charset=utf-8\r\n"

TEST(an_answer_that_is_no_stream_is_taken_as_one_body)
{
	SERVE({ .expect = { "POST /v1/chat/completions HTTP/1.1\r\n", "\r\nAuthorization: Bearer sk-secret\r\n" },
		.headers = JSON, .chunked = true, .piece = 9,
		.body = "{\"choices\":[{\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}" });
	ask_compatible(server, &seen);
	assert_answered(&seen);
}

TEST(a_failure_said_with_a_status_of_success_is_one)
{
	SERVE({ .headers = JSON, .body = "{\"error\":{\"message\":\"bad key sk-secret\",\"code\":400}}" },
		{ .headers = JSON, .body = "{\"error\":{\"message\":\"busy\",\"code\":503}}" }, { .headers = JSON,
		.body = "{\"choices\":[{\"message\":{\"content\":\"Hello\"},\"finish_reason\":\"stop\"}]}" });
	own_seen again = SEEN_NOTHING;
	ask_compatible(server, &seen);
	assert_fails(&seen, ERROR_INVALID, "bad key *********");
	assert_int_equal(scripted_server_requests(server), 1);
	ask_compatible(server, &again);
	assert_answered(&again);
	assert_int_equal(again.notices, 1);
}

TEST(a_wish_that_the_model_refuses_is_left_out)
{
	SERVE({ .expect = { "\"temperature\":0.200000" }, .status = 400,
		.body = INVALID("`temperature` is deprecated for this model.") }, ANSWER);
	ask_with(server, (struct ask){ .teacher.model = "a-gateways-own" }, 0.2f, &seen);
	assert_answered(&seen);
	assert_int_equal(seen.notices, 0);
	assert_null(strstr(scripted_server_request(server, 1), "temperature"));
}

TEST(a_listener_who_has_gone_ends_the_asking)
{
	SERVE(ANSWER);
	seen.refuse = true;
	ask(server, &seen);
	assert_fails(&seen, ERROR_CANCELLED, "nobody listens");
	assert_string_equal(seen.err.text, "nobody listens");
}

TEST(cancelling_in_mid_answer_closes_the_connection)
{
	SERVE({ .headers = SSE, .body = BEGIN HELLO, .chunked = true, .hang = true });
	struct cancel cancel;

	cancel_init(&cancel);
	seen.fire_on_text = &cancel;
	ask_with(server, (struct ask){ .cancel = &cancel }, NAN, &seen);
	assert_fails(&seen, ERROR_CANCELLED, "cancelled");
	assert_true(scripted_server_hung_up(server) - seen.fired < 500);
	cancel_done(&cancel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_question_is_sent_as_claude_wants_it),
		cmocka_unit_test(an_answer_comes_through_in_pieces_of_any_size),
		cmocka_unit_test(a_server_that_is_busy_is_asked_again),
		cmocka_unit_test(after_three_attempts_it_is_over),
		cmocka_unit_test(retry_after_is_waited_for),
		cmocka_unit_test(a_retry_after_that_has_passed_is_no_wait),
		cmocka_unit_test(a_wait_of_milliseconds_comes_before_one_of_seconds),
		cmocka_unit_test(a_server_that_wants_no_second_try_gets_none),
		cmocka_unit_test(a_server_that_wants_a_second_try_gets_it),
		cmocka_unit_test(not_even_a_server_that_wants_it_gets_a_wrong_key_twice),
		cmocka_unit_test(every_status_that_says_not_now_is_tried_again),
		cmocka_unit_test(a_retry_after_too_far_off_ends_the_asking),
		cmocka_unit_test(a_wait_is_cancelled_at_once),
		cmocka_unit_test(what_a_second_try_cannot_mend_is_tried_once),
		cmocka_unit_test(a_connection_cut_before_any_text_is_tried_again),
		cmocka_unit_test(an_error_event_before_any_text_is_tried_again),
		cmocka_unit_test(a_refused_port_is_tried_three_times),
		cmocka_unit_test(silence_is_tried_once_more),
		cmocka_unit_test(who_sends_next_to_nothing_is_as_good_as_silent),
		cmocka_unit_test(a_stream_broken_after_text_is_reported_as_cut),
		cmocka_unit_test(an_answer_is_over_when_it_says_so_even_if_the_connection_stays),
		cmocka_unit_test(something_that_is_no_stream_is_refused),
		cmocka_unit_test(a_proxy_that_wants_a_password_is_what_is_told),
		cmocka_unit_test(an_endless_error_page_is_read_no_further_than_needed),
		cmocka_unit_test(as_many_headers_as_a_teacher_may_have_are_sent),
		cmocka_unit_test(a_key_that_the_server_quotes_is_not_shown),
		cmocka_unit_test(a_key_that_is_quoted_where_words_are_cut_is_not_shown),
		cmocka_unit_test(a_header_of_the_users_that_the_server_quotes_is_not_shown),
		cmocka_unit_test(an_answer_that_is_no_stream_is_taken_as_one_body),
		cmocka_unit_test(a_failure_said_with_a_status_of_success_is_one),
		cmocka_unit_test(a_wish_that_the_model_refuses_is_left_out),
		cmocka_unit_test(a_listener_who_has_gone_ends_the_asking),
		cmocka_unit_test(cancelling_in_mid_answer_closes_the_connection),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
