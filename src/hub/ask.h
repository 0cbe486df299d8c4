/*
 * One question to the Hub, or to whom it sends us: the token, the head of the
 * answer, and what its status means.  Internal to hub/.
 */
#pragma once

#include "base/buf.h"
#include "hub/hub.h"
#include "net/http.h"

/* Of an answer's head what the Hub's clients look at; empty strings for what is not there. */
struct answer {
	int status;
	char commit[HUB_HASH_MAX + 1];    /* X-Repo-Commit */
	char etag[160];                   /* as sent, quotes and all */
	char hash[HUB_HASH_MAX + 1];      /* X-Linked-Etag, else ETag, bare; "" when that is no name for a file */
	uint64_t linked_size;             /* X-Linked-Size, else HUB_SIZE_UNKNOWN */
	uint64_t length;                  /* Content-Length, else HUB_SIZE_UNKNOWN */
	uint64_t first, total;            /* Content-Range, else HUB_SIZE_UNKNOWN */
	char code[32];                    /* X-Error-Code: RepoNotFound, GatedRepo, ... */
	char message[200];                /* X-Error-Message, printable */
	bool has_retry_after;
	unsigned retry_after;             /* seconds */
	char location[8192];              /* "" when longer */
	char link[4096];                  /* Link */
};

void answer_read(struct answer *answer, const struct http_head *head);

/* Whether the same question may have a better answer later: 408, 429, 5xx. */
bool answer_is_passing(int status);

/* What a status that is no success means, as an error; always false.  `what` names file or revision, NULL: none. */
bool answer_explain(const struct hub *hub, const char *repo, const char *what, const char *url,
	const struct answer *answer, struct error *err);

struct question {
	const struct hub *hub;
	struct http_client *client;
	struct cancel *cancel;
	const char *method;               /* NULL: GET */
	const char *url;
	const char *range;                /* value of the Range header; NULL: none */
	unsigned redirects;
	unsigned silence_ms;              /* 0: hub->answer_ms */
	size_t body_max;
	http_head_fn *on_head;
	http_body_fn *on_body;
	void *user;
};

/* http_send() with the token where it may go. */
bool question_send(const struct question *question, struct error *err) must_use;

/* How often a thing has failed in a row, and how long to wait before it is tried again. */
struct patience {
	const struct hub *hub;
	struct http_client *client;
	struct cancel *cancel;
	unsigned failures;
	unsigned most;                    /* failures to bear; 0: hub->tries */
	uint64_t seed;
};

#define RETRY_AFTER_MAX 120u       /* seconds; who is told to wait longer is told so */

/*
 * Waits after a failure, `answer` the one that failed or NULL; false when it is
 * not to be tried again: err is then what it was, or says more.
 */
bool patience_wait(struct patience *p, const struct answer *answer, struct error *err) must_use;

/* Whether an error of http_send() may pass. */
bool error_is_passing(const struct error *err);

/* Asks until there is a body; 2xx only.  `what` as above. */
bool ask_body(const struct hub *hub, struct http_client *client, struct cancel *cancel, const char *repo,
	const char *what, const char *url, struct answer *answer, struct buf *body, struct error *err) must_use;
