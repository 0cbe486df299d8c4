#include "route/words.h"

#include "support/test.h"

static void expect(const char *text, const char *words)
{
	struct words w;
	char joined[2000] = "";

	assert_true(words_read(str_of(text), &w));
	for (size_t i = 0; i < w.count; i++) {
		strncat(joined, w.at[i].text, w.at[i].n);
		strcat(joined, i + 1 < w.count ? " " : "");
	}
	assert_string_equal(joined, words);
}

TEST(words_are_folded)
{
	expect("How do I STOP it?", "how do i stop it");
	expect("Ｓｈａｍｍａｈ naïve Straße ﬁle", "shammah naive strasse file");
}

TEST(apostrophes_inside_words_are_dropped)
{
	expect("it's Shammah's, don’t 'quote'", "its shammahs dont quote");
}

TEST(what_can_be_typed_keeps_its_mark)
{
	expect("/clear or --model DIR, -p", "/clear or --model dir -p");
	expect("(see ~/.shammah/history and `/help`)", "see .shammah history and /help");
	expect("C++ or c#, not a+b", "c++ or c# not a+b");
}

TEST(marks_that_begin_nothing_are_dropped)
{
	expect("path-dependence, 1/2 -- and/or ... - 5 -3 /v1/models", "path dependence 1 2 and or 5 3 /v1 models");
}

TEST(malformed_bytes_separate_words)
{
	expect("stop\xff\xfe" "daemon\xc3", "stop daemon");
}

TEST(a_long_word_is_cut)
{
	expect("aaaaaaaaaabbbbbbbbbbccccccccccdddddddddd", "aaaaaaaaaabbbbbbbbbbccc");
}

TEST(a_long_message_is_no_question)
{
	struct words w;
	char text[QUESTION_BYTES_MAX + 3];

	memset(text, 'a', sizeof text);
	assert_false(words_read((struct str){ text, QUESTION_BYTES_MAX + 1 }, &w));
	assert_true(words_read((struct str){ text, QUESTION_BYTES_MAX }, &w));
	for (size_t i = 1; i < sizeof text; i += 2)
		text[i] = ' ';
	assert_false(words_read((struct str){ text, 2 * QUESTION_WORDS_MAX + 2 }, &w));
	assert_true(words_read((struct str){ text, 2 * QUESTION_WORDS_MAX }, &w));
	assert_int_equal(w.count, QUESTION_WORDS_MAX);
}

TEST(white_space_around_a_question_does_not_count)
{
	struct words w;
	char text[3000];

	memset(text, '\n', sizeof text);
	text[1500] = 'a';
	assert_true(words_read((struct str){ text, sizeof text }, &w));
	assert_int_equal(w.count, 1);
	assert_true(words_read((struct str){0}, &w));
	assert_int_equal(w.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_folded),
		cmocka_unit_test(apostrophes_inside_words_are_dropped),
		cmocka_unit_test(what_can_be_typed_keeps_its_mark),
		cmocka_unit_test(marks_that_begin_nothing_are_dropped),
		cmocka_unit_test(malformed_bytes_separate_words),
		cmocka_unit_test(a_long_word_is_cut),
		cmocka_unit_test(a_long_message_is_no_question),
		cmocka_unit_test(white_space_around_a_question_does_not_count),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
