/*
 * Teachers in the order they are asked: when one cannot answer, the next is asked,
 * and whoever listens is told why.
 *
 * The next is asked after failures that another may not have: nobody there, not now
 * (after its attempts), key or account refused, no such model, a conversation too
 * long for it, a wish it has no word for.  It is not when the request is wrong, when
 * the user has stopped it, and never once a delta has been passed on.  A refusal or
 * a block for safety is an answer.
 *
 * A teacher whose breaker is open is passed over; when all are, the one that rests
 * for the shortest time is asked all the same.  A question that is for one teacher
 * only is a chain of one.
 */
#pragma once

#include <pthread.h>

#include "provider/ask.h"
#include "provider/breaker.h"

#define CHAIN_PATIENCE_MS 20000    /* the longest wait for one teacher while there is another to ask */
#define CHAIN_TEXT_MAX 500

struct chain_teacher {
	struct teacher teacher;    /* without a key: find_key brings it */
	const char *name;          /* for people */
	const char *key_origin;    /* where its key is written; NULL: nowhere */
	struct breaker *breaker;
};

enum chain_event {
	CHAIN_RETRY,               /* the same one is asked again, after a wait */
	CHAIN_NEXT,                /* it failed: the next one is asked */
	CHAIN_SKIP,                /* it rests: the next one is asked */
};

/* Valid only during the callback. */
struct chain_notice {
	enum chain_event event;
	const char *teacher;       /* its name */
	const char *why;           /* a sentence without its point; it may quote the vendor, and that the request */
	enum error_kind kind;      /* of that */
	const char *next;          /* the next one's name; NULL with CHAIN_RETRY */
	unsigned wait_ms, attempt, attempts;   /* of CHAIN_RETRY, as in ask.h */
};
typedef void chain_notice_fn(void *user, const struct chain_notice *notice);

/*
 * The key of a teacher (by its index), NULL where it has none, to stay valid until the
 * next call.  `refused`: the one that was given last is no good; false with an error
 * that says why there is no other.
 */
typedef bool chain_key_fn(void *user, size_t teacher, bool refused, const char **key, struct error *err);

struct chain {
	const struct chain_teacher *teachers;
	size_t count;              /* at least 1 */
	pthread_mutex_t *lock;     /* guards the breakers; never held while anybody is asked or called */
	struct ask_patience patience;
	struct cancel *cancel;     /* NULL: none */
	delta_fn *on_delta;
	chain_notice_fn *on_notice;
	chain_key_fn *find_key;
	void (*on_teacher)(void *user, size_t teacher);    /* from now on this one is asked */
	/* Of those made to ask that teacher, so many attempts were sent and not answered in time.  NULL: no matter. */
	void (*on_unanswered)(void *user, size_t teacher, unsigned attempts);
	void *user;                /* of all five */
};

/*
 * Blocks until an answer's DELTA_END has been passed on (true) or there will be none.
 * When all failed the error names each, and what to do; ERROR_UNAVAILABLE when later
 * it may be another matter.
 */
bool chain_ask(struct http_client *client, const struct chain *chain, const struct request *request,
	struct error *err) must_use;

/* The notice in one sentence: "Claude is overloaded: asking again in 4 s (attempt 2 of 3)". */
void chain_notice_text(const struct chain_notice *notice, char text[CHAIN_TEXT_MAX]);
