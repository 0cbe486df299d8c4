#include "daemon/life.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/random.h"
#include "config/home.h"

static struct flock whole_file(short type)
{
	return (struct flock){ .l_type = type, .l_whence = SEEK_SET };
}

static bool foreign(const char *path, struct error *err)
{
	return error_set(err, ERROR_DENIED, "%s belongs to another user; set SHAMMAH_HOME to a folder of your own",
		path);
}

/* Whether `path` still names the open file: a daemon that ends removes it, perhaps just before we locked it. */
static bool is_current(int fd, const char *path)
{
	struct stat opened, named;

	return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_dev == named.st_dev &&
		opened.st_ino == named.st_ino;
}

static bool lock(struct life *l, const char *path, struct error *err)
{
	struct flock exclusive = whole_file(F_WRLCK);
	struct stat status;

	l->pid_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (l->pid_file < 0)
		return error_errno(err, "cannot open %s", path);
	if (fstat(l->pid_file, &status) == 0 && status.st_uid != geteuid()) {
		file_close(&l->pid_file);
		return foreign(path, err);
	}
	if (fcntl(l->pid_file, F_SETLK, &exclusive) == 0) {
		if (is_current(l->pid_file, path))
			return true;
		file_close(&l->pid_file);
		return lock(l, path, err);
	}
	bool taken = errno == EACCES || errno == EAGAIN;
	if (taken)
		error_set(err, ERROR_UNAVAILABLE, "a daemon already runs for %s; `shammah daemon status` shows it",
			l->home);
	else
		error_errno(err, "cannot lock %s", path);
	file_close(&l->pid_file);
	return false;
}

static bool make_token(struct life *l, struct error *err)
{
	own_mem char *path = home_path(l->home, HOME_TOKEN);

	if (!random_hex(l->token, TOKEN_LENGTH, err))
		return false;
	return file_write(path, str_of(l->token), 0600, err);
}

static bool write_pid(struct life *l, uint16_t port, struct error *err)
{
	char line[64];
	int n = snprintf(line, sizeof line, "%ld %u\n", (long)getpid(), port);

	if (ftruncate(l->pid_file, 0) < 0 || lseek(l->pid_file, 0, SEEK_SET) < 0)
		return error_errno(err, "cannot write daemon.pid");
	return file_write_fd(l->pid_file, (struct str){ line, (size_t)n }, err) || error_prefix(err, "daemon.pid");
}

bool life_begin(struct life *l, const char *home, struct error *err)
{
	own_mem char *path = home_path(home, HOME_PID);

	*l = (struct life){ .home = mem_strdup(home), .pid_file = -1 };
	return home_make(home, err) && lock(l, path, err) && write_pid(l, 0, err) && make_token(l, err);
}

bool life_publish(struct life *l, uint16_t port, struct error *err)
{
	return write_pid(l, port, err);
}

void life_end(struct life *l)
{
	own_mem char *pid = home_path(l->home, HOME_PID), *token = home_path(l->home, HOME_TOKEN);

	if (l->pid_file >= 0) {
		(void)unlink(token);
		(void)unlink(pid);
	}
	file_close(&l->pid_file);
	free(l->home);
	l->home = NULL;
}

/* The port counts only beside the holder's own number: a daemon killed earlier left its own behind. */
static bool read_port(int fd, struct running *running, struct error *err)
{
	char line[64] = "";
	long pid;
	unsigned port;

	if (pread(fd, line, sizeof line - 1, 0) < 0)
		return error_errno(err, "cannot read daemon.pid");
	if (sscanf(line, "%ld %u", &pid, &port) == 2 && pid == (long)running->pid && port <= UINT16_MAX)
		running->port = (uint16_t)port;
	return true;
}

bool life_find(const char *home, struct running *running, struct error *err)
{
	own_mem char *path = home_path(home, HOME_PID);
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	struct flock holder = whole_file(F_WRLCK);
	struct stat status;

	*running = (struct running){0};
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || error_errno(err, "cannot open %s", path);
	if (fcntl(fd, F_GETLK, &holder) < 0)
		return error_errno(err, "cannot look at the lock of %s", path);
	if (holder.l_type == F_UNLCK)
		return true;
	if (fstat(fd, &status) == 0 && status.st_uid != geteuid())
		return foreign(path, err);
	running->pid = holder.l_pid;
	return read_port(fd, running, err);
}

bool life_read_token(const char *home, char token[TOKEN_LENGTH + 1], struct error *err)
{
	own_mem char *path = home_path(home, HOME_TOKEN);
	size_t n;
	own_mem char *text = file_read(path, TOKEN_LENGTH, &n, err);

	if (!text)
		return false;
	if (n != TOKEN_LENGTH)
		return error_set(err, ERROR_INVALID, "%s is damaged; `shammah daemon stop` and start again", path);
	memcpy(token, text, TOKEN_LENGTH + 1);
	return true;
}

bool life_token_is(const struct life *l, const char *token)
{
	unsigned char difference = 0;

	if (!token || strlen(token) != TOKEN_LENGTH)
		return false;
	for (size_t i = 0; i < TOKEN_LENGTH; i++)
		difference |= (unsigned char)(l->token[i] ^ token[i]);
	return difference == 0;
}
