/*
 * What tools did: one line a call in logs/tools.jsonl (store/lines.h), refused calls too.
 *
 * At the first call of a day (UTC) the file becomes tools-YYYY-MM-DD.jsonl, by the day of
 * its last line.  Texts come here with secrets masked (permit/secrets.h); of results there
 * is the size only.  A line that would be too long loses its arguments, then its
 * reason, and says so.
 *
 * A log that cannot be written never stops a tool.  Any process may write.
 */
#pragma once

#include <stdint.h>

#include "base/json.h"

#define AUDIT_DAYS 30              /* files of so many days before today are kept */

/* Strings that are NULL are not written. */
struct audit_record {
	int64_t time_ms;           /* since 1970; when the call was judged */
	const char *session, *tool;
	const json_t *arguments;   /* masked and cut; NULL: none were understood */
	const char *decision;      /* "allow", "ask", "deny": what the rules say */
	const char *why;           /* and why, one clause */
	const char *rule, *file;   /* the rule that decided, and where it stands; NULL: built in */
	const char *by;            /* who had the last word: "rules", "user", "nobody" */
	const char *result;        /* "ok", "failed", "denied", "cancelled", "wrong" */
	uint64_t bytes;            /* of the result */
	uint64_t ms;               /* that it ran */
};

/* The log of one process.  One thread at a time. */
struct audit {
	char *home;                /* ~/.shammah; NULL: nothing is logged */
	int day;                   /* of the last look for old files; YYYYMMDD */
	bool failed;
};

/* Takes a copy.  audit_done() in any case. */
void audit_init(struct audit *a, const char *home);
void audit_done(struct audit *a);

/*
 * Writes a line.  False: it could not be, and err says why; only the first time, so that the
 * user is told once; after a line that was written it is told again.
 */
bool audit_add(struct audit *a, const struct audit_record *r, struct error *err) must_use;
