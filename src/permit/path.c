/*
 * Three steps: the path becomes absolute; it is walked name by name, once
 * without links and once with them; and what comes of it is looked up in the
 * tables, folded.
 */
#include "permit/path.h"

#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "permit/path_table.h"

#define FOLDED_MAX ((size_t)16 << 10)

struct opinion {
	enum verdict verdict;
	enum path_place place;
	const char *why;
};

/* The folders of a question, as written and as links lead. */
struct bases {
	char root[2][PATH_BYTES_MAX + 1];
	char home[2][PATH_BYTES_MAX + 1];      /* "" when unknown */
	char ours[2][PATH_BYTES_MAX + 1];
};

/* --- walking -------------------------------------------------------------------------- */

static const char too_long[] = "the path is too long";

static void cut_last(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* Puts the target of the link that `done` now ends with before what is left. */
static const char *follow(char *done, struct str target, struct buf *rest)
{
	struct error err = {0};
	own_buf next = BUF_INIT(2 * PATH_BYTES_MAX);

	if (target.n == 0 || memchr(target.p, '\0', target.n))
		return "a link on the way leads nowhere";
	if (!buf_add_str(&next, target, &err) || !buf_adds(&next, "/", &err) ||
		!buf_add_str(&next, buf_str(rest), &err))
		return too_long;
	cut_last(done);
	if (target.p[0] == '/')
		done[0] = '\0';
	buf_clear(rest);
	return buf_add_str(rest, buf_str(&next), &err) ? NULL : too_long;
}

static const char *step(struct str name, const struct path_links *links, char *done, struct buf *rest, int *followed)
{
	own_buf target = BUF_INIT(PATH_BYTES_MAX);
	size_t n = strlen(done);

	if (name.n == 0 || str_is(name, "."))
		return NULL;
	if (str_is(name, "..")) {
		cut_last(done);
		return NULL;
	}
	if (n + 1 + name.n > PATH_BYTES_MAX)
		return too_long;
	done[n] = '/';
	memcpy(done + n + 1, name.p, name.n);
	done[n + 1 + name.n] = '\0';
	if (!links || !links->read(links->user, done, &target))
		return NULL;
	if (++*followed > PATH_LINKS_MAX)
		return "links on the way lead in a circle";
	return follow(done, buf_str(&target), rest);
}

/* The absolute path without `.`, `..`, doubled slashes and, with `links`, without links; NULL, or why not. */
static const char *walk(struct str path, const struct path_links *links, char done[PATH_BYTES_MAX + 1])
{
	struct error err = {0};
	own_buf rest = BUF_INIT(2 * PATH_BYTES_MAX);
	const char *why = buf_add_str(&rest, path, &err) ? NULL : too_long;
	int followed = 0;

	done[0] = '\0';
	while (!why && rest.len > 0) {
		char name[PATH_BYTES_MAX + 1];
		size_t n = strcspn(rest.data, "/");
		if (n > PATH_BYTES_MAX)
			return too_long;
		memcpy(name, rest.data, n);
		buf_consume(&rest, n < rest.len ? n + 1 : n);
		why = step((struct str){ name, n }, links, done, &rest, &followed);
	}
	if (!done[0])
		memcpy(done, "/", 2);
	return why;
}

/* --- folding -------------------------------------------------------------------------- */

static size_t count_slashes(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += *s == '/';
	return n;
}

/* Without the dots and blanks that some file systems drop from a name's end; names of dots alone stay. */
static size_t trimmed(const char *name, size_t n)
{
	size_t kept = n;

	while (kept > 0 && (name[kept - 1] == '.' || name[kept - 1] == ' '))
		kept--;
	return kept ? kept : n;
}

/*
 * "/Home/Me/.SSH/x." becomes "/home/me/.ssh/x/", always with a slash at the end.
 * NULL, or why the path has names that other programs would read as others.
 */
static const char *fold(const char *path, struct buf *out)
{
	static const char disguised[] = "the path has characters that stand for `..` or `/`";
	utf8proc_uint8_t *raw = NULL;
	struct error err = {0};

	if (utf8proc_map((const utf8proc_uint8_t *)path, 0, &raw, UTF8PROC_NULLTERM | UTF8PROC_STABLE |
		UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE) < 0)
		return "the path is not UTF-8";

	own_mem char *folded = (char *)raw;
	struct str rest = str_of(folded), name;
	if (count_slashes(folded) != count_slashes(path))
		return disguised;
	while (str_split(&rest, '/', &name)) {
		if (str_is(name, ".") || str_is(name, ".."))
			return disguised;
		if (name.n && (!buf_adds(out, "/", &err) ||
			!buf_add_str(out, (struct str){ name.p, trimmed(name.p, name.n) }, &err)))
			return too_long;
	}
	return buf_adds(out, "/", &err) ? NULL : too_long;
}

/* --- looking up -------------------------------------------------------------------------- */

/* Whether `path` is `folder` or below it, neither with a slash at the end; nothing is in "/" or "". */
static bool is_in(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	return n > 1 && strncmp(path, folder, n) == 0 && (path[n] == '/' || path[n] == '\0');
}

static bool is_in_either(const char *path, const char folders[2][PATH_BYTES_MAX + 1])
{
	return is_in(path, folders[0]) || is_in(path, folders[1]);
}

/* A project in /usr/src, a home in /var/lib or /root itself: what lies in them is not the system's. */
static bool is_excepted(const char *path, const struct place_row *row, const struct bases *b)
{
	for (size_t i = 0; i < 2; i++) {
		const char *root = b->root[i], *home = b->home[i];
		if (is_in(path, home) && is_in(home, row->prefix))
			return true;
		if (is_in(path, root) && is_in(root, row->prefix) && strcmp(root, row->prefix) != 0)
			return true;
	}
	return false;
}

static bool is_secret(const char *path, const char *folded, const char *name, const struct bases *b)
{
	char parent[PATH_BYTES_MAX + 1];

	memcpy(parent, path, strlen(path) + 1);
	cut_last(parent);
	return place_keeps_secret(folded, name, strcmp(parent, b->home[0]) == 0 || strcmp(parent, b->home[1]) == 0);
}

static bool is_protected(const char *folded, const char *name)
{
	static const char exception[] = "/.claude/worktrees/";
	own_mem char *rest = mem_strndup(folded, strlen(folded));

	if (name_is_among(protected_names, name))
		return true;
	/* What lies in such a folder is a project of its own; what leads to it no longer counts. */
	for (char *p; (p = strstr(rest, exception)) && p[sizeof(exception) - 1];)
		memmove(rest, p + sizeof(exception) - 2, strlen(p + sizeof(exception) - 2) + 1);
	return place_holds(protected_folders, rest);
}

static struct opinion opinion_of_place(const char *path, const char *folded, const char *name, bool write,
	const struct bases *b)
{
	const struct place_row *row = place_find(folded);

	if (row && row->place == PLACE_HARMLESS)
		return (struct opinion){ VERDICT_ALLOW, PATH_HARMLESS, "a device that keeps nothing" };
	if (row && (row->place == PLACE_HARD || (row->place == PLACE_SYSTEM && !is_excepted(path, row, b))))
		return (struct opinion){ VERDICT_NEVER, PATH_SYSTEM, "system files are neither read nor written" };
	if (write && is_protected(folded, name))
		return (struct opinion){ VERDICT_CONFIRM, PATH_PROTECTED,
			"what is written there can run later by itself" };
	if (name_is_among(watched_names, name))
		return (struct opinion){ VERDICT_CONFIRM, PATH_WATCHED, "the file often holds secrets" };
	if (strchr(path, '\\'))
		return (struct opinion){ VERDICT_CONFIRM, PATH_WATCHED,
			"other systems read its backslash as a slash" };
	if (is_in_either(path, b->root))
		return (struct opinion){ VERDICT_ALLOW, PATH_INSIDE, "inside the project" };
	return (struct opinion){ VERDICT_CONFIRM, PATH_OUTSIDE, "outside the project" };
}

/* The tables know our folder by its usual name. */
static const char *usual_name(const char *path, const struct bases *b, struct buf *out)
{
	struct error err = {0};

	for (size_t i = 0; i < 2; i++)
		if (is_in(path, b->ours[i]))
			return buf_addf(out, &err, "/.shammah%s", path + strlen(b->ours[i])) ? out->data : path;
	return path;
}

/* Of an absolute path that has been walked. */
static struct opinion opinion_of(const char *path, bool write, const struct bases *b)
{
	own_buf text = BUF_INIT(FOLDED_MAX), usual = BUF_INIT(2 * PATH_BYTES_MAX);
	const char *why = fold(usual_name(path, b, &usual), &text);

	if (why)
		return (struct opinion){ VERDICT_NEVER, PATH_SECRET, why };

	own_mem char *plain = mem_strndup(text.data, text.len - 1);
	char *slash = strrchr(plain, '/');
	const char *name = slash ? slash + 1 : plain;
	if (is_secret(path, text.data, name, b))
		return (struct opinion){ VERDICT_NEVER, PATH_SECRET, "secrets are neither read nor written" };
	return opinion_of_place(path, text.data, name, write, b);
}

/* --- the question -------------------------------------------------------------------------- */

static bool open_base(struct str folder, const char *what, const struct path_links *links,
	char out[2][PATH_BYTES_MAX + 1], struct error *err)
{
	if (folder.n == 0 || folder.p[0] != '/' || memchr(folder.p, '\0', folder.n))
		return error_set(err, ERROR_INVALID, "`%s` must be an absolute path", what);
	if (walk(folder, NULL, out[0]) || walk(folder, links, out[1]))
		return error_set(err, ERROR_INVALID, "`%s` is too long, or its links lead in a circle", what);
	return true;
}

static const char *check_text(struct str path)
{
	if (path.n == 0)
		return "the path is empty";
	if (path.n > PATH_BYTES_MAX)
		return too_long;
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] < ' ' || path.p[i] == 0x7f)
			return "the path has control characters";
	return utf8_valid(path.p, path.n) ? NULL : "the path is not UTF-8";
}

static bool is_name_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '+' || c == '-';
}

static const char *make_absolute(const struct path_question *q, struct buf *out)
{
	struct error err = {0};
	struct str path = q->path, base = q->cwd;

	if (path.p[0] == '/')
		base = (struct str){0};
	if (path.p[0] == '~' && (path.n == 1 || path.p[1] == '/')) {
		if (q->home.n == 0)
			return "the home folder is unknown";
		base = q->home;
		path = str_from(path, 1);
	} else if (path.p[0] == '~' && is_name_letter(path.p[1])) {
		return "`~name` is somebody's home, which is not looked up";
	}
	bool fits = buf_add_str(out, base, &err) && buf_adds(out, "/", &err) && buf_add_str(out, path, &err);
	return fits ? NULL : too_long;
}

static const char *judge_walked(const struct path_question *q, const struct bases *b, struct path_judgement *j)
{
	own_buf whole = BUF_INIT(2 * PATH_BYTES_MAX);
	const char *why = check_text(q->path);

	if (!why)
		why = make_absolute(q, &whole);
	if (!why)
		why = walk(buf_str(&whole), NULL, j->written);
	if (!why)
		why = walk(buf_str(&whole), q->links, j->real);
	if (why) {
		j->written[0] = j->real[0] = '\0';
		return why;
	}

	struct opinion text = opinion_of(j->written, q->write, b);
	struct opinion place = strcmp(j->written, j->real) == 0 ? text : opinion_of(j->real, q->write, b);
	j->linked = place.verdict > text.verdict;
	if (!j->linked)
		place = text;
	j->verdict = place.verdict;
	j->place = place.place;
	return place.why;
}

bool path_judge(const struct path_question *q, struct path_judgement *j, struct error *err)
{
	own_mem struct bases *b = mem_zeroed(1, sizeof(*b));

	*j = (struct path_judgement){ VERDICT_NEVER, PATH_SECRET, "the question is incomplete" };
	if (!open_base(q->root, "root", q->links, b->root, err) ||
		(q->home.n && !open_base(q->home, "home", q->links, b->home, err)) ||
		(q->ours.n && !open_base(q->ours, "ours", q->links, b->ours, err)))
		return false;
	if (q->cwd.n == 0 || q->cwd.p[0] != '/' || memchr(q->cwd.p, '\0', q->cwd.n))
		return error_set(err, ERROR_INVALID, "`cwd` must be an absolute path");
	j->why = judge_walked(q, b, j);
	return true;
}

bool path_walk(const char *path, const struct path_links *links, char real[PATH_BYTES_MAX + 1])
{
	bool ok = path[0] == '/' && !walk(str_of(path), links, real);

	if (!ok)
		real[0] = '\0';
	return ok;
}
