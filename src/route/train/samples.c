/*
 * Folds: wordings with the same features but for their letters are near
 * duplicates and go into the same fold; otherwise each answer's wordings are
 * dealt out in a shuffled order, the same every time.
 */
#include "route/train/samples.h"

#include "base/mem.h"
#include "route/train/random.h"

#define NUMBERS_MAX (1u << 20)         /* different features we hold; a power of two */

const float question_mix[GROUPS] = { [GROUP_PATTERN] = 100, [GROUP_TOPIC] = 284, [GROUP_NONE] = 300 };

static void numbering_init(struct numbering *n)
{
	n->mask = 2 * NUMBERS_MAX - 1;
	n->slots = mem_zeroed(2 * NUMBERS_MAX, sizeof *n->slots);
	n->hashes = mem_zeroed(NUMBERS_MAX, sizeof *n->hashes);
}

static void numbering_done(struct numbering *n)
{
	free(n->slots);
	free(n->hashes);
}

/* UINT32_MAX when there are too many. */
static uint32_t number_of(struct numbering *n, uint32_t hash)
{
	uint32_t at = hash;

	for (; n->slots[at & n->mask]; at++)
		if (n->hashes[n->slots[at & n->mask] - 1] == hash)
			return n->slots[at & n->mask] - 1;
	if (n->count == NUMBERS_MAX)
		return UINT32_MAX;
	n->hashes[n->count] = hash;
	n->slots[at & n->mask] = ++n->count;
	return n->count - 1;
}

void samples_done(struct samples *s)
{
	arena_done(&s->arena);
	free(s->at);
	free(s->kinds);
	numbering_done(&s->features);
	numbering_done(&s->stems);
}

bool sample_is_question(const struct sample *s)
{
	return s->wording->origin == FROM_ANSWER || s->wording->origin == FROM_MORE || s->wording->origin == FROM_NONE;
}

enum answer_group sample_group(const struct samples *s, const struct sample *sample)
{
	return sample->answer == CORPUS_NONE ? GROUP_NONE : sample->answer < s->patterns ? GROUP_PATTERN : GROUP_TOPIC;
}

static bool fill(struct samples *s, struct sample *sample, const struct features *f)
{
	sample->features = arena_alloc(&s->arena, f->count * sizeof *sample->features);
	sample->stems = arena_alloc(&s->arena, f->stem_count * sizeof *sample->stems + 1);
	if (!sample->features || !sample->stems)
		return false;
	for (size_t i = 0; i < f->count; i++) {
		uint32_t number = number_of(&s->features, f->at[i].id);
		if (number == UINT32_MAX)
			return false;
		s->kinds[number] = f->at[i].kind;
		sample->features[i] = number;
	}
	for (size_t i = 0; i < f->stem_count; i++)
		sample->stems[i] = number_of(&s->stems, f->stems[i]);
	sample->feature_count = f->count;
	sample->stem_count = f->stem_count;
	sample->word_count = f->word_count;
	return true;
}

static bool read_sample(struct samples *s, const struct wording *w, const struct lexicon *l, struct error *err)
{
	struct words words;
	struct features features;
	struct sample *sample = &s->at[s->count];

	if (!words_read(w->text, &words))
		return w->answer == CORPUS_NONE || w->origin == FROM_TEXT ||
			error_set(err, ERROR_INVALID, "a wording is too long for a question: \"%.60s…\"", w->text.p);
	features_read(&words, l, &features);
	*sample = (struct sample){ .wording = w, .answer = w->answer, .fold = FOLD_ALWAYS };
	if (!fill(s, sample, &features))
		return error_set(err, ERROR_TOO_LARGE, "the wordings have more features than we hold");
	s->count++;
	return true;
}

static uint32_t signature(const struct samples *s, const struct sample *sample)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < sample->feature_count; i++)
		if (s->kinds[sample->features[i]] == FEATURE_TOKEN)
			sum += hash_mix(sample->features[i] + 1);
	return hash_mix(sum ^ (uint32_t)sample->answer);
}

static void deal_folds(struct samples *s)
{
	own_mem size_t *order = mem_zeroed(s->count, sizeof *order);
	own_mem uint32_t *dealt = mem_zeroed(s->answers + 1, sizeof *dealt);
	own_mem uint8_t *fold_of = mem_zeroed(1 << 16, 1);
	struct random random = RANDOM_INIT;

	random_order(&random, order, s->count);
	for (size_t i = 0; i < s->count; i++) {
		struct sample *sample = &s->at[order[i]];
		if (!sample_is_question(sample))
			continue;
		uint8_t *fold = &fold_of[signature(s, sample) & 0xFFFF];
		if (*fold == 0)
			*fold = (uint8_t)(dealt[sample->answer == CORPUS_NONE ? s->answers : sample->answer]++ %
				FOLDS + 1);
		sample->fold = *fold - 1u;
	}
}

bool samples_read(struct samples *s, const struct corpus *c, const struct lexicon *l, struct error *err)
{
	s->at = mem_zeroed(c->wording_count, sizeof *s->at);
	s->kinds = mem_zeroed(NUMBERS_MAX, 1);
	s->answers = c->source_count;
	s->patterns = c->pattern_count;
	numbering_init(&s->features);
	numbering_init(&s->stems);
	if (s->answers > ANSWERS_MAX)
		return error_set(err, ERROR_TOO_LARGE, "%zu answers are more than the %d a model may have", s->answers,
			ANSWERS_MAX);
	for (size_t i = 0; i < c->wording_count; i++)
		if (!read_sample(s, &c->wordings[i], l, err))
			return false;
	deal_folds(s);
	return true;
}
