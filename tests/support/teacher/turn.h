/* What becomes of a request to the fake teacher (support/fake_teacher.h), read from its JSON. */
#pragma once

#include <stdint.h>

#include "base/json.h"

enum part_kind { PART_TEXT, PART_THOUGHT, PART_HIDDEN, PART_CALL };

struct part {
	enum part_kind kind;
	struct str text;       /* of all but calls */
	const char *seal;      /* NULL: none */
	const char *name, *id; /* of a call; id NULL: one is made */
	struct str arguments;  /* JSON text of an object */
};

#define PARTS_MAX 16

enum turn_finish { TURN_STOP, TURN_LENGTH, TURN_CALLS, TURN_REFUSED, TURN_BLOCKED };

enum turn_break { BREAK_NOT, BREAK_HANG, BREAK_CUT, BREAK_RESET, BREAK_END, BREAK_ERROR, BREAK_GARBAGE };

struct turn {
	json_t *source;        /* owns what strings below point at */
	struct buf texts;      /* the same */
	struct part parts[PARTS_MAX];
	size_t part_count;     /* 0: it says what it heard */
	enum turn_finish finish;
	bool no_usage, no_done;
	int status;            /* 0: an answer */
	const char *error, *message, *location, *type, *body;   /* NULL: the usual */
	int retry_after, retry_date;   /* seconds; -1: none */
	enum turn_break how;
	size_t after, bytes;   /* SIZE_MAX: not given */
	size_t piece;
	unsigned pause_ms, delay_ms;
	bool crlf, pings, gzip, hold, whole;
};

/* Of one object, whose reference is not taken.  Ends the program with a message when it cannot be understood. */
void turn_read(struct turn *turn, json_t *source);
void turn_done(struct turn *turn);
#define own_turn owns(turn_done) struct turn

/* How many requests it is for. */
unsigned turn_times(const json_t *source);

/* Gives it something to say when it has no parts. */
void turn_say(struct turn *turn, const char *name, const char *question);
