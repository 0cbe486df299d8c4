#include "model/stopper.h"

#include "base/mem.h"
#include "support/test.h"

/* Feeds `text` in pieces of `piece` bytes and collects what is passed on, '#' for a stop. */
static char *collect(struct stopper *s, const char *text, size_t piece)
{
	own_buf all = BUF_INIT(1 << 16);
	struct error err = {0};
	struct str rest = str_of(text), out;
	bool stopped = false;

	while (rest.n && !stopped) {
		size_t n = piece < rest.n ? piece : rest.n;
		stopped = stopper_feed(s, (struct str){ rest.p, n }, &out);
		assert_ok(buf_add_str(&all, out, &err));
		rest = str_from(rest, n);
	}
	assert_ok(buf_add_str(&all, stopper_end(s), &err));
	if (stopped)
		buf_put(&all, "#");
	return buf_detach(&all, NULL);
}

static void expect(const char *text, const char *wanted, size_t count, const struct str *stops)
{
	for (size_t piece = 1; piece <= strlen(text) + 1; piece++) {
		own_stopper *s = stopper_create(stops, count);
		own_mem char *got = collect(s, text, piece);
		assert_string_equal(got, wanted);
	}
}

#define EXPECT(text, wanted, ...) do { \
		const struct str stops_[] = { __VA_ARGS__ }; \
		expect(text, wanted, countof(stops_), stops_); \
	} while (0)

TEST(text_before_a_stop_string_is_passed_on_and_the_stop_string_is_not)
{
	EXPECT("one two three", "one #", STR("two"));
	EXPECT("stop", "#", STR("stop"));
	EXPECT("no such thing", "no such thing", STR("stop"));
}

TEST(a_beginning_that_comes_to_nothing_is_passed_on)
{
	EXPECT("ababac!", "ababac!", STR("ababab"));
	EXPECT("abababab", "#", STR("ababab"));
	EXPECT("aabaabaaab", "aab#", STR("aabaaa"));
	EXPECT("the end is \n\nUse", "the end is \n\nUse", STR("\n\nUser:"));
}

TEST(the_stop_string_that_ends_first_wins_and_of_two_the_longer)
{
	EXPECT("xabcd", "x#", STR("abcd"), STR("bc"), STR("abc"));
	EXPECT("xabcd", "xa#", STR("abcd"), STR("bc"));
}

TEST(without_stop_strings_everything_is_passed_on_at_once)
{
	own_stopper *s = stopper_create(NULL, 0);
	struct str out;

	assert_false(stopper_feed(s, str_of("hello"), &out));
	assert_true(str_is(out, "hello"));
	EXPECT("hello", "hello", STR(""));
}

TEST(nothing_more_than_a_possible_beginning_is_held_back)
{
	const struct str stops[] = { STR("</s>") };
	own_stopper *s = stopper_create(stops, 1);
	struct str out;

	assert_false(stopper_feed(s, str_of("a < b </"), &out));
	assert_true(str_is(out, "a < b "));
	assert_false(stopper_feed(s, str_of("b> "), &out));
	assert_true(str_is(out, "</b> "));
}

/* Slow twin: looks at every end in turn. */
static char *twin(const char *text, const struct str *stops, size_t count)
{
	for (size_t end = 1; end <= strlen(text); end++) {
		size_t longest = 0;
		for (size_t i = 0; i < count; i++)
			if (stops[i].n <= end && stops[i].n > longest &&
				!memcmp(text + end - stops[i].n, stops[i].p, stops[i].n))
				longest = stops[i].n;
		if (longest)
			return mem_printf("%.*s#", (int)(end - longest), text);
	}
	return mem_strdup(text);
}

TEST(random_texts_are_stopped_as_by_the_slow_twin)
{
	srand(7);
	for (int round = 0; round < 3000; round++) {
		char text[40] = "", words[2][6] = { "", "" };
		for (size_t i = 0; i + 1 < sizeof text; i++)
			text[i] = (char)('a' + rand() % 2);
		for (size_t w = 0; w < 2; w++)
			for (size_t i = 0, n = 1 + (size_t)rand() % 5; i < n; i++)
				words[w][i] = (char)('a' + rand() % 2);
		const struct str stops[] = { str_of(words[0]), str_of(words[1]) };
		own_mem char *wanted = twin(text, stops, 2);
		own_stopper *s = stopper_create(stops, 2);
		own_mem char *got = collect(s, text, 1 + (size_t)rand() % 7);
		assert_string_equal(got, wanted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_before_a_stop_string_is_passed_on_and_the_stop_string_is_not),
		cmocka_unit_test(a_beginning_that_comes_to_nothing_is_passed_on),
		cmocka_unit_test(the_stop_string_that_ends_first_wins_and_of_two_the_longer),
		cmocka_unit_test(without_stop_strings_everything_is_passed_on_at_once),
		cmocka_unit_test(nothing_more_than_a_possible_beginning_is_held_back),
		cmocka_unit_test(random_texts_are_stopped_as_by_the_slow_twin),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
