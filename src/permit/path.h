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
	struct str ours;               /* where $SHAMMAH_HOME leads: governed as ~/.shammah is; absolute, or empty */
};

enum path_place {
	PATH_INSIDE,                   /* the project */
	PATH_OUTSIDE,
	PATH_HARMLESS,                 /* /dev/null */
	PATH_WATCHED,                  /* often holds secrets, or is read differently elsewhere */
	PATH_PROTECTED,                /* written, it can run later by itself */
	PATH_SYSTEM,
	PATH_SECRET,                   /* or no path at all */
};

struct path_judgement {
	enum verdict verdict;
	enum path_place place;         /* what the verdict is about */
	const char *why;               /* a literal; one clause, lower case */
	bool linked;                   /* the verdict is about where a link leads */
	char written[PATH_BYTES_MAX + 1];      /* absolute, `..` taken back as text; "" when that cannot be told */
	char real[PATH_BYTES_MAX + 1]; /* where the path leads; "" as well */
};

/* False when root, cwd, home or ours are no absolute paths; the judgement is VERDICT_NEVER then. */
bool path_judge(const struct path_question *q, struct path_judgement *j, struct error *err) must_use;

/*
 * The absolute path without `.`, `..`, doubled slashes and, with `links`, without links.  False when it is too
 * long, or its links lead nowhere; `real` is "" then.
 */
bool path_walk(const char *path, const struct path_links *links, char real[PATH_BYTES_MAX + 1]) must_use;
