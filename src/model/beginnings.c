/*
 * The index is a list of the files' tokens: whatever part of one fits is of use,
 * so a system prompt that ends in today's date is found up to there. Two jobs at most lie between the
 * pool's thread, which fills and empties them, and the writer, which only reads
 * the pages of one; a job's fork keeps its pages from changing.
 */
#include "model/beginnings.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mapped.h"
#include "base/mem.h"
#include "base/path.h"
#include "kernel/cpu.h"
#include "model/beginning_folder.h"
#include "text/digest.h"

enum {
	JOBS = 2,
	YIELD_MS = 2000,
	HOURLY = 8,                  /* files an hour: who never sends the same twice must not wear the disk out */
	HOUR_MS = 3600 * 1000,
	WORTH = 8,                   /* less than one in so many tokens that is new is not worth another file */
};

enum job_state { JOB_FREE, JOB_WAITING, JOB_WRITING, JOB_COPIED, JOB_DONE };

struct job {
	enum job_state state;
	struct sequence *pages;      /* exactly what is written; NULL: given back before the disk was done */
	char *path;
	bool ok;
};

struct beginnings {
	struct page_pool *pool;
	struct beginning_kind kind;
	char *directory;
	uint64_t limit;
	struct beginning_entry *entries;
	size_t count;
	uint64_t given_ms[HOURLY];   /* when the last files were given to the writer; 0: never */
	size_t given;
	pthread_t writer;
	bool writer_runs;
	pthread_mutex_t lock;        /* guards what follows */
	pthread_cond_t changed;
	struct job jobs[JOBS];
	bool stop, yields, failed;   /* yields: what is being written is to be given up */
	struct error error;          /* the last failure */
};

/* ---- Life ---- */

static uint64_t key_of(const struct beginnings_options *o)
{
	const uint64_t parts[] = { o->model, o->type, kernel_isa(), ATTENTION_LAYOUT };

	return digest_fold(digest_long(parts, sizeof parts) ^ digest_short(SHAMMAH_VERSION, strlen(SHAMMAH_VERSION)),
		DIGEST_A);
}

struct beginnings *beginnings_create(struct page_pool *p, const struct beginnings_options *options)
{
	struct beginnings *b = mem_zeroed(1, sizeof *b);
	size_t damaged;

	b->pool = p;
	b->kind = (struct beginning_kind){ key_of(options), page_pool_usage(p).page_bytes };
	b->directory = mem_strdup(options->directory);
	b->limit = options->limit;
	pthread_mutex_init(&b->lock, NULL);
	clock_cond_init(&b->changed);
	beginning_folder_trim(b->directory, b->limit);
	b->entries = beginning_folder_read(b->directory, &b->kind, &b->count, &damaged);
	if (damaged) {
		error_set(&b->error, ERROR_INVALID, "%s: removed %zu damaged files", b->directory, damaged);
		b->failed = true;
	}
	return b;
}

static void empty_job(struct job *j)
{
	sequence_destroy(j->pages);
	free(j->path);
	*j = (struct job){0};
}

void beginnings_destroy(struct beginnings *b)
{
	if (!b)
		return;
	pthread_mutex_lock(&b->lock);
	b->stop = true;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
	if (b->writer_runs)
		pthread_join(b->writer, NULL);
	for (size_t i = 0; i < JOBS; i++)
		empty_job(&b->jobs[i]);
	for (size_t i = 0; i < b->count; i++)
		beginning_entry_done(&b->entries[i]);
	free(b->entries);
	free(b->directory);
	pthread_cond_destroy(&b->changed);
	pthread_mutex_destroy(&b->lock);
	free(b);
}

size_t beginnings_count(const struct beginnings *b)
{
	return b->count;
}

/* ---- The index ---- */

/* Whole pages. */
static size_t common_tokens(const struct beginning_entry *e, uint32_t world, const int32_t *tokens, size_t count)
{
	size_t n = 0;

	while (e->world == world && n < e->count && n < count && e->tokens[n] == tokens[n])
		n++;
	return n / PAGE_TOKENS * PAGE_TOKENS;
}

/* The file that has most of them, and how many that are. */
static struct beginning_entry *best_entry(
	struct beginnings *b, uint32_t world, const int32_t *tokens, size_t count, size_t *length)
{
	struct beginning_entry *best = NULL;

	*length = 0;
	for (size_t i = 0; i < b->count; i++) {
		size_t common = common_tokens(&b->entries[i], world, tokens, count);
		if (common > *length) {
			*length = common;
			best = &b->entries[i];
		}
	}
	return best;
}

static void add_entry(struct beginnings *b, const struct job *j)
{
	const size_t count = sequence_length(j->pages);
	struct beginning_entry e = { .path = mem_strdup(j->path), .world = sequence_world(j->pages), .count = count };

	e.tokens = mem_zeroed(count, sizeof *e.tokens);
	memcpy(e.tokens, sequence_tokens(j->pages), count * sizeof *e.tokens);
	b->entries = mem_resize(b->entries, b->count + 1, sizeof *b->entries);
	b->entries[b->count++] = e;
}

static void forget_entry(struct beginnings *b, struct beginning_entry *e)
{
	beginning_entry_done(e);
	*e = b->entries[--b->count];
}

/* ---- Writing ---- */

static bool stopped(void *user)
{
	struct beginnings *b = user;

	pthread_mutex_lock(&b->lock);
	bool stop = b->stop || b->yields;
	pthread_mutex_unlock(&b->lock);
	return stop;
}

static struct job *job_in(struct beginnings *b, enum job_state state)
{
	for (size_t i = 0; i < JOBS; i++)
		if (b->jobs[i].state == state)
			return &b->jobs[i];
	return NULL;
}

static void copied(void *user)
{
	struct beginnings *b = user;

	pthread_mutex_lock(&b->lock);
	job_in(b, JOB_WRITING)->state = JOB_COPIED;
	pthread_cond_broadcast(&b->changed);
	pthread_mutex_unlock(&b->lock);
}

static bool write_job(struct beginnings *b, const struct job *j, struct error *err)
{
	const struct beginning_source source = {
		.kind = b->kind,
		.world = sequence_world(j->pages),
		.count = sequence_length(j->pages),
		.tokens = sequence_tokens(j->pages),
		.pages = sequence_pages(j->pages),
		.stopped = stopped,
		.copied = copied,
		.user = b,
	};

	if (!path_make(b->directory, 0700, err) || !beginning_write(j->path, &source, err))
		return false;
	beginning_folder_trim(b->directory, b->limit);
	return true;
}

static void *write_jobs(void *user)
{
	struct beginnings *b = user;
	struct job *j;

	pthread_mutex_lock(&b->lock);
	while (!b->stop) {
		if (!(j = job_in(b, JOB_WAITING))) {
			pthread_cond_wait(&b->changed, &b->lock);
			continue;
		}
		struct error err = {0};
		j->state = JOB_WRITING;
		pthread_mutex_unlock(&b->lock);
		bool ok = write_job(b, j, &err);
		pthread_mutex_lock(&b->lock);
		j->state = JOB_DONE;
		j->ok = ok;
		if (!ok && err.kind != ERROR_CANCELLED) {
			b->failed = true;
			b->error = err;
		}
		pthread_cond_broadcast(&b->changed);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

/* Takes back the pages of what is written. Under the lock. */
static void collect(struct beginnings *b)
{
	for (struct job *j; (j = job_in(b, JOB_DONE));) {
		if (j->ok && j->pages)
			add_entry(b, j);
		empty_job(j);
	}
}

static bool is_under_way(struct beginnings *b, const char *path)
{
	for (size_t i = 0; i < JOBS; i++)
		if (b->jobs[i].path && !strcmp(b->jobs[i].path, path))
			return true;
	return false;
}

static bool give_to_writer(struct beginnings *b, const struct sequence *s, size_t length, char *path)
{
	struct job *j = job_in(b, JOB_FREE);

	if (is_under_way(b, path)) {
		free(path);
		return true;
	}
	if (j && !b->writer_runs)
		b->writer_runs = pthread_create(&b->writer, NULL, write_jobs, b) == 0;
	if (!j || !b->writer_runs) {
		free(path);
		return false;
	}
	b->given_ms[b->given++ % HOURLY] = clock_ms();
	*j = (struct job){ .state = JOB_WAITING, .pages = sequence_fork(s, length), .path = path };
	pthread_cond_broadcast(&b->changed);
	return true;
}

/* Whether nearly all of it is on disk already, or enough was written lately. */
static bool may_go_without(struct beginnings *b, const struct sequence *s, size_t count)
{
	const uint64_t oldest = b->given_ms[b->given % HOURLY];
	size_t length;

	(void)best_entry(b, sequence_world(s), sequence_tokens(s), count, &length);
	return length >= count - count / WORTH || (oldest && clock_ms() - oldest < HOUR_MS);
}

bool beginnings_save(struct beginnings *b, const struct sequence *s, size_t length)
{
	const size_t count = length / PAGE_TOKENS * PAGE_TOKENS;

	if (count < BEGINNING_LEAST || count > BEGINNING_TOKENS_MAX)
		return true;
	const uint64_t digest = beginning_tokens_digest(sequence_world(s), sequence_tokens(s), count);
	pthread_mutex_lock(&b->lock);
	collect(b);
	bool ok = may_go_without(b, s, count) ||
		give_to_writer(b, s, count, beginning_folder_path(b->directory, b->kind.key, digest));
	pthread_mutex_unlock(&b->lock);
	return ok;
}

bool beginnings_flush(struct beginnings *b, unsigned timeout_ms)
{
	const uint64_t end = clock_ms() + timeout_ms;
	bool waiting = true;

	pthread_mutex_lock(&b->lock);
	while ((waiting = job_in(b, JOB_WAITING) || job_in(b, JOB_WRITING) || job_in(b, JOB_COPIED)))
		if (!clock_wait(&b->changed, &b->lock, end))
			break;
	collect(b);
	pthread_mutex_unlock(&b->lock);
	return !waiting;
}

bool beginnings_yield(struct beginnings *b)
{
	const uint64_t end = clock_ms() + YIELD_MS;
	bool held = false;

	pthread_mutex_lock(&b->lock);
	b->yields = true;
	for (size_t i = 0; i < JOBS; i++) {
		held = held || b->jobs[i].pages;
		if (b->jobs[i].state == JOB_WAITING)
			empty_job(&b->jobs[i]);
	}
	while (job_in(b, JOB_WRITING))
		if (!clock_wait(&b->changed, &b->lock, end))
			break;
	for (size_t i = 0; i < JOBS; i++)
		if (b->jobs[i].state == JOB_COPIED)
			sequence_destroy(take(b->jobs[i].pages));
	b->yields = false;
	collect(b);
	pthread_mutex_unlock(&b->lock);
	return held;
}

bool beginnings_failed(struct beginnings *b, struct error *err)
{
	pthread_mutex_lock(&b->lock);
	collect(b);
	bool failed = b->failed;
	if (failed)
		*err = b->error;
	b->failed = false;
	pthread_mutex_unlock(&b->lock);
	return failed;
}

/* ---- Loading ---- */

/* The first `length` tokens into the tree; 0 when the pool has no room for them. */
static size_t copy_into_pool(struct beginnings *b, const struct beginning *from, size_t length)
{
	own_sequence *s = sequence_create(b->pool, from->world);
	size_t have = sequence_begin(s, from->tokens, length) / PAGE_TOKENS * PAGE_TOKENS;
	struct error ignored = {0};

	sequence_truncate(s, have);
	if (!sequence_reserve(s, length - have, &ignored))
		return 0;
	for (size_t i = have / PAGE_TOKENS; i < length / PAGE_TOKENS; i++)
		memcpy(sequence_pages(s)[i], from->pages + i * b->kind.page_bytes, b->kind.page_bytes);
	sequence_extend(s, from->tokens + have, length - have);
	return length;
}

/* Opens and checks it; one that cannot be used is forgotten, and removed if it is broken. */
static bool open_entry(struct beginnings *b, struct beginning_entry *e, struct mapped *file, struct beginning *view,
	struct error *err)
{
	struct error why = {0};

	if (!mapped_file(file, e->path, &why)) {
		forget_entry(b, e);      /* removed by another, most likely */
		return false;
	}
	if (!beginning_view(view, mapped_str(file), &b->kind, &why)) {
		if (why.kind == ERROR_INVALID && unlink(e->path) == 0)
			error_set(err, ERROR_INVALID, "removed %s: %s", e->path, why.text);
		forget_entry(b, e);
		return false;
	}
	if (view->count == e->count && !memcmp(view->tokens, e->tokens, e->count * sizeof *e->tokens))
		return true;
	forget_entry(b, e);              /* not the file it was */
	return false;
}

size_t beginnings_load(struct beginnings *b, uint32_t world, const int32_t *tokens, size_t count, struct error *err)
{
	const size_t known = page_pool_find(b->pool, world, tokens, count);
	struct beginning_entry *e;
	size_t length;

	pthread_mutex_lock(&b->lock);
	collect(b);
	pthread_mutex_unlock(&b->lock);
	while ((e = best_entry(b, world, tokens, count, &length)) && length > known && length >= BEGINNING_LEAST) {
		own_mapped file = {0};
		struct beginning view;
		if (!open_entry(b, e, &file, &view, err))
			continue;
		beginning_folder_touch(e->path);
		return copy_into_pool(b, &view, length);
	}
	return 0;
}
