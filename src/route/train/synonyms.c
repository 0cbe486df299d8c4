#include "route/train/synonyms.h"

#include "base/mem.h"

#define SLOTS (1u << 14)               /* ceiling of phrases: three quarters of it */

void synonyms_done(struct synonyms *s) { free(s->slots); }

static bool add(struct synonyms *s, uint32_t hash, uint16_t concept)
{
	uint32_t at = hash;

	for (; s->slots[at & s->mask].concept; at++)
		if (s->slots[at & s->mask].hash == hash && s->slots[at & s->mask].concept == concept)
			return true;
	if (s->used == SLOTS / 4 * 3)
		return false;
	s->used++;
	s->slots[at & s->mask] = (struct lexeme){ hash, concept };
	return true;
}

/* A single word also stands for its inflected forms. */
static bool add_phrase(struct synonyms *s, struct str phrase, uint16_t concept)
{
	struct words words;

	if (!words_read(phrase, &words) || words.count == 0 || words.count > PHRASE_WORDS_MAX)
		return false;
	return add(s, phrase_hash(words.at, words.count), concept) &&
		(words.count > 1 || add(s, stem_hash(words.at), concept));
}

bool synonyms_parse(struct synonyms *s, struct str text, const char *name, struct error *err)
{
	struct str line, concept, phrase;

	s->slots = mem_zeroed(SLOTS, sizeof *s->slots);
	s->mask = SLOTS - 1;
	for (size_t number = 1; str_split(&text, '\n', &line); number++) {
		if (line.n == 0 || line.p[0] == '#')
			continue;
		if (!memchr(line.p, ':', line.n) || !str_split(&line, ':', &concept) || s->concepts == UINT16_MAX)
			return error_set(err, ERROR_INVALID, "%s:%zu: expected \"name: phrase, phrase\"", name, number);
		s->concepts++;
		while (str_split(&line, ',', &phrase))
			if (!add_phrase(s, phrase, s->concepts))
				return error_set(err, ERROR_INVALID,
					"%s:%zu: \"%.*s\" is no phrase of 1 to %d words, or there are too many",
					name, number, STR_ARGS(phrase), PHRASE_WORDS_MAX);
	}
	return true;
}
