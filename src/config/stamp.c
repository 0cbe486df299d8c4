#include "config/stamp.h"

#include <sys/stat.h>
#include <time.h>

#define TICK_NS 20000000         /* more than the kernel's coarsest clock, 100 Hz */

static int64_t ns(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static struct stamp stamp_of(const struct stat *st)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!st)
		return (struct stamp){ .taken_ns = ns(now) };
#ifdef __APPLE__
	struct timespec modified = st->st_mtimespec, changed = st->st_ctimespec;
#else
	struct timespec modified = st->st_mtim, changed = st->st_ctim;
#endif
	return (struct stamp){ .there = true, .device = st->st_dev, .inode = st->st_ino, .size = st->st_size,
		.modified_ns = ns(modified), .changed_ns = ns(changed), .taken_ns = ns(now) };
}

struct stamp stamp_fd(int fd)
{
	struct stat st;

	return stamp_of(fstat(fd, &st) == 0 ? &st : NULL);
}

struct stamp stamp_path(const char *path)
{
	struct stat st;

	return stamp_of(stat(path, &st) == 0 ? &st : NULL);
}

/* Just changed, when it was taken. */
static bool young(const struct stamp *s)
{
	return s->there && s->taken_ns - s->changed_ns < TICK_NS && s->taken_ns - s->changed_ns > -TICK_NS;
}

bool stamp_same(const struct stamp *then, const struct stamp *now)
{
	if (!then->there || !now->there)
		return then->there == now->there;
	return then->device == now->device && then->inode == now->inode && then->size == now->size &&
		then->modified_ns == now->modified_ns && then->changed_ns == now->changed_ns && !young(then);
}
