/*
 * First line: a link and its target, second: the path.  Where it leads has no
 * `.`, `..` nor doubled slash, adding `/./` changes nothing, and writing is never allowed where reading is not.
 */
#include <assert.h>
#include <stdint.h>

#include "permit/path.h"

struct link {
	struct str from, to;
};

static bool read_link(void *user, const char *path, struct buf *target)
{
	const struct link *l = user;
	struct error err = {0};

	return str_is(l->from, path) && buf_add_str(target, l->to, &err);
}

static void judge(struct str path, const struct link *l, bool write, struct path_judgement *j)
{
	struct path_links links = { read_link, (void *)l };
	struct error err = {0};
	struct path_question q = { STR("/home/me/project"), STR("/home/me/project/src"), STR("/home/me"), path, write,
		&links, STR("/home/me/ours") };

	if (!path_judge(&q, j, &err))
		assert(err.kind == ERROR_INVALID);
	assert(j->why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str rest = { (const char *)data, size }, line = {0};
	struct link l = {0};
	struct path_judgement j, again;
	struct error err = {0};
	own_buf longer = BUF_INIT(1 << 14);

	str_split(&rest, '\n', &line);
	l.to = line;
	str_split(&l.to, ' ', &l.from);
	judge(rest, &l, false, &j);
	assert(!strstr(j.real, "//") && !strstr(j.real, "/./") && !strstr(j.real, "/../"));
	assert(!j.real[0] || j.real[0] == '/');
	judge(rest, &l, true, &again);
	assert(again.verdict >= j.verdict);
	if (rest.n == 0 || rest.n > PATH_BYTES_MAX - 4 || !buf_add_str(&longer, rest, &err) ||
		!buf_adds(&longer, "/./", &err))
		return 0;
	judge(buf_str(&longer), &l, false, &again);
	assert(rest.p[0] == '~' || again.verdict == j.verdict);
	return 0;
}
