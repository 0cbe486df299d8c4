#include "store/record.h"

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/home_folder.h"

#define NOON 1795867200        /* 2026-11-28 12:00 UTC */
#define DAY 86400

static void append(const struct metric_record *r)
{
	struct error err = { 0 };

	assert_ok(record_append(home_folder, r, &err));
}

static char *file_of(const char *name)
{
	own_mem char *folder = path_join(home_folder, "metrics");

	return path_join(folder, name);
}

static void add_raw(const char *name, const char *text)
{
	own_mem char *path = file_of(name);
	struct error err = { 0 };
	size_t n;
	own_mem char *before = file_read(path, 1 << 20, &n, &err);
	own_mem char *both = mem_printf("%s%s", before ? before : "", text);

	assert_ok(file_write(path, str_of(both), 0600, &err));
}

struct seen {
	size_t count;
	struct metric_record last;
	char source[20], teacher[20], model[40], query[80];
	uint64_t cost;
};

static void copy(char *out, size_t size, const char *text) { snprintf(out, size, "%s", text ? text : "-"); }

static void see(void *user, const struct metric_record *r)
{
	struct seen *s = user;

	s->count++;
	s->last = *r;
	s->cost += r->cost;
	copy(s->source, sizeof s->source, r->source);
	copy(s->teacher, sizeof s->teacher, r->teacher);
	copy(s->model, sizeof s->model, r->model);
	copy(s->query, sizeof s->query, r->query);
}

static struct seen read_days(int first, int last, size_t damaged)
{
	struct seen seen = { 0 };
	struct error err = { 0 };
	size_t count = 0;

	assert_ok(records_read(home_folder, first, last, see, &seen, &count, &err));
	assert_int_equal(count, damaged);
	return seen;
}

static const struct metric_record full = {
	.time = NOON, .source = "teacher", .result = "answered", .teacher = "work", .provider = "claude",
	.model = "claude-\"sonnet\"-5-5", .prompt_tokens = 3210, .cached_tokens = 3000, .written_tokens = 200,
	.completion_tokens = 22, .thought_tokens = 7, .cost_known = true, .cost = 1234567, .saved = 89,
	.escalated = true, .estimated = true, .ms = 1500, .query = "abc",
};

TEST(a_line_says_what_there_is_to_say)
{
	own_mem char *path = file_of("2026-11-28.jsonl"), *folder = path_join(home_folder, "metrics");
	struct error err = { 0 };
	struct stat st;
	size_t n;

	append(&full);
	append(&(struct metric_record){ .time = NOON + 1, .source = "known", .result = "answered" });
	own_mem char *text = file_read(path, 10000, &n, &err);
	assert_string_equal(text,
		"{\"time\":\"2026-11-28T12:00:00Z\",\"source\":\"teacher\",\"result\":\"answered\","
		"\"teacher\":\"work\",\"provider\":\"claude\",\"model\":\"claude-\\\"sonnet\\\"-5-5\","
		"\"query\":\"abc\",\"prompt_tokens\":3210,\"cached_tokens\":3000,\"written_tokens\":200,"
		"\"completion_tokens\":22,\"thought_tokens\":7,\"ms\":1500,"
		"\"cost_usd\":1.234567,\"saved_usd\":0.000089,\"escalated\":true,\"estimated\":true}\n"
		"{\"time\":\"2026-11-28T12:00:01Z\",\"source\":\"known\",\"result\":\"answered\"}\n");
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
}

TEST(a_line_comes_back_as_it_was)
{
	append(&full);
	struct seen seen = read_days(20261128, 20261128, 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.last.time, full.time);
	assert_string_equal(seen.source, full.source);
	assert_string_equal(seen.teacher, full.teacher);
	assert_string_equal(seen.model, full.model);
	assert_string_equal(seen.query, full.query);
	assert_int_equal(seen.last.prompt_tokens, full.prompt_tokens);
	assert_int_equal(seen.last.cached_tokens, full.cached_tokens);
	assert_int_equal(seen.last.written_tokens, full.written_tokens);
	assert_int_equal(seen.last.completion_tokens, full.completion_tokens);
	assert_int_equal(seen.last.thought_tokens, full.thought_tokens);
	assert_int_equal(seen.last.ms, full.ms);
	assert_int_equal(seen.last.cost, full.cost);
	assert_int_equal(seen.last.saved, full.saved);
	assert_true(seen.last.cost_known && seen.last.escalated && seen.last.estimated);
}

TEST(days_are_read_from_first_to_last)
{
	struct metric_record r = { .source = "teacher", .cost_known = true };

	for (int i = 0; i < 40; i++) {
		r.time = NOON - i * DAY;
		r.cost = (uint64_t)1 << i;
		append(&r);
	}
	assert_int_equal(read_days(20261128, 20261128, 0).cost, 1);
	assert_int_equal(read_days(20261101, 20261128, 0).cost, (1 << 28) - 1);
	assert_int_equal(read_days(20261031, 20261101, 0).count, 2);
	assert_int_equal(read_days(20270101, 20270131, 0).count, 0);
}

TEST(damaged_lines_are_passed_over_and_counted)
{
	append(&full);
	add_raw("2026-11-28.jsonl", "{\"source\":\"kno\n[1]\n{}\n\n{\"source\":7}\n"
		"{\"source\":\"local\",\"cost_usd\":\"x\",\"prompt_tokens\":-5,\"time\":\"yesterday\"}\n"
		"{\"source\":\"torn");
	struct seen seen = read_days(20261128, 20261128, 5);
	assert_int_equal(seen.count, 2);
	assert_string_equal(seen.source, "local");
	assert_false(seen.last.cost_known);
	assert_int_equal(seen.last.prompt_tokens, 0);
	append(&full);
	assert_int_equal(read_days(20261128, 20261128, 5).count, 3);
}

TEST(old_days_are_deleted_and_nothing_else)
{
	static const char *const others[] = {
		"notes.txt", "2026-01-01.jsonl.bak", "2026-1-1.jsonl", "x2026-01-01.jsonl",
	};
	struct metric_record r = { .source = "known" };

	assert_int_equal(records_expire(home_folder, NOON), 0);
	for (int i = 0; i < 35; i++) {
		r.time = NOON - i * DAY;
		append(&r);
	}
	for (size_t i = 0; i < countof(others); i++)
		add_raw(others[i], "x");
	assert_int_equal(records_expire(home_folder, NOON), 35 - RECORD_DAYS - 1);
	assert_int_equal(records_expire(home_folder, NOON), 0);
	assert_int_equal(read_days(20261001, 20261128, 0).count, RECORD_DAYS + 1);
	for (size_t i = 0; i < countof(others); i++) {
		own_mem char *path = file_of(others[i]);
		assert_true(path_is_file(path));
	}
}

TEST(a_day_is_that_of_utc)
{
	assert_int_equal(record_day(NOON), 20261128);
	assert_int_equal(record_day(NOON - DAY / 2), 20261128);
	assert_int_equal(record_day(NOON - DAY / 2 - 1), 20261127);
	assert_int_equal(record_month(20261128), 20261101);
	assert_int_equal(record_day(-1), 0);
	assert_int_equal(record_day(INT64_MAX), 0);
}

TEST(what_cannot_be_written_is_told)
{
	struct metric_record r = full;
	own_mem char *long_name = mem_zeroed(1, 5000);
	struct error err = { 0 };

	memset(long_name, 'a', 4999);
	r.model = long_name;
	assert_false(record_append(home_folder, &r, &err));
	assert_int_equal(err.kind, ERROR_TOO_LARGE);
	r = full;
	r.time = -1;
	assert_false(record_append(home_folder, &r, &err));
	assert_false(record_append("/dev/null", &full, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(a_line_says_what_there_is_to_say),
		home_test(a_line_comes_back_as_it_was),
		home_test(days_are_read_from_first_to_last),
		home_test(damaged_lines_are_passed_over_and_counted),
		home_test(old_days_are_deleted_and_nothing_else),
		home_test(a_day_is_that_of_utc),
		home_test(what_cannot_be_written_is_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
