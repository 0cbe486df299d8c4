/*
 * A run of pieces is asked for at once.  Bytes go where they belong as they come;
 * each piece is digested on the way and noted when it is whole.  After a cut the
 * next request goes on at the very byte.
 *
 * A server that answers 200 to a range sends the file from its beginning: then one
 * worker reads it all, passing over the pieces that are not its own, and the
 * others go.  An answer that is of another version (its ETag, its length, or what
 * the Hub says when it is asked again) makes the item begin anew.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/sha.h"
#include "hub/job.h"
#include "hub/sizes.h"
#include "net/url.h"

#define REDIRECTS 10
#define PROGRESS (64u << 10)       /* bytes without a cut that make up for the failures before */

enum outcome {
	GOES_ON,           /* or has ended as http_send() says */
	REFUSED,           /* a status that is no success */
	OTHER_VERSION,
	NOT_NEEDED,        /* another worker reads the whole file */
};

struct run {
	struct worker *w;
	const struct step *step;
	struct item *item;
	uint64_t at, end;          /* the next byte, and the one after the last */
	bool from_start;           /* the answer is the whole file */
	bool ours;                 /* the piece at `at` is to be kept */
	struct sha sha;            /* of that piece so far */
	struct answer answer;
	enum outcome outcome;
	struct patience patience;
	uint64_t unbroken;         /* bytes since the last failure */
	bool asked_again;          /* where the bytes lie, since then */
};

static size_t piece_at(const struct run *r) { return (size_t)(r->at / r->item->parts.piece); }

/* The bytes of the piece that have been kept. */
static uint64_t piece_offset(const struct run *r) { return r->at - parts_begin(&r->item->parts, piece_at(r)); }

static bool in_step(const struct run *r, size_t piece)
{
	return piece >= r->step->first && piece < r->step->first + r->step->count;
}

/* At a piece's first byte: whether its bytes are ours to keep; a free one becomes ours. */
static void enter_piece(struct run *r)
{
	struct job *job = r->w->job;
	size_t piece = piece_at(r);

	pthread_mutex_lock(&job->lock);
	uint8_t *state = &r->item->pieces[piece];
	r->ours = *state == PIECE_FREE || (*state == PIECE_TAKEN && in_step(r, piece));
	if (r->ours)
		*state = PIECE_TAKEN;
	pthread_mutex_unlock(&job->lock);
	sha_init(&r->sha, SHA_256);
}

/* The piece under way is not finished: what has come of it is not counted any more. */
static void leave_piece(struct run *r)
{
	struct job *job = r->w->job;

	if (!r->ours || r->at >= r->end || piece_offset(r) == 0)
		return;
	r->item->bytes -= piece_offset(r);
	r->ours = false;
	if (in_step(r, piece_at(r)))
		return;
	pthread_mutex_lock(&job->lock);
	r->item->pieces[piece_at(r)] = PIECE_FREE;
	pthread_mutex_unlock(&job->lock);
}

static bool end_piece(struct run *r, size_t piece, struct error *err)
{
	struct job *job = r->w->job;
	char hex[SHA_HEX_MAX + 1];

	r->unbroken = PROGRESS;
	if (!r->ours)
		return true;
	sha_hex(&r->sha, hex);
	if (!parts_note(&r->item->parts, piece, hex, err))
		return false;
	pthread_mutex_lock(&job->lock);
	r->item->pieces[piece] = PIECE_WHOLE;
	r->item->left--;
	pthread_mutex_unlock(&job->lock);
	r->ours = false;
	return true;
}

static void note_progress(struct run *r, size_t n)
{
	r->unbroken += n;
	if (r->unbroken < PROGRESS || r->patience.failures == 0)
		return;
	r->patience.failures = 0;
	r->asked_again = false;
	job_trouble(r->w->job, "");
}

/* Bytes of one piece. */
static bool keep(struct run *r, struct str bytes, struct error *err)
{
	size_t piece = piece_at(r);
	uint64_t piece_end = parts_begin(&r->item->parts, piece) + parts_length(&r->item->parts, piece);

	if (piece_offset(r) == 0)
		enter_piece(r);
	if (r->ours) {
		if (!parts_write(&r->item->parts, r->at, bytes, err))
			return false;
		sha_feed(&r->sha, bytes);
		r->item->bytes += bytes.n;
	}
	r->at += bytes.n;
	bool ok = r->at < piece_end || end_piece(r, piece, err);
	note_progress(r, bytes.n);
	return ok;
}

static enum http_next on_body(void *user, struct str bytes, struct error *err)
{
	struct run *r = user;

	if (r->outcome != GOES_ON)
		return HTTP_ENOUGH;
	if (r->item->restart) {
		r->outcome = OTHER_VERSION;
		return HTTP_ENOUGH;
	}
	while (bytes.n && r->at < r->end) {
		uint64_t room = parts_length(&r->item->parts, piece_at(r)) - piece_offset(r);
		struct str part = { bytes.p, bytes.n < room ? bytes.n : (size_t)room };
		if (!keep(r, part, err))
			return HTTP_FAIL;
		bytes = str_from(bytes, part.n);
	}
	return bytes.n ? HTTP_ENOUGH : HTTP_MORE;
}

/* The whole file comes instead of a range: one worker may have it. */
static enum outcome read_from_start(struct run *r)
{
	struct job *job = r->w->job;
	enum outcome outcome = GOES_ON;

	leave_piece(r);
	pthread_mutex_lock(&job->lock);
	if (r->item->streaming && !r->from_start)
		outcome = NOT_NEEDED;
	r->item->one_stream = r->item->streaming = true;
	pthread_mutex_unlock(&job->lock);
	if (outcome == GOES_ON) {
		r->from_start = true;
		r->at = 0;
		r->end = r->item->size;
	}
	return outcome;
}

/*
 * Whether the bytes are of the version that the other bytes are of.  Asked before
 * the first restart only: servers of one name may have ETags of their own, and in
 * the end it is the hash that decides.
 */
static bool same_version(struct run *r)
{
	struct job *job = r->w->job;
	struct item *item = r->item;
	bool same = true;

	pthread_mutex_lock(&job->lock);
	if (!item->etag[0])
		memcpy(item->etag, r->answer.etag, sizeof item->etag);
	else if (r->answer.etag[0] && item->restarts == 0)
		same = strcmp(item->etag, r->answer.etag) == 0;
	pthread_mutex_unlock(&job->lock);
	return same;
}

static bool on_head(void *user, const struct http_head *head, struct error *err)
{
	struct run *r = user;
	const struct answer *a = &r->answer;
	bool asked_for_all = r->at == 0 && r->end == r->item->size;

	answer_read(&r->answer, head);
	if (a->status != 206 && a->status != 200) {
		r->outcome = a->status == 416 || a->status == 412 ? OTHER_VERSION : REFUSED;
		return true;
	}
	uint64_t size = a->status == 206 ? a->total : a->length;
	if (!same_version(r)) {
		r->outcome = OTHER_VERSION;
	} else if (size != HUB_SIZE_UNKNOWN && size != r->item->size) {
		return error_set(err, ERROR_UNAVAILABLE,
			"%s should have %llu bytes, but the server has %llu: try again later",
			r->item->listed->path, (unsigned long long)r->item->size, (unsigned long long)size);
	} else if (a->status == 206 && a->first != r->at) {
		return error_set(err, ERROR_UNAVAILABLE, "the server sends other bytes of %s than those asked for",
			r->item->listed->path);
	} else if (a->status == 200 && (r->from_start || !asked_for_all)) {
		r->outcome = read_from_start(r);
	}
	return true;
}

/* One request.  False with an error that may pass, or not. */
static bool request(struct run *r, const char *url, struct error *err)
{
	struct item *item = r->item;
	char range[64];
	struct question q = { .hub = r->w->job->hub, .client = r->w->client, .cancel = r->w->cancel, .url = url,
		.redirects = REDIRECTS, .silence_ms = r->w->job->hub->silence_ms, .body_max = SIZE_MAX / 2,
		.on_head = on_head, .on_body = on_body, .user = r };

	snprintf(range, sizeof range, "bytes=%llu-%llu", (unsigned long long)r->at, (unsigned long long)r->end - 1);
	if (!r->from_start && !(r->at == 0 && r->end == item->size))
		q.range = range;
	r->outcome = GOES_ON;
	r->answer = (struct answer){ 0 };
	if (!question_send(&q, err))
		return false;
	if (r->outcome == GOES_ON && r->at < r->end) {
		own_mem char *host = url_host(url);
		return error_set(err, ERROR_UNAVAILABLE, "the answer of %s ended too early", host);
	}
	return true;
}

/* An address that was given for a while may have expired: asks for another, once. */
static bool ask_again(struct run *r, struct error *err)
{
	struct job *job = r->w->job;

	r->asked_again = true;
	if (!item_resolve(r->w, r->item, &r->answer, err))
		return false;
	pthread_mutex_lock(&job->lock);
	r->item->etag[0] = '\0';
	pthread_mutex_unlock(&job->lock);
	return true;
}

/* After a failure, with its error or the answer that refused: true when the run goes on. */
static bool recover(struct run *r, const char *url, bool answered, struct error *err)
{
	struct job *job = r->w->job;

	if (answered)
		answer_explain(job->hub, job->repo, r->item->listed->path, url, &r->answer, err);
	if (answered && !answer_is_passing(r->answer.status)) {
		if (r->asked_again || url_same_origin(job->hub->endpoint, url))
			return false;
		if (ask_again(r, err))
			return true;
		r->asked_again = false;
		answered = r->answer.status != 0;
	}
	r->unbroken = 0;
	job_trouble(job, err->text);
	bool passing = answered ? answer_is_passing(r->answer.status) : error_is_passing(err);
	if (!passing || !patience_wait(&r->patience, answered ? &r->answer : NULL, err))
		return false;
	if (r->from_start) {
		leave_piece(r);
		r->at = 0;
	}
	return true;
}

static bool explain_full_disk(struct job *job, struct error *err)
{
	char left[SIZE_TEXT];

	return error_set(err, ERROR_TOO_LARGE,
		"the disk of %s is full, and %s of %s are still to come: make room and try again, what has come is "
		"kept",
		job->hub->cache, size_text(job_left(job), left), job->repo);
}

static bool drive(struct run *r, struct error *err)
{
	struct job *job = r->w->job;

	while (r->at < r->end && !r->item->restart) {
		struct error problem = { 0 };
		pthread_mutex_lock(&job->lock);
		own_mem char *url = mem_strdup(r->item->url);
		pthread_mutex_unlock(&job->lock);
		bool ok = request(r, url, &problem);
		if (ok && r->outcome == NOT_NEEDED)
			return true;
		if (ok && r->outcome == OTHER_VERSION)
			job_restart(job, r->item);
		else if ((!ok || r->outcome == REFUSED) && !recover(r, url, ok, &problem)) {
			*err = problem;
			return problem.kind == ERROR_TOO_LARGE ? explain_full_disk(job, err) : false;
		}
	}
	return true;
}

bool item_fetch(struct worker *w, const struct step *step, struct error *err)
{
	const struct parts *parts = &step->item->parts;
	size_t last = step->first + step->count - 1;
	struct run run = {
		.w = w, .step = step, .item = step->item, .from_start = step->from_start,
		.at = step->from_start ? 0 : parts_begin(parts, step->first),
		.end = step->from_start ? step->item->size : parts_begin(parts, last) + parts_length(parts, last),
		.patience = { w->job->hub, w->client, w->cancel },
	};
	bool ok = drive(&run, err);

	leave_piece(&run);
	job_return(w->job, step);
	return ok;
}
