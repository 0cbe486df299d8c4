/*
 * The client's link to the daemon: finds it, starts it when none runs, tells it
 * what this user brought along (model, key), and asks.
 *
 * One thread at a time; only the cancel token may be fired from another.
 */
#pragma once

#include "base/cancel.h"
#include "base/json.h"
#include "cli/link_calls.h"
#include "config/config.h"
#include "daemon/life.h"
#include "daemon/teacher_list.h"
#include "net/http.h"

struct link {
	const struct config *config;
	char *home;                   /* ~/.shammah */
	struct http_client *http;
	pid_t pid, told;              /* the daemon; the one that was told (0: none yet) */
	uint16_t port;
	char token[TOKEN_LENGTH + 1];
	char teachers[TEACHER_LIST_ID + 1];   /* what the daemon calls our list; "": we have none, or it was not told */
};

/*
 * Ready to ask when true: a daemon runs (it is started if needed, without waiting
 * for its model) and knows this user's model and key.  link_done() in any case.
 */
bool link_open(struct link *l, const struct config *config, struct error *err) must_use;

/* Only finds the daemon that runs, and tells it nothing; ERROR_NOT_FOUND when none does.  link_done() in any case. */
bool link_attach(struct link *l, const struct config *config, struct error *err) must_use;

void link_done(struct link *l);
#define own_link owns(link_done) struct link

/*
 * Starts a daemon and waits until it listens; true also when another one is there
 * first, which may still be on its way.
 */
bool link_start_daemon(const struct config *config, const char *home, struct error *err) must_use;

/* GETs or (body not NULL) POSTs JSON.  The answer's JSON whatever the status; the caller owns it. */
json_t *link_json(struct link *l, const char *path, const json_t *body, int *status, struct error *err) must_use;

/* The daemon's /v1/status, which the caller owns; NULL when the one that was told is gone. */
json_t *link_status(struct link *l);

/* The error that a reply with another status than 200 stands for; false. */
bool link_refused(const json_t *reply, int status, struct error *err);

/* What came with an answer besides its text. */
struct link_answer {
	char *kind, *name, *reason;   /* who answered, as in daemon/openai.h; NULL: unknown */
	char *teacher;                /* what the teacher is called; NULL: none */
	double cost_usd;              /* -1: not known */
	size_t completion_tokens, prompt_tokens, cached_tokens, written_tokens;    /* the last two of the prompt */
	struct link_calls calls;
	uint64_t first_ns, total_ns;  /* from the question to the first text or thought, and to the end */
	bool cut_by_length, refused;
	bool cut;                     /* it failed after some of it came */
	bool nobody;                  /* refused: neither known answer, nor model, nor teacher */
};
void link_answer_done(struct link_answer *a);
#define own_link_answer owns(link_answer_done) struct link_answer

typedef bool link_text_fn(void *user, struct str text, struct error *err);

/* What the daemon tells while an answer is waited for: as openai_notice in daemon/openai.h, with members missing. */
struct link_notice {
	const char *kind, *teacher, *text, *why;
	unsigned wait_ms, attempt, attempts;
};

/* Whom an answer is handed to as it comes. */
struct link_listener {
	link_text_fn *on_text;
	link_text_fn *on_thought;     /* what a model thinks before it answers */
	void (*on_notice)(void *user, const struct link_notice *notice);
	void (*on_tick)(void *user);  /* some times a second while nothing comes */
	void *user;
};

/*
 * Asks (a chat completion with stream: true) and hands over text as it comes.
 * Asks once more when the daemon died before anything came.  ERROR_CANCELLED
 * after the token fired.
 */
bool link_ask(struct link *l, const json_t *request, struct cancel *cancel, const struct link_listener *listener,
	struct link_answer *answer, struct error *err) must_use;
