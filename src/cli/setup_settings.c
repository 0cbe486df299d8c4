/* Settings that are worth a question: the budget, and whatever is a feature. */
#include "cli/setup.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"

/* Those asked for here: a table, so that one more is a row. */
static const struct asked {
	enum setting setting;
	const char *question;
} asked[] = {
	{ SETTING_BUDGET,
		"How many dollars a month may teachers cost? From 80 % on you are told, at 100 % they are not asked. "
		"Empty: no limit" },
	{ SETTING_PORT, "Which port of this machine does the daemon use? Empty: 11435" },
	{ SETTING_KEEP_ALIVE,
		"After how many seconds without a question does the local model give its memory back? 0: never; "
		"empty: 1800" },
};

/* A number as config.toml has it: a whole one where it is whole. */
static json_t *number(const char *text)
{
	char *end;
	long long whole = strtoll(text, &end, 10);

	return *end ? json_real(strtod(text, NULL)) : json_integer(whole);
}

/* Sets it in the draft, and takes that back when the configuration refuses it. */
static bool accept(struct setup *s, enum setting which, const char *text)
{
	own_buf kept = BUF_INIT(s->text.max);
	struct error err = {0};
	char accepted[120];
	char *end;

	if (!buf_add_str(&kept, buf_str(&s->text), &err))
		return false;
	bool is_number = *text && (strtod(text, &end), !*end);
	if ((!*text || is_number) && setup_change(s, settings[which].name, *text ? number(text) : NULL)) {
		if (setup_reload(s, &err) || !strstr(err.text, settings[which].name))
			return true;
	}
	setting_accepts(which, accepted, sizeof accepted);
	ui_say(&s->term, "Accepted is %s.", accepted);
	struct buf draft = s->text;
	s->text = kept;
	kept = draft;
	return false;
}

static enum ui_result ask(struct setup *s, const struct asked *a)
{
	const char *origin = s->config.values[a->setting].origin;
	bool ours = origin && strstr(origin, "config.toml");
	const char *now = config_text(&s->config, a->setting);

	if (now && !ours && strcmp(origin, "default") != 0)
		ui_say(&s->term, "Note: %s says %s, and comes before the file.", origin, now);
	for (;;) {
		own_mem char *text = NULL;
		enum ui_result result = ui_text(&s->term, a->question, ours ? now : "", &text);
		if (result != UI_DONE || accept(s, a->setting, text))
			return result;
	}
}

enum ui_result setup_settings(struct setup *s)
{
	enum ui_result result = UI_DONE;
	size_t at = 0;

	while (result != UI_LEAVE) {
		const char *items[countof(asked) + 1];
		char *lines[countof(asked)];
		struct error err = {0};
		(void)!setup_reload(s, &err);
		for (size_t i = 0; i < countof(asked); i++) {
			const char *now = config_text(&s->config, asked[i].setting);
			items[i] = lines[i] =
				mem_printf("%s: %s", settings[asked[i].setting].name, now ? now : "not set");
		}
		items[countof(asked)] = "Done";
		result = ui_menu(&s->term, "Settings:", items, countof(items), &at);
		for (size_t i = 0; i < countof(asked); i++)
			free(lines[i]);
		if (result == UI_BACK || (result == UI_DONE && at == countof(asked)))
			return UI_DONE;
		if (result == UI_DONE)
			result = ask(s, &asked[at]);
		at++;
	}
	return result;
}
