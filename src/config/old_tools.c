#include "config/old_tools.h"

#include "base/mem.h"

struct row {
	const char *tool, *name;
	const char *list;          /* of permissions */
	const char *rule, *end;    /* around each string; end NULL: the rule that `false` means */
};

static const struct row rows[] = {
	{ "web_search", "enabled", "deny", "WebSearch", NULL },
	{ "web_fetch", "enabled", "deny", "WebFetch", NULL },
	{ "web_fetch", "allowed_domains", "allow", "WebFetch(domain:", ")" },
	{ "web_fetch", "blocked_domains", "deny", "WebFetch(domain:", ")" },
	{ "shell_execution", "enabled", "deny", "Bash", NULL },
	{ "shell_execution", "allowed_commands", "allow", "Bash(", " *)" },
	{ "shell_execution", "blocked_patterns", "deny", "Bash(", " *)" },
	{ "file_operations", "enabled", "deny", "Read", NULL },
	{ "file_operations", "enabled", "deny", "Edit", NULL },
	{ "file_operations", "enabled", "deny", "Grep", NULL },
	{ "file_operations", "enabled", "deny", "Glob", NULL },
	{ "file_operations", "allowed_directories", "additionalDirectories", "", "" },
	{ "code_execution", "enabled", "deny", "RunCode", NULL },
};

bool old_tools_know(const char *name)
{
	for (size_t i = 0; i < countof(rows); i++)
		if (strcmp(rows[i].tool, name) == 0)
			return true;
	return false;
}

static void add(json_t *permissions, const struct row *row, const char *words)
{
	own_mem char *rule = row->end ? mem_printf("%s%s%s", row->rule, words, row->end) : mem_strdup(row->rule);
	json_t *list = json_object_get(permissions, row->list);

	if (!list)
		json_object_set_new(permissions, row->list, list = json_array());
	json_array_append_new(list, json_string(rule));
}

/* False: the value is of another kind. */
static bool read_row(const struct row *row, const json_t *value, json_t *permissions)
{
	json_t *item;
	size_t i;

	if (!row->end && json_is_false(value))
		add(permissions, row, "");
	if (!row->end)
		return json_is_boolean(value);
	json_array_foreach(value, i, item) {
		if (!json_is_string(item))
			return false;
		add(permissions, row, json_string_value(item));
	}
	return json_is_array(value);
}

static void read_member(struct loader *l, const struct document *d, const char *path, const char *tool,
	const char *name, const json_t *value, json_t *permissions)
{
	own_mem char *whole = mem_printf("%s.%s.%s", path, tool, name);
	const struct row *found = NULL;

	for (size_t i = 0; i < countof(rows); i++) {
		if (strcmp(rows[i].tool, tool) != 0 || strcmp(rows[i].name, name) != 0)
			continue;
		found = &rows[i];
		if (!read_row(found, value, permissions)) {
			document_finding(d, l->c, FINDING_ERROR, whole, "is of another kind; accepted: %s",
				found->end ? "a list of strings" : "true or false");
			return;
		}
	}
	if (!found)
		document_finding(d, l->c, FINDING_WARNING, whole, "is v1's, and ignored: it cannot be set today");
	else if (found->end || json_is_false(value))
		document_finding(d, l->c, FINDING_WARNING, whole, "is v1's form: today it is permissions.%s "
			"\"%s%s%s\"; taken as that", found->list, found->rule, found->end ? "..." : "",
			found->end ? found->end : "");
}

void old_tools_read(struct loader *l, const struct document *d, const char *path, const json_t *tools)
{
	own_json *permissions = json_object();
	const char *tool, *name;
	json_t *members, *value;

	json_object_foreach((json_t *)tools, tool, members) {
		if (!old_tools_know(tool))
			continue;
		if (!json_is_object(members)) {
			own_mem char *whole = mem_printf("%s.%s", path, tool);
			document_finding(d, l->c, FINDING_ERROR, whole, "is of another kind; accepted: an object");
		}
		json_object_foreach(members, name, value)
			read_member(l, d, path, tool, name, value, permissions);
	}
	if (json_object_size(permissions))
		permissions_read(l, d, permissions);
}
