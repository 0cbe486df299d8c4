/* Real shells and programs: what they get, what comes back, and that nothing of them stays. */
#include "process/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "support/test.h"

struct heard {
	struct buf text[2];
	size_t enough;           /* bytes after which no more is wanted; 0: never */
};

static bool hear(void *user, enum child_stream stream, struct str bytes)
{
	struct heard *h = user;
	struct error err = {0};

	assert_ok(buf_add_str(&h->text[stream], bytes, &err));
	return !h->enough || h->text[stream].len < h->enough;
}

static void heard_done(struct heard *h)
{
	buf_done(&h->text[0]);
	buf_done(&h->text[1]);
}
#define HEARD { .text = { BUF_INIT(1 << 22), BUF_INIT(1 << 22) } }
#define own_heard __attribute__((cleanup(heard_done))) struct heard

static struct child_plan shell(const char *line, enum child_care care, struct heard *h)
{
	static const char *argv[4];

	argv[0] = "sh", argv[1] = "-c", argv[2] = line;
	return (struct child_plan){ .argv = argv, .output = h ? hear : NULL, .user = h, .care = care,
		.timeout_ms = 20000, .grace_ms = 300 };
}

static void expect(const struct child_plan *plan, enum child_how how, int code)
{
	struct error err = {0};
	struct child_end end;

	assert_ok(child_run(plan, &end, &err));
	assert_int_equal(end.how, how);
	if (how == CHILD_EXITED || how == CHILD_SIGNALLED)
		assert_int_equal(end.code, code);
}

static const enum child_care both[] = { CHILD_GROUP, CHILD_TREE };

static unsigned descriptors(void)
{
	unsigned count = 0;
	DIR *folder = opendir("/dev/fd");

	assert_non_null(folder);
	while (readdir(folder))
		count++;
	closedir(folder);
	return count;
}

/* A line of a shell that writes a file after a second, unless it is killed. */
struct witness {
	char file[40];
	char line[200];
};

static void witness_init(struct witness *w, const char *format)
{
	strcpy(w->file, "/tmp/shammah_child.XXXXXX");
	close(mkstemp(w->file));
	own_mem char *late = mem_printf("sleep 1; echo late >> %s", w->file);
	(void)snprintf(w->line, sizeof w->line, format, late);
}

static void expect_silent(struct witness *w)
{
	struct stat st;

	clock_sleep_ms(1400);
	assert_int_equal(stat(w->file, &st), 0);
	unlink(w->file);
	assert_int_equal(st.st_size, 0);
}

/* ---- What comes back ---- */

TEST(output_of_both_streams_and_the_exit_status_come_back)
{
	for (size_t i = 0; i < countof(both); i++) {
		own_heard h = HEARD;
		struct child_plan plan = shell("printf out; printf err >&2; exit 3", both[i], &h);
		expect(&plan, CHILD_EXITED, 3);
		assert_string_equal(h.text[CHILD_OUT].data, "out");
		assert_string_equal(h.text[CHILD_ERR].data, "err");
	}
}

TEST(merged_streams_come_in_the_order_in_which_they_were_written)
{
	own_heard h = HEARD;
	struct child_plan plan = shell("for i in 1 2 3; do printf o$i; printf e$i >&2; done", CHILD_TREE, &h);

	plan.merged = true;
	expect(&plan, CHILD_EXITED, 0);
	assert_string_equal(h.text[CHILD_OUT].data, "o1e1o2e2o3e3");
	assert_int_equal(h.text[CHILD_ERR].len, 0);
}

TEST(a_signal_is_told_from_an_exit_status)
{
	for (size_t i = 0; i < countof(both); i++) {
		struct child_plan plan = shell("kill -SEGV $$", both[i], NULL);
		expect(&plan, CHILD_SIGNALLED, SIGSEGV);
		plan = shell("exit 139", both[i], NULL);
		expect(&plan, CHILD_EXITED, 139);
	}
}

TEST(input_is_read_to_its_end_and_none_is_an_end)
{
	own_buf big = BUF_INIT(1 << 22);

	while (big.len < 1 << 20)
		buf_put(&big, "0123456789abcdef");
	for (size_t i = 0; i < countof(both); i++) {
		own_heard h = HEARD, none = HEARD;
		struct child_plan plan = shell("cat", both[i], &h);
		plan.input = buf_str(&big);
		expect(&plan, CHILD_EXITED, 0);
		assert_true(str_equal(buf_str(&h.text[CHILD_OUT]), buf_str(&big)));
		plan = shell("cat; echo end", both[i], &none);
		expect(&plan, CHILD_EXITED, 0);
		assert_string_equal(none.text[CHILD_OUT].data, "end\n");
		plan = shell("exit 0", both[i], NULL);     /* one that does not read it */
		plan.input = buf_str(&big);
		expect(&plan, CHILD_EXITED, 0);
	}
}

TEST(what_cannot_be_run_is_said)
{
	const char *const argv[] = { "no-such-program-anywhere", NULL }, *const folder[] = { "/etc", NULL };

	for (size_t i = 0; i < countof(both); i++) {
		struct child_plan plan = { .argv = argv, .care = both[i] };
		struct child_end end;
		struct error err = {0};

		assert_false(child_run(&plan, &end, &err));
		assert_int_equal(err.kind, ERROR_NOT_FOUND);
		assert_non_null(strstr(err.text, "no program no-such-program-anywhere"));
		plan.argv = folder;
		assert_false(child_run(&plan, &end, &err));
		assert_non_null(strstr(err.text, "/etc"));
		plan = shell("true", both[i], NULL);
		plan.folder = "/no/such/folder";
		assert_false(child_run(&plan, &end, &err));
		assert_int_equal(err.kind, ERROR_NOT_FOUND);
		assert_non_null(strstr(err.text, "/no/such/folder"));
	}
}

/* ---- What it gets ---- */

TEST(it_runs_where_and_with_what_it_is_told)
{
	const char *const environment[] = { "PATH=/usr/bin:/bin", "ONLY=this", NULL };

	for (size_t i = 0; i < countof(both); i++) {
		own_heard h = HEARD;
		struct child_plan plan = shell("pwd; echo $ONLY${HOME-none}", both[i], &h);
		plan.folder = "/usr";
		plan.environment = environment;
		expect(&plan, CHILD_EXITED, 0);
		assert_string_equal(h.text[CHILD_OUT].data, "/usr\nthisnone\n");
	}
}

TEST(it_gets_no_descriptor_but_those_passed_and_no_blocked_or_ignored_signal)
{
	int leaked = dup2(STDERR_FILENO, 77), passed[2];
	sigset_t blocked, before;

	assert_int_equal(leaked, 77);
	assert_int_equal(pipe(passed), 0);
	assert_int_equal(write(passed[1], "handed over", 11), 11);
	close(passed[1]);
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	signal(SIGUSR1, SIG_IGN);
	for (size_t i = 0; i < countof(both); i++) {
		own_heard h = HEARD;
		struct child_plan plan = shell(
			"ls /dev/fd | tr '\\n' ' '; sh -c 'kill -TERM $$'; echo $?; sh -c 'kill -USR1 $$'; echo $?",
			both[i], &h);
		expect(&plan, CHILD_EXITED, 0);
		assert_string_equal(h.text[CHILD_OUT].data, "0 1 2 3 143\n138\n");     /* 3: of ls itself */
	}
	own_heard h = HEARD;
	struct child_plan plan = shell("cat <&3; ls /dev/fd | tr '\\n' ' '", CHILD_TREE, &h);
	plan.passed = &passed[0];
	plan.passed_count = 1;
	expect(&plan, CHILD_EXITED, 0);
	assert_string_equal(h.text[CHILD_OUT].data, "handed over0 1 2 3 4 ");
	signal(SIGUSR1, SIG_DFL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	close(passed[0]);
	close(77);
}

TEST(it_does_not_meet_our_own_low_descriptors)
{
	own_heard h = HEARD;
	struct child_plan plan = shell("cat; echo out; echo err >&2", CHILD_TREE, &h);
	int kept[3];

	for (int i = 0; i < 3; i++)
		kept[i] = fcntl(i, F_DUPFD_CLOEXEC, 50);
	for (int i = 0; i < 3; i++)
		close(i);
	struct error err = {0};
	struct child_end end;
	plan.input = (struct str)STR("in ");
	bool ok = child_run(&plan, &end, &err);
	for (int i = 0; i < 3; i++) {
		dup2(kept[i], i);
		close(kept[i]);
	}
	assert_true(ok);
	assert_string_equal(h.text[CHILD_OUT].data, "in out\n");
	assert_string_equal(h.text[CHILD_ERR].data, "err\n");
}

/* ---- Its end ---- */

TEST(the_time_limit_ends_one_that_ignores_sigterm_and_all_it_started)
{
	for (size_t i = 0; i < countof(both); i++) {
		struct witness w;
		uint64_t began = clock_ms();

		witness_init(&w, "trap '' TERM; (trap '' TERM; %s) & sleep 30");
		struct child_plan plan = shell(w.line, both[i], NULL);
		plan.timeout_ms = 200;
		expect(&plan, CHILD_TIMED_OUT, 0);
		assert_true(clock_ms() - began < 5000);
		expect_silent(&w);
	}
}

TEST(one_that_cleans_up_on_sigterm_gets_the_time_for_it)
{
	for (size_t i = 0; i < countof(both); i++) {
		own_heard h = HEARD;
		struct child_plan plan = shell(
			"trap 'echo bye; exit 0' TERM; while :; do sleep 0.05; done", both[i], &h);
		plan.timeout_ms = 200;
		plan.grace_ms = 3000;
		expect(&plan, CHILD_TIMED_OUT, 0);
		assert_string_equal(h.text[CHILD_OUT].data, "bye\n");
	}
}

static void *fire_soon(void *cancel)
{
	clock_sleep_ms(100);
	cancel_fire(cancel);
	return NULL;
}

TEST(cancel_ends_it_before_and_under_way)
{
	for (size_t i = 0; i < countof(both); i++) {
		struct witness w;
		struct cancel cancel;
		pthread_t thread;

		witness_init(&w, "%s");
		cancel_init(&cancel);
		struct child_plan plan = shell(w.line, both[i], NULL);
		plan.cancel = &cancel;
		assert_int_equal(pthread_create(&thread, NULL, fire_soon, &cancel), 0);
		expect(&plan, CHILD_CANCELLED, 0);
		pthread_join(thread, NULL);
		expect(&plan, CHILD_CANCELLED, 0);
		cancel_done(&cancel);
		expect_silent(&w);
	}
}

TEST(output_nobody_wants_any_more_stops_it)
{
	for (size_t i = 0; i < countof(both); i++) {
		own_heard h = HEARD;
		struct child_plan plan = shell("yes", both[i], &h);

		h.enough = 100000;
		expect(&plan, CHILD_STOPPED, 0);
		assert_true(h.text[CHILD_OUT].len >= 100000 && h.text[CHILD_OUT].len < 200000);
	}
}

TEST(a_background_process_that_keeps_the_output_open_does_not_hold_us_up)
{
	own_heard h = HEARD;
	uint64_t began = clock_ms();
	struct child_plan plan = shell("sleep 3 & echo done", CHILD_GROUP, &h);

	expect(&plan, CHILD_EXITED, 0);
	assert_string_equal(h.text[CHILD_OUT].data, "done\n");
	assert_true(clock_ms() - began < 2500);
}

#ifdef __linux__
TEST(what_a_tree_leaves_behind_is_ended_and_counted)
{
	static const char *const lines[] = {
		"(%s) & exit 0",
		"setsid sh -c '%s' & exit 0",
		"setsid sh -c \"(%s) & (exit 0)\" & sleep 0.2; exit 0",
		"(env -i setsid sh -c '%s' < /dev/null > /dev/null 2>&1 &) ; exit 0",
		"trap '' TERM; (trap '' TERM; %s) & exit 0",
	};

	for (size_t i = 0; i < countof(lines); i++) {
		struct witness w;
		struct error err = {0};
		struct child_end end;

		witness_init(&w, lines[i]);
		struct child_plan plan = shell(w.line, CHILD_TREE, NULL);
		assert_ok(child_run(&plan, &end, &err));
		assert_int_equal(end.how, CHILD_EXITED);
		if (!end.left)
			fail_msg("%s: nothing was left", lines[i]);
		expect_silent(&w);
	}
}

TEST(a_session_of_its_own_does_not_save_a_grandchild_from_the_time_limit)
{
	struct witness w;

	witness_init(&w, "(setsid sh -c 'trap \"\" TERM; %s' &) ; sleep 30");
	struct child_plan plan = shell(w.line, CHILD_TREE, NULL);
	plan.timeout_ms = 200;
	expect(&plan, CHILD_TIMED_OUT, 0);
	expect_silent(&w);
}

TEST(a_tree_ends_when_its_owner_is_killed)
{
	struct witness w;
	pid_t owner;

	witness_init(&w, "setsid sh -c '%s' & sleep 30");
	owner = fork();
	assert_true(owner >= 0);
	if (owner == 0) {
		struct error err = {0};
		struct child_end end;
		struct child_plan plan = shell(w.line, CHILD_TREE, NULL);
		_exit(child_run(&plan, &end, &err));
	}
	clock_sleep_ms(300);
	kill(owner, SIGKILL);
	expect_silent(&w);
}

TEST(more_processes_or_memory_than_allowed_end_it)
{
	struct child_plan plan = shell("for i in 1 2 3 4 5 6 7 8 9; do sleep 30 & done; sleep 30", CHILD_TREE, NULL);

	plan.most_processes = 5;
	expect(&plan, CHILD_TOO_MANY, 0);
	plan = shell("x=$(head -c 100000000 /dev/zero | tr '\\0' x); sleep 30", CHILD_TREE, NULL);
	plan.most_megabytes = 60;
	expect(&plan, CHILD_TOO_LARGE, 0);
	plan = shell("sleep 0.2 & sleep 0.2; exit 3", CHILD_TREE, NULL);
	plan.most_processes = 5;
	plan.most_megabytes = 60;
	expect(&plan, CHILD_EXITED, 3);
}

/* It is bounded by itself, at 1,023: root's processes cannot be bounded from outside. */
TEST(a_fork_bomb_that_is_watched_ends_at_once)
{
	struct witness w;
	uint64_t began = clock_ms();

	witness_init(&w, "f() { if [ $1 -gt 0 ]; then f $(($1 - 1)) & f $(($1 - 1)) & wait; else sleep 5; fi; }; f 9 "
		"& %s");
	struct child_plan plan = shell(w.line, CHILD_TREE, NULL);
	plan.most_processes = 100;
	expect(&plan, CHILD_TOO_MANY, 0);
	assert_true(clock_ms() - began < 8000);
	expect_silent(&w);
}

TEST(a_fork_bomb_is_killed_whole)
{
	struct rlimit before, few;
	struct witness w;

	if (geteuid() == 0)
		skip_because("root's processes cannot be limited in number");
	getrlimit(RLIMIT_NPROC, &before);
	few = (struct rlimit){ 400, before.rlim_max };
	setrlimit(RLIMIT_NPROC, &few);
	witness_init(&w, "f() { f | f & }; f; %s");
	struct child_plan plan = shell(w.line, CHILD_TREE, NULL);
	plan.timeout_ms = 300;
	expect(&plan, CHILD_TIMED_OUT, 0);
	setrlimit(RLIMIT_NPROC, &before);
	expect_silent(&w);
}
#endif

TEST(a_wrapper_is_not_told_to_end_before_what_it_runs)
{
	own_heard h = HEARD;
	struct child_plan plan = shell(
		"trap 'echo wrapper told' TERM; sh -c 'trap \"echo told; exit 0\" TERM; while :; do sleep 0.05; done'",
		CHILD_TREE, &h);

	plan.wrapped = true;
	plan.timeout_ms = 300;
	plan.grace_ms = 3000;
	expect(&plan, CHILD_TIMED_OUT, 0);
#ifdef __linux__
	assert_string_equal(h.text[CHILD_OUT].data, "told\n");
#endif
}

/* ---- Descriptors ---- */

TEST(descriptors_do_not_leak_whatever_happens)
{
	unsigned before = descriptors();
	const char *const missing[] = { "no-such-program-anywhere", NULL };

	for (size_t i = 0; i < countof(both); i++) {
		own_heard h = HEARD;
		struct error err = {0};
		struct child_end end;
		struct child_plan plan = shell("cat", both[i], &h);
		plan.input = (struct str)STR("text");
		expect(&plan, CHILD_EXITED, 0);
		plan.argv = missing;
		assert_false(child_run(&plan, &end, &err));
		plan = shell("sleep 10", both[i], &h);
		plan.timeout_ms = 10;
		expect(&plan, CHILD_TIMED_OUT, 0);
	}
	assert_int_equal(descriptors(), before);
}

/* As many descriptors as there may be, from none upwards: each failure is said, and the last try works. */
TEST(too_few_descriptors_are_an_error_at_every_step)
{
	struct rlimit before;

	getrlimit(RLIMIT_NOFILE, &before);
	for (size_t i = 0; i < countof(both); i++) {
		unsigned start = descriptors(), failures = 0;
		bool ok = false;

		for (rlim_t most = 3; !ok && most < 40; most++) {
			own_heard h = HEARD;
			struct error err = {0};
			struct child_end end;
			struct child_plan plan = shell("cat", both[i], &h);
			struct rlimit few = { most, before.rlim_max };

			plan.input = (struct str)STR("text");
			setrlimit(RLIMIT_NOFILE, &few);
			ok = child_run(&plan, &end, &err) && end.how == CHILD_EXITED && end.code == 0;
			setrlimit(RLIMIT_NOFILE, &before);
			if (ok)
				assert_string_equal(h.text[CHILD_OUT].data, "text");
			else
				failures++;
			assert_int_equal(descriptors(), start);
		}
		assert_true(ok);
		assert_true(failures > 3);
	}
}

/* ---- Side by side ---- */

static void *run_many(void *user)
{
	for (int i = 0; i < 20; i++) {
		const char *const argv[] = { "sh", "-c", "cat; echo $$ > /dev/null", NULL };
		own_heard h = HEARD;
		struct error err = {0};
		struct child_end end;
		struct child_plan plan = { .argv = argv, .output = hear, .user = &h, .input = STR("mine"),
			.care = i % 2 ? CHILD_TREE : CHILD_GROUP };
		if (!child_run(&plan, &end, &err) || end.code || strcmp(h.text[CHILD_OUT].data, "mine") != 0)
			return user;
	}
	return NULL;
}

TEST(many_run_side_by_side)
{
	pthread_t threads[8];
	void *failed;

	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run_many, threads), 0);
	for (size_t i = 0; i < countof(threads); i++) {
		pthread_join(threads[i], &failed);
		assert_null(failed);
	}
}

static bool count(void *user, enum child_stream stream, struct str bytes)
{
	(void)stream;
	*(uint64_t *)user += bytes.n;
	return true;
}

TEST(a_gigabyte_of_output_takes_no_memory)
{
	struct rusage before, after;
	uint64_t bytes = 0;
	struct child_plan plan = shell("head -c 1073741824 /dev/zero", CHILD_TREE, NULL);

	plan.output = count;
	plan.user = &bytes;
	plan.timeout_ms = 100000;
	getrusage(RUSAGE_SELF, &before);
	expect(&plan, CHILD_EXITED, 0);
	getrusage(RUSAGE_SELF, &after);
	assert_int_equal(bytes, 1073741824);
	assert_true(after.ru_maxrss - before.ru_maxrss < 4096);      /* KiB */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(output_of_both_streams_and_the_exit_status_come_back),
		cmocka_unit_test(merged_streams_come_in_the_order_in_which_they_were_written),
		cmocka_unit_test(a_signal_is_told_from_an_exit_status),
		cmocka_unit_test(input_is_read_to_its_end_and_none_is_an_end),
		cmocka_unit_test(what_cannot_be_run_is_said),
		cmocka_unit_test(it_runs_where_and_with_what_it_is_told),
		cmocka_unit_test(it_gets_no_descriptor_but_those_passed_and_no_blocked_or_ignored_signal),
		cmocka_unit_test(it_does_not_meet_our_own_low_descriptors),
		cmocka_unit_test(the_time_limit_ends_one_that_ignores_sigterm_and_all_it_started),
		cmocka_unit_test(one_that_cleans_up_on_sigterm_gets_the_time_for_it),
		cmocka_unit_test(cancel_ends_it_before_and_under_way),
		cmocka_unit_test(output_nobody_wants_any_more_stops_it),
		cmocka_unit_test(a_background_process_that_keeps_the_output_open_does_not_hold_us_up),
#ifdef __linux__
		cmocka_unit_test(what_a_tree_leaves_behind_is_ended_and_counted),
		cmocka_unit_test(a_session_of_its_own_does_not_save_a_grandchild_from_the_time_limit),
		cmocka_unit_test(a_tree_ends_when_its_owner_is_killed),
		cmocka_unit_test(more_processes_or_memory_than_allowed_end_it),
		cmocka_unit_test(a_fork_bomb_that_is_watched_ends_at_once),
		cmocka_unit_test(a_fork_bomb_is_killed_whole),
#endif
		cmocka_unit_test(a_wrapper_is_not_told_to_end_before_what_it_runs),
		cmocka_unit_test(descriptors_do_not_leak_whatever_happens),
		cmocka_unit_test(too_few_descriptors_are_an_error_at_every_step),
		cmocka_unit_test(many_run_side_by_side),
		cmocka_unit_test(a_gigabyte_of_output_takes_no_memory),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
