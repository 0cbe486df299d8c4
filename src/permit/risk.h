/*
 * What a dialog says of a call besides asking: how much is at stake, what it can change, whether that can be taken
 * back, and a safer way where there is one.  v1's three questions: does it help or harm, can it be undone, is there
 * a better way?
 *
 * A pure function of the call and what is known around it.  It decides nothing (permit/permission.h does), and
 * what it does not know it rates high rather than low.  Stateless; any thread.
 */
#pragma once

#include "base/json.h"

enum risk_level { RISK_LOW, RISK_MEDIUM, RISK_HIGH };

/* "low", "medium", "high". */
extern const char *const risk_level_names[];

struct risk_question {
	struct str tool;
	const json_t *input;
	bool confined;             /* it would run in the sandbox: the project and nothing else */
	bool checkpoint;           /* what it changes is kept (store/checkpoints.h) */
	bool repository;           /* the project is in git */
};

struct risk {
	enum risk_level level;
	const char *changes;       /* a clause: "changes files of the project"; literals, as the next two */
	const char *undo;          /* "`shammah rewind` takes it back"; NULL: nothing to take back */
	const char *safer;         /* NULL: none is known */
};

void risk_judge(const struct risk_question *q, struct risk *out);
