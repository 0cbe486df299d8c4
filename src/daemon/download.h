/*
 * Downloads of models, in the background: one at a time, on a thread of its own.
 *
 * What is under way is noted in ~/.shammah/download.json, so that a daemon that is
 * started again goes on with it.  The Hub's token is never noted.  Any thread may
 * call anything here but download_destroy().
 */
#pragma once

#include "base/json.h"
#include "daemon/worker.h"

struct download;

/* What to bring.  Strings are copied. */
struct download_request {
	const char *model;           /* as hub/spec.h reads it; NULL: the one that fits this machine */
	const char *precision;       /* NULL: the first there is */
	bool use;                    /* from then on it is the model in use */
	/* Where from and where to, when the client knows better than our environment; NULL: ours. */
	const char *endpoint, *cache, *token;
};

struct download *download_create(const char *home, struct worker *worker);

/* Cancels what is under way, and waits for its end; what has come is kept, and the next daemon goes on. */
void download_stop(struct download *d);

/* download_stop() first. */
void download_destroy(struct download *d);

/* Goes on with what the last daemon left, if anything. */
void download_resume(struct download *d);

/*
 * Begins.  The model that is on its way already is no error; another one is
 * (ERROR_UNAVAILABLE), and so is a name that is none (ERROR_INVALID).
 */
bool download_start(struct download *d, const struct download_request *request, struct error *err) must_use;

/* False when none is under way.  It will not be gone on with; what has come is kept for the next start. */
bool download_cancel(struct download *d);

enum download_state { DOWNLOAD_NONE, DOWNLOAD_RUNNING, DOWNLOAD_DONE, DOWNLOAD_FAILED, DOWNLOAD_CANCELLED };

struct download_status {
	enum download_state state;
	const char *stage;           /* "asking", "fetching", "waiting", "verifying", "preparing"; not running: "" */
	char model[256], repository[128], precision[16];
	uint64_t done, total, per_second;      /* bytes; 0: not known */
	double share;                /* of preparing, 0 to 1 */
	size_t files_done, files;
	char error[400], trouble[200];         /* why it failed; why a try is being repeated */
};

/* A consistent copy. */
void download_status(struct download *d, struct download_status *status);

/* For /v1/status: state, stage, model, repository, bytes, total, per_second, eta_s (null: unknown), error, …. */
json_t *download_json(const struct download_status *s);
