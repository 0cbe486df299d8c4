#include "store/rewind.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/real.h"
#include "store/checkpoint_inside.h"

/* --- sessions -------------------------------------------------------------------------------- */

static int64_t last_at(const struct rewind_session *s) { return s->log.count ? s->log.lines[s->log.count - 1].at : 0; }

static int newest_first(const void *a, const void *b)
{
	const struct rewind_session *x = a, *y = b;

	return (last_at(x) < last_at(y)) - (last_at(x) > last_at(y));
}

static void add_session(struct rewind_sessions *all, const char *name, struct checkpoint_log *log)
{
	if (all->count == all->cap) {
		all->cap = all->cap ? all->cap * 2 : 16;
		all->at = mem_resize(all->at, all->cap, sizeof *all->at);
	}
	struct rewind_session *s = &all->at[all->count++];
	*s = (struct rewind_session){ .log = *log };
	(void)snprintf(s->name, sizeof s->name, "%s", name);
	*log = (struct checkpoint_log){0};
}

static bool lies_in(const char *here, const char *root)
{
	size_t n = strcmp(root, "/") == 0 ? 0 : strlen(root);

	return strncmp(here, root, n) == 0 && (!here[n] || here[n] == '/');
}

bool rewind_list(const char *folder, const char *here, struct rewind_sessions *sessions, struct error *err)
{
	DIR *entries = opendir(folder);
	const struct dirent *entry;

	*sessions = (struct rewind_sessions){0};
	if (!entries)
		return errno == ENOENT || error_errno(err, "cannot open %s", folder);
	while ((entry = readdir(entries))) {
		own_mem char *index = mem_printf("%s/%s/index.jsonl", folder, entry->d_name);
		own_checkpoint_log log = {0};
		struct error none;
		if (entry->d_name[0] == '.' || strlen(entry->d_name) >= CHECKPOINT_SESSION_BYTES)
			continue;
		if (checkpoint_index_read(index, &log, &none) && lies_in(here, log.root) && log.count)
			add_session(sessions, entry->d_name, &log);
	}
	closedir(entries);
	if (sessions->count)
		qsort(sessions->at, sessions->count, sizeof *sessions->at, newest_first);
	return true;
}

void rewind_sessions_done(struct rewind_sessions *sessions)
{
	for (size_t i = 0; i < sessions->count; i++)
		checkpoint_log_done(&sessions->at[i].log);
	free(sessions->at);
	*sessions = (struct rewind_sessions){0};
}

const struct rewind_session *rewind_find(const struct rewind_sessions *sessions, struct str name, struct error *err)
{
	const struct rewind_session *found = NULL;

	for (size_t i = 0; i < sessions->count; i++) {
		const struct rewind_session *s = &sessions->at[i];
		if (str_is(name, s->name))
			return s;
		if (!str_starts(str_of(s->name), name))
			continue;
		if (found) {
			error_set(err, ERROR_INVALID, "%.*s may be %s or %s: write more of it", STR_ARGS(name),
				found->name, s->name);
			return NULL;
		}
		found = s;
	}
	if (!found)
		error_set(err, ERROR_NOT_FOUND,
			"no conversation in this project is called %.*s: `shammah rewind` lists "
			"them", STR_ARGS(name));
	return found;
}

/* --- the plan --------------------------------------------------------------------------------- */

static bool is_same(const struct checkpoint_state *a, const struct checkpoint_state *b)
{
	return a->absent == b->absent && (a->absent || (a->mode == b->mode && strcmp(a->digest, b->digest) == 0));
}

/* `left`: how the last change left it; NULL: that is not known. */
static void settle(struct rewind_file *file, const struct checkpoint_state *left, const char *objects)
{
	own_buf content = BUF_INIT(CHECKPOINT_FILE_MAX);
	struct checkpoint_state now;
	struct error none = {0};

	if (!checkpoints_look(file->path, &now, &file->now, &none)) {
		file->what = REWIND_REFUSED;
		return;
	}
	file->there = !now.absent;
	file->removes = file->target.absent;
	if (is_same(&now, &file->target))
		file->what = REWIND_NOTHING;
	else if (!file->target.absent && (!file->target.digest[0] ||
		!objects_read(objects, file->target.digest, &content, &none)))
		file->what = REWIND_LOST;
	else if (!left || !is_same(&now, left))
		file->what = REWIND_CHANGED;
	else
		file->what = file->removes ? REWIND_REMOVE : REWIND_RESTORE;
}

static struct rewind_file *find_file(struct rewind_plan *p, const char *path)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->files[i].path, path) == 0)
			return &p->files[i];
	return NULL;
}

static const struct checkpoint_state *left_by(const struct checkpoint_log *log, const char *path)
{
	for (size_t i = log->count; i-- > 0;)
		if (log->lines[i].after && strcmp(log->lines[i].path, path) == 0)
			return &log->lines[i].state;
	return NULL;
}

static int by_path(const void *a, const void *b)
{
	const struct rewind_file *x = a, *y = b;

	return strcmp(x->path, y->path);
}

bool rewind_plan_make(struct rewind_plan *p, const char *folder, const struct rewind_session *session, unsigned turn,
	const char *only, struct error *err)
{
	const struct checkpoint_log *log = &session->log;
	own_mem char *objects = mem_printf("%s/%s/objects", folder, session->name);

	*p = (struct rewind_plan){ .folder = folder, .session = session->name, .turn = turn,
		.files = mem_zeroed(log->count + 1, sizeof *p->files) };
	for (size_t i = 0; i < log->count; i++) {
		const struct checkpoint_line *l = &log->lines[i];
		p->next_turn = l->turn >= p->next_turn ? l->turn + 1 : p->next_turn;
		if (l->turn < turn || l->after || (only && strcmp(l->path, only) != 0) || find_file(p, l->path))
			continue;
		p->files[p->count++] = (struct rewind_file){ .path = l->path, .target = l->state };
	}
	if (!p->count)
		return error_set(err, ERROR_NOT_FOUND,
			"%s was changed by turn %u or one after it: `shammah rewind` lists "
			"what was", only ? "Nothing in that file" : "No file", turn);
	qsort(p->files, p->count, sizeof *p->files, by_path);
	for (size_t i = 0; i < p->count; i++)
		settle(&p->files[i], left_by(log, p->files[i].path), objects);
	return true;
}

void rewind_plan_done(struct rewind_plan *p)
{
	free(p->files);
	*p = (struct rewind_plan){0};
}

/* --- doing it ----------------------------------------------------------------------------------- */

static bool put_back(const struct rewind_plan *p, const struct rewind_file *file, struct error *err)
{
	own_mem char *objects = mem_printf("%s/%s/objects", p->folder, p->session);
	own_buf content = BUF_INIT(CHECKPOINT_FILE_MAX);
	const struct stat *now = file->there ? &file->now : NULL;

	return objects_read(objects, file->target.digest, &content, err) &&
		real_replace(file->path, buf_str(&content), now, file->target.mode, NULL, err) &&
		real_set_mode(file->path, file->target.mode, err);
}

bool rewind_apply(const struct rewind_plan *p, const struct rewind_file *file, bool changed, struct checkpoints *c,
	struct error *err)
{
	struct buf notes = BUF_INIT(0);    /* what cannot be kept can be rewound all the same */

	if (file->what != REWIND_RESTORE && file->what != REWIND_REMOVE && !(file->what == REWIND_CHANGED && changed))
		return true;
	if (!checkpoint_file_before(c, file->path, "rewind", &notes, err))
		return false;
	if (file->removes ? !real_remove(file->path, &file->now, err) : !put_back(p, file, err))
		return false;
	return checkpoint_file_after(c, file->path, err);
}
