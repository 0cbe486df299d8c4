#include "net/sse.h"

#include "base/buf.h"
#include "support/test.h"

#define LIMIT 64

/* Writes each event as "name|data;" so a whole stream compares as one string. */
static bool record(void *user, const struct sse_event *e, struct error *err)
{
	return buf_addf(user, err, "%s|", e->name) && buf_add_str(user, e->data, err) && buf_adds(user, ";", err);
}

/* Feeds pieces of the given size, each from memory of its own so that sanitizers see a byte read too far. */
static bool feed_in_pieces(struct sse_parser *p, struct str stream, size_t piece, struct error *err)
{
	bool ok = true;

	for (size_t at = 0; ok && at < stream.n; at += piece) {
		size_t n = stream.n - at < piece ? stream.n - at : piece;
		char *copy = malloc(n);
		memcpy(copy, stream.p + at, n);
		ok = sse_feed(p, (struct str){ copy, n }, err);
		free(copy);
	}
	return ok;
}

static void expect_cut(const char *stream, size_t piece, const char *events)
{
	own_buf seen = BUF_INIT(1 << 16);
	struct sse_parser *p = sse_create(LIMIT, record, &seen);
	struct error err = { 0 };

	assert_ok(feed_in_pieces(p, str_of(stream), piece, &err));
	sse_destroy(p);
	if (strcmp(seen.data, events) != 0)
		fail_msg("in pieces of %zu: %s instead of %s", piece, seen.data, events);
}

/* Whole, and in pieces of every size: how the bytes are cut never changes the events. */
static void expect(const char *stream, const char *events)
{
	for (size_t piece = 1; piece <= strlen(stream); piece++)
		expect_cut(stream, piece, events);
}

TEST(an_empty_line_ends_the_event)
{
	expect("event: delta\ndata: hi\n\n", "delta|hi;");
}

TEST(data_lines_are_joined_by_newlines)
{
	expect("data: a\ndata: b\ndata\n\n", "|a\nb\n;");
}

TEST(comments_and_unknown_fields_are_ignored)
{
	expect(": ping\nretry: 5\nid: 7\ndatum: no\ndata: x\n\n", "|x;");
}

TEST(only_one_space_after_the_colon_is_dropped)
{
	expect("data:a\ndata:  b\ndata: c:d\n\n", "|a\n b\nc:d;");
}

TEST(a_line_ends_with_lf_crlf_or_cr)
{
	expect("event: a\r\ndata: 1\r\n\r\ndata:2\n\ndata: 3\r\rdata: 4\r\n\r\r\n", "a|1;|2;|3;|4;");
}

TEST(an_event_without_data_is_dropped_with_its_name)
{
	expect("event: lost\n\ndata: x\n\n", "|x;");
}

TEST(an_empty_data_line_is_an_event)
{
	expect("data:\n\n", "|;");
}

TEST(the_last_name_holds)
{
	expect("event: a\nevent: b\ndata: x\n\n", "b|x;");
}

TEST(a_byte_order_mark_is_skipped_once)
{
	expect("\xef\xbb\xbf" "data: a\n\n", "|a;");
	expect("data: a\n\xef\xbb\xbf" "data: b\n\n", "|a;");
}

TEST(an_event_that_no_empty_line_ends_is_dropped)
{
	expect("data: a\n\ndata: b\n", "|a;");
}

TEST(a_line_as_long_as_the_limit_is_taken)
{
	char stream[LIMIT + 3], data[LIMIT];

	memset(data, 'x', sizeof data);
	snprintf(stream, sizeof stream, "data: %.*s\n\n", LIMIT - 6, data);
	own_buf expected = BUF_INIT(256);
	buf_putf(&expected, "|%.*s;", LIMIT - 6, data);
	expect(stream, expected.data);
}

static void expect_refusal(const char *stream)
{
	for (size_t piece = 1; piece <= strlen(stream); piece++) {
		own_buf seen = BUF_INIT(4096);
		struct sse_parser *p = sse_create(LIMIT, record, &seen);
		struct error err = { 0 };

		assert_false(feed_in_pieces(p, str_of(stream), piece, &err));
		assert_int_equal(err.kind, ERROR_TOO_LARGE);
		assert_string_equal(seen.data, "|a;");
		sse_destroy(p);
	}
}

TEST(a_line_over_the_limit_is_refused)
{
	char stream[128] = "data: a\n\n";

	memset(stream + strlen(stream), 'x', LIMIT + 1);
	expect_refusal(stream);
}

TEST(an_event_over_the_limit_is_refused)
{
	expect_refusal("data: a\n\ndata: 0123456789012345678901234567890\ndata: 0123456789012345678901234567890\n"
		"data: 0\n\n");
}

static bool refuse(void *user, const struct sse_event *e, struct error *err)
{
	(void)user, (void)e;
	return error_set(err, ERROR_CANCELLED, "enough");
}

TEST(the_receiver_can_stop_the_stream)
{
	struct sse_parser *p = sse_create(LIMIT, refuse, NULL);
	struct error err = { 0 };

	assert_false(sse_feed(p, str_of("data: a\n\ndata: b\n\n"), &err));
	assert_string_equal(err.text, "enough");
	sse_destroy(p);
}

/* Property, over random streams of the characters that matter: cutting never changes the events. */
TEST(random_cuts_of_random_streams_never_change_the_events)
{
	static const char *const parts[] = { "data", "event", ":", " ", "\n", "\r", "\r\n", "x", "\xef\xbb\xbf",
		"\n\n" };

	for (unsigned seed = 1; seed <= 2000; seed++) {
		own_buf stream = BUF_INIT(4096), whole = BUF_INIT(4096), cut = BUF_INIT(4096);
		struct sse_parser *a = sse_create(4096, record, &whole), *b = sse_create(4096, record, &cut);
		struct error err = { 0 };
		unsigned dice = seed;

		for (int i = 0; i < 60; i++)
			buf_put(&stream, parts[(unsigned)rand_r(&dice) % countof(parts)]);
		assert_ok(sse_feed(a, buf_str(&stream), &err));
		for (struct str rest = buf_str(&stream); rest.n;) {
			size_t n = 1 + (unsigned)rand_r(&dice) % 5;
			n = n < rest.n ? n : rest.n;
			assert_ok(sse_feed(b, (struct str){ rest.p, n }, &err));
			rest = str_from(rest, n);
		}
		if (strcmp(whole.data, cut.data) != 0)
			fail_msg("seed %u: \"%s\" became \"%s\"", seed, whole.data, cut.data);
		sse_destroy(a);
		sse_destroy(b);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_line_ends_the_event),
		cmocka_unit_test(data_lines_are_joined_by_newlines),
		cmocka_unit_test(comments_and_unknown_fields_are_ignored),
		cmocka_unit_test(only_one_space_after_the_colon_is_dropped),
		cmocka_unit_test(a_line_ends_with_lf_crlf_or_cr),
		cmocka_unit_test(an_event_without_data_is_dropped_with_its_name),
		cmocka_unit_test(an_empty_data_line_is_an_event),
		cmocka_unit_test(the_last_name_holds),
		cmocka_unit_test(a_byte_order_mark_is_skipped_once),
		cmocka_unit_test(an_event_that_no_empty_line_ends_is_dropped),
		cmocka_unit_test(a_line_as_long_as_the_limit_is_taken),
		cmocka_unit_test(a_line_over_the_limit_is_refused),
		cmocka_unit_test(an_event_over_the_limit_is_refused),
		cmocka_unit_test(the_receiver_can_stop_the_stream),
		cmocka_unit_test(random_cuts_of_random_streams_never_change_the_events),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
