/*
 * JSON itself (RFC 8259) as rules of a machine, each made when first asked for.
 *
 * White space is held to what people and programs write: nothing or one blank
 * behind a colon; nothing, one blank, or a line break with its indentation behind
 * an opening bracket or a comma and before a closing bracket; none elsewhere.
 * Numbers that nothing limits have at most 18 digits before the point, 17 behind
 * it and two in the exponent, so that every reader can hold them.
 */
#pragma once

#include "grammar/machine.h"

enum rule {
	RULE_GAP,              /* white space beside brackets and behind commas; may be nothing */
	RULE_COLON,            /* a colon and the white space behind it */
	RULE_VALUE,
	RULE_OBJECT,
	RULE_ARRAY,
	RULE_STRING,
	RULE_NUMBER,
	RULE_INTEGER,
	RULE_BOOLEAN,
	RULE_NULL,
	RULE_COUNT,
};

struct rules {
	struct machine *machine;
	uint32_t made[RULE_COUNT];     /* start states; 0: not made */
	uint64_t work;                 /* that its automata took to build (struct dfa) */
};

/* Takes state 0 of a fresh machine, so that no rule has that number. */
void rules_init(struct rules *r, struct machine *g);

/* Where a rule begins; what is called there returns. */
uint32_t rule_start(struct rules *r, enum rule which);
