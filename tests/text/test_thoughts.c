#include "text/thoughts.h"

#include "support/random.h"
#include "support/test.h"

static bool on_text(void *user, struct str text, struct error *err)
{
	return buf_add_str(user, text, err);
}

/* Thoughts are written in upper case. */
static bool on_thought(void *user, struct str text, struct error *err)
{
	struct buf *out = user;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i] >= 'a' && text.p[i] <= 'z' ? (char)(text.p[i] - 32) : text.p[i];
		if (!buf_add(out, &c, 1, err))
			return false;
	}
	return true;
}

#define SINK(out) (struct thoughts_sink){ on_thought, on_text, out }

static void split(struct str text, bool begun, size_t piece, struct buf *out)
{
	struct error err = {0};
	owns(thoughts_done) struct thoughts t;

	thoughts_init(&t, begun, SINK(out));
	while (text.n) {
		size_t n = piece < text.n ? piece : text.n;
		assert_ok(thoughts_feed(&t, (struct str){ text.p, n }, &err));
		text = str_from(text, n);
	}
	assert_ok(thoughts_finish(&t, &err));
	assert_int_equal(t.held.len, 0);
}

static void expect(const char *text, bool begun, const char *expected)
{
	for (size_t piece = 1; piece < 40; piece++) {
		own_buf out = BUF_INIT(1 << 16);
		split(str_of(text), begun, piece, &out);
		assert_string_equal(out.data, expected);
	}
}

TEST(thoughts_at_the_beginning_are_told_apart)
{
	expect("<think>\nwell, so\n</think>\n\nYes.", false, "WELL, SOYes.");
	expect(" \n<think>a b\n\nc</think>x", false, "A B\n\nCx");
	expect("<think>\n\n</think>\n\nYes. \n", false, "Yes. \n");
	expect("hm</think>so", true, "HMso");
	expect("\n hm \n</think> so", true, "HMso");
}

TEST(without_thoughts_the_answer_is_as_it_was)
{
	expect("", false, "");
	expect(" \n", false, " \n");
	expect("\n yes <think>no</think> ", false, "\n yes <think>no</think> ");
	expect("<thin", false, "<thin");
	expect("< think>x", false, "< think>x");
}

TEST(tags_behind_the_thoughts_are_text)
{
	expect("<think>a</think>b<think>c</think>", false, "Ab<think>c</think>");
}

TEST(an_answer_that_ends_while_thinking_has_no_text)
{
	expect("<think>still </thi", false, "STILL </THI");
	expect("still", true, "STILL");
}

TEST(thoughts_go_out_as_they_come)
{
	own_buf out = BUF_INIT(100);
	struct error err = {0};
	owns(thoughts_done) struct thoughts t;

	thoughts_init(&t, false, SINK(&out));
	assert_ok(thoughts_feed(&t, str_of("<think>\nfirst "), &err));
	assert_string_equal(out.data, "FIRST");
	assert_ok(thoughts_feed(&t, str_of("then</"), &err));
	assert_string_equal(out.data, "FIRST THEN");
	assert_ok(thoughts_feed(&t, str_of("think>\nanswer "), &err));
	assert_string_equal(out.data, "FIRST THENanswer ");
}

static bool refuse(void *user __attribute__((unused)), struct str text __attribute__((unused)), struct error *err)
{
	return error_set(err, ERROR_CANCELLED, "nobody listens");
}

TEST(a_sink_that_refuses_stops_it)
{
	struct error err = {0};
	owns(thoughts_done) struct thoughts t;

	thoughts_init(&t, false, (struct thoughts_sink){ refuse, on_text, NULL });
	assert_false(thoughts_feed(&t, str_of("<think>x"), &err));
	assert_int_equal(err.kind, ERROR_CANCELLED);
}

/* Property: pieces do not matter. */
TEST(cutting_never_changes_the_result)
{
	static const char *const parts[] = { "<think>", "</think>", "<", "</", "think>", "x", " ", "\n", "é" };
	uint64_t seed = 3;

	for (int i = 0; i < 3000; i++) {
		own_buf text = BUF_INIT(1 << 12), whole = BUF_INIT(1 << 12), bytes = BUF_INIT(1 << 12);
		bool begun = random_below(&seed, 3) == 0;
		for (uint32_t n = random_below(&seed, 14); n; n--)
			buf_put(&text, parts[random_below(&seed, countof(parts))]);
		split(buf_str(&text), begun, text.len + 1, &whole);
		split(buf_str(&text), begun, 1 + random_below(&seed, 3), &bytes);
		assert_string_equal(whole.data, bytes.data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thoughts_at_the_beginning_are_told_apart),
		cmocka_unit_test(without_thoughts_the_answer_is_as_it_was),
		cmocka_unit_test(tags_behind_the_thoughts_are_text),
		cmocka_unit_test(an_answer_that_ends_while_thinking_has_no_text),
		cmocka_unit_test(thoughts_go_out_as_they_come),
		cmocka_unit_test(a_sink_that_refuses_stops_it),
		cmocka_unit_test(cutting_never_changes_the_result),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
