#include "permit/explain.h"

#include <stdlib.h>

#include "base/mem.h"
#include "permit/path.h"
#include "permit/url.h"

#define LINKS_MAX 1000

json_t *explain_url(const json_t *input, struct error *err)
{
	static const char *const names[] = { "allow", "confirm", "block" };
	struct url_judgement j;

	if (!json_is_string(json_object_get(input, "url")))
		return error_set(err, ERROR_INVALID, "`url` must be a string"), NULL;
	url_judge(json_member_str(input, "url"), &j);
	return json_pack("{s:s, s:s}", "verdict", names[j.verdict], "why", j.why);
}

/* --- links to suppose ------------------------------------------------------------------- */

struct supposed {
	char *link[LINKS_MAX];         /* absolute, without `.` and `..` */
	struct str target[LINKS_MAX];
	size_t count;
};

static void supposed_destroy(struct supposed **s)
{
	for (size_t i = 0; *s && i < (*s)->count; i++)
		free((*s)->link[i]);
	free(*s);
}

static bool read_supposed(void *user, const char *path, struct buf *target)
{
	const struct supposed *s = user;
	struct error err = {0};

	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->link[i], path) == 0) {
			/* What does not fit stays empty: it leads nowhere. */
			if (!buf_add_str(target, s->target[i], &err))
				buf_clear(target);
			return true;
		}
	return false;
}

static bool add_link(struct supposed *s, const json_t *entry, const struct path_question *q, struct error *err)
{
	struct path_question where = *q;
	struct path_judgement j;

	where.path = json_member_str(entry, "link");
	where.links = NULL;
	if (!where.path.n || !json_is_string(json_object_get(entry, "target")))
		return error_set(err, ERROR_INVALID, "an entry of `fs` needs `link` and `target`");
	if (!path_judge(&where, &j, err))
		return false;
	if (!j.real[0])
		return error_set(err, ERROR_INVALID, "a `link` of `fs` is no path: %s", j.why);
	s->link[s->count] = mem_strndup(j.real, strlen(j.real));
	s->target[s->count++] = json_member_str(entry, "target");
	return true;
}

static bool read_links(const json_t *list, const struct path_question *q, struct supposed *s, struct error *err)
{
	size_t i;
	json_t *entry;

	if (json_array_size(list) > LINKS_MAX)
		return error_set(err, ERROR_TOO_LARGE, "`fs` has more than %d links", LINKS_MAX);
	json_array_foreach(list, i, entry)
		if (!add_link(s, entry, q, err))
			return false;
	return true;
}

static bool read_question(const json_t *input, struct path_question *q, struct error *err)
{
	const char *op = json_member_string(input, "op");

	q->root = json_member_str(input, "root");
	q->cwd = json_object_get(input, "cwd") ? json_member_str(input, "cwd") : q->root;
	q->home = json_member_str(input, "home");
	q->path = json_member_str(input, "path");
	q->write = op && strcmp(op, "write") == 0;
	if (!json_is_string(json_object_get(input, "path")))
		return error_set(err, ERROR_INVALID, "`path` must be a string");
	if (json_object_get(input, "op") && !q->write && (!op || strcmp(op, "read") != 0))
		return error_set(err, ERROR_INVALID, "`op` must be \"read\" or \"write\"");
	return true;
}

json_t *explain_path(const json_t *input, struct error *err)
{
	static const char *const names[] = { "allow", "confirm", "deny" };
	struct path_question q = {0};
	struct path_judgement j;
	owns(supposed_destroy) struct supposed *s = mem_zeroed(1, sizeof(*s));
	struct path_links links = { read_supposed, s };

	if (!read_question(input, &q, err) || !read_links(json_object_get(input, "fs"), &q, s, err))
		return NULL;
	q.links = &links;
	if (!path_judge(&q, &j, err))
		return NULL;
	return json_pack("{s:s, s:s+}", "verdict", names[j.verdict],
		"why", j.linked ? "a link leads there: " : "", j.why);
}
