#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/protect.h"
#include "hub/spec.h"

#define WARNINGS_SHOWN 3

/*
 * A standard descriptor that is closed would be given to the next file or socket,
 * and an answer written into that.  Reading finds nothing; writing fails.
 */
static void open_standard(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", O_RDONLY);
}

/* A folder is relative to where the user stands, before PATH is entered. */
static bool find_model(const struct options *o, char **model, struct error *err)
{
	own_model_spec spec = {0};

	*model = NULL;
	if (!o->model)
		return true;
	if (!spec_parse(&spec, o->model, err))
		return error_prefix(err, "--model");
	*model = mem_strdup(spec.folder ? spec.folder : o->model);
	return true;
}

/* The daemon is no project's. */
static bool is_daemon(const struct options *o)
{
	return o->mode == MODE_DAEMON ||
	       (o->command && (o->command->run == cmd_daemon || o->command->run == cmd_serve));
}

static bool load(const struct options *o, struct config *c, struct error *err)
{
	own_config_places places;

	config_places_init(&places, !is_daemon(o));
	return config_load(c, &places, err);
}

static bool configure(const struct options *o, struct config *c, struct error *err)
{
	own_mem char *model = NULL;

	if (!find_model(o, &model, err))
		return false;
	if (o->directory && chdir(o->directory) < 0)
		return error_errno(err, "cannot work in %s", o->directory);
	if (!load(o, c, err) && !(o->command && o->command->run == cmd_config))   /* which shows what is wrong */
		return false;
	if (model && !config_set_flag(c, SETTING_MODEL, model, err))
		return false;
	if (o->port && !config_set_flag(c, SETTING_PORT, o->port, err))
		return false;
	config_export(c);
	return true;
}

/* What the settings say and nobody follows. */
static void warn(const struct config *c)
{
	size_t warnings = 0;

	for (size_t i = 0; i < c->finding_count; i++) {
		if (c->findings[i].kind != FINDING_WARNING)
			continue;
		if (++warnings <= WARNINGS_SHOWN)
			fprintf(stderr, "shammah: %s\n", c->findings[i].text);
	}
	if (warnings > WARNINGS_SHOWN)
		fprintf(stderr, "shammah: and %zu more; `shammah config check` lists them\n",
			warnings - WARNINGS_SHOWN);
}

/* What runs when no command is named. */
static int (*usual(const struct options *o))(const struct options *, struct config *)
{
	if (o->mode == MODE_DAEMON)
		return cmd_serve;
	bool talk = isatty(STDIN_FILENO) && (isatty(STDOUT_FILENO) || !o->text);
	return o->print || o->mode == MODE_QUERY || !talk ? cmd_ask : cmd_repl;
}

/*
 * A daemon can be looked at and stopped whatever the settings say; doctor and setup read
 * them by themselves, rewind needs none.
 */
static bool needs_settings(const struct options *o)
{
	static const char *const without[] = { "stop", "status", "logs" };

	if (o->command && (o->command->run == cmd_doctor || o->command->run == cmd_setup ||
	    o->command->run == cmd_rewind))
		return false;
	for (size_t i = 0; i < countof(without); i++)
		if (o->command && o->command->run == cmd_daemon && strcmp(o->text, without[i]) == 0)
			return false;
	return true;
}

static int run(const struct options *o)
{
	struct error err = {0};
	own_config config = {0};

	if (o->version)
		return puts("shammah " SHAMMAH_VERSION), EXIT_ANSWERED;
	if (o->help || (o->command && o->command->run == cmd_help))
		return cmd_help(o, &config);
	if (needs_settings(o) && !configure(o, &config, &err))
		return complain(&err);
	if (!o->quiet && (!o->command || o->command->run == cmd_ask || is_daemon(o)))
		warn(&config);
	return (o->command ? o->command->run : usual(o))(o, &config);
}

/* What was printed must have arrived. */
static int check_output(int code)
{
	struct error err = {0};

	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	error_set(&err, ERROR_INTERNAL, "standard output cannot be written");
	return code == EXIT_ANSWERED ? complain(&err) : code;
}

int main(int argc, char **argv)
{
	struct options options;
	struct error err = {0};

	open_standard();
	protect_secrets();
	int code = options_parse(&options, argc, argv, &err) ? run(&options) : complain(&err);
	options_done(&options);
	return check_output(code == EXIT_INTERRUPTED ? interrupt_code() : code);
}
