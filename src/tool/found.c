/*
 * Looking up the times of 100,000 files takes longer than finding them, so several
 * threads do it where there are many files and processors.
 */
#include "tool/found.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"

#define THREADS_MAX 4
#define FILES_OF_A_THREAD 4000

struct part {
	struct found_file *files;
	size_t n;
	int folder;
	pthread_t thread;
	bool begun;
};

static struct str without_dot(struct str path)
{
	return str_starts(path, (struct str)STR("./")) ? str_from(path, 2) : path;
}

static void list(struct found *f, struct str text)
{
	size_t room = 0;

	while (text.n) {
		const char *end = memchr(text.p, '\0', text.n);
		if (!end)              /* cut at the ceiling */
			return;
		if (f->n == room)
			f->files = mem_resize(f->files, room = room ? 2 * room : 256, sizeof *f->files);
		size_t n = (size_t)(end - text.p);
		f->files[f->n++] = (struct found_file){ .path = without_dot((struct str){ text.p, n }) };
		text = str_from(text, n + 1);
	}
}

static void *look_up(void *user)
{
	const struct part *part = user;
	struct stat st;

	for (size_t i = 0; i < part->n; i++) {
		struct found_file *file = &part->files[i];
		file->changed = INT64_MIN;
		if (fstatat(part->folder, file->path.p, &st, AT_SYMLINK_NOFOLLOW) == 0)
			file->changed = file_modified_ns(&st);
	}
	return NULL;
}

static size_t threads_for(size_t files)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t n = files / FILES_OF_A_THREAD + 1;

	if (processors > 0 && n > (size_t)processors)
		n = (size_t)processors;
	return n < THREADS_MAX ? n : THREADS_MAX;
}

static void look_up_all(struct found *f, const char *folder)
{
	own_fd fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	size_t n = threads_for(f->n);
	struct part parts[THREADS_MAX];

	for (size_t i = 0; i < n; i++) {
		size_t begin = f->n * i / n, end = f->n * (i + 1) / n;
		parts[i] = (struct part){ f->files + begin, end - begin, fd };
		parts[i].begun = i + 1 < n && pthread_create(&parts[i].thread, NULL, look_up, &parts[i]) == 0;
		if (!parts[i].begun)
			look_up(&parts[i]);
	}
	for (size_t i = 0; i < n; i++)
		if (parts[i].begun)
			pthread_join(parts[i].thread, NULL);
}

static int newest_first(const void *one, const void *other)
{
	const struct found_file *a = one, *b = other;

	if (a->changed != b->changed)
		return a->changed > b->changed ? -1 : 1;
	return strcmp(a->path.p, b->path.p);
}

void found_init(struct found *f, const struct search *s)
{
	*f = (struct found){0};
	list(f, buf_str(&s->out));
	if (!f->n)
		return;
	look_up_all(f, s->folder);
	qsort(f->files, f->n, sizeof *f->files, newest_first);
}

void found_release(struct found *f)
{
	free(f->files);
	*f = (struct found){0};
}

bool found_show(struct found *f, const struct search *s, const struct tool_job *job, size_t skip, size_t most,
	size_t *shown, bool *more, struct buf *out, struct error *err)
{
	*shown = 0;
	*more = false;
	for (size_t i = 0; i < f->n; i++) {
		if (f->files[i].changed == INT64_MIN)
			continue;
		if (!search_may_show(s, job, f->files[i].path)) {
			f->hidden++;
			continue;
		}
		if (skip) {
			skip--;
			continue;
		}
		*more = (most && *shown == most) || out->len >= SEARCH_TEXT_MAX;
		if (*more)
			return true;
		if ((*shown && !buf_adds(out, "\n", err)) || !search_show_path(s, f->files[i].path, out, err))
			return false;
		++*shown;
	}
	return true;
}
