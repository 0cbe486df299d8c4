/*
 * Which rules there are: from settings, the command line and dialogs.  What they decide is in
 * permission_decide.c and the files it calls.
 */
#include "permit/permission.h"

#include <stdlib.h>

#include "base/mem.h"
#include "permit/permission_parts.h"

enum { ODD_MAX = 1000 };

/* --- making -------------------------------------------------------------------------- */

static bool is_absolute(const char *path)
{
	return path && path[0] == '/';
}

/* Without `.`, `..` and doubled slashes. */
static char *plain(const char *path)
{
	char walked[PATH_BYTES_MAX + 1];

	return mem_strdup(path_walk(path, NULL, walked) ? walked : path);
}

struct permissions *permissions_create(const struct permission_places *places, struct error *err)
{
	if (!is_absolute(places->root) || !is_absolute(places->cwd) || (places->home && !is_absolute(places->home)))
		return error_set(err, ERROR_INVALID, "permissions need absolute folders for the project, where the "
			"conversation begins, and the home"), NULL;
	struct permissions *p = mem_zeroed(1, sizeof *p);
	p->root = plain(places->root);
	p->cwd = plain(places->cwd);
	p->home = places->home ? plain(places->home) : NULL;
	p->claude = is_absolute(places->claude) ? plain(places->claude) :
		p->home ? mem_printf("%s/.claude", p->home) : NULL;
	p->ours = is_absolute(places->ours) ? plain(places->ours) : NULL;
	p->sandbox_allows = true;
	return p;
}

static void release_rules(struct rule *rules, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rule_done(&rules[i]);
	free(rules);
}

void permissions_destroy(struct permissions **p)
{
	struct permissions *old = *p;

	if (!old)
		return;
	release_rules(old->rules, old->rule_count);
	release_rules(old->excluded, old->excluded_count);
	for (size_t i = 0; i < old->directory_count; i++)
		free(old->directories[i]);
	free(old->root);
	free(old->cwd);
	free(old->home);
	free(old->claude);
	free(old->ours);
	free(old);
	*p = NULL;
}

/* --- rules ------------------------------------------------------------------------------ */

/* After the others of its list, so that lists stay in their order. */
static void keep_rule(struct permissions *p, struct rule *r)
{
	size_t at = p->rule_count;

	p->rules = mem_resize(p->rules, p->rule_count + 1, sizeof *p->rules);
	while (at > 0 && p->rules[at - 1].list > r->list)
		at--;
	memmove(p->rules + at + 1, p->rules + at, (p->rule_count - at) * sizeof *p->rules);
	p->rules[at] = *r;
	p->rule_count++;
}

static bool add_rule(struct permissions *p, enum rule_list list, const char *text, const char *file,
	const char *folder, struct buf *odd)
{
	struct rule_folders folders = { p->cwd, p->home, folder };
	struct rule r = {0};

	if (p->rule_count < RULES_MAX && rule_read(&r, list, text, file, &folders, odd)) {
		keep_rule(p, &r);
		return true;
	}
	rule_done(&r);
	return false;
}

static void tell(const struct permission_findings *findings, const char *file, const char *text)
{
	if (findings && findings->add)
		findings->add(findings->user, file, text);
}

static void add_rules(struct permissions *p, enum rule_list list, const json_t *rules, const char *file,
	const char *folder, const struct permission_findings *findings)
{
	size_t i;
	json_t *rule;

	json_array_foreach(rules, i, rule) {
		own_buf odd = BUF_INIT(ODD_MAX);
		const char *text = json_string_value(rule);
		bool kept = add_rule(p, list, text ? text : "", file, folder, &odd);
		own_mem char *line = mem_printf("%s rule \"%s\": %s", rule_list_names[list], text ? text : "",
			text && p->rule_count < RULES_MAX ? odd.data : text ? "there are too many rules" :
			"must be a string");
		if (odd.len || !kept)
			tell(findings, file, line);
	}
}

/* --- a settings file ------------------------------------------------------------------------ */

void permissions_add_directory(struct permissions *p, const char *path)
{
	if (!path[0] || p->directory_count == DIRECTORIES_MAX || (path[0] == '~' && (!p->home ||
		(path[1] && path[1] != '/'))))
		return;
	own_mem char *whole = path[0] == '/' ? mem_strdup(path) :
		path[0] == '~' ? mem_printf("%s%s", p->home, path + 1) : mem_printf("%s/%s", p->cwd, path);
	p->directories[p->directory_count++] = plain(whole);
}

const char *const *permissions_directories(const struct permissions *p)
{
	return (const char *const *)p->directories;
}

static void add_directories(struct permissions *p, const json_t *list, const char *file,
	const struct permission_findings *findings)
{
	size_t i, before;
	json_t *path;

	json_array_foreach(list, i, path) {
		before = p->directory_count;
		if (json_is_string(path))
			permissions_add_directory(p, json_string_value(path));
		if (p->directory_count == before)
			tell(findings, file, "an entry of additionalDirectories is no folder that can be added");
	}
}

static void read_mode(struct permissions *p, const json_t *permissions, const char *file,
	const struct permission_findings *findings)
{
	const char *name = json_member_string(permissions, "defaultMode");
	const char *no_bypass = json_member_string(permissions, "disableBypassPermissionsMode");
	enum permission_mode mode;

	if (no_bypass && strcmp(no_bypass, "disable") == 0)
		p->no_bypass = true;
	if (name && !p->mode_given) {
		if (permission_mode_read(name, &mode)) {
			p->mode = mode;
			p->mode_given = true;
		} else {
			tell(findings, file, "defaultMode is none that is known; \"default\" is taken");
		}
	}
	if (p->no_bypass && p->mode == PERMISSION_BYPASS) {
		p->mode = PERMISSION_DEFAULT;
		tell(findings, file, "the mode bypassPermissions is disabled; \"default\" is taken");
	}
}

void permissions_add_scope(struct permissions *p, const json_t *permissions, const char *file, const char *folder,
	const struct permission_findings *findings)
{
	const json_t *old = json_object_get(permissions, "allowedTools");

	add_rules(p, RULE_DENY, json_object_get(permissions, "deny"), file, folder, findings);
	add_rules(p, RULE_ASK, json_object_get(permissions, "ask"), file, folder, findings);
	add_rules(p, RULE_ALLOW, json_object_get(permissions, "allow"), file, folder, findings);
	if (old)
		tell(findings, file, "allowedTools is called allow today; taken as that");
	add_rules(p, RULE_ALLOW, old, file, folder, findings);
	add_directories(p, json_object_get(permissions, "additionalDirectories"), file, findings);
	read_mode(p, permissions, file, findings);
}

/* The user's own settings hold no folder of a project; an administrator's are nobody's folder. */
static const char *folder_of(const struct permissions *p, const json_t *scope, const char *file)
{
	if (json_member_string(scope, "folder") || strstr(file, "managed-settings"))
		return p->cwd;
	return p->claude ? p->claude : p->cwd;
}

void permissions_add_config(struct permissions *p, const json_t *scopes, const struct permission_findings *findings)
{
	size_t i;
	json_t *scope;

	json_array_foreach(scopes, i, scope) {
		const char *file = json_member_string(scope, "file");
		permissions_add_scope(p, json_object_get(scope, "permissions"), file ? file : "settings",
			folder_of(p, scope, file ? file : ""), findings);
	}
}

static void take_flag(const json_t *sandbox, const char *name, bool *flag, bool *given)
{
	const json_t *value = json_object_get(sandbox, name);

	if (*given || !json_is_boolean(value))
		return;
	*flag = json_is_true(value);
	*given = true;
}

void permissions_add_sandbox(struct permissions *p, const json_t *sandbox)
{
	struct rule_folders folders = { p->cwd, p->home, p->cwd };
	const json_t *list = json_object_get(sandbox, "excludedCommands");
	size_t i;
	json_t *command;

	take_flag(sandbox, "enabled", &p->sandboxed, &p->sandboxed_given);
	take_flag(sandbox, "autoAllowBashIfSandboxed", &p->sandbox_allows, &p->allows_given);
	json_array_foreach(list, i, command) {
		own_buf odd = BUF_INIT(ODD_MAX);
		own_mem char *text = mem_printf("Bash(%s)", json_is_string(command) ? json_string_value(command) : "");
		struct rule r = {0};
		if (p->excluded_count < RULES_MAX && rule_read(&r, RULE_ASK, text, "sandbox", &folders, &odd)) {
			p->excluded = mem_resize(p->excluded, p->excluded_count + 1, sizeof *p->excluded);
			p->excluded[p->excluded_count++] = r;
		} else {
			rule_done(&r);
		}
	}
}

bool permissions_add_rule(struct permissions *p, const char *list, const char *rule, const char *file,
	struct error *err)
{
	own_buf odd = BUF_INIT(ODD_MAX);

	for (enum rule_list l = 0; l < RULE_LISTS; l++) {
		if (strcmp(list, rule_list_names[l]) != 0)
			continue;
		struct rule_folders folders = { p->cwd, p->home, p->cwd };
		struct rule r = {0};
		if (p->rule_count < RULES_MAX && rule_read(&r, l, rule, file, &folders, &odd) && !r.broken) {
			keep_rule(p, &r);
			return true;
		}
		rule_done(&r);
		return error_set(err, ERROR_INVALID, "the %s rule cannot be taken: %s", list, odd.data);
	}
	return error_set(err, ERROR_INVALID, "rules are of the lists allow, ask and deny");
}

void permissions_set_approvals(struct permissions *p, const struct permission_approvals *approvals)
{
	p->approvals = approvals ? *approvals : (struct permission_approvals){0};
}

/* --- modes ------------------------------------------------------------------------------------ */

static const char *const modes[] = {
	[PERMISSION_DEFAULT] = "default", [PERMISSION_ACCEPT_EDITS] = "acceptEdits", [PERMISSION_PLAN] = "plan",
	[PERMISSION_DONT_ASK] = "dontAsk", [PERMISSION_BYPASS] = "bypassPermissions",
};

bool permission_mode_read(const char *name, enum permission_mode *mode)
{
	if (strcmp(name, "manual") == 0 || strcmp(name, "auto") == 0)
		name = modes[PERMISSION_DEFAULT];
	for (size_t i = 0; i < countof(modes); i++)
		if (strcmp(name, modes[i]) == 0) {
			*mode = (enum permission_mode)i;
			return true;
		}
	return false;
}

const char *permission_mode_name(enum permission_mode mode)
{
	return modes[mode];
}

enum permission_mode permissions_mode(const struct permissions *p)
{
	return p->mode;
}

bool permissions_set_mode(struct permissions *p, enum permission_mode mode, struct error *err)
{
	if (mode == PERMISSION_BYPASS && p->no_bypass)
		return error_set(err, ERROR_DENIED, "the settings disable the mode bypassPermissions");
	p->mode = mode;
	p->mode_given = true;
	return true;
}

/* --- what there is ------------------------------------------------------------------------------ */

json_t *permissions_list(const struct permissions *p)
{
	json_t *list = json_array();

	for (size_t i = 0; i < p->rule_count; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "list", rule_list_names[p->rules[i].list],
			"rule", p->rules[i].text, "file", p->rules[i].file));
	return list;
}

bool permissions_hides(const struct permissions *p, struct str tool)
{
	for (size_t i = 0; i < p->rule_count && p->rules[i].list == RULE_DENY; i++)
		if (p->rules[i].kind == RULE_TOOL && !p->rules[i].broken && rule_names(&p->rules[i], tool))
			return true;
	return false;
}
