/*
 * Writing merges: what the file holds now is read again under the lock, and only what
 * this process has added, removed and counted is done to it.  Members and entries that
 * we do not know stay.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/folder_lock.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"
#include "config/home.h"
#include "permit/approvals_parts.h"

#define LOCK_WAIT_MS 2000

enum state {
	FILE_ABSENT,
	FILE_NOW,                  /* version 2 */
	FILE_OLD,                  /* version 1, brought into the form of version 2 */
	FILE_DAMAGED,              /* nothing can be read */
	FILE_FOREIGN,              /* of another version, or not to be trusted: left alone */
};

/* --- reading ------------------------------------------------------------------------------ */

/* What others may write says nothing about what the user wants. */
static bool is_own(int fd, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(err, "cannot be looked at");
	if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & 022))
		return error_set(err, ERROR_DENIED, "others may write it, or it is no file of yours; nothing in it "
			"counts");
	return true;
}

static enum state read_text(const char *path, struct buf *text, struct error *err)
{
	own_fd fd = sys.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT)
		return FILE_ABSENT;
	if (fd < 0)
		return error_errno(err, "cannot be opened"), FILE_FOREIGN;
	if (!is_own(fd, err))
		return FILE_FOREIGN;
	return file_read_fd(fd, text, err) ? FILE_NOW : err->kind == ERROR_TOO_LARGE ? FILE_DAMAGED : FILE_FOREIGN;
}

/* --- version 1 ---------------------------------------------------------------------------------- */

/* "bash" is Bash today. */
static const char *tool_today(const char *name)
{
	static const char *const names[] = { "Bash", "Read", "Write", "Edit", "Grep", "Glob", "WebFetch", "WebSearch",
		NULL };

	for (size_t i = 0; name && names[i]; i++)
		if (str_is_like(str_of(name), names[i]))
			return names[i];
	if (name && strcmp(name, "web_fetch") == 0)
		return "WebFetch";
	return name && strcmp(name, "web_search") == 0 ? "WebSearch" : name;
}

/*
 * Version 1 wrote where as well: "cargo test in /home/me/x".  NULL: it cannot be said today, for the folder
 * is a pattern of its own.
 */
static char *split_folder(const char *text, char **folder)
{
	const char *in = NULL;

	for (const char *p = text; (p = strstr(p, " in ")); p++)
		in = p;
	if (!in || (in[4] != '/' && strcmp(in + 4, "*") != 0))
		return mem_strdup(text);
	size_t n = strlen(in + 4);
	if (n >= 2 && strcmp(in + 4 + n - 2, "/*") == 0)
		n -= 2;
	if (memchr(in + 4, '*', n) && strcmp(in + 4, "*") != 0)
		return NULL;
	if (in[4] == '/')
		*folder = mem_strndup(in + 4, n ? n : 1);
	return mem_strndup(text, (size_t)(in - text));
}

/* One text, exactly: a wildcard when it holds no '*', else a regex of it. */
static char *literal(const char *text, const char **kind)
{
	own_buf out = BUF_INIT(4 * APPROVAL_PATTERN_MAX);

	*kind = strchr(text, '*') ? "regex" : "wildcard";
	if (!strchr(text, '*') || strlen(text) > APPROVAL_PATTERN_MAX)
		return mem_strdup(text);
	for (; *text; text++)
		buf_putf(&out, "%s%c", strchr("\\^$.[]|()?*+{}-#", *text) ? "\\" : "", *text);
	return buf_detach(&out, NULL);
}

/* The entry as version 2 has it; NULL: it cannot be said. */
static json_t *migrate(const json_t *old, bool exact)
{
	const char *text = json_member_string(old, exact ? "signature" : "pattern"), *kind = "wildcard";
	const char *type = json_member_string(old, "pattern_type"), *id = json_member_string(old, "id");
	own_mem char *folder = NULL, *said = text ? split_folder(text, &folder) : NULL;
	own_mem char *pattern = said && exact ? literal(said, &kind) : mem_strdup(said);
	char short_id[APPROVAL_ID_MAX + 1];

	if (type && str_is_like(str_of(type), "regex"))
		kind = "regex";
	else if (type && !str_is_like(str_of(type), "wildcard"))
		return NULL;
	if (!pattern || !id || !json_member_string(old, "tool_name"))
		return NULL;
	(void)snprintf(short_id, sizeof short_id, "%s", id);
	return json_pack("{s:s, s:s, s:s, s:s, s:s*, s:s*, s:I}", "id", short_id, "kind", kind, "tool",
		tool_today(json_member_string(old, "tool_name")), "pattern", pattern, "folder", folder, "what",
		json_member_string(old, "description"), "matches",
		json_integer_value(json_object_get(old, "match_count")));
}

static json_t *migrate_all(const json_t *old, size_t *lost)
{
	json_t *file = json_pack("{s:i, s:[]}", "version", 2, "patterns"), *entry, *new;
	size_t i;

	json_t *patterns = json_object_get(file, "patterns");
	json_array_foreach(json_object_get(old, "patterns"), i, entry) {
		new = migrate(entry, false);
		*lost += !new;
		if (new)
			json_array_append_new(patterns, new);
	}
	json_array_foreach(json_object_get(old, "exact_approvals"), i, entry) {
		new = migrate(entry, true);
		*lost += !new;
		if (new)
			json_array_append_new(patterns, new);
	}
	return file;
}

/* --- the file ---------------------------------------------------------------------------------------- */

/* Reads it; *file is an object of version 2 then, unless it says FILE_DAMAGED or FILE_FOREIGN, where err says why. */
static enum state read_file(const char *path, struct buf *text, json_t **file, size_t *lost, struct error *err)
{
	enum state state = read_text(path, text, err);

	*file = NULL;
	if (state == FILE_ABSENT)
		*file = json_pack("{s:i, s:[]}", "version", 2, "patterns");
	if (state != FILE_NOW)
		return state;
	own_json *found = json_parse_object(buf_str(text), "it", err);
	const json_t *version = json_object_get(found, "version");
	if (!found)
		return FILE_DAMAGED;
	if (!json_is_integer(version) || !json_is_array(json_object_get(found, "patterns")))
		return error_set(err, ERROR_INVALID, "it has no `version` and `patterns`"), FILE_DAMAGED;
	if (json_integer_value(version) == 1) {
		*file = migrate_all(found, lost);
		return FILE_OLD;
	}
	if (json_integer_value(version) != 2)
		return error_set(err, ERROR_UNAVAILABLE, "it is of version %" JSON_INTEGER_FORMAT ", which this "
			"program does not know; it is left as it is, and nothing in it counts",
			json_integer_value(version)), FILE_FOREIGN;
	*file = take(found);
	return FILE_NOW;
}

static struct approval *find_id(const struct approvals *a, const char *id)
{
	for (size_t i = 0; i < a->count; i++)
		if (id && a->at[i]->stored && strcmp(a->at[i]->id, id) == 0)
			return a->at[i];
	return NULL;
}

/* What the file holds and we do not have yet. */
static void take_entries(struct approvals *a, const json_t *file, const char *path, struct buf *odd)
{
	struct error unused = {0};
	size_t i;
	json_t *entry;

	json_array_foreach(json_object_get(file, "patterns"), i, entry) {
		struct error err = {0};
		if (find_id(a, json_member_string(entry, "id")))
			continue;
		struct approval *new = a->count < APPROVALS_MAX ? approval_read(entry, &err) : NULL;
		if (new) {
			a->at = mem_resize(a->at, a->count + 1, sizeof *a->at);
			a->at[a->count++] = new;
		} else if (odd) {
			(void)!buf_addf(odd, &unused, "%s: %s; it approves nothing\n", path,
				err.text[0] ? err.text : "there are too many approvals");
		}
	}
}

void approvals_load(struct approvals *a, struct buf *odd)
{
	own_mem char *path = home_path(a->home, HOME_PATTERNS);
	own_buf text = BUF_INIT(APPROVALS_FILE_MAX);
	struct error err = {0}, unused = {0};
	own_json *file = NULL;
	size_t lost = 0;
	enum state state = read_file(path, &text, &file, &lost, &err);

	if (state == FILE_DAMAGED)
		(void)!buf_addf(odd, &unused, "%s: is damaged (%s); nothing in it counts, and it is put aside when "
			"the next approval is kept\n", path, err.text);
	else if (state == FILE_FOREIGN)
		(void)!buf_addf(odd, &unused, "%s: %s\n", path, err.text);
	if (lost)
		(void)!buf_addf(odd, &unused, "%s: %zu approvals of version 1 cannot be said in version 2 and count no "
			"more\n", path, lost);
	take_entries(a, file, path, odd);
}

/* --- writing ---------------------------------------------------------------------------------------------- */

static json_t *entry_of(json_t *patterns, const char *id)
{
	size_t i;
	json_t *entry;

	json_array_foreach(patterns, i, entry) {
		const char *other = json_member_string(entry, "id");
		if (other && strcmp(other, id) == 0)
			return entry;
	}
	return NULL;
}

static void remove_entries(json_t *patterns, const json_t *removed)
{
	for (size_t i = json_array_size(patterns); i-- > 0; ) {
		const char *id = json_member_string(json_array_get(patterns, i), "id");
		if (id && json_object_get(removed, id))
			json_array_remove(patterns, i);
	}
}

static void count_uses(json_t *entry, const struct approval *one)
{
	json_int_t matches = json_integer_value(json_object_get(entry, "matches"));
	json_int_t last = json_integer_value(json_object_get(entry, "last_used"));

	json_object_set_new(entry, "matches", json_integer(matches + (json_int_t)one->new_matches));
	if (one->last_used > last)
		json_object_set_new(entry, "last_used", json_integer(one->last_used));
}

/* What this process did, done to the file's entries. */
static void merge(struct approvals *a, json_t *patterns)
{
	remove_entries(patterns, a->removed);
	for (size_t i = 0; i < a->count; i++) {
		struct approval *one = a->at[i];
		json_t *entry = one->stored && !one->gone ? entry_of(patterns, one->id) : NULL;
		if (one->stored && !one->gone && !entry && !one->kept) {
			entry = json_deep_copy(one->stored);
			json_array_append_new(patterns, entry);
		}
		if (entry && one->new_matches)
			count_uses(entry, one);
	}
}

/* Entries as they now stand; what another client has removed counts no more. */
static void settle(struct approvals *a, json_t *file, const char *path)
{
	for (size_t i = 0; i < a->count; i++) {
		struct approval *one = a->at[i];
		if (!one->stored || one->gone)
			continue;
		json_t *entry = entry_of(json_object_get(file, "patterns"), one->id);
		one->gone = !entry;
		one->kept = true;
		one->new_matches = 0;
		if (entry) {
			json_decref(one->stored);
			one->stored = json_deep_copy(entry);
		}
	}
	json_object_clear(a->removed);
	take_entries(a, file, path, NULL);
}

/* A name beside it that is free. */
static bool put_aside(const char *path, enum state state, struct str text, struct error *err)
{
	own_mem char *aside = mem_printf(state == FILE_OLD ? "%s.v1" : "%s.damaged-%lld", path,
		(long long)clock_unix());

	if (state == FILE_OLD)
		return path_is_file(aside) || file_write(aside, text, 0600, err);
	return sys.rename(path, aside) == 0 || error_errno(err, "cannot put %s aside", path);
}

bool approvals_write(struct approvals *a, struct error *err)
{
	own_mem char *path = home_path(a->home, HOME_PATTERNS);
	own_buf text = BUF_INIT(APPROVALS_FILE_MAX);
	own_json *file = NULL;
	size_t lost = 0;

	if (!path_make(a->home, 0700, err))
		return false;
	own_fd lock = folder_lock(a->home, LOCK_WAIT_MS, err);
	if (lock < 0)
		return false;
	enum state state = read_file(path, &text, &file, &lost, err);
	if (state == FILE_FOREIGN)
		return error_prefix(err, "%s", path);
	if ((state == FILE_DAMAGED || state == FILE_OLD) && !put_aside(path, state, buf_str(&text), err))
		return false;
	if (!file)
		file = json_pack("{s:i, s:[]}", "version", 2, "patterns");
	merge(a, json_object_get(file, "patterns"));
	own_mem char *written = json_dumps(file, JSON_INDENT(1));
	if (strlen(written) + 1 > APPROVALS_FILE_MAX)
		return error_set(err, ERROR_TOO_LARGE, "%s: there are too many approvals; remove some", path);
	own_mem char *lines = mem_printf("%s\n", written);
	if (!file_write(path, str_of(lines), 0600, err))
		return false;
	settle(a, file, path);
	return true;
}
