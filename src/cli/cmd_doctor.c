/* `shammah doctor`: everything a bug report would ask for, with what to do about it. */
#include "cli/doctor.h"

#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "cli/term.h"

#define JSON_BYTES ((size_t)1 << 20)

static const struct doctor_check {
	const char *name;
	void (*run)(struct doctor *d);
} checks[] = {
	{ "version", doctor_version },
	{ "system", doctor_system },
	{ "processor", doctor_processor },
	{ "memory", doctor_memory },
	{ "disk", doctor_disk },
	{ "clock", doctor_clock },
	{ "folder", doctor_folder },
	{ "settings", doctor_settings },
	{ "variables", doctor_variables },
	{ "daemon", doctor_daemon },
	{ "port", doctor_port },
	{ "model", doctor_model },
	{ "onnxruntime", doctor_onnxruntime },
	{ "teachers", doctor_teachers },
	{ "libcurl", doctor_libcurl },
	{ "trust", doctor_trust },
	{ "proxy", doctor_proxy },
	{ "tools", doctor_tools },
	{ "confinement", doctor_confinement },
	{ "terminal", doctor_terminal },
	{ "locale", doctor_locale },
};

/* Also keys that are not in use, since something may quote them. */
static void note_secrets(struct doctor *d)
{
	extern char **environ;
	static const char *const tails[] = { "_KEY", "_TOKEN", "_SECRET", "_PASSWORD" };
	const struct config *c = d->config;
	char token[TOKEN_LENGTH + 1] = "";
	struct error err = {0};

	for (size_t i = 0; i < c->teacher_count; i++) {
		report_secret(&d->report, c->teachers[i].key.text);
		for (char **line = c->teachers[i].headers; line && *line; line++) {
			const char *colon = strchr(*line, ':');
			report_secret(&d->report, colon ? colon + 1 + strspn(colon + 1, " ") : *line);
		}
	}
	for (char **entry = environ; entry && *entry; entry++) {
		const char *value = strchr(*entry, '=');
		for (size_t i = 0; value && i < countof(tails); i++) {
			size_t n = (size_t)(value - *entry), tail = strlen(tails[i]);
			if (n >= tail && memcmp(value - tail, tails[i], tail) == 0)
				report_secret(&d->report, value + 1);
		}
	}
	if (d->home && life_read_token(d->home, token, &err))
		report_secret(&d->report, token);
}

static int print(const struct doctor *d)
{
	own_buf text = BUF_INIT(JSON_BYTES);
	struct error err = {0};

	if (!d->options->json) {
		report_print(&d->report, isatty(STDOUT_FILENO) && term_may_colour());
	} else {
		own_json *json = report_json(&d->report);
		if (!json_write(&text, json, &err))
			return complain(&err);
		puts(text.data);
	}
	return d->report.count[REPORT_FAIL] ? EXIT_NO_ANSWER : EXIT_ANSWERED;
}

int cmd_doctor(const struct options *o, struct config *c)
{
	struct error homeless = {0};
	own_mem char *home = path_shammah(&homeless), *user = path_home(&homeless);
	struct doctor d = { .options = o, .config = c, .home = home };
	own_config_places places = {0};

	report_init(&d.report, user);
	config_places_init(&places, true);
	bool whole = config_load(c, &places, &d.trouble);
	if (whole && o->port && !config_set_flag(c, SETTING_PORT, o->port, &d.trouble))
		whole = false;
	if (whole)
		d.trouble.kind = ERROR_NONE;
	config_export(c);
	note_secrets(&d);
	for (size_t i = 0; i < countof(checks); i++) {
		d.report.check = checks[i].name;
		checks[i].run(&d);
	}
	int code = print(&d);
	report_done(&d.report);
	return code;
}
