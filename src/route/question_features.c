/*
 * Three readings of one text: words with their letters, tokens (the longest
 * phrase at each place becomes its concept), and the set of all concepts.
 */
#include "route/question_features.h"

/* Chosen by cross-validation. */
const float feature_pull[FEATURE_KINDS] = {
	[FEATURE_WORD] = 1, [FEATURE_BIGRAM] = 0.2f, [FEATURE_LETTERS] = 0.4f,
	[FEATURE_TOKEN] = 2.3f, [FEATURE_PAIR] = 0.8f,
	[FEATURE_CONCEPT] = 2.4f, [FEATURE_CONCEPTS] = 1,
};

struct tokens {
	uint32_t at[QUESTION_WORDS_MAX];
	size_t count;
};

struct concepts {
	uint16_t at[CONCEPTS_MAX];
	size_t count;
};

static void add(struct features *f, enum feature_kind kind, uint32_t hash)
{
	uint32_t id = hash_mix(hash + (uint32_t)(kind + 1) * 0x9e3779b9u) | 1;
	uint32_t slot = id >> 1;

	if (f->count == FEATURES_MAX)
		return;
	for (;; slot++) {
		uint32_t *seen = &f->seen[slot % (2 * FEATURES_MAX)];
		if (*seen == id)
			return;
		if (*seen == 0) {
			*seen = id;
			break;
		}
	}
	f->at[f->count++] = (struct feature){ id, (uint8_t)kind };
}

/* Order counts. */
static uint32_t join(uint32_t a, uint32_t b) { return hash_mix(a) * 31 + b; }

static void add_letters(struct features *f, const struct word *w)
{
	char framed[WORD_BYTES_MAX + 2];
	size_t n = w->n + 2u;

	framed[0] = '<';
	memcpy(framed + 1, w->text, w->n);
	framed[n - 1] = '>';
	for (size_t length = 3; length <= 5; length++)
		for (size_t i = 0; i + length <= n; i++)
			add(f, FEATURE_LETTERS, hash_bytes(HASH_START + (uint32_t)length, framed + i, length));
}

static void read_words(const struct words *words, struct features *f)
{
	uint32_t last = '^';

	for (size_t i = 0; i < words->count; i++) {
		uint32_t hash = phrase_hash(&words->at[i], 1);
		add(f, FEATURE_WORD, hash);
		add(f, FEATURE_BIGRAM, join(last, hash));
		last = hash;
	}
	add(f, FEATURE_BIGRAM, join(last, '$'));
	for (size_t i = 0; i < words->count; i++)
		add_letters(f, &words->at[i]);
}

static uint16_t first_concept(const struct lexicon *l, uint32_t hash)
{
	uint32_t cursor = hash;
	return lexicon_next(l, hash, &cursor);
}

/* Adds the token at word i and returns how many words it took. */
static size_t read_token(const struct words *words, size_t i, const struct lexicon *l, struct tokens *tokens,
	struct features *f)
{
	size_t left = words->count - i;

	for (size_t n = left < PHRASE_WORDS_MAX ? left : PHRASE_WORDS_MAX; n > 0; n--) {
		uint16_t concept = first_concept(l, phrase_hash(&words->at[i], n));
		if (concept) {
			tokens->at[tokens->count++] = concept;
			return n;
		}
	}
	uint32_t stem = stem_hash(&words->at[i]);
	uint16_t concept = first_concept(l, stem);
	if (!concept)
		f->stems[f->stem_count++] = stem;
	tokens->at[tokens->count++] = concept ? concept : stem;
	return 1;
}

static void read_tokens(const struct words *words, const struct lexicon *l, struct features *f)
{
	struct tokens t = {0};

	for (size_t i = 0; i < words->count; )
		i += read_token(words, i, l, &t, f);
	for (size_t i = 0; i < t.count; i++) {
		add(f, FEATURE_TOKEN, t.at[i]);
		add(f, FEATURE_PAIR, join(i ? t.at[i - 1] : '^', t.at[i]));
		if (i + 2 < t.count)
			add(f, FEATURE_PAIR, join(t.at[i] + 1, t.at[i + 2]));
	}
}

static void collect(const struct lexicon *l, uint32_t hash, struct concepts *set)
{
	uint32_t cursor = hash;
	uint16_t concept;

	while ((concept = lexicon_next(l, hash, &cursor)) != 0) {
		size_t i = 0;
		while (i < set->count && set->at[i] != concept)
			i++;
		if (i == set->count && set->count < CONCEPTS_MAX)
			set->at[set->count++] = concept;
	}
}

static void read_concepts(const struct words *words, const struct lexicon *l, struct features *f)
{
	struct concepts set = {0};

	for (size_t i = 0; i < words->count; i++) {
		for (size_t n = 1; n <= PHRASE_WORDS_MAX && i + n <= words->count; n++)
			collect(l, phrase_hash(&words->at[i], n), &set);
		collect(l, stem_hash(&words->at[i]), &set);
	}
	for (size_t i = 0; i < set.count; i++) {
		add(f, FEATURE_CONCEPT, set.at[i]);
		for (size_t j = 0; j < i; j++) {
			uint16_t low = set.at[i] < set.at[j] ? set.at[i] : set.at[j];
			uint16_t high = set.at[i] < set.at[j] ? set.at[j] : set.at[i];
			add(f, FEATURE_CONCEPTS, join(low, high));
		}
	}
}

void features_read(const struct words *words, const struct lexicon *lexicon, struct features *f)
{
	f->count = f->stem_count = 0;
	f->word_count = words->count;
	memset(f->seen, 0, sizeof f->seen);
	read_concepts(words, lexicon, f);
	read_tokens(words, lexicon, f);
	read_words(words, f);
}
