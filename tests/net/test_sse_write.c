#include "net/sse_write.h"

#include "net/sse.h"
#include "support/test.h"

static void expect(const char *name, const char *data, const char *bytes)
{
	own_buf out = BUF_INIT(256);
	struct error err = { 0 };

	assert_ok(sse_write_event(&out, name, str_of(data), &err));
	assert_string_equal(out.data, bytes);
}

TEST(an_event_has_a_name_if_given_and_data)
{
	expect("delta", "hi", "event: delta\ndata: hi\n\n");
	expect(NULL, "[DONE]", "data: [DONE]\n\n");
	expect(NULL, "", "data: \n\n");
}

TEST(a_line_break_of_any_kind_starts_a_data_line)
{
	expect(NULL, "a\nb\r\nc\rd\n", "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
}

TEST(a_comment_is_a_line_that_readers_skip)
{
	own_buf out = BUF_INIT(256);
	struct error err = { 0 };

	assert_ok(sse_write_comment(&out, "keep-alive", &err));
	assert_string_equal(out.data, ": keep-alive\n\n");
}

TEST(an_event_that_does_not_fit_leaves_nothing_behind)
{
	own_buf out = BUF_INIT(20);
	struct error err = { 0 };

	assert_ok(sse_write_event(&out, NULL, str_of("1"), &err));
	assert_false(sse_write_event(&out, "name", str_of("2"), &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	assert_string_equal(out.data, "data: 1\n\n");
}

static bool compare(void *user, const struct sse_event *e, struct error *err)
{
	(void)err;
	assert_string_equal(e->name, "n");
	assert_true(str_equal(e->data, *(struct str *)user));
	((struct str *)user)->p = NULL;
	return true;
}

/* Property: what is written reads back, but for the kind of its line breaks. */
TEST(what_is_written_reads_back)
{
	static const char alphabet[] = "\n\n: xda\0e";

	for (unsigned seed = 1; seed <= 1000; seed++) {
		own_buf out = BUF_INIT(1 << 16);
		struct error err = { 0 };
		unsigned dice = seed;
		char text[64];
		struct str data = { text, (unsigned)rand_r(&dice) % sizeof text };

		for (size_t i = 0; i < data.n; i++)
			text[i] = alphabet[(unsigned)rand_r(&dice) % (sizeof alphabet - 1)];
		struct sse_parser *p = sse_create(4096, compare, &data);
		assert_ok(sse_write_event(&out, "n", data, &err));
		assert_ok(sse_feed(p, buf_str(&out), &err));
		assert_null(data.p);
		sse_destroy(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_has_a_name_if_given_and_data),
		cmocka_unit_test(a_line_break_of_any_kind_starts_a_data_line),
		cmocka_unit_test(a_comment_is_a_line_that_readers_skip),
		cmocka_unit_test(an_event_that_does_not_fit_leaves_nothing_behind),
		cmocka_unit_test(what_is_written_reads_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
