/*
 * Both pipes are read until the shell has ended, not until they close: what it has
 * left running in the background may hold them for ever.
 */
#include "config/key_helper.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/inherit.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/vendors.h"

#define SLICE_MS 20              /* between looks at the shell and the cancel token */
#define WORDS_MAX 4096           /* of standard error; the rest is read and dropped */
#define QUOTED_MAX 160
#define SECRET_MIN 16            /* letters in a row that may be a key */

extern char **environ;

struct helper {
	pid_t pid;
	int out, err;            /* read ends; -1: closed */
	char key[KEY_HELPER_MAX + 2];
	char words[WORDS_MAX];
	size_t key_n, words_n;
	bool too_much;
};

/* ---- Starting ---- */

static bool is_secret(const char *variable)
{
	own_mem char *name = mem_strndup(variable, strcspn(variable, "="));
	bool key;

	return vendor_variable(name, &key) && key;
}

/* Without our keys; the strings stay the environment's. */
static char **clean_environment(void)
{
	size_t n = 0, kept = 0;

	while (environ[n])
		n++;
	char **clean = mem_zeroed(n + 1, sizeof *clean);
	for (size_t i = 0; i < n; i++)
		if (!is_secret(environ[i]))
			clean[kept++] = environ[i];
	return clean;
}

static bool make_pipe(int ends[2], struct error *err)
{
	if (pipe(ends) < 0)
		return error_errno(err, "apiKeyHelper: cannot make a pipe");
	for (int i = 0; i < 2; i++)
		(void)fcntl(ends[i], F_SETFD, FD_CLOEXEC);
	return true;
}

static int describe(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes, int out, int err)
{
	short flags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF;
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	sigdelset(&all, SIGKILL);
	sigdelset(&all, SIGSTOP);
	posix_spawnattr_setsigmask(attributes, &none);
	posix_spawnattr_setsigdefault(attributes, &all);
	posix_spawnattr_setpgroup(attributes, 0);
	int result = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (!result)
		result = posix_spawn_file_actions_adddup2(files, out, STDOUT_FILENO);
	if (!result)
		result = posix_spawn_file_actions_adddup2(files, err, STDERR_FILENO);
	if (!result)
		result = inherit_below(STDERR_FILENO + 1, files, &flags);
	return result ? result : posix_spawnattr_setflags(attributes, flags);
}

static int spawn(struct helper *h, const char *command, int out, int err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	own_mem char *line = mem_strdup(command);
	char *argv[] = { "sh", "-c", line, NULL };
	own_mem char **clean = clean_environment();

	posix_spawn_file_actions_init(&files);
	posix_spawnattr_init(&attributes);
	int result = describe(&files, &attributes, out, err);
	if (!result)
		result = posix_spawn(&h->pid, "/bin/sh", &files, &attributes, argv, clean);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attributes);
	return result;
}

static bool start(struct helper *h, const char *command, struct error *err)
{
	int out[2], words[2];

	if (!make_pipe(out, err))
		return false;
	own_fd out_read = out[0], out_write = out[1];
	if (!make_pipe(words, err))
		return false;
	own_fd words_read = words[0], words_write = words[1];
	errno = spawn(h, command, out_write, words_write);
	if (errno)
		return error_errno(err, "apiKeyHelper: cannot run /bin/sh");
	(void)fcntl(out_read, F_SETFL, O_NONBLOCK);
	(void)fcntl(words_read, F_SETFL, O_NONBLOCK);
	h->out = out_read;
	h->err = words_read;
	out_read = words_read = -1;
	return true;
}

/* ---- Listening ---- */

/* Takes what is there now; what does not fit is dropped. */
static void drain(int *fd, char *into, size_t room, size_t *n, bool *too_much)
{
	char piece[4096];
	ssize_t got = 0;

	while (*fd >= 0 && ((got = read(*fd, piece, sizeof piece)) > 0 || (got < 0 && errno == EINTR))) {
		size_t take_n = got > 0 ? (size_t)got : 0;
		if (take_n > room - *n) {
			take_n = room - *n;
			*too_much = true;
		}
		memcpy(into + *n, piece, take_n);
		*n += take_n;
		if (*too_much)
			break;
	}
	if (got == 0)
		file_close(fd);
}

static void listen_once(struct helper *h, int wait_ms)
{
	struct pollfd fds[] = { { .fd = h->out, .events = POLLIN }, { .fd = h->err, .events = POLLIN } };
	bool words_cut = false;

	(void)poll(fds, 2, wait_ms);
	drain(&h->out, h->key, sizeof h->key, &h->key_n, &h->too_much);
	drain(&h->err, h->words, sizeof h->words, &h->words_n, &words_cut);
}

/* Kills what is left of the group and takes the shell's status. */
static void end(struct helper *h)
{
	(void)kill(-h->pid, SIGKILL);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool wait_for_end(struct helper *h, unsigned timeout_ms, struct cancel *cancel, int *status, struct error *err)
{
	uint64_t deadline = clock_ms() + timeout_ms;

	for (;;) {
		listen_once(h, SLICE_MS);
		pid_t ended = waitpid(h->pid, status, WNOHANG);
		if (ended == h->pid)
			break;
		if (ended < 0 && errno != EINTR)
			return error_errno(err, "apiKeyHelper: cannot learn how it ended");
		if (cancel_fired(cancel)) {
			end(h);
			return error_set(err, ERROR_CANCELLED, "stopped");
		}
		if (h->too_much || clock_ms() >= deadline) {
			end(h);
			return h->too_much ? error_set(err, ERROR_INVALID, "apiKeyHelper printed more than %d bytes",
				KEY_HELPER_MAX) : error_set(err, ERROR_TIMEOUT, "apiKeyHelper did not end in %u s",
				(timeout_ms + 999) / 1000);
		}
	}
	listen_once(h, 0);
	return true;
}

/* ---- What came ---- */

static bool may_be_secret(unsigned char c)
{
	return isalnum(c) || strchr("-_+/=.~", c);
}

/* The first words of standard error: printable, short, and nothing in them that may be a key. */
static void quote(const struct helper *h, char out[QUOTED_MAX])
{
	struct str text = str_trim((struct str){ h->words, h->words_n });
	size_t n = 0;

	for (size_t i = 0; i < text.n && text.p[i] != '\n' && n + 4 < QUOTED_MAX; ) {
		size_t run = 0;
		while (i + run < text.n && text.p[i + run] && may_be_secret((unsigned char)text.p[i + run]))
			run++;
		size_t piece = run ? run : 1;
		if (run >= SECRET_MIN) {
			memcpy(out + n, "...", 3);
			n += 3;
		} else if (n + piece + 4 < QUOTED_MAX) {
			for (size_t k = 0; k < piece; k++) {
				char c = text.p[i + k];
				out[n++] = c >= ' ' && c < 0x7f ? c : '?';
			}
		} else {
			break;
		}
		i += piece;
	}
	out[n] = '\0';
}

static bool check_status(const struct helper *h, int status, struct error *err)
{
	char said[QUOTED_MAX];

	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	quote(h, said);
	if (WIFSIGNALED(status))
		return error_set(err, ERROR_DENIED, "apiKeyHelper was ended by signal %d%s%s", WTERMSIG(status),
			*said ? ": " : "", said);
	return error_set(err, ERROR_DENIED, "apiKeyHelper ended with status %d%s%s", WEXITSTATUS(status),
		*said ? ": " : "", said);
}

static char *check_key(const struct helper *h, struct error *err)
{
	struct str key = str_trim((struct str){ h->key, h->key_n });

	if (h->too_much || key.n > KEY_HELPER_MAX)
		return error_set(err, ERROR_INVALID, "apiKeyHelper printed more than %d bytes", KEY_HELPER_MAX), NULL;
	if (!key.n)
		return error_set(err, ERROR_DENIED, "apiKeyHelper printed no key"), NULL;
	for (size_t i = 0; i < key.n; i++)
		if (key.p[i] <= ' ' || key.p[i] >= 0x7f)
			return error_set(err, ERROR_INVALID,
				"apiKeyHelper printed a space or what is no printable ASCII: that is no key"), NULL;
	return mem_strndup(key.p, key.n);
}

static void wipe(struct helper *h)
{
	explicit_bzero(h->key, sizeof h->key);
	explicit_bzero(h->words, sizeof h->words);
	file_close(&h->out);
	file_close(&h->err);
}

char *key_helper_run(const char *command, unsigned timeout_ms, struct cancel *cancel, struct error *err)
{
	struct helper h = { .out = -1, .err = -1 };
	int status;

	if (cancel_fired(cancel))
		return error_set(err, ERROR_CANCELLED, "stopped"), NULL;
	if (!start(&h, command, err))
		return NULL;
	bool ok = wait_for_end(&h, timeout_ms, cancel, &status, err) && check_status(&h, status, err);
	char *key = ok ? check_key(&h, err) : NULL;
	wipe(&h);
	return key;
}
