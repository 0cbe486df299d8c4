/*
 * sandbox-exec(1), with a profile as its argument: the last rule that matches counts.
 * There is no namespace to put things elsewhere: /tmp stays the system's, and the folder given
 * as `temp` is the one to write to.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/mem.h"
#include "process/confine_inside.h"

#define PROFILE_MAX ((size_t)200 << 10)
#define TRY_MS 5000

/* One rule about a path and all below it; quotes and backslashes are escaped. */
static bool rule(struct buf *out, const char *verdict, const char *path, struct error *err)
{
	char real[PATH_MAX];

	if (!realpath(path, real))
		return true;                 /* what is not there needs no say */
	if (!buf_addf(out, err, "(%s (subpath \"", verdict))
		return false;
	for (const char *p = real; *p; p++)
		if (((*p == '"' || *p == '\\') && !buf_adds(out, "\\", err)) || !buf_add(out, p, 1, err))
			return false;
	return buf_adds(out, "\"))\n", err);
}

static bool rules(struct buf *out, const char *verdict, const char *const *paths, struct error *err)
{
	for (; paths && *paths; paths++)
		if (!rule(out, verdict, *paths, err))
			return false;
	return true;
}

static bool bare_rules(struct buf *out, struct error *err)
{
	static const char *const private[] = {
		"/Users", "/Volumes", "/home", "/private/tmp", "/private/var/folders", NULL
	};

	return rules(out, "deny file-read*", private, err);
}

static bool write_profile(struct buf *out, const struct confinement *c, struct error *err)
{
	const char *const temp[] = { c->temp, NULL };

	static const char start[] = "(version 1)\n(allow default)\n(deny file-write*)\n"
		"(deny process-info* (target others))\n(deny mach-task-name)\n(deny appleevent-send)\n"
		"(allow file-write* (literal \"/dev/null\") (literal \"/dev/tty\"))\n";
	static const char open[] = "allow file-write* file-read*";

	return buf_adds(out, start, err) && (!c->bare || bare_rules(out, err)) &&
		rules(out, open, c->writable, err) && rules(out, open, temp, err) &&
		rules(out, "deny file-write*", c->guarded, err) &&
		rules(out, "deny file-read* file-write*", c->hidden, err) &&
		(c->network || buf_adds(out, "(deny network*)\n", err));
}

bool confine(struct confined *out, const struct confinement *c, const char *const *argv, struct error *err)
{
	own_buf profile = BUF_INIT(PROFILE_MAX);
	size_t given = 0, n = 0;

	*out = (struct confined){ .folder = c->folder ? c->folder : c->temp };
	if (!write_profile(&profile, c, err))
		return false;
	while (argv[given])
		given++;
	out->text = buf_detach(&profile, NULL);
	out->argv = mem_zeroed(given + 4, sizeof *out->argv);
	out->argv[n++] = "/usr/bin/sandbox-exec";
	out->argv[n++] = "-p";
	out->argv[n++] = out->text;
	memcpy(out->argv + n, argv, given * sizeof *argv);
	return true;
}

bool confine_try(struct error *why)
{
	const char *const argv[] = { "/usr/bin/true", NULL };
	struct confinement c = {0};
	own_confined confined = {0};
	struct child_end end;

	if (!confine(&confined, &c, argv, why))
		return false;
	struct child_plan plan = { .timeout_ms = TRY_MS };
	confined_plan(&confined, &plan);
	if (!child_run(&plan, &end, why))
		return false;
	return (end.how == CHILD_EXITED && end.code == 0) ||
		error_set(why, ERROR_UNAVAILABLE, "sandbox-exec does not work here");
}
