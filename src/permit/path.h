/*
 * Whether a file may be read or written: a pure function of texts.
 *
 * The path is judged twice, as its text says (`..` takes back the name before
 * it) and as the links on its way lead, and the stricter verdict counts.  Names
 * are compared as a file system would that ignores case, width and invisible
 * characters.  Stateless; any thread.
 */
#pragma once

#include "base/buf.h"
#include "permit/verdict.h"

#define PATH_BYTES_MAX 4095
#define PATH_LINKS_MAX 40              /* as many as Linux follows */

/*
 * Reads links.  `read` says whether `path` (absolute, no link in its parents) is
 * one, and then fills `target` with where it leads; what is absent is none.
 */
struct path_links {
	bool (*read)(void *user, const char *path, struct buf *target);
	void *user;
};

struct path_question {
	struct str root;               /* of the project; absolute */
	struct str cwd;                /* absolute */
	struct str home;               /* absolute; empty: unknown */
	struct str path;               /* any bytes: absolute, relative to cwd, or beginning with ~/ */
	bool write;
	const struct path_links *links;        /* NULL: there are none */
};

struct path_judgement {
	enum verdict verdict;
	const char *why;               /* a literal; one clause, lower case */
	bool linked;                   /* the verdict is about where a link leads */
	char real[PATH_BYTES_MAX + 1]; /* where the path leads; "" when that cannot be told */
};

/* False when root, cwd or home are no absolute paths; the judgement is VERDICT_NEVER then. */
bool path_judge(const struct path_question *q, struct path_judgement *j, struct error *err) must_use;
