/*
 * `shammah permissions`: every rule that holds here with its file, approvals with their counts, and what does not
 * count; rules are added and taken out, and a call is explained as `shammah explain permission` does.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/mem.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/permissions.h"
#include "cli/show.h"
#include "config/grants.h"
#include "config/settings_edit.h"
#include "permit/approvals.h"
#include "permit/explain.h"

#define TEXT_MAX ((size_t)1 << 20)

/* What is odd, as a list of lines. */
static void add_warning(json_t *warnings, const char *file, const char *text)
{
	own_mem char *line = file ? mem_printf("%s: %s", file, text) : mem_strdup(text);
	json_t *string = json_string(line);

	if (string)
		json_array_append_new(warnings, string);
}

static void on_finding(void *user, const char *file, const char *text)
{
	add_warning(user, file, text);
}

static void add_lines(json_t *warnings, const char *text)
{
	for (struct str rest = str_of(text), line; str_split(&rest, '\n', &line); ) {
		own_mem char *copy = mem_strndup(line.p, line.n);
		if (line.n)
			add_warning(warnings, NULL, copy);
	}
}

/* --- list -------------------------------------------------------------------------------- */

static json_t *list_all(const struct config *c, struct error *err)
{
	own_json *warnings = json_array();
	const struct permission_findings findings = { on_finding, warnings };
	own_permissions *p = permissions_open(c, &findings, err);
	own_buf odd = BUF_INIT(TEXT_MAX);

	if (!p)
		return NULL;
	own_approvals *approvals = permissions_approvals(&odd);
	add_lines(warnings, odd.data);
	for (size_t i = 0; i < c->finding_count; i++)
		if (strstr(c->findings[i].text, "permissions"))
			add_warning(warnings, NULL, c->findings[i].text);
	return json_pack("{s:s, s:o, s:o, s:O}", "mode", permission_mode_name(permissions_mode(p)), "rules",
		permissions_list(p), "approvals", approvals_list(approvals), "warnings", warnings);
}

/* What files hold may be anybody's: nothing in it reaches the terminal as it is. */
static void print_line(char *line)
{
	own_buf visible = BUF_INIT(TEXT_MAX);
	struct error err = {0};

	puts(show_visible(&visible, str_of(line), &err) ? visible.data : "(too long)");
	free(line);
}

static void print_approval(const json_t *entry)
{
	time_t last = (time_t)json_integer_value(json_object_get(entry, "last_used"));
	const char *folder = json_member_string(entry, "folder");
	char day[32] = "never";
	struct tm tm;

	if (last && localtime_r(&last, &tm))
		strftime(day, sizeof day, "%Y-%m-%d", &tm);
	print_line(mem_printf("allow  %s%s%s   # approved, %s; used %" JSON_INTEGER_FORMAT " times, last %s",
		json_member_string(entry, "words"), folder ? " in " : "", folder ? folder : "",
		json_member_string(entry, "id"), json_integer_value(json_object_get(entry, "matches")), day));
}

static void print_all(const json_t *all)
{
	size_t i;
	json_t *entry;

	printf("mode: %s\n", json_member_string(all, "mode"));
	json_array_foreach(json_object_get(all, "rules"), i, entry)
		print_line(mem_printf("%-5s  %s   # %s", json_member_string(entry, "list"),
			json_member_string(entry, "rule"), json_member_string(entry, "file")));
	json_array_foreach(json_object_get(all, "approvals"), i, entry)
		print_approval(entry);
	json_array_foreach(json_object_get(all, "warnings"), i, entry)
		print_line(mem_printf("warning: %s", json_string_value(entry)));
}

static int list(const struct options *o, const struct config *c, struct error *err)
{
	own_json *all = list_all(c, err);
	own_buf text = BUF_INIT((size_t)16 << 20);

	if (!all)
		return complain(err);
	if (!o->json)
		print_all(all);
	else if (json_write(&text, all, err))
		puts(text.data);
	else
		return complain(err);
	return EXIT_ANSWERED;
}

/* --- add and remove ------------------------------------------------------------------------- */

static bool read_scope(const struct options *o, enum grant_scope *scope, struct error *err)
{
	for (size_t i = 0; o->scope && i < GRANT_SCOPES; i++) {
		*scope = (enum grant_scope)i;
		if (strcmp(o->scope, grant_scope_names[i]) == 0)
			return true;
	}
	*scope = GRANT_LOCAL;
	return !o->scope || error_set(err, ERROR_INVALID, "--scope takes local, project, user, and for add approvals");
}

/* NULL: none was given. */
static const char *list_named(const struct options *o)
{
	return o->deny ? "deny" : o->ask ? "ask" : o->allow ? "allow" : NULL;
}

/* What cannot be read is not written. */
static bool check_rule(const struct config *c, const char *list, const char *rule, struct error *err)
{
	own_permissions *p = permissions_open(c, NULL, err);

	return p && permissions_add_rule(p, list, rule, "the command line", err);
}

/* "Bash(git *)", "Bash(/make( test)?/)", {"tool": "Bash", "fields": {...}, "folder": "/home/me"}; strings borrowed. */
static bool read_wish(char *text, json_t *object, struct approval_wish *wish, struct error *err)
{
	char *open = strchr(text, '('), *end = text + strlen(text);

	wish->life = APPROVAL_FOREVER;
	if (object) {
		wish->kind = APPROVAL_STRUCTURED;
		wish->tool = json_member_string(object, "tool");
		wish->fields = json_object_get(object, "fields");
		wish->folder = json_member_string(object, "folder");
		return true;
	}
	if (!open || end[-1] != ')')
		return error_set(err, ERROR_INVALID, "an approval is \"Bash(git *)\", \"Bash(/regex/)\", or JSON with "
			"`tool` and `fields`");
	*open = end[-1] = '\0';
	wish->tool = text;
	wish->pattern = open + 1;
	if (open[1] == '/' && end - open > 4 && end[-2] == '/') {
		wish->kind = APPROVAL_REGEX;
		wish->pattern = open + 2;
		end[-2] = '\0';
	}
	return true;
}

/* Kept in tool_patterns.json, for all projects. */
static int approve(const char *text, struct error *err)
{
	own_buf odd = BUF_INIT(TEXT_MAX);
	own_approvals *approvals = permissions_approvals(&odd);
	own_mem char *copy = mem_strdup(text);
	struct approval_wish wish = {0};
	struct error no_json = {0};
	own_json *object = text[0] == '{' ? json_parse_object(str_of(text), "the approval", &no_json) : NULL;

	if (!read_wish(copy, object, &wish, err) || !approvals_add(approvals, &wish, err))
		return complain(err);
	print_line(mem_printf("approved in every project: %s", text));
	return EXIT_ANSWERED;
}

static int add(const struct options *o, struct config *c, const char *rule, struct error *err)
{
	own_config_places places = {0};
	const char *list = list_named(o) ? list_named(o) : "allow";
	enum grant_scope scope;
	bool added;

	if (o->scope && strcmp(o->scope, "approvals") == 0)
		return approve(rule, err);
	if (!read_scope(o, &scope, err) || !check_rule(c, list, rule, err))
		return complain(err);
	config_places_init(&places, true);
	own_mem char *path = grant_file(&places, scope, err);
	if (!path || !grant_add(&places, scope, list, rule, &added, err))
		return complain(err);
	print_line(mem_printf("%s: %s %s in %s", list, rule, added ? "was added" : "is there already", path));
	if (strcmp(list, "allow") == 0 && !grant_counts(c, &places, scope))
		puts("It does not count before you trust this folder (`client.trusted`, docs/configuration.md).");
	return EXIT_ANSWERED;
}

static int remove_rule(const struct options *o, const char *rule, struct error *err)
{
	own_config_places places = {0};
	enum grant_scope only, scope = GRANT_LOCAL;
	size_t total = 0;

	if (!read_scope(o, &only, err))
		return complain(err);
	config_places_init(&places, true);
	for (; scope < GRANT_SCOPES; scope++) {
		struct error none = {0};
		size_t removed = 0;
		if (o->scope && scope != only)
			continue;
		own_mem char *path = grant_file(&places, scope, &none);
		if (!path || !path_is_file(path))
			continue;
		if (!settings_remove_rule(path, list_named(o), rule, &removed, err))
			return complain(err);
		if (removed)
			print_line(mem_printf("%s was removed from %s", rule, path));
		total += removed;
	}
	if (!total) {
		error_set(err, ERROR_NOT_FOUND, "no settings file of this folder or of yours has that rule; `shammah "
			"permissions` lists them");
		return complain(err);
	}
	return EXIT_ANSWERED;
}

/* An approval's number, else a rule. */
static int remove_one(const struct options *o, const char *what, struct error *err)
{
	own_buf odd = BUF_INIT(TEXT_MAX);
	own_approvals *approvals = permissions_approvals(&odd);

	if (approvals_remove(approvals, what, err)) {
		print_line(mem_printf("the approval %s was removed", what));
		return EXIT_ANSWERED;
	}
	if (err->kind != ERROR_NOT_FOUND)
		return complain(err);
	*err = (struct error){0};
	return remove_rule(o, what, err);
}

/* --- explain ------------------------------------------------------------------------------------ */

static int explain(const struct options *o, const struct config *c, const char *text, struct error *err)
{
	own_json *call = explain_read_call(str_of(text), err);
	own_json *result = call ? permissions_explain(c, call, err) : NULL;
	own_buf out = BUF_INIT(TEXT_MAX);

	if (!result || (o->json && !json_write(&out, result, err)))
		return complain(err);
	if (o->json)
		return puts(out.data), EXIT_ANSWERED;
	const char *rule = json_member_string(result, "rule"), *file = json_member_string(result, "file");
	print_line(mem_printf("%s: %s", json_member_string(result, "decision"), json_member_string(result, "why")));
	if (rule)
		print_line(mem_printf("rule: %s (%s)", rule, file ? file : "approved before"));
	return EXIT_ANSWERED;
}

int cmd_permissions(const struct options *o, struct config *c)
{
	struct str rest = str_of(o->text ? o->text : "list"), word;
	struct error err = {0};

	(void)str_split(&rest, ' ', &word);
	own_mem char *what = rest.p ? mem_strndup(rest.p, rest.n) : mem_strdup("");
	if (str_is(word, "list") && !what[0])
		return list(o, c, &err);
	if (str_is(word, "add") && what[0])
		return add(o, c, what, &err);
	if (str_is(word, "remove") && what[0])
		return remove_one(o, what, &err);
	if (str_is(word, "explain") && what[0])
		return explain(o, c, what, &err);
	error_set(&err, ERROR_INVALID, "usage: shammah permissions %s", o->command->usage);
	return complain(&err);
}
