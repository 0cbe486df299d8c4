/*
 * The shell tells at its end, whatever ends it, where it is: in a file among those for
 * temporary use.  What stands in there is anybody's word until it has been checked.
 */
#include "tool/command.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/random.h"
#include "config/environment.h"

#define PLACE_MAX ((size_t)8192)
#define MADE_MAX ((size_t)2 << 20)       /* more than all their names */

static const char *find_shell(void)
{
	static const char *const shells[] = { "/bin/bash", "/usr/bin/bash", "/usr/local/bin/bash", NULL };

	for (size_t i = 0; shells[i]; i++)
		if (access(shells[i], X_OK) == 0)
			return shells[i];
	return "/bin/sh";
}

/* In quotes, for a shell. */
static char *quoted(const char *text)
{
	own_buf out = BUF_INIT(PLACE_MAX * 4);

	buf_put(&out, "'");
	for (const char *p = text; *p; p++)
		if (*p == '\'')
			buf_put(&out, "'\\''");
		else
			buf_putf(&out, "%c", *p);
	buf_put(&out, "'");
	return buf_detach(&out, NULL);
}

static bool write_script(struct command *c, const char *temp, struct error *err)
{
	char name[17];

	if (strlen(c->text) > COMMAND_TEXT_MAX)
		return error_set(err, ERROR_TOO_LARGE, "the command has more than %d bytes: write it to a file and "
			"run that",
			COMMAND_TEXT_MAX);
	if (c->background) {
		c->script = mem_strdup(c->text);
		return true;
	}
	if (!random_hex(name, 16, err))
		return false;
	c->place = mem_printf("%s/.place-%s", temp, name);
	own_mem char *place = quoted(c->place);
	c->script = mem_printf("trap 'pwd -P 2>/dev/null >|'%s EXIT\n%s", place, c->text);
	return true;
}

static void set_environment(struct command *c, const char *temp)
{
	size_t n = 0;

	c->added[n++] = mem_strdup("SHAMMAH=1");
	c->added[n++] = mem_strdup("CLAUDECODE=1");
	c->added[n++] = mem_strdup("TERM=dumb");
	c->added[n++] = mem_strdup("GIT_EDITOR=true");
	c->added[n++] = mem_strdup("GIT_TERMINAL_PROMPT=0");
	c->added[n++] = mem_strdup("PAGER=cat");
	c->added[n++] = mem_strdup("GIT_PAGER=cat");
	c->added[n++] = mem_printf("TMPDIR=%s", temp);
	if (c->confined) {               /* the home is read-only in there, and compilers want a cache */
		c->added[n++] = mem_printf("XDG_CACHE_HOME=%s/cache", temp);
		c->added[n++] = mem_printf("npm_config_cache=%s/cache/npm", temp);
	}
	c->environment = environment_for_children((const char *const *)c->added);
}

static bool open_output(struct command *c, struct error *err)
{
	char name[9];

	if (!random_hex(name, 8, err))
		return false;
	own_mem char *path = mem_printf("%s/output-%s.txt", c->context->temp, name);
	return output_init(&c->output, c->keep, path, c->background, err);
}

bool command_prepare(struct command *c, struct error *err)
{
	own_mem char *temp = sandbox_temp(c->context, err);

	c->output.file = -1;
	c->made = (struct buf)BUF_INIT(MADE_MAX);
	c->confined = !c->unconfined && sandbox_confines(c->context);
	if (!temp || !write_script(c, temp, err) || !open_output(c, err))
		return false;
	set_environment(c, temp);
	c->argv[0] = find_shell();
	c->argv[1] = "-c";
	c->argv[2] = c->script;
	if (!c->confined)
		return true;
	sandbox_watch_begin(&c->watch, c->context);
	return sandbox_confine(c->context, c->context->cwd, c->argv, &c->wrapped, err);
}

static bool hear(void *user, enum child_stream stream, struct str bytes)
{
	struct command *c = user;

	(void)stream;
	if (c->lock)
		pthread_mutex_lock(c->lock);
	output_add(&c->output, bytes);
	if (c->lock)
		pthread_mutex_unlock(c->lock);
	if (c->progress)
		c->progress(c->user, bytes);
	return true;
}

static void read_place(struct command *c)
{
	struct error err = {0};
	own_fd fd = c->place ? open(c->place, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK) : -1;
	own_buf text = BUF_INIT(PLACE_MAX);

	if (fd >= 0 && file_read_fd(fd, &text, &err)) {
		struct str place = { text.data, text.len && text.data[text.len - 1] == '\n' ? text.len - 1 : 0 };
		own_mem char *path = mem_strndup(place.p, place.n);
		c->folder = realpath(path, NULL);
		if (c->folder && !path_is_directory(c->folder)) {
			free(c->folder);
			c->folder = NULL;
		}
	}
	if (c->place)
		(void)unlink(c->place);
}

bool command_run(struct command *c, struct error *err)
{
	struct child_plan plan = { .argv = c->argv, .folder = c->context->cwd, .environment = c->environment,
		.merged = true,
		.output = hear, .user = c, .timeout_ms = c->timeout_ms, .grace_ms = CHILD_GRACE_MS, .cancel = c->cancel,
		.care = CHILD_TREE };

	if (c->confined)
		confined_plan(&c->wrapped, &plan);
	bool ok = child_run(&plan, &c->end, err);
	if (c->lock)
		pthread_mutex_lock(c->lock);
	output_end(&c->output);
	if (c->lock)
		pthread_mutex_unlock(c->lock);
	sandbox_watch_end(&c->watch, &c->made);
	if (ok)
		read_place(c);
	return ok;
}

void command_done(struct command *c)
{
	for (size_t i = 0; i < countof(c->added); i++)
		free(c->added[i]);
	free(c->environment);
	free(c->script);
	free(c->place);
	free(c->folder);
	buf_done(&c->made);
	output_done(&c->output);
	confined_done(&c->wrapped);
	sandbox_watch_end(&c->watch, &c->made);
}
