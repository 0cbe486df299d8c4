/*
 * What an answer cost, by the vendors' list prices: a dated table of data, and the
 * arithmetic.  An estimate: discounts, taxes and tiers of service are not in it, and
 * where a price changes with the hour the higher one stands.  A model that is not in
 * the table has no known price, which is not the same as costing nothing.
 *
 * To correct one: a row in price_table.c, and its date there.
 */
#pragma once

#include <stdint.h>

#include "chat/delta.h"

/* Micro-dollars (millionths of a US dollar) for a million tokens. */
struct price {
	const char *provider;      /* as provider_table.c names it */
	const char *model;         /* a version's or preview's name may go on; "": all of them */
	int since;                 /* YYYYMMDD, UTC, from which it holds; 0: all along */
	uint32_t above;            /* a prompt of more tokens has this price for all of it */
	uint32_t input, cached, written, output;
};

extern const struct price prices[];
extern const size_t price_count;
extern const char price_date[];        /* "2026-11-28": when the table was last compared with the vendors' own */

/* The price of a question with so many tokens at a time (seconds since 1970); NULL: not known. */
const struct price *price_find(const char *provider, const char *model, size_t prompt_tokens, int64_t when);

/* A price of the user's own: what a vendor's cache keeps costs as much as the rest. */
struct price price_flat(uint32_t input, uint32_t output);

/* The cost of an answer at a price, in micro-dollars. */
uint64_t price_apply(const struct price *price, const struct usage *usage);

/*
 * The cost of an answer in micro-dollars; false when the price is not known.  Tokens
 * of thoughts are among those of the answer, as every vendor charges them; dialects
 * have made `usage` so.
 */
bool price_cost(const char *provider, const char *model, const struct usage *usage, int64_t when, uint64_t *cost);
