/*
 * Deterministic automata over bytes: the languages of decoded strings, keys and
 * numbers.
 *
 * State DFA_DEAD leads nowhere and DFA_START is where one begins.  Every other
 * state can still reach an accepting one, so whoever follows live states is
 * never stuck.  Built once, then read-only; any thread.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "grammar/nfa.h"

#define DFA_DEAD  0u
#define DFA_START 1u

#define DFA_STATES_MAX 16384u
#define DFA_CELLS_MAX  (1u << 21)      /* states times classes of bytes */
#define DFA_WORK_MAX   20000000u       /* steps of building; about a tenth of a second */

struct dfa {
	uint32_t states, classes;
	uint32_t work;                 /* that it took to build, in steps; DFA_WORK_MAX at most */
	uint8_t class_of[256];
	uint16_t *next;                /* [states * classes] */
	bool *accepts;                 /* [states] */
};

/* Of an automaton of characters or bytes; ERROR_TOO_LARGE past a ceiling. */
struct dfa *dfa_build(const struct nfa *n, struct error *err) must_use;

/* What both accept; with `without`, what a accepts and b does not. */
struct dfa *dfa_both(const struct dfa *a, const struct dfa *b, bool without, struct error *err) must_use;

/* What is UTF-8 of `least` to `most` characters; most UINT32_MAX: no limit. */
struct dfa *dfa_with_length(const struct dfa *a, uint32_t least, uint32_t most, struct error *err) must_use;

void dfa_destroy(struct dfa *d);       /* accepts NULL */
static inline void dfa_release(struct dfa **d) { dfa_destroy(*d); }
#define own_dfa owns(dfa_release) struct dfa

static inline uint32_t dfa_step(const struct dfa *d, uint32_t state, uint8_t byte)
{
	return d->next[state * d->classes + d->class_of[byte]];
}

/* The state behind a text; DFA_DEAD when it leads nowhere. */
uint32_t dfa_walk(const struct dfa *d, uint32_t state, struct str text);

/* The state behind one character. */
uint32_t dfa_character(const struct dfa *d, uint32_t state, uint32_t code_point);

static inline bool dfa_matches(const struct dfa *d, struct str text)
{
	return d->accepts[dfa_walk(d, DFA_START, text)];
}

/* Whether some character from lo to hi (surrogates aside) leads on. */
bool dfa_any_character(const struct dfa *d, uint32_t state, uint32_t lo, uint32_t hi);

/* Accepts nothing at all. */
bool dfa_is_empty(const struct dfa *d);
