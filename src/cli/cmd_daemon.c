#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/home.h"
#include "cli/commands.h"
#include "cli/download_line.h"
#include "cli/link.h"
#include "daemon/daemon.h"

#define STOP_MS 15000
#define LOG_TAIL ((off_t)16384)          /* bytes shown of a long log */
#define FOLLOW_MS 200

static int run(const struct options *o, struct config *c, const char *home)
{
	struct error err = {0};

	return daemon_run(c, home, o->ready_fd, &err) ? EXIT_ANSWERED : complain(&err);
}

static int start(const struct options *o, struct config *c, const char *home)
{
	struct running running;
	struct error err = {0};
	own_link link = {0};

	(void)o;
	if (!life_find(home, &running, &err))
		return complain(&err);
	bool already = running.pid != 0;
	if (!link_open(&link, c, &err))
		return complain(&err);
	printf("The daemon %s on 127.0.0.1:%u.\n", already ? "already runs" : "runs", link.port);
	return EXIT_ANSWERED;
}

/* The lock is gone when the daemon is, however it ended. */
static bool wait_for_end(const char *home, pid_t pid, struct error *err)
{
	struct running running;

	for (uint64_t deadline = clock_ms() + STOP_MS; clock_ms() < deadline; clock_sleep_ms(5)) {
		if (!life_find(home, &running, err))
			return false;
		if (running.pid != pid)
			return true;
	}
	return error_set(err, ERROR_TIMEOUT, "the daemon (pid %ld) did not end in %d s; `kill -9 %ld` ends it at once",
		(long)pid, STOP_MS / 1000, (long)pid);
}

static int stop(const struct options *o, struct config *c, const char *home)
{
	struct running running;
	struct error err = {0};

	(void)o;
	(void)c;
	if (!life_find(home, &running, &err))
		return complain(&err);
	if (!running.pid) {
		puts("No daemon runs.");
		return EXIT_ANSWERED;
	}
	if (kill(running.pid, SIGTERM) < 0 && errno != ESRCH) {
		error_errno(&err, "cannot stop the daemon (pid %ld)", (long)running.pid);
		return complain(&err);
	}
	if (!wait_for_end(home, running.pid, &err))
		return complain(&err);
	puts("The daemon has ended.");
	return EXIT_ANSWERED;
}

static void print_member(const json_t *object, const char *title, const char *key)
{
	const char *text = json_member_string(object, key);

	if (text && *text)
		printf("%-8s %s\n", title, text);
}

/* In the order they are asked. */
static void print_teachers(const json_t *list)
{
	size_t i;
	const json_t *t;

	if (!json_array_size(list))
		puts("teachers none");
	json_array_foreach(list, i, t) {
		const char *model = json_member_string(t, "model"), *state = json_member_string(t, "state");
		const json_t *rest = json_object_get(t, "rests_s");
		printf("%-8s %s: %s, %s", i ? "" : "teachers", json_member_string(t, "name"),
			model ? model : "no model", state ? state : "?");
		if (rest)
			printf(" for %" JSON_INTEGER_FORMAT " s", json_integer_value(rest));
		puts(json_is_true(json_object_get(t, "brought")) ? " (for a client that brought it)" : "");
	}
}

/* Where there is something to say. */
static void print_spending(const json_t *spending)
{
	double spent = json_number_value(json_object_get(spending, "spent_usd"));
	const json_t *budget = json_object_get(spending, "budget_usd");

	if (budget)
		printf("%-8s $%.2f of $%.2f this month\n", "spent", spent, json_number_value(budget));
	else if (spent > 0)
		printf("%-8s $%.2f this month\n", "spent", spent);
}

static int status(const struct options *o, struct config *c, const char *home)
{
	struct running running;
	struct error err = {0};
	char line[DOWNLOAD_LINE];
	int code;

	(void)o;
	if (!life_find(home, &running, &err))
		return complain(&err);
	if (!running.pid) {
		puts("No daemon runs. `shammah daemon start` starts one; a question does so as well.");
		return EXIT_NO_ANSWER;
	}
	if (!running.port) {
		printf("daemon   pid %ld, starting or ending\n", (long)running.pid);
		return EXIT_ANSWERED;
	}
	struct link link = { .config = c, .port = running.port, .http = http_client_create(&err) };
	own_json *reply = link.http ? link_json(&link, "/v1/status", NULL, &code, &err) : NULL;
	link_done(&link);
	if (!reply)
		return complain(&err);
	const json_t *model = json_object_get(reply, "model");
	printf("daemon   pid %ld, 127.0.0.1:%u, up %" JSON_INTEGER_FORMAT " s\n", (long)running.pid, running.port,
		json_integer_value(json_object_get(reply, "uptime_s")));
	print_member(model, "model", "state");
	print_member(model, "", "name");
	print_member(model, "", "folder");
	print_member(model, "", "progress");
	print_member(model, "", "runtime");
	print_member(model, "", "reason");
	print_member(model, "", "error");
	if (download_line(reply, line))
		printf("%-8s %s\n", "download", line);
	print_teachers(json_object_get(reply, "teachers"));
	print_spending(json_object_get(reply, "spending"));
	print_member(json_object_get(reply, "config"), "config", "error");
	return EXIT_ANSWERED;
}

/* Copies what is new; false when the log cannot be read. */
static bool print_new(int fd, struct error *err)
{
	char piece[16384];
	ssize_t n;

	while ((n = read(fd, piece, sizeof piece)) > 0)
		if (!file_write_fd(STDOUT_FILENO, (struct str){ piece, (size_t)n }, err))
			return false;
	return n == 0 || error_errno(err, "cannot read the log");
}

static int logs(const struct options *o, struct config *c, const char *home)
{
	own_mem char *path = home_path(home, HOME_LOG);
	own_fd fd = open(path, O_RDONLY | O_CLOEXEC);
	struct error err = {0};

	(void)c;
	if (fd < 0) {
		error_errno(&err, "cannot open %s", path);
		return complain(&err);
	}
	off_t size = lseek(fd, 0, SEEK_END);
	(void)lseek(fd, size > LOG_TAIL ? size - LOG_TAIL : 0, SEEK_SET);
	do {
		if (!print_new(fd, &err))
			return complain(&err);
		if (o->follow)
			clock_sleep_ms(FOLLOW_MS);
	} while (o->follow);
	return EXIT_ANSWERED;
}

static const struct action {
	const char *word;
	int (*act)(const struct options *o, struct config *c, const char *home);
} actions[] = {
	{ "run", run },
	{ "start", start },
	{ "stop", stop },
	{ "status", status },
	{ "logs", logs },
};

static int act(const char *word, const struct options *o, struct config *c)
{
	struct error err = {0};
	own_mem char *home = path_shammah(&err);

	for (size_t i = 0; home && i < countof(actions); i++)
		if (strcmp(actions[i].word, word) == 0)
			return actions[i].act(o, c, home);
	return complain(&err);
}

int cmd_daemon(const struct options *o, struct config *c)
{
	return act(o->text, o, c);
}

int cmd_serve(const struct options *o, struct config *c)
{
	return act("run", o, c);
}
