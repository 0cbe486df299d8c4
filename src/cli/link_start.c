/*
 * The daemon is this very program, started in a session of its own with its
 * output in the log.  It reports through a pipe: "ready PORT" once it listens, or
 * the reason why not.  When two clients start one each, the lock lets one daemon
 * win; the loser's report says so, and its client uses the winner.
 *
 * Nothing else of the caller's goes along: a pipe of a shell that waits for its
 * end would wait for the daemon's, and a signal blocked here is not blocked there.
 */
#include "cli/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/inherit.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/home.h"
#include "cli/self.h"

#define START_MS 10000
#define REPORT_MAX 1000
#define READY_FD 3              /* the descriptor the child reports on */

extern char **environ;

static bool prepare(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes, int report, const char *log)
{
	short flags = POSIX_SPAWN_SETSIGMASK;
	sigset_t none;

	sigemptyset(&none);
	posix_spawn_file_actions_init(files);
	posix_spawnattr_init(attributes);
#ifdef POSIX_SPAWN_SETSID
	flags |= POSIX_SPAWN_SETSID;
#endif
	return posix_spawn_file_actions_adddup2(files, report, READY_FD) == 0 &&
		inherit_below(READY_FD + 1, files, &flags) == 0 &&
		posix_spawnattr_setsigmask(attributes, &none) == 0 &&
		posix_spawnattr_setflags(attributes, flags) == 0 &&
		posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
		posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0) == 0 &&
		posix_spawn_file_actions_addopen(files, STDERR_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0600) == 0;
}

static bool spawn(const char *program, char *const argv[], int report, const char *home, struct error *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	own_mem char *log = home_path(home, HOME_LOG);
	pid_t pid;

	int result = prepare(&files, &attributes, report, log) ?
		posix_spawn(&pid, program, &files, &attributes, argv, environ) : EINVAL;
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	errno = result;
	return result == 0 || error_errno(err, "cannot start the daemon (%s)", program);
}

/* Reads the report until the child closes its end, or the time is over. */
static bool read_report(int fd, char report[REPORT_MAX], struct error *err)
{
	uint64_t deadline = clock_ms() + START_MS;
	size_t n = 0;

	for (;;) {
		struct pollfd in = { .fd = fd, .events = POLLIN };
		uint64_t now = clock_ms();
		int ready = poll(&in, 1, now < deadline ? (int)(deadline - now) : 0);

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready <= 0)
			return error_set(err, ERROR_TIMEOUT,
				"the daemon did not start in %d s; see `shammah daemon logs`", START_MS / 1000);
		ssize_t got = read(fd, report + n, REPORT_MAX - 1 - n);
		if (got <= 0)
			break;
		n += (size_t)got;
	}
	report[n] = '\0';
	return true;
}

static bool understand(const char *report, struct error *err)
{
	if (strncmp(report, "ready", 5) == 0 || strncmp(report, "taken", 5) == 0)
		return true;
	return error_set(err, ERROR_UNAVAILABLE, "the daemon did not start: %s",
		*report ? report : "it ended at once; see `shammah daemon logs`");
}

static bool make_pipe(int ends[2], struct error *err)
{
	if (pipe(ends) < 0)
		return error_errno(err, "cannot make a pipe");
	for (int i = 0; i < 2; i++)
		(void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
	/* dup2 onto itself would keep close-on-exec. */
	if (ends[1] == READY_FD) {
		ends[1] = fcntl(READY_FD, F_DUPFD_CLOEXEC, READY_FD + 1);
		(void)close(READY_FD);
	}
	return true;
}

bool link_start_daemon(const struct config *config, const char *home, struct error *err)
{
	own_mem char *program = self_path(err);
	char report[REPORT_MAX];
	int ends[2];

	if (!program || !home_make(home, err) || !make_pipe(ends, err))
		return false;
	own_fd in = ends[0], out = ends[1];
	char *argv[] = { "shammah", "daemon", "run", "--ready-fd", "3", "--port", config->values[SETTING_PORT].text,
		NULL };
	if (!spawn(program, argv, out, home, err))
		return false;
	file_close(&out);
	return read_report(in, report, err) && understand(report, err);
}
