/*
 * Inside the quotes of a JSON string (RFC 8259, section 7).
 *
 * The bytes are those of the text; the automaton of the string's kind sees the
 * decoded characters.  Every escape is followed to its end: a pair of surrogates
 * is one character, a lone one and U+0000 are no way, and no escape is begun that
 * cannot be finished as a character the string may hold there.
 */
#pragma once

#include "grammar/machine.h"

struct quoted {
	uint32_t at;           /* the automaton's state */
	uint32_t need, left;   /* characters that must, and that may still come */
	uint32_t escape;       /* how far an escape is; 0: none */
};

enum quoted_verdict { QUOTED_DEAD, QUOTED_ON, QUOTED_CLOSED };

static inline struct quoted quoted_begin(const struct string_kind *k)
{
	return (struct quoted){ DFA_START, k->least, k->most, 0 };
}

/* Takes one byte; what is behind QUOTED_DEAD is undefined. */
enum quoted_verdict quoted_step(const struct string_kind *k, struct quoted *q, uint8_t byte);
