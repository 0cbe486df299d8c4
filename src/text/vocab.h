/*
 * A tokenizer's data in the form it is used in: one block of memory without
 * pointers, made from tokenizer.json (text/vocab_build.h), kept in a cache file
 * and mapped from there (text/vocab_cache.h).
 *
 * The block is a struct vocab_head and the tables behind it, in the order of the
 * pointers in struct vocab.  Their places follow from the counts in the head, so
 * there is no offset to get wrong; vocab_view() checks everything else before
 * anybody reads.  Byte order and alignment are this machine's.  Read-only; any
 * number of threads.
 */
#pragma once

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

/* Ceilings on what a tokenizer file may ask for. */
#define VOCAB_FILE_MAX    (96u << 20)   /* bytes of tokenizer.json */
#define VOCAB_IDS_MAX     (1u << 21)
#define VOCAB_MERGES_MAX  ((1u << 21) - 1)
#define VOCAB_ADDED_MAX   (1u << 14)
#define VOCAB_ADDED_BYTES 1024u         /* of one added token */
#define VOCAB_TOKEN_BYTES 65535u
#define VOCAB_SPLITS_MAX  8u

#define VOCAB_VERSION 2u                /* of the block's layout; raise it with every change */

/*
 * head.flags.  Tokenizers of two kinds are kept alike: byte-level ones, and with
 * VOCAB_CHARACTERS those of SentencePiece, whose words begin as characters and
 * where one is in no vocabulary as its bytes.  The latter's files write every
 * space as U+2581; here it is a space everywhere, and U+2581 in a text is one.
 */
enum {
	VOCAB_NFC = 1,
	VOCAB_PREFIX_SPACE = 2,         /* a space before every piece that does not begin with one */
	VOCAB_IGNORE_MERGES = 4,        /* what is a token as a whole is not merged */
	VOCAB_CHARACTERS = 8,
	VOCAB_PREFIX_ALWAYS = 16,       /* a space before every piece, */
	VOCAB_PREFIX_FIRST = 32,        /* before the first that does not begin with one */
	VOCAB_CUT_SPACES = 64,          /* words begin at every space */
	VOCAB_LATE_SPACES = 128,        /* added tokens are looked for before U+2581 becomes one */
	VOCAB_STRIP_SPACE = 256,        /* decoded text loses a space at its beginning, */
	VOCAB_STRIP_SPACES = 512,       /* its first token all of them */
};

extern const char vocab_magic[8];

struct vocab_head {
	char magic[8];
	uint64_t version;
	uint64_t size;                  /* of the block */
	uint64_t digest;                /* of all that follows this member */
	uint64_t source_size, source_digest;   /* of the tokenizer.json it was made from */
	uint32_t flags;
	uint32_t id_count;              /* ids are below this; some may be unused */
	uint32_t added_count, split_count;
	uint32_t word_slots, pair_slots;       /* powers of two */
	uint32_t merge_count, text_size;
	int32_t byte_ids[256];          /* the tokens that are a byte, */
	int32_t first_ids[128];         /* and what a character of ASCII begins as */
};

enum {
	TOKEN_USED = 1,
	TOKEN_SPECIAL = 2,              /* left out of decoded text on request */
	TOKEN_CONTROL = 4,              /* never made from plain text */
	TOKEN_LSTRIP = 8, TOKEN_RSTRIP = 16,   /* swallows white space on its left, right */
	TOKEN_SINGLE_WORD = 32,         /* only where no word character touches it */
	TOKEN_NORMALIZED = 64,          /* looked for in normalised text */
	TOKEN_WORD = 128,               /* of the vocabulary, spelt in the alphabet of bytes: what merges make */
};

struct vocab_token {
	uint32_t start;                 /* of its bytes in text */
	uint16_t len, flags;
};

/* Open addressing over the bytes of the vocabulary's own (not added) tokens. */
struct vocab_word {
	uint32_t tag;                   /* upper half of the digest */
	int32_t id;                     /* -1: empty */
};

/*
 * Open addressing over pairs of neighbours: left id, right id and the rank of
 * their merge in 21 bits each, so that eight share a cache line.  An empty slot
 * is all ones, and so is the rank of two that do not merge.
 */
#define PAIR_BITS  21
#define PAIR_EMPTY UINT64_MAX
#define NO_RANK    ((1u << PAIR_BITS) - 1)

/*
 * Most neighbours do not merge.  A bit for each value of a digest of the pair, set
 * if some pair with that value merges, spares nine of ten such questions the way
 * to the table; with eight bits a slot it stays in a near cache.
 */
#define FILTER_BITS 8u

/* As written in the file; the token's own bytes may differ.  Sorted: TOKEN_NORMALIZED last, then by bytes. */
struct vocab_added {
	uint32_t start;
	uint16_t len, flags;
	int32_t id;
};

struct vocab_split {
	uint32_t start;
	uint16_t len, gaps;             /* enum split_gaps */
};

/*
 * With VOCAB_CHARACTERS: a bit for two bytes, set if they follow one another in
 * what some merge makes.  Where it is not set no merge reaches across, so that
 * text can be cut there and each part be merged by itself.
 */
#define JOINT_WORDS (256 * 256 / 64)

struct vocab {
	const struct vocab_head *head;
	const struct vocab_token *tokens;      /* [id_count] */
	const struct vocab_word *words;        /* [word_slots] */
	const uint64_t *filter;                /* [pair_slots * FILTER_BITS / 64] */
	const uint64_t *pairs;                 /* [pair_slots] */
	const uint64_t *joints;                /* [JOINT_WORDS], none if byte-level */
	const uint32_t *merged;                /* [merge_count]: what the merge of a rank makes */
	const struct vocab_added *added;       /* [added_count] */
	const struct vocab_split *splits;      /* [split_count] */
	const char *text;                      /* [text_size] */
};

/* The size of a block with these counts; 0 when they break a ceiling. */
size_t vocab_size(const struct vocab_head *head);

/*
 * Points `v` into a block of `size` bytes, aligned to 16, which must outlive it.
 * Refuses whatever could lead a reader astray.
 */
bool vocab_view(struct vocab *v, const void *block, size_t size, struct error *err) must_use;

/* What vocab_head.digest must be. */
uint64_t vocab_digest(const void *block, size_t size);

/* The token spelt by exactly these bytes, or -1. */
int32_t vocab_word(const struct vocab *v, struct str bytes);

/* The added token written exactly so, or NULL. */
const struct vocab_added *vocab_added(const struct vocab *v, struct str content);

static inline struct str vocab_text(const struct vocab *v, uint32_t start, size_t len)
{
	return (struct str){ v->text + start, len };
}

static inline size_t vocab_joint(unsigned char left, unsigned char right) { return (size_t)left << 8 | right; }

/* Whether text may not be cut between these two. */
static inline bool vocab_joined(const struct vocab *v, char left, char right)
{
	size_t bit = vocab_joint((unsigned char)left, (unsigned char)right);

	return (right & 0xC0) == 0x80 || (v->joints[bit / 64] >> bit % 64 & 1);
}

/* A pair as the table holds it, its rank being 0. */
static inline uint64_t vocab_pair(uint32_t left, uint32_t right)
{
	return (uint64_t)left << 2 * PAIR_BITS | (uint64_t)right << PAIR_BITS;
}

static inline uint64_t vocab_pair_digest(uint64_t pair) { return pair * 0x9E3779B97F4A7C15u; }

/* Where the search for a pair begins, and its bit in the filter. */
static inline uint32_t vocab_pair_slot(uint64_t digest, uint32_t slots)
{
	return (uint32_t)(digest >> 32) & (slots - 1);
}

static inline uint32_t vocab_pair_bit(uint64_t digest, uint32_t slots)
{
	return (uint32_t)(digest >> 37) & (slots * FILTER_BITS - 1);
}

/* The rank of the merge of two neighbours, the lowest goes first; NO_RANK when they do not merge. */
static inline uint32_t vocab_rank(const struct vocab *v, uint32_t left, uint32_t right)
{
	uint64_t pair = vocab_pair(left, right), digest = vocab_pair_digest(pair);
	uint32_t slots = v->head->pair_slots, bit = vocab_pair_bit(digest, slots), at = vocab_pair_slot(digest, slots);

	if (!(v->filter[bit / 64] >> bit % 64 & 1))
		return NO_RANK;
	while ((v->pairs[at] ^ pair) > NO_RANK && v->pairs[at] != PAIR_EMPTY)
		at = (at + 1) & (slots - 1);
	return (uint32_t)v->pairs[at] & NO_RANK;
}
