/*
 * The judge of a whole command line, by its text alone: nothing is run, and no
 * file looked at.
 *
 * "never" is the hard limit above every rule: it destroys what cannot be got
 * back, takes the machine's rights, gives secrets away, or runs what nobody
 * has seen.  "safe" only reads and needs no question.  All else, and what
 * cannot be parsed, is asked about.  The worst part decides.  Wrappers (env,
 * xargs, sh -c, eval, python -c, ...) are looked through.  Any thread.
 */
#pragma once

#include "base/json.h"

enum command_verdict { COMMAND_SAFE, COMMAND_ASK, COMMAND_NEVER };

enum { COMMAND_LONG = 10000 };      /* bytes above which nothing is safe, as in Claude Code */

struct command_judgement {
	enum command_verdict verdict;
	char why[300];          /* what decided,
		with the part of the command; NUL-terminated UTF-8 or bytes of the input */
};

void command_judge(struct str command, struct command_judgement *judgement);

/* {"command"} in; {"verdict": "never"|"ask"|"safe", "why"} out.  The caller owns the result. */
json_t *explain_command(const json_t *input, struct error *err) must_use;
