/*
 * The supervisor of CHILD_TREE.  It is this very program under another name, and takes
 * over in a constructor, before main(): so it needs no file of its own, and shares no
 * memory with a process that may have many threads and gigabytes.
 *
 * As "child subreaper" (prctl(2)) it becomes the parent of every descendant whose own
 * parent has ended: once it has no child, there is no descendant.  What may fork faster
 * than we look is stopped first and killed then.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/child_inside.h"
#include "process/processes_linux.h"

#define ROUND_MS 20              /* between looks at what is being killed */
#define KILL_MS 8000             /* what is not dead then hangs in the kernel */

const char *const supervisor_program = "/proc/self/exe";

struct supervisor {
	int line, deaths;        /* deaths: readable when a child has ended */
	unsigned grace_ms;
	bool wrapped;
	pid_t main;
	bool ended;              /* main has; status says how */
	struct supervisor_report report;
};

static void answer(const struct supervisor *s)
{
	(void)send(s->line, &s->report, sizeof s->report, MSG_NOSIGNAL);
}

/* Takes those that have ended; false when there is no child any more. */
static bool reap(struct supervisor *s)
{
	struct signalfd_siginfo info;
	pid_t pid;
	int status;

	while (read(s->deaths, &info, sizeof info) > 0)
		;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != s->main || s->ended)
			continue;
		s->ended = true;
		s->report.status = status;
	}
	return pid == 0;
}

/* True when the line has ended: we are told to stop, or nobody is there to tell. */
static bool wait_for_news(const struct supervisor *s, int wait_ms, bool hear)
{
	struct pollfd fds[] = {
		{ .fd = s->deaths, .events = POLLIN }, { .fd = hear ? s->line : -1, .events = POLLIN | POLLRDHUP },
	};

	return poll(fds, 2, wait_ms) > 0 && fds[1].revents;
}

/* SIGTERM, the grace, SIGKILL. */
static void end_all(struct supervisor *s, bool gently)
{
	uint64_t until = clock_ms() + s->grace_ms;

	if (gently && s->grace_ms) {
		(void)descendants_signal(SIGTERM, s->wrapped ? s->main : 0);
		(void)descendants_signal(SIGCONT, 0);
		for (uint64_t now; reap(s) && (now = clock_ms()) < until; )
			(void)wait_for_news(s, (int)(until - now), false);
	}
	until = clock_ms() + KILL_MS;
	while (reap(s) && clock_ms() < until) {
		(void)descendants_signal(SIGSTOP, 0);
		(void)descendants_signal(SIGKILL, 0);
		(void)wait_for_news(s, ROUND_MS, false);
	}
}

static _Noreturn void become(struct supervisor *s, char **argv)
{
	sigset_t none;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)execvp(argv[0], argv);
	s->report.failed = errno;
	answer(s);
	_exit(127);
}

/* Lets go of what is the command's, so that its pipes end with it. */
static void let_go(const struct supervisor *s)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < s->line; fd++)
		if (fd > STDERR_FILENO || null < 0 || dup2(null, fd) < 0)
			(void)close(fd);
	(void)close(null);
}

static void watch(struct supervisor *s)
{
	bool told = false;

	while (!s->ended && !told) {
		told = wait_for_news(s, -1, true);
		(void)reap(s);
	}
	if (s->ended && s->wrapped) {            /* its wrapper's end is the end of all in it */
		end_all(s, false);
		return;
	}
	if (s->ended && reap(s))
		s->report.left = (int32_t)descendants_signal(0, 0);
	end_all(s, true);
}

static int supervise(char **argv)
{
	struct supervisor s = {
		.line = (int)strtol(argv[1], NULL, 10), .grace_ms = (unsigned)strtoul(argv[2], NULL, 10),
		.wrapped = strcmp(argv[3], "wrapped") == 0, .main = -1,
	};
	sigset_t deaths;

	sigemptyset(&deaths);
	sigaddset(&deaths, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &deaths, NULL);
	(void)fcntl(s.line, F_SETFD, FD_CLOEXEC);
	s.deaths = signalfd(-1, &deaths, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.deaths >= 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0)
		s.main = fork();
	if (s.main == 0)
		become(&s, argv + 4);
	if (s.main < 0) {
		s.report.failed = errno;
		answer(&s);
		return EXIT_FAILURE;
	}
	let_go(&s);
	watch(&s);
	answer(&s);
	return EXIT_SUCCESS;
}

__attribute__((constructor)) static void begin(int argc, char **argv)
{
	if (argc > 4 && strcmp(argv[0], SUPERVISOR_NAME) == 0)
		_exit(supervise(argv));
}
