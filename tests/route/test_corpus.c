/* The readers of data/answers, and that the data keep to their formats. */
#include "route/train/corpus.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "route/train/synonyms.h"
#include "support/test.h"

static void expect_answer_error(const char *text, const char *message)
{
	struct error err = {0};
	own_corpus c = CORPUS_INIT;
	struct source source;

	assert_false(corpus_parse_answer(&c, str_of(text), "x.md", &source, &err));
	assert_string_equal(err.text, message);
}

TEST(an_answer_is_title_text_and_wordings)
{
	struct error err = {0};
	own_corpus c = CORPUS_INIT;
	struct source source;

	assert_ok(corpus_parse_answer(&c,
		str_of("# A title\n\nOne.\n\nTwo of them.\n\n## Wordings\n\n- ask\n- ask again\n"), "x.md", &source,
		&err));
	assert_string_equal(source.title, "A title");
	assert_true(str_is(source.text, "One.\n\nTwo of them.\n"));
	assert_int_equal(c.wording_count, 3);
	assert_int_equal(c.wordings[0].origin, FROM_TITLE);
	assert_true(str_is(c.wordings[2].text, "ask again"));
	assert_int_equal(c.wordings[2].place, 1);
}

TEST(the_sentences_of_a_text_are_wordings_too)
{
	struct error err = {0};
	own_corpus c = CORPUS_INIT;
	struct source source;

	assert_ok(corpus_parse_answer(&c,
		str_of("# T\n\nThe first sentence here. The second one\nof them?\n\n## Wordings\n- x\n"), "x.md",
		&source, &err));
	assert_int_equal(c.wording_count, 4);
	assert_true(str_is(c.wordings[1].text, "The first sentence here"));
	assert_true(str_is(c.wordings[2].text, "The second one\nof them"));
	assert_int_equal(c.wordings[2].origin, FROM_TEXT);
}

TEST(errors_name_file_and_line)
{
	expect_answer_error("", "x.md:1: the first line is \"# Title\"");
	expect_answer_error("Title\n", "x.md:1: the first line is \"# Title\"");
	expect_answer_error("# T\n\ntext\n", "x.md: there is no line \"## Wordings\"");
	expect_answer_error("# T\n\n## Wordings\n- a\n", "x.md: there is no text before \"## Wordings\"");
	expect_answer_error("# T\n\ntext\n\n## Wordings\n\n", "x.md: there are no wordings");
	expect_answer_error("# T\n\ntext\n\n## Wordings\n\n- a\nb\n", "x.md:8: a wording begins with \"- \"");
}

TEST(synonyms_stand_for_concepts)
{
	struct error err = {0};
	own_synonyms s = {0};
	struct words w;

	assert_ok(synonyms_parse(&s, str_of("# c\nstop: stop, turn off\nleave: stop\n"), "s", &err));
	struct lexicon l = synonyms_lexicon(&s);
	assert_true(words_read(str_of("turn off stopping"), &w));
	uint32_t cursor = phrase_hash(w.at, 2), hash = cursor;
	assert_int_equal(lexicon_next(&l, hash, &cursor), 1);
	assert_int_equal(lexicon_next(&l, hash, &cursor), 0);
	cursor = hash = stem_hash(&w.at[2]);
	assert_int_equal(lexicon_next(&l, hash, &cursor), 1);
	assert_int_equal(lexicon_next(&l, hash, &cursor), 2);
}

TEST(errors_in_synonyms_name_the_line)
{
	struct error err = {0};
	own_synonyms s = {0}, t = {0};

	assert_false(synonyms_parse(&s, str_of("a: b\nnothing\n"), "s.txt", &err));
	assert_string_equal(err.text, "s.txt:2: expected \"name: phrase, phrase\"");
	assert_false(synonyms_parse(&t, str_of("a: b,, c\n"), "s.txt", &err));
	assert_non_null(strstr(err.text, "s.txt:1: \"\" is no phrase"));
}

/* The data, read once for the tests below. */
static struct corpus data = CORPUS_INIT;

static int read_data(void **state)
{
	struct error err = {0};
	own_mem char *folder = path_join(getenv("SHAMMAH_SOURCE"), "data/answers");

	(void)state;
	if (corpus_read(&data, folder, &err))
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return -1;
}

static int release_data(void **state)
{
	(void)state;
	corpus_done(&data);
	return 0;
}

static size_t count_words(struct str text)
{
	size_t words = 0;

	for (size_t i = 0; i < text.n; i++)
		words += text.p[i] > ' ' && (i == 0 || text.p[i - 1] <= ' ');
	return words;
}

TEST(there_are_ten_patterns_and_at_least_120_topics)
{
	assert_int_equal(data.pattern_count, 10);
	assert_in_range(data.source_count - data.pattern_count, 120, 1000);
}

TEST(patterns_have_150_to_300_words)
{
	for (size_t i = 0; i < data.pattern_count; i++)
		if (count_words(data.sources[i].text) < 150 || count_words(data.sources[i].text) > 300)
			fail_msg("%s has %zu words", data.sources[i].id, count_words(data.sources[i].text));
}

static size_t count_wordings(size_t answer, enum wording_origin origin)
{
	size_t count = 0;

	for (size_t i = 0; i < data.wording_count; i++)
		count += data.wordings[i].answer == answer && data.wordings[i].origin == origin;
	return count;
}

TEST(every_answer_has_at_least_15_wordings)
{
	for (size_t i = 0; i < data.source_count; i++)
		if (count_wordings(i, FROM_ANSWER) < 15)
			fail_msg("%s has too few", data.sources[i].id);
}

TEST(at_least_1500_wordings_match_nothing)
{
	assert_in_range(count_wordings(CORPUS_NONE, FROM_NONE), 1500, 100000);
}

TEST(ids_are_lower_case_words_with_hyphens)
{
	for (size_t i = 0; i < data.source_count; i++) {
		const char *id = strchr(data.sources[i].id, '/') + 1;
		if (strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") != strlen(id))
			fail_msg("%s", data.sources[i].id);
	}
}

static int by_text(const void *a, const void *b)
{
	const struct wording *v = *(const struct wording *const *)a, *w = *(const struct wording *const *)b;
	size_t n = v->text.n < w->text.n ? v->text.n : w->text.n;
	int order = strncasecmp(v->text.p, w->text.p, n);
	return order ? order : (v->text.n > w->text.n) - (v->text.n < w->text.n);
}

/* Twice among those that match nothing does no harm. */
TEST(no_wording_asks_for_two_things)
{
	own_mem const struct wording **sorted = mem_zeroed(data.wording_count, sizeof *sorted);
	size_t count = 0;

	for (size_t i = 0; i < data.wording_count; i++)
		if (data.wordings[i].origin != FROM_TEXT && data.wordings[i].origin != FROM_TITLE)
			sorted[count++] = &data.wordings[i];
	qsort(sorted, count, sizeof *sorted, by_text);
	for (size_t i = 1; i < count; i++)
		if (by_text(&sorted[i - 1], &sorted[i]) == 0 &&
			(sorted[i - 1]->answer != CORPUS_NONE || sorted[i]->answer != CORPUS_NONE))
			fail_msg("\"%.*s\"", STR_ARGS(sorted[i]->text));
}

TEST(files_are_clean_text)
{
	struct str rest = buf_str(&data.files), path, line;

	while (str_split(&rest, '\n', &path)) {
		struct error err = {0};
		size_t n;
		own_mem char *name = mem_strndup(path.p, path.n);
		own_mem char *text = path_is_file(name) ? file_read(name, 1 << 20, &n, &err) : NULL;
		struct str lines = { text, text ? n : 0 };

		if (text && (!utf8_valid(text, n) || memchr(text, '\r', n) || n == 0 || text[n - 1] != '\n'))
			fail_msg("%s: no UTF-8, or wrong line ends", name);
		while (text && str_split(&lines, '\n', &line))
			if (line.n > 0 && (line.p[line.n - 1] == ' ' || line.p[line.n - 1] == '\t'))
				fail_msg("%s: a trailing blank: \"%.*s\"", name, STR_ARGS(line));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_title_text_and_wordings),
		cmocka_unit_test(the_sentences_of_a_text_are_wordings_too),
		cmocka_unit_test(errors_name_file_and_line),
		cmocka_unit_test(synonyms_stand_for_concepts),
		cmocka_unit_test(errors_in_synonyms_name_the_line),
		cmocka_unit_test(there_are_ten_patterns_and_at_least_120_topics),
		cmocka_unit_test(patterns_have_150_to_300_words),
		cmocka_unit_test(every_answer_has_at_least_15_wordings),
		cmocka_unit_test(at_least_1500_wordings_match_nothing),
		cmocka_unit_test(ids_are_lower_case_words_with_hyphens),
		cmocka_unit_test(no_wording_asks_for_two_things),
		cmocka_unit_test(files_are_clean_text),
	};
	return cmocka_run_group_tests(tests, read_data, release_data);
}
