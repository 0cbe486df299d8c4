/*
 * Two looks at all files that git knows of, before and after.  A file whose times, size or
 * place differ was changed; what it held is what was copied before, or what git has for it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/real.h"
#include "store/checkpoint_inside.h"
#include "store/tracked.h"

struct known_file {
	char *path;
	bool there;
	struct stat was;
	char id[TRACKED_ID_BYTES];             /* git's, of what it holds; "": git has it not */
	char digest[SHA_HEX_MAX + 1];      /* of the copy; "": there is none */
};

struct known_files {
	struct known_file *at;
	size_t count, cap;
	bool too_many;
};

struct checkpoint_shell {
	struct tracked *tree;
	struct known_files files;
	struct timespec began;
	size_t left_out;           /* files that met a ceiling */
	uint64_t copied;           /* bytes */
	size_t copies;
};

/* --- looking ------------------------------------------------------------------------------------ */

static bool add_known(void *user, const char *path, const char *id)
{
	struct known_files *files = user;
	struct known_file file = {0};

	file.there = lstat(path, &file.was) == 0;
	if (file.there && !S_ISREG(file.was.st_mode))
		return true;
	if (files->count == CHECKPOINT_SHELL_TRACKED) {
		files->too_many = true;
		return false;
	}
	if (files->count == files->cap) {
		files->cap = files->cap ? files->cap * 2 : 256;
		files->at = mem_resize(files->at, files->cap, sizeof *files->at);
	}
	file.path = mem_strdup(path);
	(void)snprintf(file.id, sizeof file.id, "%s", id);
	files->at[files->count++] = file;
	return true;
}

static int by_path(const void *a, const void *b)
{
	const struct known_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static void known_done(struct known_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		free(files->at[i].path);
	free(files->at);
	*files = (struct known_files){0};
}

static bool look(struct tracked *tree, struct known_files *files, struct error *err)
{
	if (!tracked_walk(tree, add_known, files, err))
		return false;
	if (files->count)
		qsort(files->at, files->count, sizeof *files->at, by_path);
	return true;
}

/* --- copies ------------------------------------------------------------------------------------- */

void copies_done(struct checkpoints *c)
{
	for (size_t i = 0; i < c->copy_count; i++)
		free(c->copies[i].path);
	free(c->copies);
	c->copies = NULL;
	c->copy_count = c->copy_cap = 0;
}

/* The first copy whose path is not before this. */
static size_t find_copy(const struct checkpoints *c, const char *path)
{
	size_t low = 0, high = c->copy_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(c->copies[middle].path, path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void note_copy(struct checkpoints *c, const struct known_file *file)
{
	size_t i = find_copy(c, file->path);

	if (i == c->copy_count || strcmp(c->copies[i].path, file->path) != 0) {
		if (c->copy_count == c->copy_cap) {
			c->copy_cap = c->copy_cap ? c->copy_cap * 2 : 64;
			c->copies = mem_resize(c->copies, c->copy_cap, sizeof *c->copies);
		}
		memmove(&c->copies[i + 1], &c->copies[i], (c->copy_count - i) * sizeof *c->copies);
		c->copies[i] = (struct copy){ .path = mem_strdup(file->path) };
		c->copy_count++;
	}
	c->copies[i].was = file->was;
	memcpy(c->copies[i].digest, file->digest, sizeof file->digest);
}

static bool has_copy(const struct checkpoints *c, struct known_file *file)
{
	size_t i = find_copy(c, file->path);

	if (i == c->copy_count || strcmp(c->copies[i].path, file->path) != 0 ||
	    !real_same(&c->copies[i].was, &file->was))
		return false;
	memcpy(file->digest, c->copies[i].digest, sizeof file->digest);
	return true;
}

static bool copy_file(struct checkpoints *c, struct checkpoint_shell *s, struct known_file *file, struct error *err)
{
	uint64_t size = (uint64_t)file->was.st_size, bytes;
	struct error why = {0};

	if (size > CHECKPOINT_SHELL_FILE_MAX || s->copied + size > CHECKPOINT_SHELL_BYTES ||
	    s->copies == CHECKPOINT_SHELL_FILES || c->bytes + size > CHECKPOINT_SESSION_MAX) {
		s->left_out++;
		return true;
	}
	own_fd fd = real_open(file->path, &file->was, &why);
	if (fd < 0) {
		s->left_out++;     /* gone, or not for us to read */
		return true;
	}
	if (!checkpoints_begin(c, err) || !objects_keep_fd(c->objects, fd, false, file->digest, &bytes, err))
		return false;
	s->copies++;
	s->copied += bytes;
	c->bytes += bytes;
	note_copy(c, file);
	return true;
}

/* --- before -------------------------------------------------------------------------------------- */

static void say(struct buf *notes, const char *what, const char *why)
{
	struct error full;

	(void)!buf_addf(notes, &full, "%s: %s.\n", what, why);
}

static bool before(struct checkpoints *c, struct checkpoint_shell *s, struct error *err)
{
	s->tree = tracked_open(c->root, err);
	if (!s->tree)
		return false;
	if (tracked_count(s->tree) > CHECKPOINT_SHELL_TRACKED)
		return error_set(err, ERROR_TOO_LARGE, "the project has too many files");
	if (!look(s->tree, &s->files, err))
		return false;
	for (size_t i = 0; i < s->files.count; i++) {
		struct known_file *file = &s->files.at[i];
		if (file->there && !file->id[0] && !has_copy(c, file) && !copy_file(c, s, file, err))
			return false;
	}
	return true;
}

static void shell_destroy(struct checkpoint_shell *s)
{
	tracked_close(s->tree);
	known_done(&s->files);
	free(s);
}

struct checkpoint_shell *checkpoint_shell_before(struct checkpoints *c, struct buf *notes)
{
	struct checkpoint_shell *s = mem_zeroed(1, sizeof *s);
	struct error err = {0};

	/* Files get their times from the coarse clock. */
#ifdef CLOCK_REALTIME_COARSE
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &s->began);
#else
	(void)clock_gettime(CLOCK_REALTIME, &s->began);
#endif
	pthread_mutex_lock(&c->lock);
	bool ok = before(c, s, &err);
	bool told = c->told;
	c->told = c->told || !ok;
	pthread_mutex_unlock(&c->lock);
	if (!ok && !told)
		say(notes, "What commands change here cannot be taken back by `shammah rewind`", err.text);
	if (ok && (s->left_out || s->files.too_many))
		say(notes, "Not all that this command may change can be taken back by `shammah rewind`",
			s->files.too_many ? "the project has too many files" :
			"some files that git does not have are too many or too large to be kept");
	if (ok)
		return s;
	shell_destroy(s);
	return NULL;
}

/* --- after --------------------------------------------------------------------------------------- */

/* When the file was made; where the file system does not say, when it was last changed in any way. */
static struct timespec made_at(const char *path, const struct stat *st)
{
#ifdef __APPLE__
	(void)path;
	return st->st_birthtimespec;
#else
	struct statx more;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &more) == 0 && (more.stx_mask & STATX_BTIME))
		return (struct timespec){ more.stx_btime.tv_sec, more.stx_btime.tv_nsec };
	return st->st_ctim;
#endif
}

/* There was none of this name before: it was made since, or had another name that git knew. */
static bool is_new(const struct checkpoint_shell *s, const char *path, const struct stat *st)
{
	struct timespec made = made_at(path, st);

	if (made.tv_sec > s->began.tv_sec || (made.tv_sec == s->began.tv_sec && made.tv_nsec >= s->began.tv_nsec))
		return true;
	for (size_t i = 0; i < s->files.count; i++)
		if (s->files.at[i].there && s->files.at[i].was.st_ino == st->st_ino &&
		    s->files.at[i].was.st_dev == st->st_dev)
			return true;
	return false;
}

/* What it held, from the copy or from git, which then gives `content`; "" where neither has it. */
static void find_before(const struct checkpoints *c, struct checkpoint_shell *s, const struct known_file *file,
	struct checkpoint_state *state, struct buf *content)
{
	struct error why = {0};
	struct sha sha;

	*state = (struct checkpoint_state){ .absent = !file->there, .mode = file->was.st_mode & 0777 };
	if (!file->there)
		return;
	if (file->digest[0]) {
		memcpy(state->digest, file->digest, sizeof state->digest);
		return;
	}
	/* Of another size, git has something else for it (a filter's work). */
	if (!file->id[0] || c->bytes + (uint64_t)file->was.st_size > CHECKPOINT_SESSION_MAX ||
	    !tracked_content(s->tree, file->id, file->path, content, &why) ||
	    content->len != (size_t)file->was.st_size)
		return;
	sha_init(&sha, SHA_256);
	sha_feed(&sha, buf_str(content));
	sha_hex(&sha, state->digest);
}

static bool is_same_state(const struct checkpoint_state *a, const struct checkpoint_state *b)
{
	return a->absent == b->absent && a->mode == b->mode && a->digest[0] && strcmp(a->digest, b->digest) == 0;
}

/* `old`: as it was known before; NULL: it was not. */
static bool note_change(struct checkpoints *c, struct checkpoint_shell *s, const struct known_file *old,
	const char *path, size_t *lost, struct error *err)
{
	struct checkpoint_state was = { .absent = true }, is;
	own_buf content = BUF_INIT(CHECKPOINT_FILE_MAX);
	char digest[SHA_HEX_MAX + 1];
	struct error why = {0};
	struct stat st;

	bool known = checkpoints_look(path, &is, &st, &why);
	if (!old && (!known || is.absent || !is_new(s, path, &st)))
		return true;       /* ignored before, and known only now */
	if (old)
		find_before(c, s, old, &was, &content);
	if (known && is_same_state(&was, &is))
		return true;
	if (!checkpoints_begin(c, err))
		return false;
	if (old && !old->digest[0] && was.digest[0] && !objects_keep(c->objects, buf_str(&content), digest, err))
		return false;
	c->bytes += content.len;
	*lost += !was.absent && !was.digest[0];
	if (!checkpoints_is_done(c, path) && !checkpoints_add(c, path, &was, "Bash", err))
		return false;
	return !known || checkpoints_add(c, path, &is, NULL, err);
}

/* `new`: as it is known now; NULL: git knows no such file any more, which may be there all the same. */
static bool is_unchanged(const struct known_file *old, const struct known_file *new)
{
	struct stat now;
	bool there = new ? new->there : lstat(old->path, &now) == 0;

	return there == old->there && (!there || real_same(new ? &new->was : &now, &old->was));
}

static bool after(struct checkpoints *c, struct checkpoint_shell *s, size_t *lost, struct error *err)
{
	struct known_files now = {0};
	size_t i = 0, k = 0;

	bool ok = look(s->tree, &now, err);
	while (ok && (i < s->files.count || k < now.count)) {
		const struct known_file *old = i < s->files.count ? &s->files.at[i] : NULL;
		const struct known_file *new = k < now.count ? &now.at[k] : NULL;
		int order = !old ? 1 : !new ? -1 : strcmp(old->path, new->path);
		if (order > 0)
			ok = !new->there || note_change(c, s, NULL, new->path, lost, err);
		else if (!is_unchanged(old, order == 0 ? new : NULL))
			ok = note_change(c, s, old, old->path, lost, err);
		i += order <= 0;
		k += order >= 0;
	}
	known_done(&now);
	return ok;
}

void checkpoint_shell_after(struct checkpoints *c, struct checkpoint_shell *shell, struct buf *notes)
{
	struct error err = {0};
	size_t lost = 0;

	if (!shell)
		return;
	pthread_mutex_lock(&c->lock);
	bool ok = after(c, shell, &lost, &err);
	pthread_mutex_unlock(&c->lock);
	if (!ok)
		say(notes, "What this command changed cannot be taken back by `shammah rewind`", err.text);
	else if (lost)
		say(notes, "Some files that this command changed cannot be taken back by `shammah rewind`",
			"what they held is neither in git nor kept");
	shell_destroy(shell);
}
