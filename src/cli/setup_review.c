/* What will change, shown as a difference; then it is written, and the daemon told what it must be told. */
#include "cli/setup.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/link.h"
#include "cli/models.h"
#include "cli/setup_text.h"
#include "config/toml_file.h"

#define DIFF_MAX ((size_t)4 << 20)
#define NAMES_MAX ((size_t)4 << 10)

static void say_changes(struct setup *s)
{
	own_buf diff = BUF_INIT(DIFF_MAX);
	struct str line;

	setup_diff(&diff, buf_str(&s->was), buf_str(&s->text));
	if (diff.len)
		ui_say(&s->term, "~/.shammah/config.toml:");
	for (struct str rest = buf_str(&diff); rest.n && str_split(&rest, '\n', &line); ) {
		const char *colour = !s->term.colour || !line.n ? ""
					: *line.p == '+'           ? "\033[32m"
					: *line.p == '-'           ? "\033[31m"
								: "";
		printf("%s", colour);
		ui_say(&s->term, "  %.*s", STR_ARGS(line));
		printf("%s", *colour ? "\033[0m" : "");
	}
	if (s->model == MODEL_FETCH)
		ui_say(&s->term, "Local model: the daemon fetches %s, and uses it when it is here.", s->model_name);
	else if (s->model == MODEL_USE)
		ui_say(&s->term, "Local model: %s is used from now on.", s->model_name);
	else if (s->model == MODEL_NONE)
		ui_say(&s->term, "Local model: none from now on.");
}

static bool fetch(struct setup *s, struct error *err)
{
	own_hub hub = {0};
	own_link link = {0};
	int status = 0;

	if (!hub_init(&hub, err) || !link_open(&link, &s->config, err))
		return false;
	own_json *body = models_pull_request(&hub, s->model_name, NULL, true);
	own_json *reply = link_json(&link, "/v1/daemon/models", body, &status, err);
	return reply && (status == 200 || link_refused(reply, status, err));
}

/* A daemon that runs is told at once; one that starts later reads what was written. */
static void use(struct setup *s)
{
	struct models m = { .options = s->options, .config = &s->config, .home = s->home };
	struct error err = {0};
	own_mem char *folder = spec_locate(s->model_name, &err);

	if (folder)
		models_tell_use(&m, s->model_name, folder);
}

static void set_model(struct setup *s)
{
	struct error err = {0};
	bool ok = true;

	if (s->model == MODEL_FETCH)
		ok = fetch(s, &err);
	else if (s->model != MODEL_AS_IT_IS)
		ok = config_use_model(s->home, s->model == MODEL_USE ? s->model_name : NULL, &err);
	if (!ok)
		ui_say(&s->term, "The local model is not set: %s", err.text);
	else if (s->model == MODEL_FETCH)
		ui_say(&s->term, "It is being fetched; `shammah models list` shows how far it is.");
	else if (s->model == MODEL_USE)
		use(s);
}

/* What of the change a daemon that runs does not see: names with commas between. */
static bool read_at_start(const struct setup *s, struct buf *names)
{
	own_config_places places = {0};
	own_config before = {0};
	struct error err = {0};

	config_places_init(&places, false);
	places.draft = buf_str(&s->was).p;
	(void)!config_load(&before, &places, &err);
	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const char *old = config_text(&before, i), *fresh = config_text(&s->config, i);
		if (settings[i].at_start && strcmp(old ? old : "", fresh ? fresh : "") != 0)
			buf_putf(names, "%s%s", names->len ? ", " : "", settings[i].name);
	}
	return names->len;
}

static void say_daemon(struct setup *s)
{
	struct running running = {0};
	struct error err = {0};
	own_buf names = BUF_INIT(NAMES_MAX);

	if (!life_find(s->home, &running, &err) || !running.pid)
		return;
	if (read_at_start(s, &names))
		ui_say(&s->term, "The running daemon goes on without %s until `shammah daemon stop`; the next one has "
			"it.", names.data);
	else
		ui_say(&s->term, "The running daemon takes it up by itself within a few seconds.");
}

static bool write_all(struct setup *s)
{
	struct error err = {0};

	if (!str_equal(buf_str(&s->was), buf_str(&s->text))) {
		if (!toml_file_write(s->path, buf_str(&s->was), buf_str(&s->text), &err)) {
			ui_say(&s->term, "%s", err.text);
			return false;
		}
		ui_say(&s->term, "Written: %s", s->path);
	}
	(void)!setup_reload(s, &err);
	set_model(s);
	say_daemon(s);
	return true;
}

enum ui_result setup_review(struct setup *s, bool *written)
{
	static const char *const items[] = { "Write", "Go on changing", "Leave; nothing is written" };
	size_t at = 0;

	say_changes(s);
	enum ui_result result = ui_menu(&s->term, "This will be changed.", items, countof(items), &at);
	if (result == UI_DONE && at == 0)
		*written = write_all(s);
	return result == UI_DONE && at == 2 ? UI_LEAVE : result;
}
