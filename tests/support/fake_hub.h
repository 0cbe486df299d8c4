/*
 * A Hugging Face Hub on loopback with one repository, a/b, for tests of whatever
 * downloads: listings, heads, redirects to where the bytes lie, ranges.  Large
 * files lie on a second server, as in the real Hub.
 */
#pragma once

#include <stdatomic.h>

#include "support/scripted_server.h"

#define FAKE_COMMIT "0123456789abcdef0123456789abcdef01234567"

struct fake_file {
	const char *path, *text;
	bool large;
};

/* What is asked. */
enum fake_ask { FAKE_INFO, FAKE_TREE, FAKE_HEAD, FAKE_GET, FAKE_BYTES, FAKE_ASKS };

struct fake_hub;

/*
 * Called before each answer: true when it has filled `reply` (its texts may lie in
 * `storage`) and that is the answer.  `nth` counts the questions of that kind from
 * 0.  Otherwise the usual answer is given, with what the fault set in `reply`.
 */
typedef bool fake_fault_fn(struct fake_hub *hub, enum fake_ask ask, unsigned nth, struct str request,
	struct scripted_reply *reply, struct buf *storage);

struct fake_hub {
	const struct fake_file *files;
	size_t count;
	fake_fault_fn *_Atomic fault;     /* NULL: none */
	bool bare_listing;                /* names only, as some mirrors have it */
	bool no_ranges;                   /* 200 and the whole file, whatever is asked for */
	const char *prefix;               /* of the mirror's paths, "/hf"; NULL: none */
	const char *etag;                 /* of the bytes; NULL: one that never changes */
	struct scripted_server *server, *bytes;
	atomic_uint asked[FAKE_ASKS];
	atomic_uint bytes_sent;           /* of large files, as asked for */
	void *user;                       /* the test's */
};

/* The rest of `hub` is filled in before. */
void fake_hub_start(struct fake_hub *hub);
void fake_hub_stop(struct fake_hub *hub);

/* For HF_ENDPOINT; valid as scripted_server_url(). */
const char *fake_hub_url(struct fake_hub *hub);

/* How the Hub would call a file. */
void fake_hash(const struct fake_file *file, char hex[65]);
