/*
 * What may go wrong at a vendor, in every dialect, each with what must become of
 * it: the table of faults is asked of each row of the table of dialects, on the
 * real transport against the fake teacher (support/fake_teacher.h).
 */
#include <signal.h>

#include "base/clock.h"
#include "base/mem.h"
#include "provider/chain.h"
#include "support/fake_teacher.h"
#include "support/test.h"

#define J(...) #__VA_ARGS__
#define TEXT "Hello there, you all."

/* A new dialect is one row. */
static const struct dialect_row {
	const char *provider, *model;
	bool whole;            /* an answer that is no stream is read as well */
	bool endless;          /* an answer is over when its bytes are: no event says so */
} dialects[] = {
	{ "claude", NULL, false },
	{ "deepseek", NULL, true },        /* Chat Completions */
	{ "openai", "gpt-4.1", true },     /* the same, as OpenAI wants it */
	{ "openai", NULL, true },          /* Responses */
	{ "gemini", NULL, false, true },
};

enum outcome {
	ANSWERS,               /* at once */
	ANSWERS_AGAIN,         /* at the second attempt */
	ANSWERS_LATE,          /* at the second attempt, which is not made where another teacher is there */
	FAILS,                 /* at once: a second attempt would not help */
	FAILS_TWICE, FAILS_THRICE,     /* after so many attempts */
	CUT,                   /* at once, with what came before kept and the cut said */
};

static const struct fault {
	const char *what, *turns;
	enum outcome outcome;
	enum error_kind kind;  /* of what fails or is cut */
	enum ask_end end;      /* the same */
	const char *says;      /* part of the error's text; NULL: anything */
} faults[] = {
	{ "nothing", J([]), ANSWERS },
	{ "bytes one by one", J([{"piece": 1}]), ANSWERS },
	{ "odd pieces", J([{"piece": 7}]), ANSWERS },
	{ "line ends of the other kind", J([{"crlf": true}]), ANSWERS },
	{ "the same, byte by byte", J([{"crlf": true, "piece": 1}]), ANSWERS },
	{ "pings and comments", J([{"pings": true}]), ANSWERS },
	{ "no usage", J([{"usage": false}]), ANSWERS },
	{ "no last event but the answer's own", J([{"done": false}]), ANSWERS },

	{ "a request it refuses", J([{"status": 400}]), FAILS, ERROR_INVALID, ASK_REFUSED, "refused the request" },
	{ "a conversation too long", J([{"status": 400, "error": "too_long"}]), FAILS, ERROR_TOO_LARGE, ASK_TOO_LARGE },
	{ "a key it does not know", J([{"status": 401}]), FAILS, ERROR_DENIED, ASK_KEY, "key" },
	{ "an account without money", J([{"status": 402}]), FAILS, ERROR_DENIED, ASK_DENIED, "billing" },
	{ "what the key may not", J([{"status": 403}]), FAILS, ERROR_DENIED, ASK_DENIED },
	{ "a model it does not know", J([{"status": 404}]), FAILS, ERROR_NOT_FOUND, ASK_UNKNOWN, "model" },
	{ "a body too large", J([{"status": 413}]), FAILS, ERROR_TOO_LARGE, ASK_TOO_LARGE },
	{ "a rate limit, once", J([{"status": 429, "retry_after": 0}]), ANSWERS_AGAIN },
	{ "a rate limit with a date, once", J([{"status": 429, "retry_date": 0}]), ANSWERS_AGAIN },
	{ "a rate limit, always", J([{"status": 429, "retry_after": 0, "times": 9}]), FAILS_THRICE,
		ERROR_UNAVAILABLE, ASK_DOWN, "rate limit" },
	{ "a rate limit for hours", J([{"status": 429, "retry_after": 7200}]), FAILS,
		ERROR_UNAVAILABLE, ASK_DOWN, "7200 s" },
	{ "an internal error, once", J([{"status": 500}]), ANSWERS_AGAIN },
	{ "an internal error, always", J([{"status": 500, "times": 9}]), FAILS_THRICE, ERROR_UNAVAILABLE, ASK_DOWN },
	{ "overload, once", J([{"status": 503}]), ANSWERS_AGAIN },
	{ "overload, always", J([{"status": 529, "times": 9}]), FAILS_THRICE,
		ERROR_UNAVAILABLE, ASK_DOWN, "overloaded" },
	{ "a gateway's error page", J([{"status": 502, "type": "text/html", "body": "<html>bad gateway</html>"}]),
		ANSWERS_AGAIN },

	{ "silence before the head", J([{"how": "hang", "times": 9}]), FAILS_TWICE,
		ERROR_TIMEOUT, ASK_DOWN, "no answer" },
	{ "silence, once", J([{"how": "hang"}]), ANSWERS_LATE },
	{ "a connection closed before the head", J([{"how": "cut"}]), ANSWERS_AGAIN },
	{ "a connection reset before the head", J([{"how": "reset"}]), ANSWERS_AGAIN },
	{ "a head and nothing else", J([{"how": "cut", "bytes": 0}]), ANSWERS_AGAIN },
	{ "an empty answer", J([{"how": "end"}]), ANSWERS_AGAIN },
	{ "an error event first", J([{"how": "error"}]), ANSWERS_AGAIN },
	{ "an error event after the beginning", J([{"how": "error", "after": 0}]), ANSWERS_AGAIN },
	{ "garbage first", J([{"how": "garbage"}]), ANSWERS_AGAIN },
	{ "always closed", J([{"how": "cut", "times": 9}]), FAILS_THRICE, ERROR_UNAVAILABLE, ASK_DOWN },

	{ "silence in mid-stream", J([{"how": "hang", "after": 2}]), CUT, ERROR_TIMEOUT, ASK_CUT, "fell silent" },
	{ "closed in mid-stream", J([{"how": "cut", "after": 2}]), CUT, ERROR_UNAVAILABLE, ASK_CUT },
	{ "reset in mid-stream", J([{"how": "reset", "after": 2}]), CUT, ERROR_UNAVAILABLE, ASK_CUT },
	{ "ended in mid-stream", J([{"how": "end", "after": 2}]), CUT, ERROR_UNAVAILABLE, ASK_CUT, "ended too early" },
	{ "an error event in mid-stream", J([{"how": "error", "after": 2}]), CUT, ERROR_UNAVAILABLE, ASK_CUT },
	{ "garbage in mid-stream", J([{"how": "garbage", "after": 2}]), CUT, ERROR_UNAVAILABLE, ASK_CUT },

	{ "a log-in page", J([{"type": "text/html", "body": "<html>log in</html>"}]), FAILS, ERROR_INVALID, ASK_UNKNOWN,
		"text/html" },
	{ "an event of 9 MB", J([{"long": 9437184}]), FAILS, ERROR_TOO_LARGE, ASK_TOO_LARGE },
	{ "a compressed body", J([{"gzip": true}]), FAILS, ERROR_INVALID, ASK_UNKNOWN, "compressed" },
};

struct seen {
	struct buf text, thoughts, calls;
	size_t ends, notices;
	enum finish finish;
	struct usage usage;
	struct cancel *cancel; /* fired at the first text; NULL: none */
	struct ask_report report;
	struct error err;
	bool ok;
};

static void seen_done(struct seen *seen)
{
	buf_done(&seen->text);
	buf_done(&seen->thoughts);
	buf_done(&seen->calls);
}
#define own_seen owns(seen_done) struct seen
#define SEEN_NOTHING { .text = BUF_INIT(16 << 20), .thoughts = BUF_INIT(1 << 16), .calls = BUF_INIT(1 << 16) }

static bool on_delta(void *user, const struct delta *d, struct error *err)
{
	struct seen *seen = user;

	assert_int_equal(seen->ends, 0);
	if (d->kind == DELTA_END) {
		seen->ends++;
		seen->finish = d->finish;
		seen->usage = d->usage;
	}
	if (d->kind == DELTA_CALL)
		return buf_addf(&seen->calls, err, "%s%.*s ", seen->calls.len ? " " : "", STR_ARGS(d->name));
	if (d->kind == DELTA_TEXT && seen->cancel)
		cancel_fire(seen->cancel);
	return buf_add_str(d->kind == DELTA_TEXT ? &seen->text : d->kind == DELTA_ARGUMENTS ? &seen->calls :
		&seen->thoughts, d->text, err);
}

static void on_notice(void *user, const struct ask_notice *notice)
{
	(void)notice;
	((struct seen *)user)->notices++;
}

/* The path of the vendor's own base URL, on the fake teacher. */
static char *base_url(struct fake_teacher *teacher, const struct provider *p)
{
	const char *path = strchr(strstr(p->default_base_url, "://") + 3, '/');

	return mem_strdup(fake_teacher_url(teacher, path ? path : ""));
}

/* `silence_ms`: how long a silence is waited through. */
static void ask_with(struct fake_teacher *teacher, const struct dialect_row *row, const char *key, unsigned silence_ms,
	struct cancel *cancel, struct seen *seen)
{
	const struct provider *p = provider_find(row->provider);
	own_request request = REQUEST_INIT(1 << 16);
	own_http_client *client = http_client_create(&seen->err);
	own_mem char *url = base_url(teacher, p);
	struct ask how = {
		.teacher = { .provider = p, .base_url = url, .key = key, .model = row->model },
		.patience = { .pause_ms = 1, .first_byte_ms = silence_ms, .silence_ms = silence_ms },
		.cancel = cancel, .on_delta = on_delta, .on_notice = on_notice, .user = seen,
	};

	assert_non_null(client);
	assert_non_null(chat_add(&request.chat, ROLE_USER, (struct str)STR("hi"), &seen->err));
	seen->ok = ask_provider(client, &how, &request, &seen->report, &seen->err);
	assert_null(strstr(seen->err.text, key));
}

static void ask_for(struct fake_teacher *teacher, const struct dialect_row *row, unsigned silence_ms,
	struct cancel *cancel, struct seen *seen)
{
	ask_with(teacher, row, FAKE_TEACHER_KEY, silence_ms, cancel, seen);
}

static void ask(struct fake_teacher *teacher, const struct dialect_row *row, struct seen *seen)
{
	ask_for(teacher, row, 60000, NULL, seen);
}

static void stop(struct fake_teacher **teacher) { fake_teacher_stop(*teacher); }
#define own_teacher owns(stop) struct fake_teacher

static struct fake_teacher *start(const char *turns)
{
	struct fake_teacher *teacher = fake_teacher_start(0);

	assert_non_null(teacher);
	fake_teacher_turns(teacher, turns);
	fake_teacher_always(teacher, J({"text": "Hello there, you all."}));
	return teacher;
}

static size_t attempts_of(enum outcome outcome)
{
	static const size_t attempts[] = { [ANSWERS] = 1, [ANSWERS_AGAIN] = 2, [ANSWERS_LATE] = 2, [FAILS] = 1,
		[FAILS_TWICE] = 2, [FAILS_THRICE] = 3, [CUT] = 1 };

	return attempts[outcome];
}

/* How many requests the teacher got; it may take its time to read the last. */
static size_t requests_of(struct fake_teacher *teacher, size_t expected)
{
	for (uint64_t end = clock_ms() + 5000; fake_teacher_requests(teacher) < expected && clock_ms() < end;)
		clock_sleep_ms(1);
	return fake_teacher_requests(teacher);
}

#define must(condition) do { \
		if (!(condition)) \
			fail_msg("%s, %s: not true: %s; text '%.200s', error %d: %s, %zu requests", row->provider, \
				fault->what, #condition, seen.text.data, seen.err.kind, seen.err.text, requests); \
	} while (0)

static void check(const struct dialect_row *row, const struct fault *fault)
{
	own_teacher *teacher = start(fault->turns);
	own_seen seen = SEEN_NOTHING;
	bool answers = fault->outcome == ANSWERS || fault->outcome == ANSWERS_AGAIN || fault->outcome == ANSWERS_LATE;

	ask_for(teacher, row, strstr(fault->turns, "hang") ? 250 : 60000, NULL, &seen);
	size_t requests = requests_of(teacher, attempts_of(fault->outcome));
	must(seen.ok == answers);
	must(seen.ends == answers);
	must(requests == attempts_of(fault->outcome));
	must(seen.notices == requests - 1);
	if (answers)
		must(strcmp(seen.text.data, TEXT) == 0);
	else
		must(seen.err.kind == fault->kind && seen.report.end == fault->end);
	if (fault->outcome == CUT)
		must(strcmp(seen.text.data, "Hello there,") == 0 && strstr(seen.err.text, "cut after 12 characters"));
	else if (!answers)
		must(seen.text.len == 0);
	if (fault->says)
		must(strstr(seen.err.text, fault->says));
}

TEST(every_fault_in_every_dialect_ends_as_the_table_says)
{
	for (size_t i = 0; i < countof(dialects); i++)
		for (size_t k = 0; k < countof(faults); k++)
			check(&dialects[i], &faults[k]);
}

/* --- with another teacher behind it ------------------------------------------------------ */

#define OTHER "The other one says so."

static bool give_key(void *user, size_t teacher, bool refused, const char **key, struct error *err)
{
	(void)user;
	(void)teacher;
	*key = FAKE_TEACHER_KEY;
	return !refused || error_set(err, ERROR_DENIED, "there is no other key");
}

static void note_event(void *user, const struct chain_notice *notice)
{
	((struct seen *)user)->notices += notice->event == CHAIN_NEXT;
}

static void on_teacher(void *user, size_t teacher) { (void)user, (void)teacher; }

/* Asks a teacher of that dialect, and Claude when it fails. */
static void ask_two(struct fake_teacher *first, struct fake_teacher *second, const struct dialect_row *row,
	unsigned silence_ms, struct seen *seen)
{
	const struct provider *p = provider_find(row->provider), *claude = provider_find("claude");
	own_request request = REQUEST_INIT(1 << 16);
	own_http_client *client = http_client_create(&seen->err);
	own_mem char *url = base_url(first, p), *other_url = base_url(second, claude);
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	struct breaker breakers[2] = { 0 };
	const struct chain_teacher teachers[] = {
		{ { .provider = p, .base_url = url, .model = row->model }, "First", NULL, &breakers[0] },
		{ { .provider = claude, .base_url = other_url }, "Second", NULL, &breakers[1] },
	};
	const struct chain chain = {
		.teachers = teachers, .count = 2, .lock = &lock,
		.patience = { .pause_ms = 1, .first_byte_ms = silence_ms, .silence_ms = silence_ms },
		.on_delta = on_delta, .on_notice = note_event, .find_key = give_key,
		.on_teacher = on_teacher, .user = seen,
	};

	assert_non_null(client);
	assert_non_null(chat_add(&request.chat, ROLE_USER, (struct str)STR("hi"), &seen->err));
	seen->ok = chain_ask(client, &chain, &request, &seen->err);
	assert_null(strstr(seen->err.text, FAKE_TEACHER_KEY));
}

static void check_fallback(const struct dialect_row *row, const struct fault *fault)
{
	own_teacher *first = start(fault->turns), *second = start("[]");
	own_seen seen = SEEN_NOTHING;
	bool answers = fault->outcome == ANSWERS || fault->outcome == ANSWERS_AGAIN;
	bool stops = fault->outcome == CUT || fault->end == ASK_REFUSED;

	fake_teacher_always(second, J({"text": "The other one says so."}));
	ask_two(first, second, row, strstr(fault->turns, "hang") ? 250 : 60000, &seen);
	size_t requests = fake_teacher_requests(second);
	must(requests == !(answers || stops));
	must(seen.notices == requests);
	must(seen.ok == !stops && seen.ends == !stops);
	const char *text = answers ? TEXT : !stops ? OTHER : fault->outcome == CUT ? "Hello there," : "";
	must(strcmp(seen.text.data, text) == 0);
}

TEST(the_next_teacher_is_asked_only_when_nothing_was_said_and_another_may_do_better)
{
	for (size_t i = 0; i < countof(dialects); i++)
		for (size_t k = 0; k < countof(faults); k++)
			check_fallback(&dialects[i], &faults[k]);
}

/* Nothing lost, nothing doubled: either the second attempt says all of it, or what came is a beginning and is kept. */
static void check_cut(const struct dialect_row *row, size_t at)
{
	own_mem char *turns = mem_printf("[{\"how\": \"cut\", \"bytes\": %zu}]", at);
	own_teacher *teacher = start(turns);
	own_seen seen = SEEN_NOTHING;

	ask(teacher, row, &seen);
	if (seen.ok)
		assert_string_equal(seen.text.data, TEXT);
	else
		assert_memory_equal(seen.text.data, TEXT, seen.text.len);
	assert_int_equal(seen.ends, seen.ok);
	assert_int_equal(fake_teacher_requests(teacher), seen.text.len && !seen.ok ? 1 : 1 + seen.notices);
}

TEST(an_answer_cut_at_any_byte_is_whole_or_said_to_be_cut)
{
	for (size_t i = 0; i < countof(dialects); i++)
		for (size_t at = 0; at < 4000; at += 13)
			check_cut(&dialects[i], at);
}

#define PARTS "{\"thought\": \"Let me see.\", \"seal\": \"c2VhbA==\"}, {\"text\": \"I look.\"}, " \
	"{\"call\": \"Read\", \"arguments\": {\"path\": \"\\u00e4/b.c\"}, \"id\": \"call_1\"}, " \
	"{\"call\": \"List\", \"arguments\": {}, \"id\": \"call_2\"}"

TEST(thoughts_text_and_parallel_calls_come_through_in_pieces_of_any_size)
{
	for (size_t i = 0; i < countof(dialects); i++)
		for (size_t piece = 1; piece < 40; piece += 6) {
			own_mem char *turns = mem_printf("[{\"piece\": %zu, \"parts\": [" PARTS "]}]", piece);
			own_teacher *teacher = start(turns);
			own_seen seen = SEEN_NOTHING;
			ask(teacher, &dialects[i], &seen);
			assert_true(seen.ok);
			assert_string_equal(seen.text.data, "I look.");
			assert_string_equal(seen.calls.data, "Read {\"path\":\"ä/b.c\"} List {}");
			assert_int_equal(seen.finish, FINISH_TOOL_CALLS);
		}
}

/* Some servers know none. */
TEST(an_answer_that_is_no_stream_is_read_whole_or_refused)
{
	for (size_t i = 0; i < countof(dialects); i++) {
		own_teacher *teacher = start("[{\"whole\": true, \"parts\": [" PARTS "]}]");
		own_seen seen = SEEN_NOTHING;
		ask(teacher, &dialects[i], &seen);
		assert_int_equal(seen.ok, dialects[i].whole);
		assert_int_equal(fake_teacher_requests(teacher), 1);
		if (seen.ok)
			assert_string_equal(seen.calls.data, "Read {\"path\":\"ä/b.c\"} List {}");
		else
			assert_non_null(strstr(seen.err.text, "application/json instead of a stream"));
	}
}

TEST(an_answer_is_over_when_it_says_so_even_if_the_connection_stays)
{
	for (size_t i = 0; i < countof(dialects); i++) {
		own_teacher *teacher = start(J([{"hold": true}]));
		own_seen seen = SEEN_NOTHING;
		if (dialects[i].endless)
			continue;
		ask(teacher, &dialects[i], &seen);
		assert_true(seen.ok);
		assert_string_equal(seen.text.data, TEXT);
	}
}

TEST(a_refusal_is_an_answer)
{
	static const char *const turns[] = { J([{"finish": "refused", "text": "No."}]), J([{"finish": "blocked"}]) };

	for (size_t i = 0; i < countof(dialects); i++)
		for (size_t k = 0; k < countof(turns); k++) {
			own_teacher *teacher = start(turns[k]);
			own_seen seen = SEEN_NOTHING;
			ask(teacher, &dialects[i], &seen);
			if (!seen.ok || seen.finish != FINISH_REFUSED)
				fail_msg("%s, %s: %s, finish %d", dialects[i].provider, turns[k], seen.err.text,
					seen.finish);
			assert_int_equal(fake_teacher_requests(teacher), 1);
		}
}

TEST(an_answer_that_met_its_limit_says_so)
{
	for (size_t i = 0; i < countof(dialects); i++) {
		own_teacher *teacher = start(J([{"finish": "length"}]));
		own_seen seen = SEEN_NOTHING;
		ask(teacher, &dialects[i], &seen);
		assert_true(seen.ok);
		assert_int_equal(seen.finish, FINISH_LENGTH);
	}
}

TEST(usage_is_counted_the_same_in_every_dialect)
{
	for (size_t i = 0; i < countof(dialects); i++) {
		own_teacher *teacher = start(J([]));
		own_seen seen = SEEN_NOTHING;
		ask(teacher, &dialects[i], &seen);
		assert_int_equal(seen.usage.prompt_tokens, 18);
		assert_int_equal(seen.usage.cached_tokens, 5);
		assert_int_equal(seen.usage.completion_tokens, 7);
	}
}

/* Each vendor has a status and words of its own for it. */
TEST(a_wrong_key_is_known_as_one_in_every_dialect)
{
	for (size_t i = 0; i < countof(dialects); i++) {
		own_teacher *teacher = start("[]");
		own_seen seen = SEEN_NOTHING;
		ask_with(teacher, &dialects[i], "sk-wrong", 60000, NULL, &seen);
		assert_false(seen.ok);
		if (seen.err.kind != ERROR_DENIED || seen.report.end != ASK_KEY || !strstr(seen.err.text, "key"))
			fail_msg("%s: end %d: %s", dialects[i].provider, seen.report.end, seen.err.text);
		assert_int_equal(fake_teacher_requests(teacher), 1);
	}
}

TEST(a_redirect_is_not_followed_and_the_key_stays_at_home)
{
	for (size_t i = 0; i < countof(dialects); i++)
		for (int status = 301; status <= 308; status += status == 303 ? 4 : 1) {
			own_teacher *other = start("[]");
			own_mem char *turns = mem_printf(
				"[{\"status\": %d, \"body\": \"moved\", \"location\": \"%s\"}]", status,
				fake_teacher_url(other, "/v1/messages"));
			own_teacher *teacher = start(turns);
			own_seen seen = SEEN_NOTHING;
			ask(teacher, &dialects[i], &seen);
			assert_false(seen.ok);
			assert_int_equal(seen.err.kind, ERROR_INVALID);
			assert_non_null(strstr(seen.err.text, "redirect"));
			assert_int_equal(fake_teacher_requests(teacher), 1);
			assert_int_equal(fake_teacher_requests(other), 0);
		}
}

TEST(cancelling_closes_the_vendors_connection)
{
	for (size_t i = 0; i < countof(dialects); i++) {
		own_teacher *teacher = start(J([{"how": "hang", "after": 1}]));
		own_seen seen = SEEN_NOTHING;
		struct cancel cancel;

		cancel_init(&cancel);
		seen.cancel = &cancel;
		ask_for(teacher, &dialects[i], 60000, &cancel, &seen);
		assert_int_equal(seen.err.kind, ERROR_CANCELLED);
		assert_true(fake_teacher_wait_hang_ups(teacher, 1));
		assert_int_equal(fake_teacher_requests(teacher), 1);
		cancel_done(&cancel);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_fault_in_every_dialect_ends_as_the_table_says),
		cmocka_unit_test(the_next_teacher_is_asked_only_when_nothing_was_said_and_another_may_do_better),
		cmocka_unit_test(an_answer_cut_at_any_byte_is_whole_or_said_to_be_cut),
		cmocka_unit_test(thoughts_text_and_parallel_calls_come_through_in_pieces_of_any_size),
		cmocka_unit_test(an_answer_that_is_no_stream_is_read_whole_or_refused),
		cmocka_unit_test(an_answer_is_over_when_it_says_so_even_if_the_connection_stays),
		cmocka_unit_test(a_refusal_is_an_answer),
		cmocka_unit_test(an_answer_that_met_its_limit_says_so),
		cmocka_unit_test(usage_is_counted_the_same_in_every_dialect),
		cmocka_unit_test(a_wrong_key_is_known_as_one_in_every_dialect),
		cmocka_unit_test(a_redirect_is_not_followed_and_the_key_stays_at_home),
		cmocka_unit_test(cancelling_closes_the_vendors_connection),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
