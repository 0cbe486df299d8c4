/* The list of teachers, and what can be done with each. */
#include "cli/setup.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/mask.h"
#include "cli/setup_text.h"
#include "config/toml_edit.h"
#include "provider/provider.h"

#define ITEMS_MAX 64
#define NAME_FOR_A_TRY "shammah-setup-try"

/* ---- Trying one ---- */

static bool try_and_say(struct setup *s, const struct teacher_config *t)
{
	const struct provider *p = provider_find(t->provider);
	struct error err = {0};
	struct cancel cancel;
	struct tried tried;

	ui_say(&s->term, "Asking %s ... (Ctrl+C stops it)", p ? p->display_name : t->provider);
	cancel_init(&cancel);
	term_watch(&s->term, &cancel);
	bool ok = try_teacher(t, &cancel, &tried, &err);
	term_unwatch(&s->term);
	s->tried = tried.end;
	if (ok)
		ui_say(&s->term, "%s answers, after %u ms%s%s", p->display_name, tried.ms, tried.text ? ": " : ".",
			tried.text ? tried.text : "");
	else if (cancel_fired(&cancel))
		ui_say(&s->term, "Stopped.");
	else
		ui_say(&s->term, "It does not answer: %s", err.text);
	cancel_done(&cancel);
	tried_done(&tried);
	return ok;
}

static const struct teacher_config *find_teacher(const struct config *c, const char *name)
{
	for (size_t i = 0; i < c->teacher_count; i++)
		if (strcmp(c->teachers[i].name, name) == 0)
			return &c->teachers[i];
	return NULL;
}

/* The last that was found wrong says the most. */
static const char *last_finding(const struct config *c)
{
	return c->finding_count ? c->findings[c->finding_count - 1].text : "it has no key";
}

/*
 * What counts is what the configuration makes of an entry: it is read from a draft in
 * which the entry is on and has a name that is found again.  NULL, said, when it makes
 * nothing of it.  `kept` gets the text as it was, for restore().
 */
static const struct teacher_config *draft(struct setup *s, size_t entry, struct buf *kept)
{
	own_mem char *name = mem_printf("teachers[%zu].name", entry),
		     *enabled = mem_printf("teachers[%zu].enabled", entry);
	struct error err = {0};

	if (!buf_add_str(kept, buf_str(&s->text), &err))
		return NULL;
	if (!setup_change(s, name, json_string(NAME_FOR_A_TRY)) || !setup_change(s, enabled, json_true()))
		return NULL;
	(void)!setup_reload(s, &err);
	const struct teacher_config *t = find_teacher(&s->config, NAME_FOR_A_TRY);
	if (!t)
		ui_say(&s->term, "It cannot be asked: %s", last_finding(&s->config));
	return t;
}

static void restore(struct setup *s, struct buf *kept)
{
	struct buf drafted = s->text;
	struct error err = {0};

	s->text = *kept;
	*kept = drafted;
	(void)!setup_reload(s, &err);
}

bool setup_try(struct setup *s, size_t entry)
{
	own_buf kept = BUF_INIT(TOML_EDIT_MAX);
	const struct teacher_config *t = draft(s, entry, &kept);
	bool ok = t && try_and_say(s, t);

	restore(s, &kept);
	return ok;
}

void setup_say_key(struct setup *s, size_t entry)
{
	own_json *entries = setup_entries(s);
	const char *own = json_member_string(json_array_get(entries, entry), "api_key");
	own_buf kept = BUF_INIT(TOML_EDIT_MAX);
	const struct teacher_config *t = own ? draft(s, entry, &kept) : NULL;

	if (t && t->key.text && strcmp(t->key.text, own) != 0)
		ui_say(&s->term, "Note: the key found in %s is used before the one in the file.", t->key.origin);
	if (own)
		restore(s, &kept);
}

/* ---- One entry ---- */

struct entry {
	struct setup *s;
	const json_t *value;
	size_t number, count;
};

static char *path_of(const struct entry *e, const char *key)
{
	return mem_printf("teachers[%zu]%s%s", e->number, *key ? "." : "", key);
}

static enum ui_result act_try(struct entry *e)
{
	(void)setup_try(e->s, e->number);
	return UI_BACK;
}

/* A text that may be empty: then the key goes. */
static enum ui_result act_text(struct entry *e, const char *question, const char *key, const char *initial)
{
	own_mem char *path = path_of(e, key), *text = NULL;
	enum ui_result result = ui_text(&e->s->term, question, initial, &text);

	if (result == UI_DONE && (!*text || strcmp(text, initial) != 0))
		(void)setup_change(e->s, path, *text ? json_string(text) : NULL);
	return result == UI_DONE ? UI_BACK : result;
}

static enum ui_result act_model(struct entry *e)
{
	const char *model = json_member_string(e->value, "model"), *name = json_member_string(e->value, "provider");
	const struct provider *p = name ? provider_find(name) : NULL;
	own_mem char *question = mem_printf("Which model? Empty: %s", p && p->default_model ? p->default_model :
		"none, and then it cannot be asked");

	return act_text(e, question, "model", model ? model : "");
}

static enum ui_result act_address(struct entry *e)
{
	const char *url = json_member_string(e->value, "base_url"), *name = json_member_string(e->value, "provider");
	const struct provider *p = name ? provider_find(name) : NULL;
	own_mem char *question = mem_printf("Where is it? Empty: %s", p && p->default_base_url ? p->default_base_url :
		"nowhere, and then it cannot be asked");

	return act_text(e, question, "base_url", url ? url : "");
}

static enum ui_result act_key(struct entry *e)
{
	const char *provider = json_member_string(e->value, "provider");
	own_mem char *path = path_of(e, "api_key"), *named = path_of(e, "api_key_env"), *key = NULL;
	enum ui_result result = setup_ask_key(e->s, provider ? provider : "", &key);

	if (result == UI_DONE && setup_change(e->s, named, NULL))
		(void)setup_change(e->s, path, *key ? json_string(key) : NULL);
	return result == UI_DONE ? UI_BACK : result;
}

static enum ui_result move(struct entry *e, size_t to)
{
	struct error err = {0};

	if (to < e->count && !toml_edit_move(&e->s->text, "config.toml", "teachers", e->number, to, &err))
		ui_say(&e->s->term, "%s", err.text);
	return UI_BACK;
}

static enum ui_result act_earlier(struct entry *e) { return e->number ? move(e, e->number - 1) : UI_BACK; }
static enum ui_result act_later(struct entry *e) { return move(e, e->number + 1); }

static enum ui_result act_switch(struct entry *e)
{
	own_mem char *path = path_of(e, "enabled");
	bool off = json_is_false(json_object_get(e->value, "enabled"));

	(void)setup_change(e->s, path, off ? NULL : json_false());
	return UI_BACK;
}

static enum ui_result act_remove(struct entry *e)
{
	own_mem char *path = path_of(e, "");

	(void)setup_change(e->s, path, NULL);
	return UI_BACK;
}

static const struct { const char *title; enum ui_result (*act)(struct entry *e); } actions[] = {
	{ "Test it with a real question", act_try },
	{ "Model", act_model },
	{ "Key", act_key },
	{ "Address", act_address },
	{ "Ask it earlier", act_earlier },
	{ "Ask it later", act_later },
	{ "Switch it off or on", act_switch },
	{ "Remove it", act_remove },
};

static enum ui_result show_entry(struct setup *s, const json_t *entries, size_t number)
{
	struct entry e = { s, json_array_get(entries, number), number, json_array_size(entries) };
	own_mem char *title = setup_entry(e.value);
	const char *items[countof(actions)];
	size_t at = 0;

	for (size_t i = 0; i < countof(actions); i++)
		items[i] = actions[i].title;
	enum ui_result result = ui_menu(&s->term, title, items, countof(items), &at);
	return result == UI_DONE ? actions[at].act(&e) : result;
}

/* ---- One that was found without an entry ---- */

static enum ui_result show_found(struct setup *s, size_t number)
{
	static const char *const items[] = { "Test it with a real question",
		"Write an entry for it, so that it can be changed" };
	const struct teacher_config *t = &s->config.teachers[number];
	struct error err = {0};
	size_t at = 0;
	enum ui_result result = ui_menu(&s->term, t->name, items, countof(items), &at);

	if (result != UI_DONE)
		return result;
	if (at == 0)
		return (void)try_and_say(s, t), UI_BACK;
	own_json *entry = json_pack("{s:s}", "provider", t->provider);
	if (!toml_edit_add(&s->text, "config.toml", "teachers", entry, &err))
		ui_say(&s->term, "%s", err.text);
	return UI_BACK;
}

static char *found_line(const struct teacher_config *t)
{
	const struct provider *p = provider_find(t->provider);
	char masked[MASK_TEXT];

	return mem_printf("%s, found: key %s, %s", p ? p->display_name : t->provider, t->key.text ?
		mask_secret(t->key.text, masked) : "from apiKeyHelper", t->origin);
}

/* ---- The list ---- */

enum ui_result setup_teachers(struct setup *s)
{
	enum ui_result result = UI_BACK;
	size_t at = 0;

	while (result != UI_LEAVE) {
		own_json *entries = setup_entries(s);
		const char *items[ITEMS_MAX + 2];
		char *lines[ITEMS_MAX];
		struct error err = {0};
		size_t count = json_array_size(entries), n = 0;
		(void)!setup_reload(s, &err);
		bool found = !count;
		count = found ? s->config.teacher_count : count;
		for (; n < count && n < ITEMS_MAX; n++)
			items[n] = lines[n] =
				found ? found_line(&s->config.teachers[n]) : setup_entry(json_array_get(entries, n));
		items[n] = "Add a teacher";
		items[n + 1] = "Done";
		if (at > n + 1)
			at = n;
		result = ui_menu(&s->term, count ? "Teachers, in the order they are asked:" :
			"There is no teacher yet.", items, n + 2, &at);
		for (size_t i = 0; i < n; i++)
			free(lines[i]);
		if (result == UI_BACK || (result == UI_DONE && at == n + 1))
			return UI_DONE;
		if (result == UI_DONE)
			result = at == n ? setup_add_teacher(s)
				 : found ? show_found(s, at)
					 : show_entry(s, entries, at);
	}
	return result;
}
