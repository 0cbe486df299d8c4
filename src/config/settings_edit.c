#include "config/settings_edit.h"

#include "base/file.h"
#include "base/folder_lock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/real.h"

enum { TRIES = 5, INDENT_USUAL = 2, INDENT_MAX = 8 };

#define LOCK_WAIT_MS 2000

/* --- how a file is written -------------------------------------------------------------- */

struct layout {
	size_t indent;             /* of a level, in blanks; 0: all in one line */
	bool tabs, newline;        /* the text ends with a line end */
};

static struct layout layout_of(struct str text)
{
	struct layout l = { INDENT_USUAL, false, text.n == 0 || text.p[text.n - 1] == '\n' };
	const char *line = text.n ? memchr(text.p, '\n', text.n) : NULL;
	size_t n = 0;

	if (!line || str_trim(text).n <= 2)
		return l;
	size_t rest = text.n - (size_t)(line + 1 - text.p);
	while (n < rest && line[1 + n] == ' ')
		n++;
	l.tabs = n == 0 && rest && line[1] == '\t';
	if (n)
		l.indent = n > INDENT_MAX ? INDENT_MAX : n;
	return l;
}

/* A line begins with a blank a level; strings hold no line ends. */
static bool with_tabs(struct buf *out, const char *text, struct error *err)
{
	bool begins = false;

	for (; *text; text++) {
		if (!buf_add(out, begins && *text == ' ' ? "\t" : text, 1, err))
			return false;
		begins = *text == '\n' || (begins && *text == ' ');
	}
	return true;
}

/* Numbers as short as they can be without becoming others. */
static char *dump(const json_t *settings, size_t indent)
{
	char *text = json_dumps(settings, JSON_INDENT(indent) | JSON_REAL_PRECISION(15));
	own_json *again = text ? json_loads(text, 0, NULL) : NULL;

	if (again && json_equal(again, settings))
		return text;
	free(text);
	return json_dumps(settings, JSON_INDENT(indent) | JSON_REAL_PRECISION(17));
}

static bool write_settings(const json_t *settings, struct layout l, struct buf *out, struct error *err)
{
	own_mem char *text = dump(settings, l.tabs ? 1 : l.indent);

	if (!text)
		return error_set(err, ERROR_INTERNAL, "the settings cannot be written as JSON");
	return (l.tabs ? with_tabs(out, text, err) : buf_adds(out, text, err)) &&
		buf_adds(out, l.newline ? "\n" : "", err);
}

/* --- what is changed ---------------------------------------------------------------------- */

struct change {
	const char *list, *rule;   /* list NULL: all */
	bool adds;
	size_t count;              /* entries added or removed */
};

static size_t remove_from(json_t *list, const char *rule)
{
	size_t count = 0;

	for (size_t i = json_array_size(list); i-- > 0; ) {
		const char *entry = json_string_value(json_array_get(list, i));
		if (entry && strcmp(entry, rule) == 0 && json_array_remove(list, i) == 0)
			count++;
	}
	return count;
}

static bool has_rule(const json_t *list, const char *rule)
{
	size_t i;
	json_t *entry;

	json_array_foreach(list, i, entry)
		if (json_is_string(entry) && strcmp(json_string_value(entry), rule) == 0)
			return true;
	return false;
}

static bool remove_rule(json_t *permissions, struct change *c)
{
	static const char *const lists[] = { "allow", "ask", "deny", "allowedTools" };

	for (size_t i = 0; i < countof(lists); i++)
		if (!c->list || strcmp(c->list, lists[i]) == 0)
			c->count += remove_from(json_object_get(permissions, lists[i]), c->rule);
	return true;
}

static bool add_rule(json_t *settings, struct change *c, struct error *err)
{
	json_t *permissions = json_object_get(settings, "permissions");
	if (!permissions) {
		permissions = json_object();
		json_object_set_new(settings, "permissions", permissions);
	}
	json_t *list = json_object_get(permissions, c->list);
	if (!list) {
		list = json_array();
		json_object_set_new(permissions, c->list, list);
	}
	if (!json_is_array(list))
		return error_set(err, ERROR_INVALID, "permissions.%s is no list", c->list);
	if (has_rule(list, c->rule))
		return true;
	c->count = 1;
	return json_array_append_new(list, json_string(c->rule)) == 0 ||
		error_set(err, ERROR_INVALID, "a rule must be UTF-8 text");
}

static bool apply(json_t *settings, struct change *c, struct error *err)
{
	json_t *permissions = json_object_get(settings, "permissions");

	c->count = 0;
	if (permissions && !json_is_object(permissions))
		return error_set(err, ERROR_INVALID, "permissions is no object");
	return c->adds ? add_rule(settings, c, err) : remove_rule(permissions, c);
}

/* --- the file ---------------------------------------------------------------------------------- */

/* A file that is missing is an empty object. */
static json_t *read_settings(const char *path, struct buf *text, struct stat *was, bool *there, struct error *err)
{
	struct error why = {0};
	own_fd fd = real_open(path, was, &why);

	*there = fd >= 0;
	if (fd < 0 && why.kind == ERROR_NOT_FOUND)
		return json_object();
	if (fd < 0)
		return *err = why, NULL;
	if (!file_read_fd(fd, text, err))
		return NULL;
	return str_trim(buf_str(text)).n ? json_parse_object(buf_str(text), "the file", err) : json_object();
}

static bool change_once(const char *path, struct change *c, struct error *err)
{
	own_buf text = BUF_INIT(SETTINGS_EDIT_MAX), out = BUF_INIT(2 * SETTINGS_EDIT_MAX);
	struct stat was;
	bool there;
	own_json *settings = read_settings(path, &text, &was, &there, err);

	if (!settings || !apply(settings, c, err))
		return false;
	if (!c->count)
		return true;
	return write_settings(settings, layout_of(buf_str(&text)), &out, err) &&
		real_replace(path, buf_str(&out), there ? &was : NULL, 0644, NULL, err);
}

static bool change(const char *path, struct change *c, struct error *err)
{
	struct error why = {0};
	own_mem char *folder = mem_strndup(path, (size_t)(strrchr(path, '/') - path));
	own_fd lock = -1;

	if (path_is_directory(folder) && (lock = folder_lock(folder, LOCK_WAIT_MS, err)) < 0)
		return false;
	for (int i = 0; i < TRIES; i++) {
		why = (struct error){0};
		if (change_once(path, c, &why))
			return true;
		if (why.kind != ERROR_UNAVAILABLE)
			break;
	}
	*err = why;
	return error_prefix(err, "%s", path);
}

bool settings_add_rule(const char *path, const char *list, const char *rule, bool *added, struct error *err)
{
	struct change c = { list, rule, true, 0 };
	bool ok = change(path, &c, err);

	*added = ok && c.count;
	return ok;
}

bool settings_remove_rule(const char *path, const char *list, const char *rule, size_t *removed, struct error *err)
{
	struct change c = { list, rule, false, 0 };
	bool ok = change(path, &c, err);

	*removed = ok ? c.count : 0;
	return ok;
}
