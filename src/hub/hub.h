/*
 * The Hugging Face Hub: what a repository holds, and a copy of it in the cache
 * that the Python client (huggingface_hub) uses, so that what either has
 * downloaded is found by both.
 *
 * Blocking calls, to be made from any thread but those that serve requests; one
 * `struct hub` may be read by several threads.  Everything that comes from the
 * server is checked: names, sizes, hashes.  The token goes to the endpoint's
 * origin only, never into an error or a log.
 *
 * Errors: ERROR_NOT_FOUND (repository, revision, file; or, offline, not in the
 * cache), ERROR_DENIED (token, licence), ERROR_UNAVAILABLE and ERROR_TIMEOUT
 * (after several tries), ERROR_TOO_LARGE (disk space, ceilings),
 * ERROR_CANCELLED, ERROR_INVALID (a name that is none, an answer that is none).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/error.h"

/* Where the Hub and its cache are, as the environment says: docs of huggingface_hub, "Environment variables". */
struct hub {
	char *endpoint;        /* without a slash at the end */
	char *token;           /* NULL: none */
	char *token_path;      /* where a token would be looked for; for error texts */
	char *cache;           /* the folder that holds models--OWNER--NAME */
	bool offline;          /* ask nobody */
	unsigned answer_ms;    /* for a question's answer: HF_HUB_ETAG_TIMEOUT */
	unsigned silence_ms;   /* between two bytes: HF_HUB_DOWNLOAD_TIMEOUT */
	/* How a download is done; hub_init() fills in what follows, tests make it small. */
	unsigned connections;  /* at a time */
	uint64_t span;         /* bytes asked for at once; a multiple of `piece` */
	uint64_t piece;        /* bytes that are kept or asked for again as a whole */
	uint64_t reserve;      /* bytes of the disk that stay free */
	unsigned tries;        /* in a row without progress */
	unsigned backoff_ms;   /* before the second try; doubles */
};

bool hub_init(struct hub *hub, struct error *err) must_use;
void hub_done(struct hub *hub);
#define own_hub owns(hub_done) struct hub

#define HUB_HASH_MAX 64                   /* hexadecimal digits of a SHA-256 */
#define HUB_SIZE_UNKNOWN UINT64_MAX

struct hub_file {
	char *path;                       /* in the repository; safe below any folder */
	uint64_t size;                    /* bytes, or HUB_SIZE_UNKNOWN */
	char hash[HUB_HASH_MAX + 1];      /* of the content: SHA-256 (64 digits) or git's (40); "": unknown */
	char git_hash[HUB_HASH_MAX + 1];  /* git's, of the content or of the pointer that stands for it; "": unknown */
};

/* What a revision holds. */
struct hub_listing {
	char commit[HUB_HASH_MAX + 1];
	struct hub_file *files;           /* sorted by path */
	size_t count;
};

void hub_listing_done(struct hub_listing *listing);
#define own_hub_listing owns(hub_listing_done) struct hub_listing

/* Asks the Hub; offline, the cache.  `revision` is a branch, tag or commit; NULL: main. */
bool hub_list_files(const struct hub *hub, const char *repo, const char *revision, struct cancel *cancel,
	struct hub_listing *listing, struct error *err) must_use;

/* Which files of which revision. */
struct hub_want {
	const char *repo;                 /* OWNER/NAME */
	const char *revision;             /* NULL: main */
	/* Paths or patterns (fnmatch(3); an asterisk matches slashes, too); none: all.  A plain path must exist. */
	const char *const *files;
	size_t file_count;
};

enum hub_stage { HUB_ASKING, HUB_FETCHING, HUB_WAITING, HUB_VERIFYING };   /* WAITING: another process downloads */

struct hub_progress {
	enum hub_stage stage;
	uint64_t done, total;             /* bytes; what was there before counts as done */
	uint64_t per_second;              /* bytes, over the last seconds; 0: not known yet */
	size_t files_done, files;
	const char *trouble;              /* why a try failed that is being repeated; NULL: all is well */
};

/* Called a few times a second by the thread that called hub_download(). */
typedef void hub_progress_fn(void *user, const struct hub_progress *progress);

/*
 * Brings the wanted files into the cache, except for those that are there, and
 * returns the snapshot's folder (the caller frees).  What a call that failed, was
 * cancelled or killed has brought is kept and not asked for again.  Several
 * processes that want one file share the work.
 */
char *hub_download(const struct hub *hub, const struct hub_want *want, hub_progress_fn *on_progress, void *user,
	struct cancel *cancel, struct error *err) must_use;

/*
 * The snapshot's folder if every wanted file is in the cache; asks nobody.  NULL
 * with ERROR_NOT_FOUND, which names what is missing.  Without a known listing,
 * patterns are taken to want what is there, and at least one file.
 */
char *hub_find(const struct hub *hub, const struct hub_want *want, struct error *err) must_use;

/* One revision of a repository in the cache. */
struct hub_cached {
	char *repo;
	char commit[HUB_HASH_MAX + 1];
	char *refs;                       /* names that lead to it, separated by ", "; "" for none */
	char *path;                       /* the snapshot's folder */
	uint64_t bytes;                   /* of its files */
	size_t files;
	int64_t used, changed;            /* seconds since 1970: last read (as the file system tells), last written */
	bool whole;                       /* everything that was asked for is there */
};

struct hub_cache {
	struct hub_cached *entries;       /* sorted by repository and commit */
	size_t count;
	uint64_t partial_bytes;           /* in files that downloads have left unfinished */
};

void hub_cache_done(struct hub_cache *cache);
#define own_hub_cache owns(hub_cache_done) struct hub_cache

/* All models in the cache; a missing cache is an empty one. */
bool hub_list(const struct hub *hub, struct hub_cache *cache, struct error *err) must_use;

/* Removes a revision (NULL: the whole repository) and the blobs that no other revision uses. */
bool hub_remove(const struct hub *hub, const char *repo, const char *revision, uint64_t *freed,
	struct error *err) must_use;

/* What hub_verify() found out about a file. */
enum hub_verdict { HUB_GOOD, HUB_DAMAGED, HUB_UNKNOWN };   /* UNKNOWN: its name says no hash that we know */
typedef void hub_verdict_fn(void *user, const char *path, enum hub_verdict verdict);

/*
 * Reads every file of a revision (NULL: main) again and compares hashes.  False
 * when a file is damaged (ERROR_INVALID) or missing; all are looked at first.
 */
bool hub_verify(const struct hub *hub, const char *repo, const char *revision, hub_verdict_fn *on_verdict, void *user,
	struct cancel *cancel, struct error *err) must_use;
