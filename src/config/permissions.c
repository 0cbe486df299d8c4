/*
 * Claude Code's permissions and sandbox.  Only their shape is checked here; who uses tools reads the
 * rules.  Of a project that is not trusted only what forbids or asks counts.
 */
#include "base/mem.h"
#include "config/load.h"

struct kind {
	const char *name;
	bool widens;             /* it lets more happen */
	const char *words;       /* NULL: a list of strings; else the one of these, separated by '|' */
};

static const struct kind kinds[] = {
	{ "allow", true, NULL },
	{ "ask", false, NULL },
	{ "deny", false, NULL },
	{ "additionalDirectories", true, NULL },
	{ "defaultMode", true, "default|manual|acceptEdits|plan|auto|dontAsk|bypassPermissions" },
	{ "disableBypassPermissionsMode", false, "disable" },
	{ "disableAutoMode", false, "disable" },
};

/* The name that v1 had for "allow". */
#define OLD_ALLOW "allowedTools"

static const struct kind *find(const char *name)
{
	if (strcmp(name, OLD_ALLOW) == 0)
		return &kinds[0];
	for (size_t i = 0; i < countof(kinds); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return &kinds[i];
	return NULL;
}

static bool is_one_of(const char *words, const char *text)
{
	struct str rest = str_of(words), word;

	while (text && str_split(&rest, '|', &word))
		if (str_is(word, text))
			return true;
	return false;
}

static bool has_shape(const struct kind *k, const json_t *value)
{
	size_t i;
	json_t *item;

	if (k->words)
		return is_one_of(k->words, json_string_value(value));
	json_array_foreach(value, i, item)
		if (!json_is_string(item))
			return false;
	return json_is_array(value);
}

static void read_one(struct loader *l, const struct document *d, const char *name, json_t *value, json_t *kept)
{
	const struct kind *k = find(name);
	own_mem char *path = mem_printf("permissions.%s", name);

	if (!k) {
		document_finding(d, l->c, FINDING_NOTE, path, "unknown; maybe of a newer Claude Code");
		return;
	}
	if (!has_shape(k, value)) {
		document_finding(d, l->c, FINDING_ERROR, path, "is of another kind; accepted: %s", k->words ? k->words :
			"a list of strings");
		return;
	}
	if (k->widens && !loader_allows(l, d, path))
		return;
	if (strcmp(name, OLD_ALLOW) == 0)
		document_finding(d, l->c, FINDING_WARNING, path, "is called permissions.allow today; taken as that");
	json_t *before = json_object_get(kept, k->name);
	if (json_is_array(before))
		json_array_extend(before, value);
	else
		json_object_set_new(kept, k->name, json_deep_copy(value));
}

void permissions_read(struct loader *l, const struct document *d, const json_t *permissions)
{
	own_json *kept = json_object();
	const char *name;
	json_t *value;

	if (!json_is_object(permissions)) {
		document_finding(d, l->c, FINDING_ERROR, "permissions", "is of another kind; accepted: an object");
		return;
	}
	json_object_foreach((json_t *)permissions, name, value)
		read_one(l, d, name, value, kept);
	json_t *entry = json_pack("{s:s?, s:s?, s:O}", "file", d->name, "folder", d->folder, "permissions", kept);
	if (json_array_insert_new(l->c->permissions, 0, entry) < 0)
		document_finding(d, l->c, FINDING_ERROR, "permissions",
			"belong to a folder whose name is no UTF-8; accepted: one that is");
}

/* --- sandbox ---------------------------------------------------------------------------- */

/* A boolean of a stronger file replaces that of a weaker one. */
static void keep_boolean(struct loader *l, const struct document *d, const char *name, json_t *value)
{
	own_mem char *path = mem_printf("sandbox.%s", name);

	if (!json_is_boolean(value))
		document_finding(d, l->c, FINDING_ERROR, path, "is of another kind; accepted: true or false");
	else
		json_object_set(l->c->sandbox, name, value);
}

static void keep_list(struct loader *l, const struct document *d, const char *name, json_t *value)
{
	json_t *before = json_object_get(l->c->sandbox, name);

	if (!json_is_array(value))
		document_finding(d, l->c, FINDING_ERROR, "sandbox.excludedCommands",
			"is of another kind; accepted: a list of strings");
	else if (before)
		json_array_extend(before, value);
	else
		json_object_set_new(l->c->sandbox, name, json_deep_copy(value));
}

void sandbox_read(struct loader *l, const struct document *d, const json_t *sandbox)
{
	static const struct {
		const char *name;
		void (*keep)(struct loader *l, const struct document *d, const char *name, json_t *value);
	} kept[] = {
		{ "enabled", keep_boolean }, { "autoAllowBashIfSandboxed", keep_boolean },
		{ "excludedCommands", keep_list },
	};

	if (!json_is_object(sandbox)) {
		document_finding(d, l->c, FINDING_ERROR, "sandbox", "is of another kind; accepted: an object");
		return;
	}
	if (!json_object_size(sandbox) || !loader_allows(l, d, "sandbox"))
		return;
	for (size_t i = 0; i < countof(kept); i++) {
		json_t *value = json_object_get(sandbox, kept[i].name);
		if (value)
			kept[i].keep(l, d, kept[i].name, value);
	}
}
