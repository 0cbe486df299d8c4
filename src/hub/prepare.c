#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "hub/check.h"
#include "hub/job.h"
#include "hub/layout.h"
#include "hub/lock.h"
#include "hub/resolve.h"
#include "hub/sizes.h"

/* Forgets what has come, and what was learned beyond the listing. */
static void forget(struct job *job, struct item *item)
{
	parts_drop(&item->parts);
	file_close(&item->lock);
	pthread_mutex_lock(&job->lock);
	free(take(item->url));
	free(take(item->pieces));
	free(take(item->blob));
	item->etag[0] = '\0';
	item->restart = item->one_stream = item->streaming = item->resumed = false;
	item->size = item->listed->size;
	item->bytes = 0;
	pthread_mutex_unlock(&job->lock);
	memcpy(item->hash, item->listed->hash, sizeof item->hash);
	item->restarts++;
}

bool item_resolve(struct worker *w, struct item *item, struct answer *answer, struct error *err)
{
	struct job *job = w->job;
	struct question q = { .hub = job->hub, .client = w->client, .cancel = w->cancel };
	struct resolved found;

	if (!resolve(&q, job->repo, job->commit, item->listed->path, &found, answer, err))
		return false;
	bool other = (found.hash[0] && strcmp(found.hash, item->hash) != 0) ||
		     (found.size != HUB_SIZE_UNKNOWN && found.size != item->size);
	if (other && item->blob) {
		free(found.url);
		job_restart(job, item);
		return true;
	}
	pthread_mutex_lock(&job->lock);
	if (!item->blob && found.hash[0])
		memcpy(item->hash, found.hash, sizeof item->hash);
	if (!item->blob && found.size != HUB_SIZE_UNKNOWN)
		item->size = found.size;
	free(item->url);
	item->url = found.url;
	pthread_mutex_unlock(&job->lock);
	return true;
}

static bool resolve_patiently(struct worker *w, struct item *item, struct error *err)
{
	struct job *job = w->job;
	struct patience patience = { job->hub, w->client, w->cancel };
	struct answer answer;

	while (!item_resolve(w, item, &answer, err)) {
		if (strcmp(answer.code, "EntryNotFound") == 0)
			layout_note_missing(job->folder, job->commit, item->listed->path);
		job_trouble(job, err->text);
		bool passing = answer.status ? answer_is_passing(answer.status) : error_is_passing(err);
		if (!passing || !patience_wait(&patience, answer.status ? &answer : NULL, err))
			return false;
	}
	job_trouble(job, "");
	return true;
}

/* Hash, size and address.  Of a small file that the listing tells all of, the address needs no asking. */
static bool learn(struct worker *w, struct item *item, struct error *err)
{
	struct job *job = w->job;
	const char *path = item->listed->path;

	if (item->hash[0] && item->size <= job->hub->span) {
		pthread_mutex_lock(&job->lock);
		free(item->url);
		item->url = resolve_url(job->hub, job->repo, job->commit, path);
		pthread_mutex_unlock(&job->lock);
	} else if (!resolve_patiently(w, item, err)) {
		return false;
	}
	if (!item->hash[0])
		return error_set(err, ERROR_INVALID,
			"the server does not say which version of %s it has: is this a Hub?", path);
	if (item->size == HUB_SIZE_UNKNOWN)
		return error_set(err, ERROR_INVALID, "the server does not say how large %s is: is this a Hub?", path);
	return true;
}

/* Whether the snapshot has the file, by whomever. */
static bool is_linked(const struct job *job, const struct item *item)
{
	char hash[HUB_HASH_MAX + 1];
	const char *path = item->listed->path;

	if (!layout_has(job->folder, job->commit, path, item->size))
		return false;
	return !layout_hash(job->folder, job->commit, path, hash) || !item->hash[0] || strcmp(hash, item->hash) == 0;
}

/* A blob of another size is damaged and goes. */
static bool blob_is_there(const struct item *item)
{
	struct stat st;

	if (stat(item->blob, &st) < 0)
		return false;
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size == item->size)
		return true;
	(void)unlink(item->blob);
	return false;
}

static bool enough_space(struct job *job, struct error *err)
{
	char needed[SIZE_TEXT], available[SIZE_TEXT], kept[SIZE_TEXT], missing[SIZE_TEXT];
	uint64_t left = job_left(job), reserve = job->hub->reserve;
	struct statvfs disk;

	if (statvfs(job->folder, &disk) < 0)
		return error_errno(err, "cannot look at the disk of %s", job->folder);
	uint64_t room = (uint64_t)disk.f_bavail * disk.f_frsize;
	if (left == 0 || left + reserve <= room)
		return true;
	return error_set(err, ERROR_TOO_LARGE,
		"not enough disk space for %s in %s: %s to come, %s free, of which %s stay free: "
		"make room for %s, or set HF_HUB_CACHE",
		job->repo, job->hub->cache, size_text(left, needed), size_text(room, available),
		size_text(reserve, kept), size_text(left + reserve - room, missing));
}

static bool open_parts(struct worker *w, struct item *item, struct error *err)
{
	struct job *job = w->job;
	uint64_t bytes = 0;
	size_t left = 0;

	if (!layout_make_parent(item->blob, err) ||
	    !parts_open(&item->parts, item->blob, item->size, job->hub->piece, w->cancel, err))
		return false;
	pthread_mutex_lock(&job->lock);
	item->pieces = mem_zeroed(item->parts.count + 1, sizeof *item->pieces);
	for (size_t i = 0; i < item->parts.count; i++) {
		item->pieces[i] = item->parts.whole[i] ? PIECE_WHOLE : PIECE_FREE;
		left += !item->parts.whole[i];
		bytes += item->parts.whole[i] ? parts_length(&item->parts, i) : 0;
	}
	item->left = left;
	item->bytes = bytes;
	item->resumed = bytes > 0;
	pthread_mutex_unlock(&job->lock);
	return enough_space(job, err);
}

/* The file is there; the snapshot shall have it, too. */
static bool link_and_end(struct job *job, struct item *item, struct error *err)
{
	bool ok = layout_link(job->folder, job->commit, item->listed->path, item->hash, err);

	file_close(&item->lock);
	if (ok)
		job_set_state(job, item, ITEM_DONE);
	return ok;
}

bool item_prepare(struct worker *w, struct item *item, struct error *err)
{
	struct job *job = w->job;

	if (item->restart)
		forget(job, item);
	if (item->restarts > JOB_RESTARTS_MAX)
		return error_set(err, ERROR_UNAVAILABLE, "%s of %s changes while it is downloaded: try again later",
			item->listed->path, job->repo);
	if (is_linked(job, item)) {
		job_set_state(job, item, ITEM_DONE);
		return true;
	}
	if (!item->blob) {
		if (!learn(w, item, err))
			return false;
		item->blob = layout_blob(job->folder, item->hash);
	}
	own_mem char *lock = layout_lock(job->hub, job->repo, item->hash);
	switch (lock_try(lock, &item->lock, err)) {
	case LOCK_FAILED:
		return false;
	case LOCK_BUSY:
		item->bytes = parts_progress(item->blob, item->size);
		job_set_state(job, item, ITEM_BLOCKED);
		return true;
	default:
		break;
	}
	if (blob_is_there(item)) {
		parts_forget(item->blob);
		return link_and_end(job, item, err);
	}
	if (!open_parts(w, item, err))
		return false;
	job_set_state(job, item, ITEM_OPEN);
	return true;
}

bool item_finish(struct worker *w, struct item *item, struct error *err)
{
	struct job *job = w->job;

	switch (check_file(item->parts.path, item->size, item->hash, w->cancel, err)) {
	case CHECK_FAILED:
		return false;
	case CHECK_DAMAGED:
		if (item->resumed) {
			job_restart(job, item);
			job_set_state(job, item, ITEM_OPEN);
			return true;
		}
		parts_drop(&item->parts);
		return error_set(err, ERROR_UNAVAILABLE,
			"%s of %s arrived damaged: its hash is not what the Hub says.  The file has been removed: try "
			"again",
			item->listed->path, job->repo);
	default:
		break;
	}
	bool ok = parts_finish(&item->parts, item->blob, err);
	parts_done(&item->parts);
	return ok && link_and_end(job, item, err);
}
