/* `shammah setup`: teachers, model, features and settings, asked in the terminal; written at the end or not at all. */
#include "cli/setup.h"

#include <stdio.h>
#include <unistd.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/home.h"
#include "config/toml.h"
#include "config/toml_edit.h"
#include "config/toml_file.h"

#define SHOWN "~/.shammah/config.toml"

bool setup_reload(struct setup *s, struct error *err)
{
	own_config_places places = {0};

	config_done(&s->config);
	config_places_init(&places, false);
	places.draft = s->text.data;
	return config_load(&s->config, &places, err);
}

json_t *setup_entries(const struct setup *s)
{
	own_json *root = NULL, *lines = NULL;
	struct error err = {0};
	json_t *list =
		toml_parse(buf_str(&s->text), SHOWN, &root, &lines, &err) ? json_object_get(root, "teachers") : NULL;

	return list ? json_incref(list) : json_array();
}

bool setup_change(struct setup *s, const char *path, json_t *value)
{
	own_json *owned = value;
	struct error err = {0};
	bool ok = value ? toml_edit_set(&s->text, SHOWN, path, value, &err)
			: toml_edit_remove(&s->text, SHOWN, path, &err);

	if (!ok)
		ui_say(&s->term, "%s", err.text);
	return ok;
}

/* ---- The first screen ---- */

static char *teachers_line(struct setup *s)
{
	struct error err = {0};
	own_buf names = BUF_INIT((size_t)4 << 10);

	(void)!setup_reload(s, &err);
	for (size_t i = 0; i < s->config.teacher_count; i++)
		if (!buf_addf(&names, &err, "%s%s", i ? ", " : "", s->config.teachers[i].name))
			break;
	return mem_printf("Teachers: %s", names.len ? names.data : "none");
}

static char *model_line(const struct setup *s)
{
	const char *name = config_text(&s->config, SETTING_MODEL);

	switch (s->model) {
	case MODEL_NONE:
		return mem_strdup("Local model: none from now on");
	case MODEL_USE:
		return mem_printf("Local model: %s from now on", s->model_name);
	case MODEL_FETCH:
		return mem_printf(
			"Local model: %s, to be fetched", s->model_name ? s->model_name : "the one that fits");
	default:
		return mem_printf("Local model: %s", name ? name : "none");
	}
}

static char *features_line(const struct setup *s)
{
	return mem_printf("Features: confined commands %s, their network %s, ...",
		config_text(&s->config, SETTING_CONFINE), config_text(&s->config, SETTING_NETWORK));
}

static char *settings_line(const struct setup *s)
{
	const char *budget = config_text(&s->config, SETTING_BUDGET);

	return mem_printf("Settings: budget %s%s", budget ? budget : "without limit", budget ? " dollars a month" : "");
}

static bool changed(const struct setup *s)
{
	return s->model != MODEL_AS_IT_IS || !str_equal(buf_str(&s->was), buf_str(&s->text));
}

static const struct screen {
	enum ui_result (*show)(struct setup *s);
} screens[] = { { setup_teachers }, { setup_local_model }, { setup_features }, { setup_settings } };

static enum ui_result choose_screen(struct setup *s, size_t *at)
{
	own_mem char *teachers = teachers_line(s), *model = model_line(s);
	own_mem char *features = features_line(s), *more = settings_line(s);
	const char *const items[] = { teachers, model, features, more,
		changed(s) ? "Review and write" : "Leave; nothing is changed" };

	return ui_menu(&s->term, "Shammah's setup:", items, countof(items), at);
}

/* Whether to leave what was changed. */
static enum ui_result leave(struct setup *s)
{
	static const char *const items[] = { "Go on here", "Leave; nothing is written" };
	size_t at = 0;

	if (!changed(s))
		return UI_LEAVE;
	return ui_menu(&s->term, "There are changes that are not written.", items, countof(items), &at) == UI_DONE &&
				at == 0
			? UI_DONE
			: UI_LEAVE;
}

/* True when all was written, or there was nothing to write. */
static bool talk(struct setup *s, bool *interrupted)
{
	enum ui_result result;
	size_t at = 0;
	bool written = false;

	for (;;) {
		result = choose_screen(s, &at);
		if (result == UI_BACK)
			result = leave(s);
		else if (result == UI_DONE && at < countof(screens))
			result = screens[at].show(s);
		else if (result == UI_DONE && !changed(s))
			return true;
		else if (result == UI_DONE)
			result = setup_review(s, &written);
		if (written)
			return true;
		if (result == UI_LEAVE)
			break;
		at += at < countof(screens);
	}
	*interrupted = changed(s);
	return false;
}

static bool open_file(struct setup *s, struct error *err)
{
	s->home = path_shammah(err);
	if (!s->home)
		return false;
	s->path = home_path(s->home, HOME_CONFIG);
	if (!toml_file_read(s->path, &s->was, err) || !buf_add_str(&s->text, buf_str(&s->was), err))
		return false;
	own_json *root = NULL, *lines = NULL;
	return toml_parse(buf_str(&s->was), SHOWN, &root, &lines, err) ||
		error_prefix(err, "setup changes this file only when it is right: mend it first");
}

static void done(struct setup *s)
{
	config_done(&s->config);
	buf_done(&s->was);
	buf_done(&s->text);
	free(s->home);
	free(s->path);
	free(s->model_name);
}

static bool begin(struct setup *s, struct error *err)
{
	struct error plain = {0};

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(err, ERROR_INVALID,
			"`shammah setup` asks questions and needs a terminal; without one set a key in "
			"the environment (ANTHROPIC_API_KEY), or write " SHOWN " yourself");
	if (!open_file(s, err) || !term_open(&s->term, err))
		return false;
	if (!setup_reload(s, &plain))
		ui_say(&s->term, "To be mended by hand, setup leaves it alone: %s", plain.text);
	config_export(&s->config);
	return true;
}

int cmd_setup(const struct options *o, struct config *c)
{
	struct setup s = { .options = o, .was = BUF_INIT(TOML_EDIT_MAX), .text = BUF_INIT(TOML_EDIT_MAX) };
	struct error err = {0};
	bool interrupted = false;
	int code = EXIT_ANSWERED;

	(void)c;
	if (!begin(&s, &err)) {
		code = complain(&err);
	} else if (!talk(&s, &interrupted)) {
		puts("Nothing was written.");
		code = interrupted ? EXIT_INTERRUPTED : EXIT_ANSWERED;
	}
	term_close(&s.term);
	done(&s);
	return code;
}
