#include "cli/grants.h"

#include <stdio.h>
#include <unistd.h>

#include "base/path.h"
#include "cli/show.h"
#include "config/grants.h"
#include "process/confine.h"

#define SETTINGS_MAX ((size_t)2 << 20)
#define UNREAD_MAX ((size_t)500)
#define ODD_MAX ((size_t)64 << 10)
#define COMMAND_LINE "the command line"
#define CONVERSATION "this conversation"

static void tell(void *user, const char *file, const char *text)
{
	const struct grants *g = user;

	if (!g->quiet)
		fprintf(stderr, "shammah: %s: %s\n", file, text);
}

static bool add_rules(struct permissions *p, const char *list, const struct option_list *rules, struct error *err)
{
	for (size_t i = 0; i < rules->count; i++)
		if (!permissions_add_rule(p, list, rules->at[i], COMMAND_LINE, err))
			return error_prefix(err, "%s", rules->at[i]);
	return true;
}

static bool is_read(const char *name)
{
	return strcmp(name, "permissions") == 0 || strcmp(name, "sandbox") == 0 || strcmp(name, "$schema") == 0;
}

/* Whoever gives a whole settings file is told what of it does not count here. */
static void tell_unread(const struct grants *g, const json_t *root)
{
	own_buf names = BUF_INIT(UNREAD_MAX);
	struct error full = {0};
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)root, name, value)
		if (!is_read(name) && !(buf_adds(&names, names.len ? ", " : "", &full) &&
			show_visible(&names, str_of(name), &full)))
			break;
	if (names.len && !g->quiet)
		fprintf(stderr, "shammah: --settings: not read: %s%s (only permissions and sandbox are)\n", names.data,
			full.kind ? ", ..." : "");
}

/* A file, or its JSON text. */
static bool add_settings(struct grants *g, struct permissions *p, struct error *err)
{
	const char *given = g->options->settings;
	const struct permission_findings findings = { tell, g };

	if (!given)
		return true;
	own_json *root = str_trim(str_of(given)).n && str_trim(str_of(given)).p[0] == '{' ?
		json_parse_object(str_of(given), "--settings", err) : json_parse_file(given, SETTINGS_MAX, err);
	if (!json_is_object(root))
		return root ? error_set(err, ERROR_INVALID, "--settings: holds no object") : false;
	permissions_add_scope(p, json_object_get(root, "permissions"), "--settings", g->places.cwd, &findings);
	permissions_add_sandbox(p, json_object_get(root, "sandbox"));
	tell_unread(g, root);
	return true;
}

/* Whoever may do everything is not let do it unasked, but where it can do no harm. */
static bool may_skip(const struct grants *g, struct error *err)
{
	struct error why = {0};

	if (geteuid() != 0)
		return true;
	if (!config_switch(g->config, SETTING_CONFINE))
		return error_set(err, ERROR_DENIED, "bypassPermissions is not for root while commands are not "
			"confined: tools.confine is off");
	return confine_available(&why) || error_set(err, ERROR_DENIED,
		"bypassPermissions is not for root where commands cannot be confined: %s", why.text);
}

bool grants_set_mode(struct grants *g, enum permission_mode mode, struct error *err)
{
	return (mode != PERMISSION_BYPASS || may_skip(g, err)) && permissions_set_mode(g->permissions, mode, err);
}

static bool set_mode(struct grants *g, struct error *err)
{
	const struct options *o = g->options;
	enum permission_mode mode = permissions_mode(g->permissions);

	if (o->skip_permissions)
		mode = PERMISSION_BYPASS;
	else if (o->permission_mode)
		(void)!permission_mode_read(o->permission_mode, &mode);
	return grants_set_mode(g, mode, err);
}

static bool add_folders(const struct grants *g, struct permissions *p, struct error *err)
{
	for (size_t i = 0; i < g->options->folders.count; i++) {
		own_mem char *full = realpath(g->options->folders.at[i], NULL);
		if (!full || !path_is_directory(full))
			return error_set(err, ERROR_NOT_FOUND, "--add-dir: there is no such folder");
		permissions_add_directory(p, full);
	}
	return true;
}

static bool add_own(const struct grants *g, struct permissions *p, struct error *err)
{
	size_t i;
	json_t *rule;

	json_array_foreach(g->added, i, rule)
		if (!permissions_add_rule(p, "allow", json_string_value(rule), CONVERSATION, err))
			return false;
	return true;
}

/* The command line's words are the first, since the first scope that sets a mode does. */
static struct permissions *make(struct grants *g, struct error *err)
{
	const struct permission_findings findings = { tell, g };
	own_permissions *p = permissions_create(&g->places, err);

	if (!p || !add_rules(p, "allow", &g->options->allowed, err) ||
		!add_rules(p, "deny", &g->options->denied, err) || !add_settings(g, p, err))
		return NULL;
	permissions_add_config(p, g->config->permissions, &findings);
	permissions_add_sandbox(p, g->config->sandbox);
	permissions_set_approvals(p, &(struct permission_approvals){ approvals_find, g->approvals });
	return add_folders(g, p, err) && add_own(g, p, err) ? take(p) : NULL;
}

static void open_approvals(struct grants *g, const char *ours)
{
	own_buf odd = BUF_INIT(ODD_MAX);
	struct str rest, line;

	g->approvals = approvals_open(ours, g->places.root, &odd);
	for (rest = buf_str(&odd); str_split(&rest, '\n', &line); )
		if (line.n && !g->quiet)
			fprintf(stderr, "shammah: %.*s\n", STR_ARGS(line));
}

bool grants_init(struct grants *g, const struct options *o, struct config *c,
	const struct permission_places *places, const char *ours, struct error *err)
{
	*g = (struct grants){ .options = o, .config = c, .places = *places, .added = json_array(), .quiet = o->quiet };
	open_approvals(g, ours);
	g->permissions = make(g, err);
	g->quiet = true;
	return g->permissions && set_mode(g, err);
}

void grants_done(struct grants *g)
{
	permissions_destroy(&g->permissions);
	approvals_destroy(&g->approvals);
	json_decref(g->added);
	*g = (struct grants){0};
}

/* Settings that have changed may have taken away what the mode rested on. */
static void keep_bounds(struct grants *g)
{
	struct error why = {0}, unused = {0};

	if (permissions_mode(g->permissions) != PERMISSION_BYPASS || may_skip(g, &why))
		return;
	fprintf(stderr, "shammah: %s; the mode is default from now on\n", why.text);
	(void)!permissions_set_mode(g->permissions, PERMISSION_DEFAULT, &unused);
}

bool grants_reload(struct grants *g, struct error *err)
{
	keep_bounds(g);
	struct permissions *fresh = make(g, err);

	if (!fresh)
		return false;
	if (!permissions_set_mode(fresh, permissions_mode(g->permissions), err)) {
		permissions_destroy(&fresh);
		return false;
	}
	permissions_destroy(&g->permissions);
	g->permissions = fresh;
	return true;
}

bool grants_last(const struct grants *g, const char *rule)
{
	static const char *const passing[] = { "Edit", "Write", "NotebookEdit", "Read" };
	own_config_places places = {0};

	for (size_t i = 0; i < countof(passing); i++)
		if (strncmp(rule, passing[i], strlen(passing[i])) == 0)
			return false;
	config_places_init(&places, true);
	return grant_counts(g->config, &places, GRANT_LOCAL);
}

static bool write_grant(const char *rule, struct error *err)
{
	own_config_places places = {0};
	bool added;

	config_places_init(&places, true);
	return grant_add(&places, GRANT_LOCAL, "allow", rule, &added, err) ||
		error_prefix(err, "it holds for this conversation only");
}

bool grants_add(struct grants *g, const char *rule, struct error *err)
{
	if (!permissions_add_rule(g->permissions, "allow", rule, CONVERSATION, err))
		return false;
	json_array_append_new(g->added, json_string(rule));
	return !grants_last(g, rule) || write_grant(rule, err);
}

static bool is_named(const struct option_list *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (strcmp(names->at[i], name) == 0 || strcmp(names->at[i], "default") == 0)
			return true;
	return false;
}

bool grants_offer(const struct grants *g, const struct tool_kind *kind, bool talks)
{
	bool plans = permissions_mode(g->permissions) == PERMISSION_PLAN;

	if (g->options->tools.given && !is_named(&g->options->tools, kind->name))
		return false;
	if (strcmp(kind->name, "AskUserQuestion") == 0 && !talks)
		return false;
	if (strcmp(kind->name, "ExitPlanMode") == 0 && !(plans && talks))
		return false;
	return !permissions_hides(g->permissions, str_of(kind->name));
}
