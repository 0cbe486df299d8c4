#include "daemon/books.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "provider/provider.h"
#include "store/record.h"
#include "support/home_folder.h"

#define SECRET "Verschwiegenheit"

struct study {
	struct teachers *teachers;
	struct metrics metrics;
	struct books *books;
};

static void enter(struct study *s)
{
	*s = (struct study){0};
	s->teachers = teachers_create();
	s->books = books_create(home_folder, s->teachers, &s->metrics);
}

static void leave(struct study *s)
{
	books_destroy(s->books);
	teachers_stop(s->teachers);
	teachers_destroy(s->teachers);
}
#define own_study owns(leave) struct study

static void note(struct study *s, struct book_entry entry)
{
	own_request r = REQUEST_INIT(1 << 16);
	struct error err = {0};

	assert_non_null(chat_add(&r.chat, ROLE_USER, (struct str)STR(SECRET), &err));
	books_note(s->books, &r, &entry);
}

static struct book_entry answer(const char *provider)
{
	return (struct book_entry){
		.source = METRIC_TEACHER, .result = METRIC_ANSWERED, .teacher = provider, .provider = provider,
		.model = provider_model(provider_find(provider), NULL), .ended = true, .ms = 1200,
		.usage = { .prompt_tokens = 1000000, .completion_tokens = 1000000 },
	};
}

static char *todays_book(void)
{
	char path[160];
	int day = record_day(clock_unix());
	struct error err = {0};

	snprintf(path, sizeof path,
		"%s/metrics/%04d-%02d-%02d.jsonl", home_folder, day / 10000, day / 100 % 100, day % 100);
	char *text = file_read(path, 1 << 20, NULL, &err);
	if (!text)
		fail_msg("%s", err.text);
	return text;
}

TEST(an_answer_is_a_line_without_its_words)
{
	own_study s;

	enter(&s);
	note(&s, answer("claude"));
	own_mem char *book = todays_book();
	assert_non_null(strstr(book, "\"teacher\":\"claude\""));
	assert_non_null(strstr(book, "\"cost_usd\""));
	assert_null(strstr(book, SECRET));
}

TEST(what_went_on_to_a_teacher_is_marked)
{
	own_study s;
	struct book_entry entry = answer("claude");

	enter(&s);
	entry.escalated = true;
	note(&s, entry);
	entry.source = METRIC_LOCAL;           /* no teacher could be reached, and it came back */
	note(&s, entry);
	own_mem char *book = todays_book();
	char *mark = strstr(book, "\"escalated\":true");
	assert_non_null(mark);
	assert_true(mark < strchr(book, '\n'));
	assert_null(strstr(mark + 1, "\"escalated\":true"));
}

TEST(a_budget_is_near_and_then_spent)
{
	own_study s;
	struct book_entry one = answer("claude");
	uint64_t cost = 0;
	char text[120];

	enter(&s);
	assert_true(books_cost(one.provider, one.model, NULL, &one.usage, &cost));
	assert_int_equal(books_spending(s.books).state, SPENDING_FREE);
	books_set_budget(s.books, (int64_t)(cost * 10));
	for (int i = 0; i < 7; i++)
		note(&s, one);
	assert_int_equal(books_spending(s.books).state, SPENDING_UNDER);
	note(&s, one);
	assert_int_equal(books_spending(s.books).state, SPENDING_NEAR);
	note(&s, one);
	note(&s, one);
	struct spending_view view = books_spending(s.books);
	assert_int_equal(view.state, SPENDING_OVER);
	books_describe(&view, text, sizeof text);
	assert_non_null(strstr(text, "of this month's $"));
}

TEST(what_is_spent_outlives_the_daemon)
{
	own_study s;

	enter(&s);
	note(&s, answer("claude"));
	uint64_t spent = books_spending(s.books).spent;
	assert_true(spent > 0);
	books_destroy(s.books);
	s.books = books_create(home_folder, s.teachers, &s.metrics);
	assert_int_equal(books_spending(s.books).spent, spent);
}

TEST(a_local_answer_saves_what_the_first_teacher_costs)
{
	static const struct teacher_config claude = { .name = "c", .provider = "claude", .key = { "k", "o" } };
	own_study s;
	struct error err = {0};
	struct book_entry local = answer("claude");
	uint64_t cost = 0;

	enter(&s);
	assert_ok(teachers_set(s.teachers, &claude, 1, &err));
	assert_true(books_cost(local.provider, local.model, NULL, &local.usage, &cost));
	own_teacher_list *own = teachers_own(s.teachers);
	local.list = own;
	local.source = METRIC_LOCAL;
	local.provider = local.teacher = NULL;
	local.model = "tiny";
	note(&s, local);
	assert_int_equal(books_spending(s.books).spent, 0);
	assert_int_equal(atomic_load(&s.metrics.saved), cost);
	assert_int_equal(atomic_load(&s.metrics.cost), 0);
}

TEST(what_the_vendor_says_it_cost_goes_before_every_price)
{
	own_study s;
	struct book_entry e = answer("claude");
	struct price mine = price_flat(1000000, 1000000);

	enter(&s);
	e.price = &mine;
	e.usage.costed = true;
	e.usage.cost = 77;
	note(&s, e);
	assert_int_equal(books_spending(s.books).spent, 77);
	books_set_budget(s.books, 1000000);
	assert_false(books_tell_unpriced(s.books, "openrouter", "a/b", NULL));
	assert_true(books_tell_unpriced(s.books, "compatible", "a/b", NULL));
}

TEST(a_question_that_waited_in_vain_may_have_cost_its_prompt_each_time)
{
	own_study s;
	struct book_entry e = answer("claude");

	e.result = METRIC_FAILED;
	e.ended = false;
	e.usage = (struct usage){0};
	enter(&s);
	note(&s, e);
	assert_int_equal(books_spending(s.books).spent, 0);
	e.unanswered = 1;
	note(&s, e);
	uint64_t cost = books_spending(s.books).spent;
	assert_true(cost > 0);
	e.unanswered = 2;
	note(&s, e);
	assert_int_equal(books_spending(s.books).spent, 3 * cost);
	own_mem char *book = todays_book();
	assert_non_null(strstr(book, "\"estimated\":true"));
}

/* Nothing was counted. */
static struct book_entry uncounted(enum metric_result result, bool ended, size_t received)
{
	struct book_entry e = answer("claude");

	e.result = result;
	e.ended = ended;
	e.received = received;
	e.usage = (struct usage){0};
	return e;
}

TEST(an_answer_without_a_count_costs_what_its_bytes_let_expect)
{
	static const struct { enum metric_result result; bool ended; size_t received; } cases[] = {
		{ METRIC_FAILED, false, 3000 },        /* cut */
		{ METRIC_CANCELLED, false, 3000 },
		{ METRIC_CANCELLED, false, 0 },        /* the question was sent */
		{ METRIC_ANSWERED, true, 3000 },       /* by a vendor that does not count */
	};
	uint64_t spent = 0;

	for (size_t i = 0; i < countof(cases); i++) {
		own_study s;
		enter(&s);
		spent = books_spending(s.books).spent;
		note(&s, uncounted(cases[i].result, cases[i].ended, cases[i].received));
		assert_true(books_spending(s.books).spent > spent);
		own_mem char *book = todays_book();
		char *line = strrchr(book, '{');
		assert_non_null(strstr(line, "\"estimated\":true"));
		assert_non_null(strstr(line, "\"cost_usd\""));
		assert_true(!cases[i].received == !strstr(line, "\"completion_tokens\":1000"));
	}
}

TEST(a_question_that_failed_before_the_first_word_costs_nothing)
{
	own_study s;

	enter(&s);
	note(&s, uncounted(METRIC_FAILED, false, 0));
	own_mem char *book = todays_book();
	assert_null(strstr(book, "cost_usd"));
	assert_null(strstr(book, "estimated"));
	assert_int_equal(books_spending(s.books).spent, 0);
}

TEST(a_price_of_the_users_own_counts)
{
	static const struct price dear = { .input = 3000000, .cached = 3000000, .written = 3000000, .output = 5000000 };
	own_study s;
	struct book_entry e = answer("claude");

	enter(&s);
	e.model = "nobody-knows-1";
	e.price = &dear;
	note(&s, e);
	assert_int_equal(books_spending(s.books).spent, 8000000);
}

TEST(a_model_outside_the_budget_is_told_once_and_only_where_there_is_a_budget)
{
	static const struct price own = {0};
	own_study s;

	enter(&s);
	assert_false(books_tell_unpriced(s.books, "claude", "nobody-knows-1", NULL));
	books_set_budget(s.books, 1);
	assert_false(books_tell_unpriced(s.books, "claude", "nobody-knows-1", &own));
	assert_false(books_tell_unpriced(s.books, "claude", provider_model(provider_find("claude"), NULL), NULL));
	assert_false(books_tell_unpriced(s.books, "ollama", "anything", NULL));
	assert_true(books_tell_unpriced(s.books, "claude", "nobody-knows-1", NULL));
	assert_false(books_tell_unpriced(s.books, "claude", "nobody-knows-1", NULL));
	assert_true(books_tell_unpriced(s.books, "claude", "nobody-knows-2", NULL));
}

TEST(a_disk_that_refuses_stops_nothing)
{
	own_study s;
	struct error err = {0};

	enter(&s);
	books_set_budget(s.books, 1);
	own_mem char *folder = path_join(home_folder, "metrics");
	assert_ok(file_write(folder, (struct str)STR("no folder"), 0600, &err));
	note(&s, answer("claude"));
	note(&s, answer("claude"));
	assert_int_equal(books_spending(s.books).state, SPENDING_OVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(an_answer_is_a_line_without_its_words),
		home_test(what_went_on_to_a_teacher_is_marked),
		home_test(a_budget_is_near_and_then_spent),
		home_test(what_is_spent_outlives_the_daemon),
		home_test(a_local_answer_saves_what_the_first_teacher_costs),
		home_test(what_the_vendor_says_it_cost_goes_before_every_price),
		home_test(a_question_that_waited_in_vain_may_have_cost_its_prompt_each_time),
		home_test(an_answer_without_a_count_costs_what_its_bytes_let_expect),
		home_test(a_question_that_failed_before_the_first_word_costs_nothing),
		home_test(a_price_of_the_users_own_counts),
		home_test(a_model_outside_the_budget_is_told_once_and_only_where_there_is_a_budget),
		home_test(a_disk_that_refuses_stops_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
