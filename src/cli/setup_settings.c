/* Settings that are worth a question: features, to be chosen from lists, and figures. */
#include "cli/setup.h"

#include <stdio.h>

#include "base/mem.h"
#include "config/toml.h"
#include "hub/spec.h"

#define ITEMS_MAX 16

/* Of tables, so that one more is a row. */
const struct setup_question setup_feature_table[] = {
	{ SETTING_CONFINE, "Are commands that a model runs confined, where that can be done?",
		{ { "on", "On: they write into the project only, and see no keys" },
			{ "off", "Off: they run as you would run them" } } },
	{ SETTING_NETWORK, "Do confined commands reach the network?",
		{ { "off", "Off: not even this machine's own" }, { "on", "On" } } },
	{ SETTING_SEARCH, "Whom does a model's WebSearch ask?", { { "duckduckgo", "DuckDuckGo: needs no key" } } },
	{ SETTING_BEGINNINGS, "Are system prompts kept on disk as the local model has computed them?",
		{ { "1024", "On, up to 1 GB: a long one is computed once, also over restarts" }, { "0", "Off" } } },
	{ SETTING_KV_BITS, "How exact is the local model's memory of a conversation?",
		{ { "16", "16 bits" }, { "8", "8 bits: half the memory, a little less exact" } } },
	{ SETTING_EMBEDDING_MODEL,
		"Which model makes embeddings? OWNER/NAME of a sentence-transformer on the Hub, or a folder. "
		"Empty: none, counted words do", {{0}} },
	{ SETTING_COUNT, NULL, {{0}} },
};

static const struct setup_question figures[] = {
	{ SETTING_BUDGET,
		"How many dollars a month may teachers cost? From 80 % on you are told, at 100 % they are not asked. "
		"Empty: no limit", {{0}} },
	{ SETTING_PORT, "Which port of this machine does the daemon use? Empty: 11435", {{0}} },
	{ SETTING_KEEP_ALIVE,
		"After how many seconds without a question does the local model give its memory back? 0: never; "
		"empty: 1800", {{0}} },
	{ SETTING_COUNT, NULL, {{0}} },
};

/* What the draft says of it, whatever comes before the file; NULL: nothing.  The caller frees. */
static char *text_in_file(const struct setup *s, enum setting which)
{
	own_json *root = NULL, *lines = NULL;
	struct error err = {0};
	const char *name = settings[which].name, *dot = strchr(name, '.');
	own_mem char *table = mem_strndup(name, (size_t)(dot - name));

	if (!toml_parse(buf_str(&s->text), "config.toml", &root, &lines, &err))
		return NULL;
	const json_t *value = json_object_get(json_object_get(root, table), dot + 1);
	return value ? setting_from_json(which, value) : NULL;
}

/* ---- Answers ---- */

/* Sets it in the draft (NULL: takes it out), and takes that back when the configuration refuses it. */
static bool accept(struct setup *s, enum setting which, const char *text)
{
	own_buf kept = BUF_INIT(s->text.max);
	struct error err = {0};
	char accepted[120];
	json_t *value = text ? setting_to_json(which, text) : NULL;

	if (!buf_add_str(&kept, buf_str(&s->text), &err))
		return json_decref(value), false;
	if ((value || !text) && setup_change(s, settings[which].name, value)) {
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

/* A model that is named so that it can be found, a folder from wherever it is looked for. */
static bool accept_model(struct setup *s, enum setting which, const char *text)
{
	own_model_spec spec = {0};
	struct error err = {0};

	if (spec_parse(&spec, text, &err))
		return accept(s, which, spec.folder ? spec.folder : text);
	ui_say(&s->term, "%s", err.text);
	return false;
}

static enum ui_result ask_text(struct setup *s, const struct setup_question *q, const char *now)
{
	for (;;) {
		own_mem char *text = NULL;
		enum ui_result result = ui_text(&s->term, q->question, now ? now : "", &text);
		if (result != UI_DONE)
			return result;
		if (!*text ? accept(s, q->setting, NULL)
			: q->setting == SETTING_EMBEDDING_MODEL ? accept_model(s, q->setting, text)
								: accept(s, q->setting, text))
			return result;
	}
}

/* What is so already, in the file or without it, is not written once more. */
static enum ui_result ask_choice(struct setup *s, const struct setup_question *q, const char *now)
{
	const char *standard = settings[q->setting].standard, *is = now ? now : standard;
	const char *items[SETUP_CHOICES_MAX];
	size_t count = 0, at = 0;

	for (; count < SETUP_CHOICES_MAX && q->choices[count].value; count++) {
		items[count] = q->choices[count].line;
		if (is && strcmp(is, q->choices[count].value) == 0)
			at = count;
	}
	enum ui_result result = ui_menu(&s->term, q->question, items, count, &at);
	if (result == UI_DONE && (!is || strcmp(is, q->choices[at].value) != 0))
		(void)!accept(s, q->setting, q->choices[at].value);
	return result;
}

static enum ui_result ask(struct setup *s, const struct setup_question *q)
{
	const char *origin = s->config.values[q->setting].origin, *now = config_text(&s->config, q->setting);
	own_mem char *ours = text_in_file(s, q->setting);

	if (now && !strstr(origin, "config.toml") && strcmp(origin, "default") != 0)
		ui_say(&s->term, "Note: %s says %s, and comes before the file.", origin, now);
	return (q->choices[0].value ? ask_choice : ask_text)(s, q, ours);
}

/* ---- Screens ---- */

static enum ui_result choose_question(struct setup *s, const char *title, const struct setup_question *all,
	size_t count, size_t *at)
{
	const char *items[ITEMS_MAX];
	char *lines[ITEMS_MAX];
	struct error err = {0};

	(void)!setup_reload(s, &err);
	for (size_t i = 0; i < count; i++) {
		const char *now = config_text(&s->config, all[i].setting);
		items[i] = lines[i] = mem_printf("%s: %s", settings[all[i].setting].name, now ? now : "not set");
	}
	items[count] = "Done";
	enum ui_result result = ui_menu(&s->term, title, items, count + 1, at);
	for (size_t i = 0; i < count; i++)
		free(lines[i]);
	return result;
}

static enum ui_result ask_all(struct setup *s, const char *title, const struct setup_question *all)
{
	enum ui_result result = UI_DONE;
	size_t count = 0, at = 0;

	while (count < ITEMS_MAX - 1 && all[count].question)
		count++;
	while (result != UI_LEAVE) {
		result = choose_question(s, title, all, count, &at);
		if (result == UI_BACK || (result == UI_DONE && at == count))
			return UI_DONE;
		if (result == UI_DONE)
			result = ask(s, &all[at]);
		at++;
	}
	return result;
}

enum ui_result setup_features(struct setup *s) { return ask_all(s, "Features:", setup_feature_table); }

enum ui_result setup_settings(struct setup *s) { return ask_all(s, "Settings:", figures); }
