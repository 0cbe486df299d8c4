/* A file's time of change is when it was last used. */
#include "model/beginning_folder.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/sys.h"

enum { LEFTOVER_AGE = 600 };     /* seconds: nobody writes that long */

typedef void each_fn(void *user, const char *folder, const char *name);

static void each_file(const char *folder, each_fn *fn, void *user)
{
	DIR *d = opendir(folder);

	for (struct dirent *entry; d && (entry = readdir(d));)
		if (strstr(entry->d_name, BEGINNING_SUFFIX))
			fn(user, folder, entry->d_name);
	if (d)
		closedir(d);
}

char *beginning_folder_path(const char *folder, uint64_t key, uint64_t tokens_digest)
{
	own_mem char *name = mem_printf("%016" PRIx64 "-%016" PRIx64 BEGINNING_SUFFIX, key, tokens_digest);

	return path_join(folder, name);
}

/* ---- What is there ---- */

struct listing {
	const struct beginning_kind *kind;
	struct beginning_entry *entries;
	size_t count, damaged;
};

void beginning_entry_done(struct beginning_entry *e)
{
	free(e->path);
	free(e->tokens);
}

static bool read_all(int fd, void *to, size_t bytes, struct error *err)
{
	for (char *at = to; bytes;) {
		ssize_t n = sys.read(fd, at, bytes);
		if (n <= 0)
			return n < 0 ? error_errno(err, "cannot read") :
				error_set(err, ERROR_INVALID, "it is cut short");
		at += n;
		bytes -= (size_t)n;
	}
	return true;
}

static bool read_entry(struct beginning_entry *e, const char *path, const struct beginning_kind *kind,
	struct error *err)
{
	own_fd fd = sys.open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct beginning_head head;

	if (fd < 0)
		return error_errno(err, "cannot open");
	if (!read_all(fd, &head, sizeof head, err) || !beginning_head_check(&head, kind, err))
		return false;
	own_mem int32_t *tokens = mem_zeroed(head.count, sizeof *tokens);
	if (!read_all(fd, tokens, head.count * sizeof *tokens, err))
		return false;
	if (head.tokens_digest != beginning_tokens_digest(head.world, tokens, head.count))
		return error_set(err, ERROR_INVALID, "its content is damaged");
	*e = (struct beginning_entry){
		.path = mem_strdup(path),
		.world = head.world,
		.count = head.count,
		.tokens = take(tokens),
	};
	return true;
}

static void list_file(void *user, const char *folder, const char *name)
{
	struct listing *l = user;
	struct beginning_entry entry;
	struct error why = {0};
	char ours[20];

	snprintf(ours, sizeof ours, "%016" PRIx64, l->kind->key);
	if (l->count == BEGINNING_FILES_MAX || strncmp(name, ours, 16) || !str_ends(str_of(name), BEGINNING_SUFFIX))
		return;
	own_mem char *path = path_join(folder, name);
	if (!read_entry(&entry, path, l->kind, &why)) {
		l->damaged += why.kind == ERROR_INVALID && unlink(path) == 0;
		return;
	}
	l->entries = mem_resize(l->entries, l->count + 1, sizeof *l->entries);
	l->entries[l->count++] = entry;
}

struct beginning_entry *beginning_folder_read(
	const char *folder, const struct beginning_kind *kind, size_t *count, size_t *damaged)
{
	struct listing l = { .kind = kind };

	each_file(folder, list_file, &l);
	*count = l.count;
	*damaged = l.damaged;
	return l.entries;
}

/* ---- How full it is ---- */

struct sized {
	char *path;
	uint64_t bytes;
	struct timespec used;
};

struct sizes {
	struct sized *files;
	size_t count;
	uint64_t bytes;
};

static void size_file(void *user, const char *folder, const char *name)
{
	struct sizes *s = user;
	char *path = path_join(folder, name);
	struct stat status;
	bool ours = lstat(path, &status) == 0 && S_ISREG(status.st_mode);

	if (ours && !str_ends(str_of(name), BEGINNING_SUFFIX) && status.st_mtime < clock_unix() - LEFTOVER_AGE)
		(void)unlink(path);
	if (!ours || !str_ends(str_of(name), BEGINNING_SUFFIX)) {
		free(path);
		return;
	}
	s->files = mem_resize(s->files, s->count + 1, sizeof *s->files);
	s->files[s->count++] = (struct sized){ path, (uint64_t)status.st_size, status.st_mtim };
	s->bytes += (uint64_t)status.st_size;
}

static int oldest_first(const void *a, const void *b)
{
	const struct sized *l = a, *r = b;

	if (l->used.tv_sec != r->used.tv_sec)
		return l->used.tv_sec < r->used.tv_sec ? -1 : 1;
	return (l->used.tv_nsec > r->used.tv_nsec) - (l->used.tv_nsec < r->used.tv_nsec);
}

void beginning_folder_trim(const char *folder, uint64_t limit)
{
	struct sizes s = {0};

	each_file(folder, size_file, &s);
	if (s.count)
		qsort(s.files, s.count, sizeof *s.files, oldest_first);
	for (size_t i = 0; i < s.count; i++) {
		if (s.bytes > limit && unlink(s.files[i].path) == 0)
			s.bytes -= s.files[i].bytes;
		free(s.files[i].path);
	}
	free(s.files);
}

void beginning_folder_touch(const char *path)
{
	(void)utimensat(AT_FDCWD, path, NULL, AT_SYMLINK_NOFOLLOW);
}
