/*
 * The cascade.  All files are read first, strongest first; then each says what it has
 * to say, weakest first, so that a stronger one replaces what it knows.  After them
 * the environment, then the keys and the teachers, which have an order of their own.
 */
#include "config/load.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/path.h"
#include "config/claude_keys.h"
#include "config/findings.h"
#include "config/home.h"
#include "config/old_tools.h"
#include "config/teachers.h"
#include "config/trust.h"
#include "config/values.h"
#include "config/variables.h"

#define MODEL_MAX ((size_t)4096)
#define VARIABLES_MAX 1000

bool loader_allows(struct loader *l, const struct document *d, const char *path)
{
	if (!scope_is_project(d->scope))
		return true;
	if (l->trust == TRUST_UNASKED)
		l->trust = trust_given(l->c, l->places, l->root) ? TRUST_GIVEN : TRUST_NONE;
	if (l->trust == TRUST_NONE)
		document_finding(d, l->c, FINDING_WARNING, path,
			"ignored, since this folder is not trusted; if you do, add \"%s\" to `trusted` below "
			"[client] in config.toml", d->folder);
	return l->trust == TRUST_GIVEN;
}

/* ---- Settings ---- */

/* What spec_parse() would take for a folder (hub/spec.h), and a little more. */
static bool may_be_folder(const struct loader *l, const char *text)
{
	own_mem char *below = path_join(l->places->start ? l->places->start : ".", text);

	return strchr("/~.", *text) || path_is_directory(below);
}

static bool guard_passes(struct loader *l, const struct document *d, enum setting s, const char *path, const char *text)
{
	enum setting_guard guard = settings[s].guard;

	if ((guard == GUARD_USER || guard == GUARD_DAEMON) && scope_is_project(d->scope)) {
		document_finding(d, l->c, FINDING_WARNING, path, "ignored%s; accepted: only in your own settings",
			guard == GUARD_DAEMON ? ", for the daemon belongs to no project" : "");
		return false;
	}
	if (guard == GUARD_TRUSTED || (guard == GUARD_PATH && may_be_folder(l, text)))
		return loader_allows(l, d, path);
	return true;
}

static void take_text(struct loader *l, const struct document *d, enum setting s, const char *path, const char *text)
{
	char accepted[120];

	if (!value_ok(s, text)) {
		setting_accepts(s, accepted, sizeof accepted);
		document_finding(d, l->c, FINDING_ERROR, path, "is not accepted; accepted: %s", accepted);
	} else if (guard_passes(l, d, s, path, text)) {
		value_replace(&l->c->values[s], mem_strdup(text), mem_strdup(d->name));
	}
}

static void take_value(
	struct loader *l, const struct document *d, enum setting s, const char *path, const json_t *value)
{
	own_buf text = BUF_INIT(DOCUMENT_MAX);
	char accepted[120];

	if (value_text(s, value, &text)) {
		take_text(l, d, s, path, text.data);
		return;
	}
	setting_accepts(s, accepted, sizeof accepted);
	document_finding(d, l->c, FINDING_ERROR, path, "is of another kind; accepted: %s", accepted);
}

/* The setting "GROUP.NAME"; SETTING_COUNT when there is none. */
static enum setting find_setting(const char *group, const char *name)
{
	own_mem char *dotted = mem_printf("%s.%s", group, name);

	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (strcmp(settings[i].name, dotted) == 0)
			return (enum setting)i;
	return SETTING_COUNT;
}

static bool is_group(const char *group)
{
	size_t n = strlen(group);

	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (strncmp(settings[i].name, group, n) == 0 && settings[i].name[n] == '.')
			return true;
	return false;
}

static void take_group(struct loader *l, const struct document *d, const char *prefix, const char *group,
	json_t *members)
{
	own_mem char *path = mem_printf("%s%s", prefix, group);
	const char *name;
	json_t *value;

	if (!is_group(group)) {
		document_finding(d, l->c, FINDING_WARNING, path, "unknown, and ignored");
		return;
	}
	if (!json_is_object(members)) {
		document_finding(d, l->c, FINDING_ERROR, path, "is of another kind; accepted: a table");
		return;
	}
	bool tools = strcmp(group, "tools") == 0;
	if (tools)
		old_tools_read(l, d, path, members);
	json_object_foreach(members, name, value) {
		enum setting s = find_setting(group, name);
		if (tools && old_tools_know(name))
			continue;
		own_mem char *whole = mem_printf("%s.%s", path, name);
		if (s == SETTING_COUNT)
			document_finding(d, l->c, FINDING_WARNING, whole, "unknown, and ignored");
		else
			take_value(l, d, s, whole, value);
	}
}

static void take_teachers(struct loader *l, const struct document *d, const char *path, const json_t *list)
{
	if (!json_is_array(list)) {
		document_finding(d, l->c, FINDING_ERROR, path, "is of another kind; accepted: a list of tables%s",
			d->scope == SCOPE_OURS ? ", each beginning with [[teachers]]" : "");
	} else if (loader_allows(l, d, path)) {
		l->teachers = d;
		l->teacher_list = list;
		free(l->teacher_path);
		l->teacher_path = mem_strdup(path);
	}
}

/* Our settings: all of config.toml, the object `shammah` (as v1 had it, `proxy`) of a settings.json. */
static void take_ours(struct loader *l, const struct document *d, const char *prefix, json_t *ours)
{
	const char *group;
	json_t *members;

	json_object_foreach(ours, group, members) {
		own_mem char *path = mem_printf("%s%s", prefix, group);
		if (strcmp(group, "teachers") == 0)
			take_teachers(l, d, path, members);
		else
			take_group(l, d, prefix, group, members);
	}
}

/* ---- Claude Code's ---- */

static void take_string(struct loader *l, const struct document *d, const char *path, const json_t *value,
	struct value *into)
{
	const char *text = json_string_value(value);

	if (!text || !*text)
		document_finding(d, l->c, FINDING_ERROR, path, "is not accepted; accepted: a string, not empty");
	else
		value_replace(into, mem_strdup(text), mem_strdup(d->name));
}

static void take_model(struct loader *l, const struct document *d, json_t *value)
{
	take_string(l, d, "model", value, &l->model);
}

static void take_helper(struct loader *l, const struct document *d, json_t *value)
{
	if (loader_allows(l, d, "apiKeyHelper"))
		take_string(l, d, "apiKeyHelper", value, &l->helper);
}

static char *variable_text(const json_t *value)
{
	if (json_is_boolean(value))
		return mem_strdup(json_is_true(value) ? "true" : "false");
	if (json_is_integer(value))
		return mem_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
	return json_is_real(value) ? mem_printf("%.15g", json_real_value(value)) : mem_strdup(json_string_value(value));
}

static void take_variable(struct loader *l, const struct document *d, const char *name, const json_t *value)
{
	own_mem char *path = mem_printf("env.%s", name), *text = variable_text(value);

	if (!text || !*name || strchr(name, '=') || l->c->variable_count >= VARIABLES_MAX) {
		document_finding(d, l->c, FINDING_ERROR, path,
			"is not accepted; accepted: at most %d variables, each a name and a string", VARIABLES_MAX);
		return;
	}
	variable_set(l->c, name, text, d->name);
	for (size_t i = 0; i < SETTING_COUNT && *text; i++)
		if (settings[i].variable && strcmp(settings[i].variable, name) == 0)
			take_text(l, d, (enum setting)i, path, text);
}

static void take_environment(struct loader *l, const struct document *d, json_t *value)
{
	const char *name;
	json_t *text;

	if (!json_is_object(value))
		document_finding(d, l->c, FINDING_ERROR, "env", "is of another kind; accepted: an object of strings");
	else if (json_object_size(value) && loader_allows(l, d, "env"))
		json_object_foreach(value, name, text)
			take_variable(l, d, name, text);
}

static void take_permissions(struct loader *l, const struct document *d, json_t *value)
{
	permissions_read(l, d, value);
}

static void take_sandbox(struct loader *l, const struct document *d, json_t *value)
{
	sandbox_read(l, d, value);
}

static void take_object(struct loader *l, const struct document *d, const char *name, json_t *value)
{
	own_mem char *prefix = mem_printf("%s.", name);

	if (json_is_object(value))
		take_ours(l, d, prefix, value);
	else
		document_finding(d, l->c, FINDING_ERROR, name, "is of another kind; accepted: an object");
}

static void take_shammah(struct loader *l, const struct document *d, json_t *value)
{
	take_object(l, d, "shammah", value);
}

static void take_proxy(struct loader *l, const struct document *d, json_t *value)
{
	take_object(l, d, "proxy", value);
}

static void take_max_tokens(struct loader *l, const struct document *d, json_t *value)
{
	(void)value;
	document_finding(d, l->c, FINDING_WARNING, "maxTokens", "ignored; accepted: --max-tokens on the command line");
}

/* In the order in which they count within one file, the last most. */
static const struct {
	const char *name;
	void (*read)(struct loader *l, const struct document *d, json_t *value);
} members[] = {
	{ "model", take_model }, { "apiKeyHelper", take_helper }, { "permissions", take_permissions },
	{ "sandbox", take_sandbox },
	{ "maxTokens", take_max_tokens }, { "proxy", take_proxy }, { "shammah", take_shammah },
	{ "env", take_environment },
};

static bool is_member(const char *name)
{
	for (size_t i = 0; i < countof(members); i++)
		if (strcmp(members[i].name, name) == 0)
			return true;
	return false;
}

static void take_settings(struct loader *l, const struct document *d)
{
	const char *name;
	json_t *value;

	for (size_t i = 0; i < countof(members); i++)
		if ((value = json_object_get(d->root, members[i].name)))
			members[i].read(l, d, value);
	json_object_foreach(d->root, name, value)
		if (!is_member(name) && !claude_key_known(name))
			document_finding(d, l->c, FINDING_NOTE, name,
				"unknown, and ignored; maybe of a newer Claude Code");
}

/* ---- Whatever is no such file ---- */

/* What `shammah models use` wrote. */
static void take_model_file(struct loader *l)
{
	struct error err = {0};
	struct stamp stamp;
	size_t len;

	if (!l->places->ours)
		return;
	own_mem char *path = home_path(l->places->ours, HOME_MODEL);
	own_mem char *text = document_text(path, CONFIG_MODEL_FILE, MODEL_MAX, &len, &stamp, &err);
	struct str name = text ? str_trim((struct str){ text, len }) : (struct str){0};
	own_mem char *line = mem_strndup(name.p, name.n);
	bool good = strlen(line) == name.n && !strchr(line, '\n');

	if (!text && err.kind != ERROR_NOT_FOUND)
		finding_add(l->c, FINDING_ERROR, "%s", err.text);
	if (!good)
		finding_add(l->c, FINDING_ERROR, "%s: must hold one line, the name of a model; delete it, and "
			"`shammah models use NAME` writes it anew", CONFIG_MODEL_FILE);
	else if (name.n)
		value_replace(&l->c->values[SETTING_MODEL], take(line), mem_strdup(CONFIG_MODEL_FILE));
	file_note(l->c, path, CONFIG_MODEL_FILE, text && good ? CONFIG_FILE_READ : err.kind == ERROR_NOT_FOUND ?
		CONFIG_FILE_ABSENT : CONFIG_FILE_BROKEN, &stamp);
}

static void take_process_environment(struct loader *l)
{
	char accepted[120];

	for (size_t i = 0; i < SETTING_COUNT; i++) {
		const char *text = settings[i].variable ? getenv(settings[i].variable) : NULL;
		if (!text || !*text)
			continue;
		own_mem char *origin = variable_origin(settings[i].variable);
		if (value_ok((enum setting)i, text)) {
			value_replace(&l->c->values[i], mem_strdup(text), take(origin));
			continue;
		}
		setting_accepts((enum setting)i, accepted, sizeof accepted);
		finding_add(l->c, FINDING_ERROR, "%s: %s: is not accepted; accepted: %s", origin, settings[i].name,
			accepted);
	}
}

static void take_all(struct loader *l)
{
	for (size_t i = 0; i < SETTING_COUNT; i++)
		if (settings[i].standard)
			value_replace(&l->c->values[i], mem_strdup(settings[i].standard), mem_strdup("default"));
	take_model_file(l);
	for (size_t i = l->count; i-- > 0; ) {
		const struct document *d = &l->documents[i];
		if (d->root && d->scope == SCOPE_OURS)
			take_ours(l, d, "", d->root);
		else if (d->root)
			take_settings(l, d);
	}
	take_process_environment(l);
	teachers_find(l);
}

bool config_load(struct config *c, const struct config_places *places, struct error *err)
{
	struct loader l = { .c = c, .places = places };

	*c = (struct config){ .permissions = json_array(), .sandbox = json_object() };
	sources_read(&l);
	take_all(&l);
	for (size_t i = 0; i < l.count; i++)
		document_done(&l.documents[i]);
	free(l.documents);
	free(l.root);
	free(l.teacher_path);
	value_done(&l.model);
	value_done(&l.helper);
	return findings_ok(c, err);
}
