#include "permit/supposed.h"

#include <stdlib.h>

#include "base/mem.h"

#define LINKS_MAX 1000

struct supposed {
	char *link[LINKS_MAX];         /* absolute, without `.` and `..` */
	struct str target[LINKS_MAX];
	size_t count;
	struct path_links links;
};

void supposed_destroy(struct supposed **s)
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

struct supposed *supposed_read(const json_t *list, const struct path_question *q, struct error *err)
{
	own_supposed *s = mem_zeroed(1, sizeof *s);
	size_t i;
	json_t *entry;

	s->links = (struct path_links){ read_supposed, s };
	if (json_array_size(list) > LINKS_MAX)
		return error_set(err, ERROR_TOO_LARGE, "`fs` has more than %d links", LINKS_MAX), NULL;
	json_array_foreach(list, i, entry)
		if (!add_link(s, entry, q, err))
			return NULL;
	return take(s);
}

const struct path_links *supposed_links(const struct supposed *s)
{
	return &s->links;
}
