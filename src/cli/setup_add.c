/* Adding a teacher: provider, address, key, model; then it is tried. */
#include "cli/setup.h"

#include <stdio.h>

#include "base/json.h"
#include "base/mem.h"
#include "cli/mask.h"
#include "cli/setup_text.h"
#include "config/toml_edit.h"
#include "config/vendors.h"
#include "provider/provider.h"

#define PROVIDERS_MAX 64

/* A key that is there already, outside config.toml. */
struct around {
	const char *key;             /* NULL: apiKeyHelper prints it */
	char where[200];
	const char *variable;        /* the variable that holds it; NULL: none */
};

/* In the environment, or in the `env` of a settings file. */
static bool find_variable(const struct setup *s, const char *name, struct around *a)
{
	const char *text = name ? getenv(name) : NULL, *file = NULL;

	for (size_t i = 0; name && !(text && *text) && i < s->config.variable_count; i++) {
		if (strcmp(s->config.variables[i].name, name) != 0)
			continue;
		text = s->config.variables[i].text;
		file = s->config.variables[i].file;
	}
	if (!text || !*text)
		return false;
	*a = (struct around){ .key = text, .variable = name };
	snprintf(a->where, sizeof a->where, "%s %s%s", file ? file : "environment", file ? "env." : "", name);
	return true;
}

/* What the configuration found for a teacher of that provider. */
static bool find_teacher(const struct setup *s, const struct provider *p, struct around *a)
{
	static const char environment[] = "environment ";

	for (size_t i = 0; i < s->config.teacher_count; i++) {
		const struct teacher_config *t = &s->config.teachers[i];
		const char *where = t->key.text ? t->key.origin : t->helper ? "apiKeyHelper" : NULL;
		if (strcmp(t->provider, p->name) != 0 || !where || strstr(where, "config.toml"))
			continue;
		*a = (struct around){ .key = t->key.text };
		snprintf(a->where, sizeof a->where, "%s", where);
		if (strncmp(where, environment, sizeof environment - 1) == 0)
			a->variable = where + sizeof environment - 1;
		return true;
	}
	return false;
}

static bool key_around(const struct setup *s, const struct provider *p, struct around *a)
{
	const struct vendor *v = vendor_find(p->name);
	bool found = find_teacher(s, p, a);

	for (size_t i = 0; !found && v->keys[i]; i++)
		found = find_variable(s, v->keys[i], a);
	return found;
}

static enum ui_result choose_provider(struct setup *s, const struct provider **chosen)
{
	const char *items[PROVIDERS_MAX] = {0};
	char *lines[PROVIDERS_MAX];
	size_t n = 0, at = 0;

	for (; n < provider_count && n < PROVIDERS_MAX; n++) {
		const struct provider *p = &providers[n];
		struct around around;
		items[n] = lines[n] = mem_printf("%s%s", p->display_name,
			key_around(s, p, &around) ? " (a key is there)"
			: p->keyless              ? " (without a key)"
							: "");
	}
	enum ui_result result = ui_menu(&s->term, "Which teacher?", items, n, &at);
	*chosen = &providers[at];
	for (size_t i = 0; i < n; i++)
		free(lines[i]);
	return result;
}

static enum ui_result ask_address(struct setup *s, const struct provider *p, char **url)
{
	own_mem char *question =
		mem_printf("Where is it? http:// or https://%s", p->default_base_url ? "; Enter takes this" : "");

	for (;;) {
		enum ui_result result = ui_text(&s->term, question, p->default_base_url, url);
		if (result != UI_DONE || strncmp(*url, "http://", 7) == 0 || strncmp(*url, "https://", 8) == 0)
			return result;
		ui_say(&s->term, "An address begins with http:// or https://.");
		free(take(*url));
	}
}

/* A key that looks like another vendor's. */
static enum ui_result confirm_prefix(struct setup *s, const struct provider *p, const char *key, bool *again)
{
	static const char *const items[] = { "Enter it again", "Take it all the same" };
	size_t at = 0;

	*again = false;
	if (!p || !p->key_prefix || !*key || strncmp(key, p->key_prefix, strlen(p->key_prefix)) == 0)
		return UI_DONE;
	ui_say(&s->term, "Keys of %s begin with %s; this one does not.", p->display_name, p->key_prefix);
	enum ui_result result = ui_menu(&s->term, "This key", items, countof(items), &at);
	*again = at == 0;
	return result;
}

enum ui_result setup_ask_key(struct setup *s, const char *provider, char **key)
{
	const struct provider *p = provider_find(provider);
	own_mem char *question = mem_printf("Paste the key of %s; it is not shown.%s",
		p ? p->display_name : "this teacher", p && p->keyless ? " Empty: it needs none." : "");
	bool again = true;

	while (again) {
		char masked[MASK_TEXT];
		enum ui_result result = ui_secret(&s->term, question, key);
		if (result != UI_DONE)
			return result;
		const char *problem = setup_key_problem(*key);
		if (problem && !(p && p->keyless && !**key)) {
			ui_say(&s->term, "%s.", problem);
			free(take(*key));
			continue;
		}
		result = confirm_prefix(s, p, *key, &again);
		if (result == UI_DONE && !again && **key)
			ui_say(&s->term, "Taken: %s", mask_secret(*key, masked));
		if (result != UI_DONE || again)
			free(take(*key));
		if (result != UI_DONE)
			return result;
	}
	return UI_DONE;
}

/* A key that is there already is offered, and left where it is. */
static enum ui_result find_key(struct setup *s, const struct provider *p, bool own_address, char **key, char **variable)
{
	struct around around;
	char masked[MASK_TEXT] = "";
	size_t at = 0;

	/* To an address of one's own a key is sent only when the entry names it. */
	if (!key_around(s, p, &around) || (own_address && !around.variable))
		return setup_ask_key(s, p->name, key);
	own_mem char *use = mem_printf("Use the key that is there (%s)%s%s; nothing is copied", around.where,
		around.key ? ", " : "", around.key ? mask_secret(around.key, masked) : "");
	const char *const items[] = { use, "Paste another" };
	enum ui_result result = ui_menu(&s->term, "Its key:", items, countof(items), &at);
	if (result != UI_DONE || at == 1)
		return result == UI_DONE ? setup_ask_key(s, p->name, key) : result;
	if (own_address)
		*variable = mem_strdup(around.variable);
	return UI_DONE;
}

static enum ui_result ask_model(struct setup *s, const struct provider *p, char **model)
{
	const char *question = p->default_model ? "Which model? Enter takes this" : "Which model does it have?";

	for (;;) {
		enum ui_result result = ui_text(&s->term, question, p->default_model, model);
		if (result != UI_DONE || **model)
			return result;
		if (p->default_model)
			return result;
		ui_say(&s->term, "A model must be named.");
		free(take(*model));
	}
}

static void set(json_t *object, const char *key, const char *text, const char *standard)
{
	if (text && *text && !(standard && strcmp(text, standard) == 0))
		json_object_set_new(object, key, json_string(text));
}

/* UI_DONE with the entry; what equals the provider's own is left out, so that it follows the provider's. */
static enum ui_result ask_entry(struct setup *s, json_t **entry)
{
	own_mem char *url = NULL, *key = NULL, *variable = NULL, *model = NULL;
	const struct provider *p;
	enum ui_result result = choose_provider(s, &p);

	if (result == UI_DONE && (p->keyless || !p->default_base_url))
		result = ask_address(s, p, &url);
	bool own = url && (!p->default_base_url || strcmp(url, p->default_base_url) != 0);
	if (result == UI_DONE)
		result = find_key(s, p, own, &key, &variable);
	if (result == UI_DONE)
		result = ask_model(s, p, &model);
	if (result != UI_DONE)
		return result;
	*entry = json_pack("{s:s}", "provider", p->name);
	set(*entry, "model", model, p->default_model);
	set(*entry, "base_url", url, p->default_base_url);
	set(*entry, "api_key_env", variable, NULL);
	set(*entry, "api_key", key, NULL);
	return UI_DONE;
}

/* Entries for the teachers that were found by their keys, but for that provider's. */
static json_t *found_entries(const struct setup *s, const char *but)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->config.teacher_count; i++)
		if (strcmp(s->config.teachers[i].provider, but) != 0)
			json_array_append_new(list, json_pack("{s:s}", "provider", s->config.teachers[i].provider));
	return list;
}

/*
 * The first entry ends the finding of teachers by their keys: those that were found get
 * entries, too, unless the user wants to be rid of them.
 */
static enum ui_result keep_found(struct setup *s, const json_t *fresh)
{
	static const char *const items[] = { "Keep asking them, after the new one", "Only the new one" };
	own_json *entries = setup_entries(s), *found = found_entries(s, json_member_string(fresh, "provider"));
	struct error err = {0};
	size_t at = 0, i;
	json_t *entry;

	if (json_array_size(entries) || !json_array_size(found))
		return UI_DONE;
	ui_say(&s->term,
		"So far teachers are found by the keys in the environment and settings. With entries in the file, only "
		"those are asked.");
	enum ui_result result = ui_menu(&s->term, "The teachers found so far:", items, countof(items), &at);
	if (result == UI_DONE && at == 0)
		json_array_foreach(found, i, entry)
			if (!toml_edit_add(&s->text, "config.toml", "teachers", entry, &err))
				ui_say(&s->term, "%s", err.text);
	return result;
}

/* Puts the new one first or last. */
static bool add(struct setup *s, const json_t *entry, bool first, size_t *number)
{
	own_json *entries = setup_entries(s);
	struct error err = {0};
	size_t count = json_array_size(entries);

	*number = first ? 0 : count;
	if (toml_edit_add(&s->text, "config.toml", "teachers", entry, &err) &&
		(!first || !count || toml_edit_move(&s->text, "config.toml", "teachers", count, 0, &err)))
		return true;
	ui_say(&s->term, "%s", err.text);
	return false;
}

static enum ui_result enter_key(struct setup *s, const struct provider *p, size_t number)
{
	own_mem char *path = mem_printf("teachers[%zu].api_key", number), *key = NULL;
	enum ui_result result = setup_ask_key(s, p->name, &key);

	if (result == UI_DONE)
		(void)setup_change(s, path, *key ? json_string(key) : NULL);
	return result;
}

static enum ui_result enter_model(struct setup *s, const struct provider *p, size_t number)
{
	own_mem char *path = mem_printf("teachers[%zu].model", number), *model = NULL;
	enum ui_result result = ask_model(s, p, &model);

	if (result == UI_DONE)
		(void)setup_change(s, path, *model ? json_string(model) : NULL);
	return result;
}

/* Until it answers, or the user has had enough of it. */
static enum ui_result try_new(struct setup *s, const struct provider *p, size_t number)
{
	static const char *const items[] = { "Test again", "Enter the key again", "Another model", "Keep it as it is",
		"Drop it" };
	own_mem char *path = mem_printf("teachers[%zu]", number);
	enum ui_result result = UI_DONE;

	while (result != UI_LEAVE && !setup_try(s, number)) {
		size_t at = s->tried == ASK_KEY ? 1 : s->tried == ASK_UNKNOWN ? 2 : 0;      /* most likely */
		result = ui_menu(&s->term, "What now?", items, countof(items), &at);
		if (result == UI_DONE && at == 1)
			result = enter_key(s, p, number);
		else if (result == UI_DONE && at == 2)
			result = enter_model(s, p, number);
		else if (result == UI_DONE && at == 4)
			(void)setup_change(s, path, NULL);
		if (result == UI_DONE && at >= 3)
			break;
	}
	return result;
}

enum ui_result setup_add_teacher(struct setup *s)
{
	static const char *const items[] = { "Test it now with a real question", "Keep it without a test" };
	own_json *entry = NULL;
	size_t at = 0, number;
	own_json *before = setup_entries(s);
	bool first = !json_array_size(before);
	enum ui_result result = ask_entry(s, &entry);

	if (result == UI_DONE)
		result = keep_found(s, entry);
	if (result != UI_DONE)
		return result;
	if (!add(s, entry, first, &number))
		return UI_BACK;
	setup_say_key(s, number);
	result = ui_menu(&s->term, "The new teacher:", items, countof(items), &at);
	if (result != UI_DONE || at != 0)
		return result;
	return try_new(s, provider_find(json_member_string(entry, "provider")), number);
}
