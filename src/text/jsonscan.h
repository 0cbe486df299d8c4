/*
 * JSON looked at one byte at a time: whether it is well-formed so far, and where
 * its members lie.
 *
 * The grammar of RFC 8259, so that whatever has passed is the beginning of a JSON
 * text; nesting goes to JSONSCAN_DEPTH.  A value is over at its own last byte
 * when it is a string, an object or a list.  Holds no memory; one thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define JSONSCAN_DEPTH 512u

enum scan_event {
	SCAN_BAD,               /* no JSON; the state is as before this byte */
	SCAN_MORE,
	SCAN_KEY_BEGINS,        /* this byte is the quote before a member's name, */
	SCAN_KEY_ENDS,          /* the quote behind it, */
	SCAN_VALUE_BEGINS,      /* the first byte of any value, */
	SCAN_VALUE_ENDS,        /* the last byte of a string, an object or a list */
};

struct jsonscan {
	unsigned char state;
	bool key;               /* the string at hand names a member */
	unsigned char digits;   /* of \uXXXX still to come */
	const char *literal;    /* what is left of true, false, null */
	unsigned depth;         /* brackets open */
	uint64_t objects[JSONSCAN_DEPTH / 64];   /* a bit a bracket: it is { */
};

#define JSONSCAN_INIT { .state = 0 }

enum scan_event jsonscan_byte(struct jsonscan *s, char c);

/* The outermost object or list is closed (a scalar has no such end). */
bool jsonscan_closed(const struct jsonscan *s);
