/* A list in the order of paths.  Conversations read hundreds of files, not millions. */
#include "tool/seen.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/real.h"

struct seen_file {
	char *real;
	struct stat was;
	char digest[SHA_HEX_MAX + 1];
};

struct seen {
	pthread_mutex_t lock;      /* guards what follows */
	struct seen_file *files;
	size_t count, cap;
};

struct seen *seen_create(void)
{
	struct seen *s = mem_zeroed(1, sizeof *s);

	pthread_mutex_init(&s->lock, NULL);
	return s;
}

void seen_destroy(struct seen *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->count; i++)
		free(s->files[i].real);
	free(s->files);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* The first whose path is not before `real`. */
static size_t find(const struct seen *s, const char *real)
{
	size_t low = 0, high = s->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(s->files[middle].real, real) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_at(const struct seen *s, size_t i, const char *real)
{
	return i < s->count && strcmp(s->files[i].real, real) == 0;
}

static struct seen_file *find_or_add(struct seen *s, const char *real)
{
	size_t i = find(s, real);

	if (is_at(s, i, real))
		return &s->files[i];
	if (s->count == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		s->files = mem_resize(s->files, s->cap, sizeof *s->files);
	}
	memmove(&s->files[i + 1], &s->files[i], (s->count - i) * sizeof *s->files);
	s->files[i] = (struct seen_file){ .real = mem_strdup(real) };
	s->count++;
	return &s->files[i];
}

void seen_note(struct seen *s, const char *real, const struct stat *was, const char *digest)
{
	pthread_mutex_lock(&s->lock);
	struct seen_file *file = find_or_add(s, real);
	file->was = *was;
	memcpy(file->digest, digest, strlen(digest) + 1);
	pthread_mutex_unlock(&s->lock);
}

void seen_note_shown(struct seen *s, const char *real)
{
	struct error none;
	struct stat now;

	if (real_stat(real, &now, &none) && S_ISREG(now.st_mode))
		seen_note(s, real, &now, "");
}

enum seen_state seen_compare(struct seen *s, const char *real, const struct stat *now, const char *digest)
{
	enum seen_state state = SEEN_NEVER;

	pthread_mutex_lock(&s->lock);
	size_t i = find(s, real);
	if (is_at(s, i, real)) {
		const struct seen_file *file = &s->files[i];
		bool same = file->digest[0] && digest[0] ? strcmp(file->digest, digest) == 0 :
			real_same(&file->was, now);
		state = same ? SEEN_SAME : SEEN_CHANGED;
	}
	pthread_mutex_unlock(&s->lock);
	return state;
}
