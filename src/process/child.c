/*
 * A child's output is read until the child has ended, not until the pipes close: what it
 * has left running may hold them for ever.  The waits are short, since a cancel token
 * wakes one sleeper only and calls may run side by side.
 */
#include "process/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/inherit.h"
#include "base/mem.h"
#include "base/path.h"
#include "process/child_inside.h"

#define PIECE_BYTES 65536
#define PIECES_A_TURN 16         /* read before the clock and the token are looked at again */
#define LAST_BYTES ((size_t)1 << 20)     /* read after the end: what a pipe may hold */
#define SLICE_MS 20              /* between looks at a child whose pipes are silent, and at the token; at first less */
#define SUPERVISOR_MS 20000      /* beyond the grace; one that takes longer is killed itself */

extern char **environ;

struct running {
	const struct child_plan *plan;
	struct child_end *end;
	pid_t pid;
	int streams[2];          /* read ends, by enum child_stream; -1: closed */
	int line;                /* to the supervisor; -1: none */
	int slice_ms;
	bool silenced;           /* the callback wants no more */
	bool stopping;
	enum child_how over;     /* CHILD_TOO_MANY or CHILD_TOO_LARGE, as the supervisor found */
	uint64_t deadline;       /* of the plan; 0: none */
	uint64_t kill_at;        /* while stopping */
};

/* The far ends, which are the child's. */
struct ends {
	int input, out, err, line;
};

static void ends_done(struct ends *e)
{
	file_close(&e->input);
	if (e->err != e->out)
		file_close(&e->err);
	file_close(&e->out);
	file_close(&e->line);
}

/* ---- Starting ---- */

static bool make_pair(int ends[2], bool line, struct error *err)
{
	int failed = line ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends);

	if (failed)
		return error_errno(err, "cannot make a pipe for a child");
	for (int i = 0; i < 2; i++)
		(void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
	return true;
}

static int open_null(int flags, struct error *err)
{
	int fd = open("/dev/null", flags | O_CLOEXEC);

	if (fd < 0)
		error_errno(err, "cannot open /dev/null");
	return fd;
}

/* Keeps our end in *mine and gives the child's in *theirs. */
static bool make_stream(int *mine, int *theirs, struct error *err)
{
	int pair[2];

	if (!make_pair(pair, false, err))
		return false;
	*mine = pair[0];
	*theirs = pair[1];
	(void)fcntl(*mine, F_SETFL, O_NONBLOCK);
	return true;
}

static bool make_ends(struct running *r, struct ends *e, struct error *err)
{
	const struct child_plan *plan = r->plan;
	int pair[2];

	e->input = plan->input.n ? child_input(plan->input, err) : open_null(O_RDONLY, err);
	if (e->input < 0)
		return false;
	if (!plan->output) {
		e->out = e->err = open_null(O_WRONLY, err);
		if (e->out < 0)
			return false;
	} else {
		if (!make_stream(&r->streams[CHILD_OUT], &e->out, err))
			return false;
		e->err = e->out;
		if (!plan->merged) {
			e->err = -1;
			if (!make_stream(&r->streams[CHILD_ERR], &e->err, err))
				return false;
		}
	}
	if (plan->care == CHILD_GROUP || !supervisor_program)
		return true;
	if (!make_pair(pair, true, err))
		return false;
	r->line = pair[0];
	e->line = pair[1];
	return true;
}

/*
 * Numbers that the child does not use: dup2() of a descriptor that a former dup2() has
 * taken would pass on the wrong one, and onto itself would leave it close-on-exec.
 */
static bool lift(int *fd, int above, struct error *err)
{
	if (*fd < 0 || *fd >= above)
		return true;
	int higher = fcntl(*fd, F_DUPFD_CLOEXEC, above);
	if (higher < 0)
		return error_errno(err, "cannot pass a descriptor to a child");
	file_close(fd);
	*fd = higher;
	return true;
}

static bool lift_all(struct ends *e, int above, struct error *err)
{
	bool both = e->err == e->out;
	bool ok = lift(&e->input, above, err) && lift(&e->out, above, err);

	if (both)
		e->err = e->out;
	return ok && (both || lift(&e->err, above, err)) && lift(&e->line, above, err);
}

static int describe_files(const struct child_plan *plan, const struct ends *e, const int *passed,
	posix_spawn_file_actions_t *files, short *flags)
{
	int next = STDERR_FILENO + 1;
	int result = posix_spawn_file_actions_adddup2(files, e->input, STDIN_FILENO);

	if (!result)
		result = posix_spawn_file_actions_adddup2(files, e->out, STDOUT_FILENO);
	if (!result)
		result = posix_spawn_file_actions_adddup2(files, e->err, STDERR_FILENO);
	for (size_t i = 0; !result && i < plan->passed_count; i++)
		result = posix_spawn_file_actions_adddup2(files, passed[i], next++);
	if (!result && e->line >= 0)
		result = posix_spawn_file_actions_adddup2(files, e->line, next++);
	if (!result && plan->folder)
		result = posix_spawn_file_actions_addchdir_np(files, plan->folder);
	return result ? result : inherit_below(next, files, flags);
}

static void describe_signals(posix_spawnattr_t *attributes)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setpgroup(attributes, 0);
}

static int spawn(struct running *r, const struct ends *e, const int *passed, const char *program, char *const *argv)
{
	const struct child_plan *plan = r->plan;
	short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	char *const *environment = plan->environment ? (char *const *)plan->environment : environ;
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	describe_signals(&attributes);
	int result = describe_files(plan, e, passed, &files, &flags);
#ifdef POSIX_SPAWN_SETSID
	if (!result && e->line >= 0)     /* a session leader leads its process group, too */
		flags = (short)((flags & ~POSIX_SPAWN_SETPGROUP) | POSIX_SPAWN_SETSID);
#endif
	if (!result)
		result = posix_spawnattr_setflags(&attributes, flags);
	if (!result)
		result = posix_spawnp(&r->pid, program, &files, &attributes, argv, environment);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return result;
}

/* A folder of the PATH that may not be looked into has no such program, either. */
static bool cannot_run(const char *program, int error, struct error *err)
{
	if (error == ENOENT || (error == EACCES && !strchr(program, '/')))
		return error_set(err, ERROR_NOT_FOUND, "there is no program %s", program);
	errno = error;
	return error_errno(err, "cannot run %s", program);
}

static bool start_with(struct running *r, const struct ends *e, const int *passed, struct error *err)
{
	const struct child_plan *plan = r->plan;
	char line[12], grace[12], processes[12], megabytes[12];
	size_t n = 0, given = 0;

	if (e->line < 0) {
		errno = spawn(r, e, passed, plan->argv[0], (char *const *)plan->argv);
	} else {
		while (plan->argv[given])
			given++;
		own_mem const char **argv = mem_zeroed(given + SUPERVISOR_ARGUMENTS + 1, sizeof *argv);
		(void)snprintf(line, sizeof line, "%d", STDERR_FILENO + 1 + (int)plan->passed_count);
		(void)snprintf(grace, sizeof grace, "%u", plan->grace_ms);
		(void)snprintf(processes, sizeof processes, "%u", plan->most_processes);
		(void)snprintf(megabytes, sizeof megabytes, "%u", plan->most_megabytes);
		argv[n++] = SUPERVISOR_NAME;
		argv[n++] = line;
		argv[n++] = grace;
		argv[n++] = plan->wrapped ? "wrapped" : "plain";
		argv[n++] = processes;
		argv[n++] = megabytes;
		memcpy(argv + n, plan->argv, given * sizeof *argv);
		errno = spawn(r, e, passed, supervisor_program, (char *const *)argv);
	}
	return errno == 0 || cannot_run(plan->argv[0], errno, err);
}

static bool start(struct running *r, struct error *err)
{
	const struct child_plan *plan = r->plan;
	struct ends e __attribute__((cleanup(ends_done))) = { -1, -1, -1, -1 };
	int above = STDERR_FILENO + 2 + CHILD_PASSED_MAX, passed[CHILD_PASSED_MAX] = { -1, -1, -1, -1 };

	if (plan->folder && !path_is_directory(plan->folder))
		return error_set(err, ERROR_NOT_FOUND, "the folder %s is not there (any more)", plan->folder);
	if (!make_ends(r, &e, err) || !lift_all(&e, above, err))
		return false;
	bool ok = true;
	for (size_t i = 0; ok && i < plan->passed_count; i++) {
		passed[i] = fcntl(plan->passed[i], F_DUPFD_CLOEXEC, above);
		ok = passed[i] >= 0 || error_errno(err, "cannot pass a descriptor to %s", plan->argv[0]);
	}
	ok = ok && start_with(r, &e, passed, err);
	for (size_t i = 0; i < plan->passed_count; i++)
		file_close(&passed[i]);
	return ok;
}

/* ---- Listening ---- */

/* At most `most` bytes of a stream. */
static void drain(struct running *r, enum child_stream stream, size_t most)
{
	char piece[PIECE_BYTES];
	int *fd = &r->streams[stream];

	while (*fd >= 0 && most > 0) {
		ssize_t got = read(*fd, piece, sizeof piece < most ? sizeof piece : most);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN)
			return;
		if (got <= 0) {
			file_close(fd);
			return;
		}
		most -= (size_t)got;
		if (!r->silenced && !r->plan->output(r->plan->user, stream, (struct str){ piece, (size_t)got }))
			r->silenced = true;
	}
}

static void listen_once(struct running *r)
{
	struct pollfd fds[] = {
		{ .fd = r->streams[CHILD_OUT], .events = POLLIN }, { .fd = r->streams[CHILD_ERR], .events = POLLIN },
		{ .fd = r->line, .events = POLLIN },
	};

	(void)poll(fds, countof(fds), r->slice_ms);
	r->slice_ms = r->slice_ms * 2 < SLICE_MS ? r->slice_ms * 2 : SLICE_MS;
	for (enum child_stream s = CHILD_OUT; s <= CHILD_ERR; s++)
		if (fds[s].revents)
			drain(r, s, (size_t)PIECES_A_TURN * PIECE_BYTES);
}

/* ---- Stopping ---- */

static void stop(struct running *r, enum child_how how)
{
	unsigned grace = r->plan->grace_ms;

	r->stopping = true;
	r->end->how = how;
	r->kill_at = clock_ms() + grace + (r->line >= 0 ? SUPERVISOR_MS : 0);
	if (r->line >= 0)
		(void)shutdown(r->line, SHUT_WR);
	else if (grace)
		(void)kill(-r->pid, SIGTERM);
}

static void stop_if_due(struct running *r)
{
	uint64_t now = clock_ms();

	if (!r->stopping) {
		if (cancel_fired(r->plan->cancel))
			stop(r, CHILD_CANCELLED);
		else if (r->silenced)
			stop(r, CHILD_STOPPED);
		else if (r->deadline && now >= r->deadline)
			stop(r, CHILD_TIMED_OUT);
	}
	if (r->stopping && now >= r->kill_at)
		(void)kill(-r->pid, SIGKILL);
}

/* Whether it has ended; its number stays taken until waitpid(), so that nothing else can be killed for it. */
static bool has_ended(const struct running *r)
{
	siginfo_t info = { .si_pid = 0 };

	return waitid(P_PID, (id_t)r->pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 ? errno != EINTR : info.si_pid != 0;
}

static bool take_report(struct running *r, int *status, struct error *err)
{
	struct supervisor_report report;
	const char *program = r->plan->argv[0];
	ssize_t got;

	while ((got = recv(r->line, &report, sizeof report, MSG_DONTWAIT)) < 0 && errno == EINTR)
		;
	if (got != (ssize_t)sizeof report)
		return error_set(err, ERROR_INTERNAL, "what watched over %s was killed", program);
	if (report.failed)
		return cannot_run(program, report.failed, err);
	*status = report.status;
	r->end->left = (unsigned)report.left;
	r->over = (enum child_how)report.how;
	return true;
}

static bool reap(struct running *r, struct error *err)
{
	pid_t got;
	int status = 0;

	if (r->stopping && r->line < 0)
		(void)kill(-r->pid, SIGKILL);    /* those of its group that SIGTERM has not ended */
	while ((got = waitpid(r->pid, &status, 0)) < 0 && errno == EINTR)
		;
	if (got < 0)
		return error_errno(err, "cannot learn how %s ended", r->plan->argv[0]);
	if (r->line >= 0 && !take_report(r, &status, err))
		return r->stopping;              /* stopped is stopped, whoever had to be killed for it */
	if (!r->stopping && r->over) {
		r->end->how = r->over;
	} else if (!r->stopping) {
		r->end->how = WIFSIGNALED(status) ? CHILD_SIGNALLED : CHILD_EXITED;
		r->end->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
	}
	return true;
}

bool child_run(const struct child_plan *plan, struct child_end *end, struct error *err)
{
	struct running r = { .plan = plan, .end = end, .streams = { -1, -1 }, .line = -1, .slice_ms = 1 };
	struct error trouble = {0};

	*end = (struct child_end){0};
	bool ok = start(&r, err);
	if (ok) {
		r.deadline = plan->timeout_ms ? clock_ms() + plan->timeout_ms : 0;
		while (!has_ended(&r)) {
			listen_once(&r);
			stop_if_due(&r);
		}
		ok = reap(&r, &trouble);
		drain(&r, CHILD_OUT, LAST_BYTES);
		drain(&r, CHILD_ERR, LAST_BYTES);
		if (!ok)
			*err = trouble;
	}
	for (size_t i = 0; i < countof(r.streams); i++)
		file_close(&r.streams[i]);
	file_close(&r.line);
	return ok;
}
