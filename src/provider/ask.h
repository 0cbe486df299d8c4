/*
 * Asks a provider and passes on its answer: the transport of every dialect.
 *
 * Tried again, with growing pauses or when the server says (provider/retry.h), are
 * connections that failed and answers that say "not now" (429, 5xx); once a delta has
 * been passed on nothing is tried again, and a stream that breaks then is reported as
 * cut.  The key goes to the base URL's host and nowhere else: redirects are not
 * followed, and no error text holds it.
 */
#pragma once

#include "provider/provider.h"

/* Members that are 0 mean the default. */
struct ask_patience {
	unsigned attempts;         /* ASK_ATTEMPTS */
	unsigned timeouts;         /* ASK_TIMEOUTS: attempts when the last one ran into a timeout */
	unsigned pause_ms;         /* ASK_PAUSE_MS: before the second attempt; doubled before each further one */
	unsigned longest_wait_ms;  /* ASK_LONGEST_WAIT_MS: being told to wait longer ends the asking at once */
	unsigned connect_ms, first_byte_ms, silence_ms;   /* as in net/http.h */
};

#define ASK_ATTEMPTS 3
#define ASK_TIMEOUTS 2
#define ASK_PAUSE_MS 1000
#define ASK_LONGEST_WAIT_MS 60000

/* "Waiting because …". */
struct ask_notice {
	const struct error *why;   /* the last attempt failed */
	unsigned wait_ms;          /* until the next */
	unsigned attempt, attempts;    /* which will be this one of so many */
};
typedef void ask_notice_fn(void *user, const struct ask_notice *notice);

/* Who is asked. */
struct teacher {
	const struct provider *provider;
	const char *base_url;      /* NULL: the provider's own */
	const char *key;           /* NULL: none is sent */
	const char *model;         /* NULL: the provider's default */
	bool bearer;               /* the key goes as "Authorization: Bearer" whatever the provider's header is, */
	bool both;                 /* or in both */
	bool uncached, lasting;    /* as in struct target */
	const struct http_header *headers;   /* what every request carries besides, ended by a NULL name; NULL: none */
};

struct ask {
	struct teacher teacher;
	struct ask_patience patience;
	struct cancel *cancel;     /* NULL: none */
	delta_fn *on_delta;
	ask_notice_fn *on_notice;  /* NULL: none */
	void *user;                /* of both */
};

/* How an asking ended, for whoever decides what next. */
enum ask_end {
	ASK_ANSWERED,
	ASK_UNFIT,             /* nothing was sent: no word for one of the wishes, or no model or address configured */
	ASK_DOWN,              /* not reached, or "not now" */
	ASK_KEY,               /* the key was refused (401) */
	ASK_DENIED,            /* the account, a permission, a certificate */
	ASK_UNKNOWN,           /* no such model or address, or no such server at the address */
	ASK_TOO_LARGE,         /* the conversation, or the answer */
	ASK_REFUSED,           /* the request is wrong */
	ASK_CUT,               /* part of the answer has been passed on */
	ASK_STOPPED,           /* cancelled, or on_delta refused */
};

struct ask_report {
	enum ask_end end;
	unsigned attempts;     /* made */
	unsigned unanswered;   /* of these: sent, and nothing came in time; it may be paid for all the same */
	unsigned told_ms;      /* to wait, by the server, and longer than we wait; 0: not */
};

/* Blocks until the answer's DELTA_END has been passed on (true) or there will be none (false).  Fills the report. */
bool ask_provider(struct http_client *client, const struct ask *ask, const struct request *request,
	struct ask_report *report, struct error *err) must_use;
