/*
 * What a terminal sends, taken apart into keys.  Pure; sequences are those of xterm
 * and its kin (console_codes(4), ECMA-48).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum key_kind {
	KEY_TEXT,                /* one character */
	KEY_ENTER, KEY_TAB, KEY_ESCAPE, KEY_BACKSPACE, KEY_DELETE,
	KEY_UP, KEY_DOWN, KEY_LEFT, KEY_RIGHT, KEY_HOME, KEY_END,
	KEY_INTERRUPT,           /* Ctrl+C */
	KEY_EOF,                 /* Ctrl+D */
	KEY_CLEAR,               /* Ctrl+U */
	KEY_PASTE, KEY_PASTED,   /* a paste begins, and ends */
	KEY_OTHER,               /* nothing for us */
};

struct key {
	enum key_kind kind;
	char text[5];            /* of KEY_TEXT, UTF-8 */
};

/*
 * Takes the first key off n bytes and returns how many bytes it was; 0: its end has not
 * come yet.  `last`: nothing more comes soon, so an Escape is one.
 */
size_t key_decode(const char *bytes, size_t n, bool last, struct key *key);
