#include "store/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "store/lines.h"
#include "support/home_folder.h"

#define NOON INT64_C(1795867200)       /* 2026-11-28 12:00 UTC */
#define DAY_S 86400

static char *in_logs(const char *name)
{
	return mem_printf("%s/logs/%s", home_folder, name);
}

static char *text_of(const char *name)
{
	own_mem char *path = in_logs(name);
	struct error err = {0};
	char *text = file_read(path, 1 << 20, NULL, &err);

	return text ? text : mem_strdup("");
}

static struct audit_record record_at(int64_t seconds)
{
	return (struct audit_record){ .time_ms = seconds * 1000 + 7, .session = "s1", .tool = "Bash",
		.decision = "allow", .why = "an allow rule covers it", .rule = "Bash(ls *)", .file = "settings.json",
		.by = "rules", .result = "ok", .bytes = 12, .ms = 34 };
}

static void add(struct audit *a, const struct audit_record *r)
{
	struct error err = {0};

	assert_ok(audit_add(a, r, &err));
}

/* As if the file had last been written then. */
static void date_file(int64_t seconds)
{
	own_mem char *path = in_logs("tools.jsonl");
	struct timespec times[2] = { { .tv_sec = seconds }, { .tv_sec = seconds } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

TEST(a_call_is_one_line_of_a_file_that_is_the_users_alone)
{
	own_json *input = json_pack("{s:s}", "command", "ls\n-la \"x\"");
	struct audit_record r = record_at(NOON);
	struct audit a;
	struct stat st;

	r.arguments = input;
	audit_init(&a, home_folder);
	add(&a, &r);
	own_mem char *text = text_of("tools.jsonl"), *path = in_logs("tools.jsonl"), *folder = in_logs("");
	assert_string_equal(text, "{\"time\":\"2026-11-28T12:00:00.007Z\",\"session\":\"s1\",\"tool\":\"Bash\","
		"\"arguments\":{\"command\":\"ls\\n-la \\\"x\\\"\"},\"decision\":\"allow\","
		"\"why\":\"an allow rule covers it\",\"rule\":\"Bash(ls *)\",\"file\":\"settings.json\","
		"\"by\":\"rules\","
		"\"result\":\"ok\",\"bytes\":12,\"ms\":34}\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	audit_done(&a);
}

TEST(yesterdays_lines_get_a_file_of_their_own)
{
	struct audit_record r = record_at(NOON - DAY_S), today = record_at(NOON);
	struct audit a, b;

	audit_init(&a, home_folder);
	audit_init(&b, home_folder);
	add(&a, &r);
	date_file(NOON - DAY_S);
	today.tool = "Read";
	add(&a, &today);
	date_file(NOON);
	add(&b, &today);           /* another process does not turn today's over */
	own_mem char *then = text_of("tools-2026-11-27.jsonl"), *now = text_of("tools.jsonl");
	assert_non_null(strstr(then, "\"Bash\""));
	assert_null(strstr(then, "\"Read\""));
	assert_null(strstr(now, "\"Bash\""));
	assert_int_equal(strlen(now), 2 * strcspn(now, "\n") + 2);
	audit_done(&a);
	audit_done(&b);
}

TEST(a_day_that_has_a_file_already_gets_another)
{
	own_mem char *old = in_logs("tools-2026-11-27.jsonl"), *folder = in_logs("");
	struct audit_record r = record_at(NOON - DAY_S), today = record_at(NOON);
	struct error err = {0};
	struct audit a;

	assert_ok(path_make(folder, 0700, &err) && file_write(old, (struct str)STR("old\n"), 0600, &err));
	audit_init(&a, home_folder);
	add(&a, &r);
	date_file(NOON - DAY_S);
	add(&a, &today);
	own_mem char *kept = text_of("tools-2026-11-27.jsonl"), *more = text_of("tools-2026-11-27.2.jsonl");
	assert_string_equal(kept, "old\n");
	assert_non_null(strstr(more, "\"Bash\""));
	audit_done(&a);
}

TEST(files_are_kept_for_thirty_days)
{
	static const char *const names[] = { "tools-2026-10-28.jsonl", "tools-2026-10-29.jsonl",
		"tools-2026-10-28.2.jsonl", "tools-2026-10-28.txt", "notes-2020-01-01.jsonl" };
	static const bool stays[] = { false, true, false, true, true };
	own_mem char *folder = in_logs("");
	struct audit_record r = record_at(NOON);
	struct error err = {0};
	struct audit a;

	assert_ok(path_make(folder, 0700, &err));
	for (size_t i = 0; i < countof(names); i++) {
		own_mem char *path = in_logs(names[i]);
		assert_ok(file_write(path, (struct str)STR("x\n"), 0600, &err));
	}
	audit_init(&a, home_folder);
	add(&a, &r);
	for (size_t i = 0; i < countof(names); i++) {
		own_mem char *path = in_logs(names[i]);
		assert_int_equal(path_is_file(path), stays[i]);
	}
	audit_done(&a);
}

TEST(a_line_that_would_be_too_long_loses_its_arguments)
{
	own_mem char *words = mem_alloc(LINES_LINE_MAX + 1);
	struct audit_record r = record_at(NOON);
	struct audit a;

	memset(words, 'w', LINES_LINE_MAX);
	words[LINES_LINE_MAX] = '\0';
	own_json *input = json_pack("{s:s}", "command", words);
	r.arguments = input;
	audit_init(&a, home_folder);
	add(&a, &r);
	r.why = words;
	add(&a, &r);
	own_mem char *text = text_of("tools.jsonl");
	char *second = strchr(text, '\n') + 1;
	assert_non_null(strstr(second, "\"left_out\":true,\"decision\":\"allow\",\"by\":\"rules\""));
	second[-1] = '\0';
	assert_non_null(strstr(text, "\"left_out\":true,\"decision\":\"allow\",\"why\":\"an allow"));
	audit_done(&a);
}

static ssize_t full_disk(int fd, const void *src, size_t n)
{
	(void)fd;
	(void)src;
	(void)n;
	errno = ENOSPC;
	return -1;
}

TEST(a_log_that_cannot_be_written_is_told_once)
{
	struct audit_record r = record_at(NOON);
	struct error err = {0};
	ssize_t (*write)(int, const void *, size_t) = sys.write;
	struct audit a;

	audit_init(&a, home_folder);
	sys.write = full_disk;
	assert_false(audit_add(&a, &r, &err));
	assert_non_null(strstr(err.text, "not logged"));
	assert_true(audit_add(&a, &r, &err));
	sys.write = write;
	assert_true(audit_add(&a, &r, &err));
	sys.write = full_disk;
	assert_false(audit_add(&a, &r, &err));
	sys.write = write;
	audit_done(&a);
}

/* Empty ones may be between them (store/lines.h). */
static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (const char *p = text; *p; p++)
		lines += *p == '\n' && p > text && p[-1] == '}';
	return lines;
}

/* Four processes turn over the same file at the same moment: no line is lost, and none is twice. */
TEST(several_processes_turn_over_without_losing_a_line)
{
	struct audit_record r = record_at(NOON - DAY_S);
	struct audit first;

	audit_init(&first, home_folder);
	add(&first, &r);
	audit_done(&first);
	date_file(NOON - DAY_S);
	for (int i = 0; i < 4; i++) {
		if (fork() == 0) {
			struct audit a;
			struct error err = {0};
			bool ok = true;
			/* The file's time is the real one: these calls are made now. */
			struct audit_record now = record_at(time(NULL));
			audit_init(&a, home_folder);
			for (int k = 0; k < 50; k++)
				ok &= audit_add(&a, &now, &err);
			audit_done(&a);
			_exit(!ok);
		}
	}
	for (int i = 0; i < 4; i++) {
		int status;
		assert_true(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0);
	}
	own_mem char *then = text_of("tools-2026-11-27.jsonl"), *now = text_of("tools.jsonl");
	assert_int_equal(count_lines(then) + count_lines(now), 201);
	assert_non_null(strstr(then, "2026-11-27T"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(a_call_is_one_line_of_a_file_that_is_the_users_alone),
		home_test(yesterdays_lines_get_a_file_of_their_own),
		home_test(a_day_that_has_a_file_already_gets_another),
		home_test(files_are_kept_for_thirty_days),
		home_test(a_line_that_would_be_too_long_loses_its_arguments),
		home_test(a_log_that_cannot_be_written_is_told_once),
		home_test(several_processes_turn_over_without_losing_a_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
