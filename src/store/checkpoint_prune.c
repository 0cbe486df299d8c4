#include "store/checkpoint_prune.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"

struct session {
	char *path;
	int64_t written;           /* its index, last */
	uint64_t bytes;
};

struct sessions {
	struct session *at;
	size_t count, cap;
	uint64_t bytes;
};

/* Calls with the path of each entry; no links are followed. */
static void each_entry(const char *folder, void (*take_path)(void *user, const char *path, const struct stat *st),
	void *user)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		struct stat st;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		own_mem char *path = path_join(folder, entry->d_name);
		if (lstat(path, &st) == 0)
			take_path(user, path, &st);
	}
	if (entries)
		closedir(entries);
}

static void add_size(void *user, const char *path, const struct stat *st)
{
	uint64_t *bytes = user;

	(void)path;
	*bytes += S_ISREG(st->st_mode) ? (uint64_t)st->st_size : 0;
}

uint64_t checkpoints_bytes(const char *session_folder)
{
	own_mem char *objects = path_join(session_folder, "objects");
	uint64_t bytes = 0;

	each_entry(session_folder, add_size, &bytes);
	each_entry(objects, add_size, &bytes);
	return bytes;
}

static void add_session(void *user, const char *path, const struct stat *st)
{
	struct sessions *all = user;
	own_mem char *index = path_join(path, "index.jsonl");
	struct stat written = *st;

	if (!S_ISDIR(st->st_mode))
		return;
	(void)lstat(index, &written);      /* without one, its folder's time */
	if (all->count == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 32;
		all->at = mem_resize(all->at, all->cap, sizeof *all->at);
	}
	uint64_t bytes = checkpoints_bytes(path);
	all->at[all->count++] = (struct session){ mem_strdup(path), (int64_t)written.st_mtime, bytes };
	all->bytes += bytes;
}

static int older_first(const void *a, const void *b)
{
	const struct session *x = a, *y = b;

	return (x->written > y->written) - (x->written < y->written);
}

static void remove_file(void *user, const char *path, const struct stat *st)
{
	(void)user;
	(void)st;
	(void)unlink(path);
}

static bool remove_session(const char *path)
{
	own_mem char *index = path_join(path, "index.jsonl"), *objects = path_join(path, "objects");
	own_fd lock = open(index, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) < 0)
		return false;
	each_entry(objects, remove_file, NULL);
	(void)rmdir(objects);
	each_entry(path, remove_file, NULL);
	return rmdir(path) == 0;
}

void checkpoints_prune(const char *folder, const char *ours, unsigned days, uint64_t bytes)
{
	struct sessions all = {0};
	int64_t oldest = clock_unix() - (int64_t)days * 24 * 3600;

	each_entry(folder, add_session, &all);
	if (all.count)
		qsort(all.at, all.count, sizeof *all.at, older_first);
	for (size_t i = 0; i < all.count; i++) {
		struct session *s = &all.at[i];
		bool due = s->written < oldest || all.bytes > bytes;
		if (due && strcmp(path_base(s->path), ours) != 0 && remove_session(s->path))
			all.bytes -= s->bytes;
		free(s->path);
	}
	free(all.at);
}
