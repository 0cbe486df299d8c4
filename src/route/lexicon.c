#include "route/lexicon.h"

#define STEM_SALT 0x5bd1e995u      /* keeps stems apart from phrases */

uint32_t hash_bytes(uint32_t hash, const void *bytes, size_t n)
{
	for (const unsigned char *p = bytes; n > 0; n--)
		hash = (hash ^ *p++) * 16777619u;
	return hash;
}

uint32_t hash_mix(uint32_t h)
{
	h = (h ^ h >> 16) * 0x7feb352du;
	h = (h ^ h >> 15) * 0x846ca68bu;
	return h ^ h >> 16;
}

uint32_t phrase_hash(const struct word *words, size_t count)
{
	uint32_t hash = HASH_START;

	for (size_t i = 0; i < count; i++) {
		hash = hash_bytes(hash, words[i].text, words[i].n);
		hash = hash_bytes(hash, " ", 1);
	}
	return hash_mix(hash);
}

static bool ends(struct str w, const char *ending)
{
	size_t n = strlen(ending);
	return w.n >= n + 2 && memcmp(w.p + w.n - n, ending, n) == 0;
}

static size_t ending_length(struct str w)
{
	if (w.n > 4 && ends(w, "ing"))
		return 3;
	if (w.n > 4 && (ends(w, "ed") || ends(w, "es")))
		return 2;
	return w.n > 3 && ends(w, "s") && w.p[w.n - 2] != 's';
}

uint32_t stem_hash(const struct word *w)
{
	struct str stem = word_str(w);

	stem.n -= ending_length(stem);
	if (stem.n > 3 && stem.p[stem.n - 1] == 'e')
		stem.n--;
	if (stem.n > 3 && stem.p[stem.n - 1] == stem.p[stem.n - 2])
		stem.n--;
	return hash_mix(hash_bytes(HASH_START, stem.p, stem.n) ^ STEM_SALT);
}

uint16_t lexicon_next(const struct lexicon *l, uint32_t hash, uint32_t *cursor)
{
	for (;;) {
		const struct lexeme *slot = &l->slots[(*cursor)++ & l->mask];
		if (slot->concept == 0 || slot->hash == hash)
			return slot->concept;
	}
}
