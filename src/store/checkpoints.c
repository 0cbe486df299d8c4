#include "store/checkpoints.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/random.h"
#include "base/real.h"
#include "base/sys.h"
#include "store/checkpoint_inside.h"
#include "store/checkpoint_prune.h"

/* --- making one ------------------------------------------------------------------------------ */

static bool is_name(const char *session)
{
	size_t n = strlen(session);

	return n > 0 && n < CHECKPOINT_SESSION_BYTES && session[0] != '-' &&
		strspn(session, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == n;
}

/* When it began, for people, and something that no other has. */
static bool make_name(char name[CHECKPOINT_SESSION_BYTES], struct error *err)
{
	char digits[9];
	time_t now = (time_t)clock_unix();
	struct tm tm;

	localtime_r(&now, &tm);
	if (!random_hex(digits, 8, err))
		return false;
	size_t n = strftime(name, CHECKPOINT_SESSION_BYTES, "%Y%m%d-%H%M-", &tm);
	(void)snprintf(name + n, CHECKPOINT_SESSION_BYTES - n, "%s", digits);
	return true;
}

struct checkpoints *checkpoints_create(const char *folder, const char *session, const char *root, struct error *err)
{
	char made[CHECKPOINT_SESSION_BYTES];

	if (session && !is_name(session)) {
		error_set(err, ERROR_INVALID, "a session's name has letters, digits and '-' only");
		return NULL;
	}
	if (!session && !make_name(made, err))
		return NULL;
	struct checkpoints *c = mem_zeroed(1, sizeof *c);
	pthread_mutex_init(&c->lock, NULL);
	c->folder = mem_strdup(folder);
	c->session = mem_strdup(session ? session : made);
	c->root = mem_strdup(root);
	c->home = path_join(folder, c->session);
	c->index = path_join(c->home, "index.jsonl");
	c->objects = path_join(c->home, "objects");
	c->turn = 1;
	c->held = -1;
	return c;
}

static void forget(struct checkpoints *c)
{
	for (size_t i = 0; i < c->done_count; i++)
		free(c->done[i]);
	c->done_count = 0;
}

void checkpoints_destroy(struct checkpoints *c)
{
	if (!c)
		return;
	forget(c);
	free(c->done);
	copies_done(c);
	file_close(&c->held);
	free(c->folder);
	free(c->session);
	free(c->root);
	free(c->home);
	free(c->index);
	free(c->objects);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void checkpoint_begin_turn(struct checkpoints *c, unsigned turn)
{
	pthread_mutex_lock(&c->lock);
	if (turn != c->turn)
		forget(c);
	c->turn = turn;
	pthread_mutex_unlock(&c->lock);
}

/* --- its folder ------------------------------------------------------------------------------ */

/* With the first file: the folder and the index, which stays locked so that nobody removes it. */
bool checkpoints_begin(struct checkpoints *c, struct error *err)
{
	if (c->held >= 0)
		return true;
	if (!path_make(c->objects, 0700, err) || !checkpoint_index_begin(c->index, c->root, err))
		return false;
	c->held = sys.open(c->index, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (c->held < 0)
		return error_errno(err, "cannot open %s", c->index);
	(void)flock(c->held, LOCK_SH);
	c->bytes = checkpoints_bytes(c->home);
	checkpoints_prune(c->folder, c->session, CHECKPOINTS_DAYS, CHECKPOINTS_MAX);
	return true;
}

/* --- what was done in this turn ---------------------------------------------------------------- */

static size_t find_done(const struct checkpoints *c, const char *path)
{
	size_t low = 0, high = c->done_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(c->done[middle], path) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool checkpoints_is_done(const struct checkpoints *c, const char *path)
{
	size_t i = find_done(c, path);

	return i < c->done_count && strcmp(c->done[i], path) == 0;
}

bool checkpoints_add(struct checkpoints *c, const char *path, const struct checkpoint_state *state, const char *by,
	struct error *err)
{
	struct checkpoint_line line = { .turn = c->turn, .at = clock_unix(), .path = (char *)path, .after = !by,
		.state = *state };

	(void)snprintf(line.by, sizeof line.by, "%s", by ? by : "");
	if (!checkpoint_index_add(c->index, &line, err))
		return false;
	if (!by || checkpoints_is_done(c, path))
		return true;
	size_t i = find_done(c, path);
	if (c->done_count == c->done_cap) {
		c->done_cap = c->done_cap ? c->done_cap * 2 : 32;
		c->done = mem_resize(c->done, c->done_cap, sizeof *c->done);
	}
	memmove(&c->done[i + 1], &c->done[i], (c->done_count - i) * sizeof *c->done);
	c->done[i] = mem_strdup(path);
	c->done_count++;
	return true;
}

bool checkpoints_have_room(const struct checkpoints *c, const char *path, uint64_t bytes, struct buf *notes)
{
	struct error full;
	const char *why = bytes > CHECKPOINT_FILE_MAX ? "the file is too large" :
		c->bytes + bytes > CHECKPOINT_SESSION_MAX ? "this conversation has kept as much as it may" : NULL;

	if (why)
		(void)!buf_addf(notes, &full, "What %s held is not kept for `shammah rewind`: %s.\n", path, why);
	return !why;
}

/* --- files ------------------------------------------------------------------------------------- */

/* Keeps what the open file holds; state->digest stays "" where a ceiling is met. */
static bool keep(struct checkpoints *c, const char *real, int fd, const struct stat *st, struct checkpoint_state *state,
	struct buf *notes, struct error *err)
{
	uint64_t bytes;

	state->mode = st->st_mode & 0777;
	if (!checkpoints_have_room(c, real, (uint64_t)st->st_size, notes))
		return true;
	if (!objects_keep_fd(c->objects, fd, true, state->digest, &bytes, err))
		return false;
	c->bytes += bytes;
	return true;
}

static bool file_before(struct checkpoints *c, const char *real, const char *by, struct buf *notes, struct error *err)
{
	struct checkpoint_state state = {0};
	struct error why = {0};
	struct stat st;

	if (checkpoints_is_done(c, real))
		return true;
	if (!checkpoints_begin(c, err))
		return false;
	own_fd fd = real_open(real, &st, &why);
	state.absent = fd < 0 && why.kind == ERROR_NOT_FOUND;
	if (fd < 0 && !state.absent) {
		*err = why;
		return false;
	}
	return (fd < 0 || keep(c, real, fd, &st, &state, notes, err)) && checkpoints_add(c, real, &state, by, err);
}

bool checkpoint_file_before(struct checkpoints *c, const char *real, const char *by, struct buf *notes,
	struct error *err)
{
	pthread_mutex_lock(&c->lock);
	bool ok = file_before(c, real, by, notes, err);
	pthread_mutex_unlock(&c->lock);
	return ok || error_prefix(err, "its old content cannot be kept for `shammah rewind`, so nothing was changed");
}

bool checkpoints_look(const char *real, struct checkpoint_state *state, struct stat *st, struct error *err)
{
	struct error why = {0};

	*state = (struct checkpoint_state){0};
	own_fd fd = real_open(real, st, &why);
	if (fd < 0) {
		state->absent = why.kind == ERROR_NOT_FOUND;
		if (!state->absent)
			*err = why;
		return state->absent;
	}
	state->mode = st->st_mode & 0777;
	return objects_digest_fd(fd, state->digest, err);
}

bool checkpoint_file_after(struct checkpoints *c, const char *real, struct error *err)
{
	struct checkpoint_state state;
	struct stat st;

	pthread_mutex_lock(&c->lock);
	bool ok = checkpoints_begin(c, err) && checkpoints_look(real, &state, &st, err) &&
		checkpoints_add(c, real, &state, NULL, err);
	pthread_mutex_unlock(&c->lock);
	return ok;
}
