/*
 * The supervisor of CHILD_TREE.  It is this very program under another name, and takes
 * over in a constructor, before main(): so it needs no file of its own, and shares no
 * memory with a process that may have many threads and gigabytes.
 *
 * As "child subreaper" (prctl(2)) it becomes the parent of every descendant whose own
 * parent has ended: once it has no child, there is no descendant.
 *
 * What forks without end forks faster than /proc can be read.  So whole process groups are
 * killed, which takes the kernel one step; and of a wrapper (bubblewrap) the wrapper first: with it goes the
 * first process of its PID namespace, and with that, at once, all there is in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "process/child_inside.h"
#include "process/processes_linux.h"

#define ROUND_MS 20              /* between looks at what is being killed */
#define KILL_MS 8000             /* what is not dead then hangs in the kernel */
#define SUDDEN_PROCESSES 2000    /* new ones in the whole system: too many to look whose they are */
#define PRIORITY (-10)           /* where we may have it: who counts must not be crowded out by what it counts */
#define PRIORITY_BELOW 5

const char *const supervisor_program = "/proc/self/exe";

struct supervisor {
	int line, deaths;        /* deaths: readable when a child has ended */
	unsigned grace_ms;
	size_t most_processes;   /* 0: any number */
	uint64_t most_bytes;
	unsigned before;         /* processes of the whole system at the beginning */
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
		descendants_signal(SIGTERM, s->wrapped ? s->main : 0, false);
		descendants_signal(SIGCONT, 0, false);
		for (uint64_t now; reap(s) && (now = clock_ms()) < until; )
			(void)wait_for_news(s, (int)(until - now), false);
	}
	until = clock_ms() + KILL_MS;
	if (!s->ended)
		(void)kill(-s->main, SIGKILL);
	if (s->wrapped && reap(s))               /* the kernel is at work */
		(void)wait_for_news(s, ROUND_MS, false);
	while (reap(s) && clock_ms() < until) {
		descendants_signal(SIGKILL, 0, true);
		(void)wait_for_news(s, ROUND_MS, false);
	}
}

static bool is_limited(const struct supervisor *s) { return s->most_processes || s->most_bytes; }

static unsigned processes_of_system(void)
{
	struct sysinfo info;

	return sysinfo(&info) == 0 ? info.procs : 0;
}

static _Noreturn void become(struct supervisor *s, char **argv)
{
	sigset_t none;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (is_limited(s))
		(void)setpriority(PRIO_PROCESS, 0, PRIORITY_BELOW);
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

/* Whether there are more of them, or they take more memory, than they may. */
static bool is_over(struct supervisor *s)
{
	struct descendants now;

	if (!is_limited(s))
		return false;
	if (s->most_processes && processes_of_system() > s->before + s->most_processes + SUDDEN_PROCESSES) {
		s->report.how = CHILD_TOO_MANY;
		return true;
	}
	descendants_look(&now);
	if (s->most_processes && now.count > s->most_processes)
		s->report.how = CHILD_TOO_MANY;
	else if (s->most_bytes && now.bytes > s->most_bytes)
		s->report.how = CHILD_TOO_LARGE;
	return s->report.how;
}

static void watch(struct supervisor *s)
{
	int wait_ms = is_limited(s) ? ROUND_MS : -1;
	bool told = false;

	while (!s->ended && !told) {
		told = wait_for_news(s, wait_ms, true);
		(void)reap(s);
		if (!s->ended && is_over(s)) {
			end_all(s, false);
			return;
		}
	}
	if (s->ended && s->wrapped) {            /* its wrapper's end is the end of all in it */
		end_all(s, false);
		return;
	}
	if (s->ended && reap(s)) {
		struct descendants left;
		descendants_look(&left);
		s->report.left = (int32_t)left.count;
	}
	end_all(s, true);
}

static int supervise(char **argv)
{
	struct supervisor s = {
		.line = (int)strtol(argv[1], NULL, 10), .grace_ms = (unsigned)strtoul(argv[2], NULL, 10),
		.wrapped = strcmp(argv[3], "wrapped") == 0, .main = -1,
		.most_processes = strtoul(argv[4], NULL, 10), .most_bytes = strtoull(argv[5], NULL, 10) << 20,
	};
	sigset_t deaths;

	sigemptyset(&deaths);
	sigaddset(&deaths, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &deaths, NULL);
	(void)fcntl(s.line, F_SETFD, FD_CLOEXEC);
	s.before = processes_of_system();
	if (is_limited(&s))
		(void)setpriority(PRIO_PROCESS, 0, PRIORITY);
	s.deaths = signalfd(-1, &deaths, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s.deaths >= 0 && prctl(PR_SET_CHILD_SUBREAPER, 1) == 0)
		s.main = fork();
	if (s.main == 0)
		become(&s, argv + SUPERVISOR_ARGUMENTS);
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
	if (argc > SUPERVISOR_ARGUMENTS && strcmp(argv[0], SUPERVISOR_NAME) == 0)
		_exit(supervise(argv));
}
