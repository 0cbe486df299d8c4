/*
 * Nondeterministic automata over bytes: what patterns, formats and ranges of
 * numbers are put together as, before grammar/dfa.h makes them quick.
 *
 * States are numbers from 0.  A builder that meets a ceiling goes on without
 * effect and remembers (`full`); dfa_build() then says so.  One thread at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

#define NFA_STATES_MAX 60000u
#define NFA_EDGES_MAX  240000u

enum nfa_kind {
	NFA_BYTES,             /* one byte from lo to hi */
	NFA_JUMP,              /* nothing */
	NFA_IF_START,          /* nothing, and only before the first byte */
	NFA_IF_END,            /* nothing, and only behind the last byte */
};

struct nfa_edge {
	uint32_t to, next;     /* next edge of the same state, counted from 1; 0: none */
	uint8_t kind, lo, hi;
};

struct nfa {
	uint32_t *first;       /* of each state: its newest edge, from 1 */
	struct nfa_edge *edges;
	uint32_t state_count, state_room, edge_count, edge_room;
	uint32_t start, accept;
	bool full;
};

/* Begins with two states, start and accept. */
void nfa_init(struct nfa *n);
void nfa_done(struct nfa *n);
#define own_nfa owns(nfa_done) struct nfa

uint32_t nfa_state(struct nfa *n);
void nfa_edge(struct nfa *n, uint32_t from, enum nfa_kind kind, uint8_t lo, uint8_t hi, uint32_t to);

static inline void nfa_jump(struct nfa *n, uint32_t from, uint32_t to) { nfa_edge(n, from, NFA_JUMP, 0, 0, to); }

/* One character from lo to hi, in UTF-8; surrogates in between are left out. */
void nfa_characters(struct nfa *n, uint32_t from, uint32_t lo, uint32_t hi, uint32_t to);

/* These bytes; returns the state behind them. */
uint32_t nfa_text(struct nfa *n, uint32_t from, const char *bytes, size_t count);
