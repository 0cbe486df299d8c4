#include "permit/links.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"

static bool read_real(void *user, const char *path, struct buf *target)
{
	char text[PATH_BYTES_MAX + 1];
	struct error err = {0};
	ssize_t n = readlink(path, text, sizeof text);

	(void)user;
	if (n < 0)
		return false;
	/* What does not fit stays empty: it leads nowhere. */
	if ((size_t)n == sizeof text || !buf_add(target, text, (size_t)n, &err))
		buf_clear(target);
	return true;
}

const struct path_links path_links_real = { read_real, NULL };

/* --- memory -------------------------------------------------------------------------- */

static const struct remembered *find(const struct link_memory *m, const char *path, size_t n)
{
	for (size_t i = 0; i < m->count; i++)
		if (m->seen[i].path_len == n && memcmp(m->seen[i].path, path, n) == 0)
			return &m->seen[i];
	return NULL;
}

static bool read_remembered(void *user, const char *path, struct buf *target)
{
	struct link_memory *m = user;
	size_t n = strlen(path);
	const struct remembered *known = find(m, path, n);
	struct error err = {0};

	if (known) {
		if (known->target && !buf_add(target, known->target, known->target_len, &err))
			buf_clear(target);
		return known->target;
	}
	bool link = m->below->read(m->below->user, path, target);
	if (m->count < LINK_MEMORY_MAX)
		m->seen[m->count++] = (struct remembered){ mem_strndup(path, n),
			link ? mem_strndup(target->data, target->len) : NULL, n, link ? target->len : 0 };
	return link;
}

void link_memory_init(struct link_memory *m, const struct path_links *below)
{
	m->links = (struct path_links){ read_remembered, m };
	m->below = below;
	m->count = 0;
}

void link_memory_done(struct link_memory *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->seen[i].path);
		free(m->seen[i].target);
	}
	m->count = 0;
}
