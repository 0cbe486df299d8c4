/*
 * The pushdown automaton that a schema is compiled to.
 *
 * A state has edges (a byte, a control token), jumps, and calls: "match what
 * begins at `start`, then go on at `to`".  A state that returns ends what was
 * called.  A state with a string is inside the quotes of a JSON string: escapes,
 * UTF-8 and the count of characters are followed there by code (grammar/quoted.h)
 * and the quote that closes it returns.
 *
 * Building: any order; a builder that meets a ceiling goes on without effect and
 * remembers (`full`).  machine_finish() takes out what leads nowhere, and after it
 * the machine is read-only.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "grammar/dfa.h"

#define MACHINE_STATES_MAX 200000u
#define MACHINE_LINKS_MAX  600000u
#define MACHINE_NONE       UINT32_MAX
#define MACHINE_NO_LIMIT   UINT32_MAX

enum link_kind { LINK_BYTES, LINK_TOKEN, LINK_JUMP, LINK_CALL };

struct link {
	uint8_t kind, lo, hi;  /* bytes: from, to */
	uint32_t to;           /* calls: where to go on afterwards */
	uint32_t start;        /* calls: what is called; tokens: which one */
	uint32_t next;         /* of the same state, counted from 1; 0: none.  Only while building */
};

/* Decoded contents of a string: what `dfa` accepts, of least to most characters. */
struct string_kind {
	const struct dfa *dfa;
	uint32_t least, most;  /* MACHINE_NO_LIMIT */
	bool any;              /* dfa is that of all strings */
};

struct state {
	uint32_t first, count; /* links; while building `first` is the newest, from 1 */
	uint32_t string;       /* index from 1; 0: none */
	bool returns;
	bool quiet;            /* no jumps, no calls, returns not: being there is all there is */
	bool rests;            /* something can be read there */
};

struct machine {
	struct state *states;
	struct link *links;
	struct string_kind *strings;
	struct dfa **automata; /* owned; automata[0] is that of all strings */
	uint32_t state_count, state_room, link_count, link_room, string_count, automaton_count;
	uint32_t start;
	bool full;
};

void machine_init(struct machine *g);
void machine_done(struct machine *g);

uint32_t machine_state(struct machine *g);
void machine_bytes(struct machine *g, uint32_t from, uint8_t lo, uint8_t hi, uint32_t to);
void machine_token(struct machine *g, uint32_t from, int32_t token, uint32_t to);
void machine_jump(struct machine *g, uint32_t from, uint32_t to);
void machine_call(struct machine *g, uint32_t from, uint32_t start, uint32_t to);
static inline void machine_return(struct machine *g, uint32_t at) { g->states[at].returns = true; }

static inline void machine_byte(struct machine *g, uint32_t from, char byte, uint32_t to)
{
	machine_bytes(g, from, (uint8_t)byte, (uint8_t)byte, to);
}

/* These bytes, sharing what texts put there before have in common; returns the state behind them. */
uint32_t machine_text(struct machine *g, uint32_t from, struct str text);

/* What an automaton over bytes accepts; its accepting states return. */
uint32_t machine_automaton(struct machine *g, const struct dfa *d);

/* Keeps an automaton as long as the machine. */
const struct dfa *machine_keep(struct machine *g, struct dfa *d);

/* Called, matches a whole JSON string, quotes included. */
uint32_t machine_string(struct machine *g, const struct string_kind *kind);

enum machine_verdict { MACHINE_GOOD, MACHINE_EMPTY, MACHINE_ENDLESS, MACHINE_FULL };

/*
 * Takes out what can never be completed and orders the links.  EMPTY: nothing at
 * all matches; ENDLESS: something refers to itself without reading anything.
 */
enum machine_verdict machine_finish(struct machine *g);
