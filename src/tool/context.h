/*
 * What the tools of one conversation share.
 *
 * Parts that only one tool needs are made by it on first use, and released here.
 * Tools that change something run one at a time; those that only read may run beside
 * each other, so what they write here is guarded by its own lock.
 */
#pragma once

#include "base/error.h"
#include "tool/tool.h"

struct permissions;        /* permit/permission.h */
struct checkpoints;        /* store/checkpoints.h */
struct seen;               /* tool/seen.h */
struct tasks;              /* tool/tasks.h */

/* Whom a tool may ask something; each member may be NULL: there is nobody. */
struct tool_ui {
	/* AskUserQuestion: "questions" as its schema has them; the answers by question, which the caller owns. */
	json_t *(*ask)(void *user, const json_t *questions, struct error *err);
	/* ExitPlanMode: whether the user takes the plan; false with ERROR_DENIED: no, with what they say instead. */
	bool (*approve_plan)(void *user, struct str plan, struct error *err);
	/* TodoWrite: the list has changed. */
	void (*todos)(void *user, const json_t *todos);
	/* Restart: the conversation is to go on in `program`, when the answer has ended. */
	void (*restart)(void *user, const char *program);
	void *user;
};

struct tool_context {
	char *root;                /* the project's folder, absolute, without links */
	char *cwd;                 /* where shells begin; absolute, without links */
	char *home;                /* the user's; NULL: unknown */
	char *ours;                /* ~/.shammah; NULL: unknown */
	char *temp;                /* a folder of this conversation's alone, removed with the context (tool/temp.h) */
	int temp_lock;
	const struct permissions *permissions;     /* borrowed; NULL: everything may be read (tests) */
	bool unconfined;           /* the settings want no commands confined */
	bool network;              /* and confined ones to reach the network */
	struct tool_ui ui;
	unsigned turn;             /* counts the user's messages, from 1 */
	json_t *todos;             /* NULL: none yet */
	struct seen *seen;         /* files the model has read */
	struct checkpoints *checkpoints;   /* NULL: nothing is kept (`ours` is unknown); see tool_checkpoints() */
	struct tasks *tasks;       /* commands in the background; NULL: none yet */
	struct web *web;           /* how tools ask the web, and what they keep of it */
};

/* Takes copies.  tool_context_done() in any case. */
bool tool_context_init(struct tool_context *c, const char *root, const char *cwd, const char *home, const char *ours,
	struct error *err) must_use;
void tool_context_done(struct tool_context *c);
/* The folder for temporary files alone, when a signal ends the program; any thread, while no tool runs. */
void tool_context_remove_temp(const struct tool_context *c);
#define own_tool_context owns(tool_context_done) struct tool_context

/* The conversation's name (letters, digits and '-'), under which `shammah rewind` lists it; before any tool has run. */
bool tool_context_name(struct tool_context *c, const char *session, struct error *err) must_use;

/* What files held before tools change them, in this turn (c->turn); NULL: it is not kept. */
struct checkpoints *tool_checkpoints(struct tool_context *c);
