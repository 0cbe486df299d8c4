/*
 * The client's side of a conversation: the messages so far, the tools that its model may
 * use, what they are allowed, and one turn of it.
 */
#pragma once

#include "agent/agent.h"
#include "cli/dialog.h"
#include "cli/grants.h"
#include "cli/link.h"
#include "cli/options.h"
#include "cli/print.h"
#include "cli/show.h"
#include "store/audit.h"

struct conversation {
	struct link *link;
	const struct options *options;
	struct show show;
	struct print print;          /* for -p with an output for programs */
	struct grants grants;
	struct tool_context tools;
	struct agent agent;
	struct audit audit;
	struct dialog dialog;
	struct link_answer last;     /* who gave the answer before */
	double cost_usd;             /* of all answers to the question; -1: not known */
	struct buf held;             /* of an answer that may not be the last: only that is printed */
	bool holds;                  /* it is held */
	struct error lost;           /* what was held could not be printed */
	char *restart;               /* the program that is to go on with it; NULL: this one */
	bool told_unconfined;        /* that commands cannot be confined here */
	bool talks;                  /* somebody is there to be asked */
	bool goes_on;                /* there will be further questions */
	bool nobody;                 /* nobody could answer the last question */
};

/* `talks`: questions may be put to the user in the terminal.  conversation_done() in any case. */
bool conversation_init(struct conversation *c, struct link *link, struct config *config, const struct options *options,
	bool talks, struct error *err) must_use;
void conversation_done(struct conversation *c);

/* Restart may be called: `restart` is looked at after each question. */
void conversation_may_restart(struct conversation *c);

/* Forgets all that was said. */
void conversation_clear(struct conversation *c);

/* The settings have changed (of the link's configuration). */
void conversation_reload(struct conversation *c);

/* From now on in this mode; false: err says why not. */
bool conversation_set_mode(struct conversation *c, enum permission_mode mode, struct error *err) must_use;

/*
 * Asks, shows the answer as it comes, runs what it calls, shows who gave it, and keeps it all.
 * What came before a failure or Ctrl+C is kept as well; a question without any answer is
 * forgotten.  The exit code for it.
 */
int conversation_ask(struct conversation *c, struct str question);
