/* RunCode: real interpreters, and what they cannot do. */
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "process/confine.h"
#include "support/test.h"
#include "tool/context.h"
#include "tool/input.h"
#include "tool/kinds.h"

static struct tool_context context;
static struct cancel cancel;

static bool call(const char *language, const char *code, int timeout_ms, struct tool_job *job, struct error *err)
{
	own_json *input = json_pack("{s:s, s:s, s:i}", "language", language, "code", code, "timeout", timeout_ms);

	*job = (struct tool_job)TOOL_JOB_INIT;
	job->context = &context;
	job->input = input;
	job->cancel = &cancel;
	return tool_run_code.run(job, err);
}

static void expect_timed(const char *language, const char *code, int timeout_ms, bool failed, const char *part)
{
	own_tool_job job = TOOL_JOB_INIT;
	struct error err = {0};

	if (!call(language, code, timeout_ms, &job, &err)) {
		if (err.kind == ERROR_NOT_FOUND && strstr(err.text, "among the programs of the system"))
			skip_because("%s", err.text);
		fail_msg("%s: %s", code, err.text);
	}
	if (!strstr(job.text.data, part))
		fail_msg("%s: '%s' does not have '%s'", code, job.text.data, part);
	if (job.failed != failed)
		fail_msg("%s: %s: %s", code, failed ? "did not fail" : "failed", job.text.data);
}

static void expect(const char *language, const char *code, bool failed, const char *part)
{
	expect_timed(language, code, 20000, failed, part);
}

static void need_confinement(void)
{
	struct error err = {0};

	if (!confine_available(&err))
		skip_because("%s", err.text);
}

TEST(python_runs)
{
	need_confinement();
	expect("python", "print(sum(range(10)))", false, "45\n");
	expect("python", "raise ValueError('so')", true, "Exit code 1\nTraceback");
	expect("python", "import sys; sys.exit(7)", true, "Exit code 7\n");
	expect("python", "pass", false, "(no output)");
	expect("python", "print('\\u20ac')", false, "\xe2\x82\xac");
}

TEST(javascript_runs)
{
	need_confinement();
	expect("javascript", "console.log([1, 2, 3].map(x => x * 2).join())", false, "2,4,6\n");
	expect("javascript", "throw new Error('so')", true, "Exit code 1\n");
}

TEST(shell_runs)
{
	need_confinement();
	expect("shell", "echo $((6 * 7)); exit 3", true, "Exit code 3\n42\n");
	expect("shell", "echo x > /tmp/a; cat /tmp/a; pwd; ls -A ~", false, "x\n/tmp\n");
}

TEST(an_unknown_language_is_refused)
{
	own_tool_job job = TOOL_JOB_INIT;
	struct error err = {0};

	assert_false(call("cobol", "x", 1000, &job, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

TEST(it_sees_neither_the_home_nor_the_project_nor_the_network)
{
	need_confinement();
	own_mem char *line = mem_printf("ls -d %s %s /root /home/* /var /run/* 2>&1 | grep -vc 'No such'; touch /x "
		"~/x; env",
		context.root, context.temp);

	setenv("OPENAI_API_KEY", "sk-secret", 1);
	expect("shell", line, false, "0\n");
	own_tool_job job = TOOL_JOB_INIT;
	struct error err = {0};
	assert_true(call("shell", line, 10000, &job, &err));
	assert_null(strstr(job.text.data, "sk-secret"));
	assert_non_null(strstr(job.text.data, "Read-only file system"));
	unsetenv("OPENAI_API_KEY");
	expect("python", "import socket\nsocket.create_connection(('1.1.1.1', 80), 2)", true, "unreachable");
}

TEST(secrets_of_the_system_are_hidden_even_from_root)
{
	need_confinement();
	expect("shell", "cat /etc/shadow /etc/gshadow >/tmp/x 2>/dev/null; wc -c </tmp/x; "
		"ls /etc/ssl/private 2>/dev/null | wc -l",
		false, "0\n0");
}

TEST(memory_is_bounded_in_one_process_and_in_all)
{
	need_confinement();
	expect("python", "x = bytearray(700 * 1000 * 1000)", true, "MemoryError");
	expect("python", "import os, time\nfor i in range(4):\n  if os.fork() == 0:\n    x = bytearray(b'1') * "
		"250000000\n"
		"    time.sleep(20)\ntime.sleep(20)", true, "more than 512 MB of memory");
}

TEST(the_disk_is_bounded)
{
	need_confinement();
	expect("shell", "head -c 200000000 /dev/zero > /tmp/a; ls -s /tmp/a | wc -l", false, "1\n");
	expect("python", "open('/tmp/b', 'wb').write(b'x' * 70000000)", true, "Errno");
}

TEST(time_is_bounded)
{
	uint64_t began = clock_ms();

	need_confinement();
	expect_timed("python", "import signal\nsignal.signal(15, signal.SIG_IGN)\nprint('on', flush=True)\nwhile "
		"True: pass",
		500, true, "took more than 0.5 s\non\n");
	assert_true(clock_ms() - began < 8000);
}

/* Bounded by themselves as well: at 1,023 processes. */
TEST(a_fork_bomb_is_ended)
{
	uint64_t began = clock_ms();
	own_tool_job job = TOOL_JOB_INIT;
	struct error err = {0};

	need_confinement();
	assert_true(call("shell", "f() { if [ $1 -gt 0 ]; then f $(($1 - 1)) & f $(($1 - 1)) & wait; else sleep 9; "
		"fi; }; f 9",
		20000, &job, &err));
	assert_true(job.failed);         /* watched from outside; others than root meet their own limit before */
	if (geteuid() == 0)
		assert_non_null(strstr(job.text.data, "more than 64 processes"));
	expect("shell", "f() { if [ $1 -gt 0 ]; then setsid sh -c 'sleep 9' & f $(($1 - 1)); fi; }; f 300; wait; exit "
		"1", true, "");
	assert_true(clock_ms() - began < 15000);
}

static int set_up(void **state)
{
	struct error err = {0};

	(void)state;
	cancel_init(&cancel);
	return tool_context_init(&context, ".", ".", "/", NULL, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	tool_context_done(&context);
	cancel_done(&cancel);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(python_runs),
		cmocka_unit_test(javascript_runs),
		cmocka_unit_test(shell_runs),
		cmocka_unit_test(an_unknown_language_is_refused),
		cmocka_unit_test(it_sees_neither_the_home_nor_the_project_nor_the_network),
		cmocka_unit_test(secrets_of_the_system_are_hidden_even_from_root),
		cmocka_unit_test(memory_is_bounded_in_one_process_and_in_all),
		cmocka_unit_test(the_disk_is_bounded),
		cmocka_unit_test(time_is_bounded),
		cmocka_unit_test(a_fork_bomb_is_ended),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
