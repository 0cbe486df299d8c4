/*
 * Words are runs of letters, marks and digits in lower case; names in programs are
 * cut at underscores and humps too.  What comes often must not drown the rest, so
 * each place takes the square root of its sum at the end.
 */
#include "text/lexical.h"

#include <math.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "text/unicode.h"

#define WORD_BYTES 64u      /* of a word that are looked at, whole characters */

/* Weights of the kinds of feature; a long word has many triples, which together count as much as itself. */
static const float word_weight = 1, pair_weight = 0.5f, triple_weight = 1;

struct word {
	char text[WORD_BYTES];
	size_t n;
	uint64_t digest;
};

struct embedding {
	float *vector;
	struct word word;
	uint64_t before;         /* digest of the word before; 0: none */
	size_t words;
};

/* FNV-1a. */
static uint64_t digest(uint64_t seed, const char *bytes, size_t n)
{
	uint64_t h = seed ^ 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)bytes[i]) * 0x100000001b3u;
	return h;
}

/* SplitMix64's finish, so that both place and sign depend on every bit. */
static uint64_t mixed(uint64_t h)
{
	h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9u;
	h = (h ^ h >> 27) * 0x94D049BB133111EBu;
	return h ^ h >> 31;
}

static void add(struct embedding *e, uint64_t feature, float weight)
{
	uint64_t h = mixed(feature);

	e->vector[(h >> 8) % LEXICAL_DIMENSIONS] += h & 1 ? weight : -weight;
}

/* Triples of characters, the word's ends being characters too. */
static void add_triples(struct embedding *e, const struct word *w)
{
	char text[WORD_BYTES + 2];
	size_t starts[WORD_BYTES + 3], count = 0;

	text[0] = '^';
	memcpy(text + 1, w->text, w->n);
	text[w->n + 1] = '$';
	for (size_t i = 0; i < w->n + 2; i++)
		if (((unsigned char)text[i] & 0xC0) != 0x80)
			starts[count++] = i;
	starts[count] = w->n + 2;
	for (size_t i = 0; i + 3 <= count; i++)
		add(e, digest(3, text + starts[i], starts[i + 3] - starts[i]),
			triple_weight / sqrtf((float)(count - 2)));
}

static void end_word(struct embedding *e)
{
	struct word *w = &e->word;

	if (!w->n)
		return;
	w->digest = digest(1, w->text, w->n);
	add(e, w->digest, word_weight);
	add_triples(e, w);
	if (e->before)
		add(e, digest(e->before, w->text, w->n), pair_weight);
	e->before = w->digest;
	e->words++;
	w->n = 0;
}

static void add_character(struct embedding *e, uint32_t c)
{
	char bytes[4];
	size_t n = utf8_encode((uint32_t)utf8proc_tolower((utf8proc_int32_t)c), bytes);

	if (e->word.n + n > WORD_BYTES)
		return;
	memcpy(e->word.text + e->word.n, bytes, n);
	e->word.n += n;
}

/* To length 1, large places taken at the root of their size. */
static void finish(float *vector)
{
	double sum = 0;

	for (size_t i = 0; i < LEXICAL_DIMENSIONS; i++) {
		vector[i] = copysignf(sqrtf(fabsf(vector[i])), vector[i]);
		sum += (double)vector[i] * (double)vector[i];
	}
	for (size_t i = 0; sum > 0 && i < LEXICAL_DIMENSIONS; i++)
		vector[i] = (float)(vector[i] / sqrt(sum));
}

bool lexical_embed(struct str text, float vector[LEXICAL_DIMENSIONS], size_t *words, struct error *err)
{
	struct embedding e = { .vector = vector };
	bool was_lower = false;

	if (text.n > LEXICAL_TEXT_MAX)
		return error_set(err, ERROR_TOO_LARGE, "a text of %zu bytes is over %u", text.n, LEXICAL_TEXT_MAX);
	if (!utf8_valid(text.p, text.n))
		return error_set(err, ERROR_INVALID, "the text is not UTF-8");
	memset(vector, 0, LEXICAL_DIMENSIONS * sizeof *vector);
	for (size_t at = 0; at < text.n; ) {
		uint32_t c;
		at += unicode_next(text.p + at, &c);
		bool upper = utf8proc_tolower((utf8proc_int32_t)c) != (utf8proc_int32_t)c;
		bool part = c != '_' && (unicode_flags(c) & UNICODE_WORD);
		if (!part || (upper && was_lower))
			end_word(&e);
		if (part)
			add_character(&e, c);
		was_lower = part && !upper;
	}
	end_word(&e);
	finish(vector);
	if (words)
		*words = e.words;
	return true;
}
