/* Real commands in the real confinement: what they see, what they can change, whom they can reach. */
#include "process/confine.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/test.h"

struct place {
	char folder[60];                 /* real */
	char *project, *temp, *git, *hooks, *secret, *keys;
};

static char *make_file(const char *folder, const char *name, const char *text)
{
	struct error err = {0};
	char *path = path_join(folder, name);

	assert_ok(file_write(path, str_of(text), 0600, &err));
	return path;
}

static int set_up(void **state)
{
	struct place *p = mem_zeroed(1, sizeof *p);
	struct error err = {0};

	strcpy(p->folder, "/var/tmp/shammah_confine.XXXXXX");
	assert_non_null(mkdtemp(p->folder));
	p->project = path_join(p->folder, "project");
	p->temp = path_join(p->folder, "temp");
	p->keys = path_join(p->folder, "keys");
	p->git = path_join(p->project, ".git");
	p->hooks = path_join(p->git, "hooks");
	assert_ok(path_make(p->hooks, 0700, &err));
	assert_ok(path_make(p->temp, 0700, &err));
	assert_ok(path_make(p->keys, 0700, &err));
	p->secret = make_file(p->project, ".env", "PASSWORD=1");
	free(make_file(p->keys, "id", "PRIVATE"));
	free(make_file(p->hooks, "kept", "#!/bin/sh"));
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;
	own_mem char *line = mem_printf("rm -rf '%s'", p->folder);

	assert_int_equal(system(line), 0);
	free(p->project);
	free(p->temp);
	free(p->keys);
	free(p->git);
	free(p->hooks);
	free(p->secret);
	free(p);
	return 0;
}

static bool hear(void *user, enum child_stream stream, struct str bytes)
{
	struct error err = {0};

	(void)stream;
	return buf_add_str(user, bytes, &err);
}

static void need_confinement(void)
{
	struct error err = {0};

	if (!confine_available(&err))
		skip_because("%s", err.text);
}

/* Runs a line confined, and gives what it printed on both streams. */
static char *run(const struct confinement *c, const char *line, struct child_end *end)
{
	const char *const argv[] = { "/bin/sh", "-c", line, NULL };
	own_buf text = BUF_INIT(1 << 20);
	own_confined confined = {0};
	struct error err = {0};

	assert_ok(confine(&confined, c, argv, &err));
	struct child_plan plan = { .output = hear, .user = &text, .merged = true, .timeout_ms = 20000,
		.grace_ms = 500, .care = CHILD_TREE };
	confined_plan(&confined, &plan);
	assert_ok(child_run(&plan, end, &err));
	return buf_detach(&text, NULL);
}

static void expect(const struct place *p, bool network, const char *line, const char *output)
{
	const char *const writable[] = { p->project, "/no/such/folder", NULL };
	own_mem char *config = path_join(p->git, "config"), *absent = path_join(p->project, ".claude");
	const char *const guarded[] = { p->hooks, config, absent, NULL };
	const char *const hidden[] = { p->secret, p->keys, "/no/such/file", NULL };
	struct confinement c = { .writable = writable, .guarded = guarded, .hidden = hidden, .temp = p->temp,
		.folder = p->project, .network = network };
	struct child_end end;
	own_mem char *got = run(&c, line, &end);

	if (!strstr(got, output))
		fail_msg("%s: '%s' does not have '%s'", line, got, output);
	assert_null(strstr(got, "PASSWORD"));
	assert_null(strstr(got, "PRIVATE"));
}

TEST(the_project_and_the_temporary_folder_are_writable)
{
	struct place *p = *state;

	need_confinement();
	expect(p, false, "pwd", p->project);
	expect(p, false, "echo made > new && cat new && rm new && mkdir -p a/b && echo ok", "made\nok");
	own_mem char *there = path_join(p->temp, "kept");
	own_mem char *line = mem_printf("echo one > /tmp/kept && cat %s", there);
	expect(p, false, line, "one");
	assert_true(path_is_file(there));
	expect(p, false, "cat /tmp/kept", "one");
	expect(p, false, "echo x > /dev/null; head -c 3 /dev/zero | od -An -c", "\\0");
}

TEST(nothing_else_is)
{
	struct place *p = *state;
	static const char *const places[] = {
		"/etc/x", "/usr/x", "/var/tmp/x", "/x", "../x", "/opt/x", "/sys/x", "/proc/x"
	};

	need_confinement();
	for (size_t i = 0; i < countof(places); i++) {
		own_mem char *line = mem_printf("touch %s && echo made", places[i]);
		expect(p, false, line, "touch: ");
	}
	expect(p, false, "mount -o remount,rw / 2>&1; touch /etc/x", "touch: ");
	expect(p, false, "mknod disk b 8 0; unshare -r true", "unshare");
}

TEST(what_is_guarded_can_neither_be_changed_nor_moved_away)
{
	struct place *p = *state;

	need_confinement();
	expect(p, false, "echo x > .git/hooks/new", "Read-only");
	expect(p, false, "echo x >> .git/hooks/kept", "Read-only");
	expect(p, false, "rm .git/hooks/kept", "Read-only");
	expect(p, false, "rmdir .git/hooks; mv .git/hooks .git/h", "busy");
	expect(p, false, "mv .git g", "busy");
	expect(p, false, "rm -rf .git 2>/dev/null; cat .git/hooks/kept", "#!/bin/sh");
	expect(p, false, "touch .git/index && echo committed", "committed");
	expect(p, false, "echo x > .git/config && echo made", "made");   /* there was none to guard */
	expect(p, false, "echo y > .git/config", "Read-only");
	expect(p, false, "echo x > c; mv c .git/config", "busy");
}

TEST(what_is_hidden_cannot_be_read)
{
	struct place *p = *state;
	own_mem char *line = mem_printf("ls -A %s; cat %s/id; echo x > %s/new; cat .env; cp .env e; mv .env f; "
		"cat < .env; cat e f", p->keys, p->keys, p->keys);
	own_mem char *link = mem_printf("ln -s %s k; cat k/id; ln .env hard; cat hard; rm k", p->keys);

	need_confinement();
	expect(p, false, line, "denied");
	expect(p, false, link, "denied");
	expect(p, false, "cat .env || echo no", "no");
	own_mem char *kept = path_join(p->keys, "id");
	assert_true(path_is_file(kept));
}

/* To git, "no such file" in a folder it tracks means that the file was deleted. */
TEST(what_is_hidden_does_not_look_deleted)
{
	struct place *p = *state;
	own_mem char *line = mem_printf("stat %s/id", p->keys);

	need_confinement();
	expect(p, false, line, "Permission denied");
}

TEST(a_project_below_what_is_hidden_is_still_there)
{
	struct place *p = *state;
	const char *const writable[] = { p->project, NULL }, *const hidden[] = { p->folder, p->secret, NULL };
	struct confinement c = { .writable = writable, .hidden = hidden, .folder = p->project };
	struct child_end end;

	need_confinement();
	own_mem char *got = run(&c, "ls ..; cat .git/hooks/kept; cat .env; touch ../x; echo", &end);
	assert_non_null(strstr(got, "project\n#!/bin/sh"));
	assert_null(strstr(got, "PASSWORD"));
	assert_null(strstr(got, "keys"));
}

TEST(other_processes_and_terminals_are_out_of_reach)
{
	struct place *p = *state;
	own_mem char *line = mem_printf("kill -9 %d; cat /proc/%d/environ; ls /proc | grep -c '^[0-9]'",
		getpid(), getpid());

	need_confinement();
	expect(p, false, line, "No such");
	expect(p, false, "echo $$; tr '\\0' ' ' < /proc/1/cmdline", "bwrap --args 3");
	expect(p, false, "ls /run /var/run | wc -w", "2\n");
	expect(p, false, "ls -1 /dev/fd | tr '\\n' ' '", "0 1 2 3 ");
	expect(p, false, "ls -1 /dev/fd | wc -l", "4");
}

#define PYTHON "/usr/bin/python3 -c "

static void need_python(void)
{
	if (access("/usr/bin/python3", X_OK) != 0)
		skip_because("no /usr/bin/python3");
}

TEST(settings_of_the_kernel_stay_even_for_root)
{
	expect(*state, false, "test -z \"$(find /proc -path '/proc/[0-9]*' -prune -o ! -type l -writable -print)\" && "
		"echo nothing", "nothing");
	expect(*state, false, "(: >>/proc/sys/kernel/core_pattern) 2>/dev/null || echo refused", "refused");
	expect(*state, false, "cat /proc/sys/kernel/ostype; test -d /proc/self/fd && echo mine", "Linux\nmine");
}

TEST(there_is_no_network_and_no_service_to_talk_to)
{
	struct place *p = *state;
	int server = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof at;

	need_confinement();
	need_python();
	assert_int_equal(bind(server, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(server, 5), 0);
	assert_int_equal(getsockname(server, (struct sockaddr *)&at, &size), 0);
	own_mem char *line = mem_printf(PYTHON "'import socket; "
		"socket.create_connection((\"127.0.0.1\", %d), 2); print(\"met\")'", ntohs(at.sin_port));
	expect(p, false, line, "refused");
	expect(p, true, line, "met");
	close(server);
	expect(p, false, PYTHON "'import socket; socket.socket(socket.AF_UNIX)'", "PermissionError");
	expect(p, false, PYTHON "'import socket; a, b = socket.socketpair(); a.send(b\"x\"); print(\"pair\")'",
		"pair");
	expect(p, true, PYTHON "'import socket; socket.socket(socket.AF_UNIX)'", "PermissionError");
	expect(p, true, PYTHON "'import socket; socket.socket(40, 1)'", "PermissionError");      /* AF_VSOCK */
}

TEST(dangerous_system_calls_are_refused)
{
	struct place *p = *state;
	static const char *const calls[] = {
		"248,b\"user\",b\"a\",b\"b\",1,-3", "250,0,-3,0,0,0", "298,0,0,-1,-1,0", "321,0,0,0", "323,0",
		"425,8,0", "165,0,0,0,0,0", "272,0x10000000", "175,0,0,0", "246,0,0,0,0",
	};

	need_confinement();
	need_python();
#ifdef __x86_64__
	for (size_t i = 0; i < countof(calls); i++) {
		own_mem char *line = mem_printf(PYTHON "'import ctypes; c = ctypes.CDLL(None, use_errno=True); "
			"print(c.syscall(%s), ctypes.get_errno())'", calls[i]);
		expect(p, true, line, "-1 1\n");
	}
	expect(p, true, PYTHON "'import ctypes; c = ctypes.CDLL(None, use_errno=True); "
		"print(c.syscall(435, 0, 0), ctypes.get_errno())'", "-1 38\n");
#endif
	expect(p, true, PYTHON "'import fcntl; fcntl.ioctl(0, 0x5412, b\"x\")'", "not permitted");
	expect(p, true, "/bin/sh -c 'echo forks still' & wait", "forks still");
	expect(p, true, PYTHON "'import threading as t; "
		"h = t.Thread(target=print, args=[\"threads\"]); h.start(); h.join()'", "threads");
}

TEST(a_bare_command_sees_the_system_only)
{
	struct place *p = *state;
	struct confinement c = { .bare = true };
	struct child_end end;

	need_confinement();
	own_mem char *line = mem_printf("ls %s; ls /root /home/*; ls / | tr '\\n' ' '; touch /x; touch /home/x; "
		"echo w > /tmp/w; cat /tmp/w; pwd", p->folder);
	own_mem char *got = run(&c, line, &end);
	if (!strstr(got, "w\n/tmp") || strstr(got, "project"))
		fail_msg("%s", got);
	assert_null(strstr(got, " root "));
	assert_null(strstr(got, " var "));
	assert_non_null(strstr(got, "'/x': Read-only"));
	assert_non_null(strstr(got, "'/home/x': Read-only"));
	own_mem char *again = run(&c, "head -c 100000000 /dev/zero > /tmp/big; ls /tmp", &end);
	assert_non_null(strstr(again, "No space left"));
}

TEST(status_and_signal_come_through_and_nothing_stays)
{
	struct place *p = *state;
	const char *const writable[] = { p->project, NULL };
	struct confinement c = { .writable = writable, .folder = p->project };
	struct child_end end;

	need_confinement();
	free(run(&c, "exit 7", &end));
	assert_int_equal(end.how, CHILD_EXITED);
	assert_int_equal(end.code, 7);
	free(run(&c, "kill -SEGV $$", &end));
	assert_int_equal(end.how, CHILD_EXITED);         /* bwrap says it as a shell does */
	assert_int_equal(end.code, 128 + SIGSEGV);
	uint64_t began = clock_ms();
	free(run(&c, "(trap '' TERM HUP; setsid sh -c 'sleep 1; touch late' &) ; sleep 0.1; echo done", &end));
	assert_true(clock_ms() - began < 900);
	clock_sleep_ms(1200);
	own_mem char *late = path_join(p->project, "late");
	assert_false(path_is_file(late));
}

TEST(time_limit_and_grace_hold_in_there_too)
{
	struct place *p = *state;
	const char *const writable[] = { p->project, NULL };
	const char *const argv[] = { "/bin/sh", "-c",
		"trap 'echo bye > said; exit 0' TERM; (trap '' TERM; sleep 1; touch late) & "
		"while :; do sleep 0.05; done", NULL };
	struct confinement c = { .writable = writable, .folder = p->project };
	own_confined confined = {0};
	struct error err = {0};
	struct child_end end;

	need_confinement();
	assert_ok(confine(&confined, &c, argv, &err));
	struct child_plan plan = { .timeout_ms = 300, .grace_ms = 600, .care = CHILD_TREE };
	confined_plan(&confined, &plan);
	assert_ok(child_run(&plan, &end, &err));
	assert_int_equal(end.how, CHILD_TIMED_OUT);
	clock_sleep_ms(1200);
	own_mem char *said = path_join(p->project, "said"), *late = path_join(p->project, "late");
	assert_true(path_is_file(said));
	assert_false(path_is_file(late));
}

#define EACH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(the_project_and_the_temporary_folder_are_writable),
		EACH(nothing_else_is),
		EACH(what_is_guarded_can_neither_be_changed_nor_moved_away),
		EACH(what_is_hidden_cannot_be_read),
		EACH(what_is_hidden_does_not_look_deleted),
		EACH(a_project_below_what_is_hidden_is_still_there),
		EACH(other_processes_and_terminals_are_out_of_reach),
		EACH(settings_of_the_kernel_stay_even_for_root),
		EACH(there_is_no_network_and_no_service_to_talk_to),
		EACH(dangerous_system_calls_are_refused),
		EACH(a_bare_command_sees_the_system_only),
		EACH(status_and_signal_come_through_and_nothing_stays),
		EACH(time_limit_and_grace_hold_in_there_too),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
