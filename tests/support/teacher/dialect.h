/*
 * How the fake teacher writes one vendor's wire format.  Each is a file with one
 * struct of these; the server (support/fake_teacher.c) knows nothing of them.
 */
#pragma once

#include "support/teacher/events.h"
#include "support/teacher/turn.h"

/* What the vendor says with a status; the first row of a status holds, unless a turn names another's type. */
struct teacher_error {
	int status;
	const char *type;      /* error.type, error.code or error.status, as the dialect has it */
	const char *code;      /* OpenAI's other word; NULL: null */
	const char *message;
};

struct teacher_question {
	const char *target;    /* path and query */
	const json_t *body;
	const char *model;
	bool stream;
};

struct teacher_dialect {
	const char *name;      /* what it says has heard */
	const char *paths[2];  /* the end of the path, before a '?' */
	const char *key_header;
	bool bearer, or_bearer;        /* the key is sent as a bearer token; may be */
	const char *const *fields;     /* top-level members of a request that it knows; ended by NULL */
	const char *unknown;   /* what it says of another, with %s for its name */
	const char *messages_key;
	struct teacher_error wrong_key;
	const struct teacher_error *errors;    /* ended by status 0 */
	bool crlf;             /* its events have these line ends anyway */
	bool streams_by_path;

	void (*write_stream)(struct events *e, const struct turn *turn, const struct teacher_question *q);
	json_t *(*write_whole)(const struct turn *turn, const struct teacher_question *q);   /* the caller's */
	json_t *(*write_error)(const struct teacher_error *error);
	void (*write_error_event)(struct events *e, const struct teacher_error *error);
};

extern const struct teacher_dialect teacher_claude, teacher_openai, teacher_responses, teacher_gemini;

