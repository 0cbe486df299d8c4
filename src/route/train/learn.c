/*
 * Features come normalised to length 1, the rare ones pulling more.  A feature
 * is dropped from a step now and then, so that no wording hangs on one word.
 * Only columns whose gradient matters are written: after the first rounds that
 * is a handful.
 */
#include "route/train/learn.h"

#include <math.h>

#include "base/mem.h"
#include "route/train/random.h"

/* Chosen by cross-validation. */
#define ROUNDS 12
#define RATE 3.0f
#define BIAS_RATE 0.1f
#define UNKNOWN_RATE 0.3f
#define DROPPED 0.4f                   /* share of features left out of a step */
#define SENTENCE_WEIGHT 0.2f          /* of our own prose */
#define FEATURE_MIN 3                  /* rarer features get no row */
#define GRADIENT_MIN 0.001f

/* The two loops that take all the time: sanitizers leave them alone, since builds with them train too. */
#define inner_loop __attribute__((no_sanitize("address", "undefined", "thread")))

struct term {
	uint32_t row;
	float x;
};

struct step {
	const struct sample *sample;
	struct term terms[FEATURES_MAX];
	size_t term_count;
	float z[COLUMNS_MAX];
	uint8_t active[COLUMNS_MAX];   /* columns to change */
	size_t active_count;
	float rate;
	float group_rate[GROUPS];      /* more for groups with few samples */
};

void weights_done(struct weights *w)
{
	free(w->at);
	free(w->bias);
	free(w->row_of);
	free(w->pull);
	free(w->stem_count);
}

static void count_stems(struct weights *w, const struct sample *sample)
{
	if (sample->answer == CORPUS_NONE || !sample_is_question(sample))
		return;
	for (size_t i = 0; i < sample->stem_count; i++) {
		size_t j = 0;
		while (sample->stems[j] != sample->stems[i])
			j++;
		w->stem_count[sample->stems[i]] += j == i;
	}
}

/* Rarity is 1 for what occurs once and falls towards 0 for what is in every sample. */
static void weigh_features(struct weights *w, const struct samples *s, const uint32_t *seen, size_t samples)
{
	float all = logf((float)samples + 1);

	for (uint32_t i = 0; i < s->features.count; i++) {
		bool rare = seen[i] < FEATURE_MIN;
		float rarity = fmaxf(0.05f, (all - logf((float)(seen[i] ? seen[i] : 1))) / all);
		w->row_of[i] = rare ? NO_ROW : (uint32_t)w->rows++;
		w->pull[i] = feature_pull[s->kinds[i]] * (rare ? UNSEEN_PULL : rarity);
	}
}

static void prepare(struct weights *w, const struct samples *s, unsigned fold)
{
	own_mem uint32_t *seen = mem_zeroed(s->features.count, sizeof *seen);
	size_t samples = 0;

	*w = (struct weights){ .columns = s->answers + GROUPS, .stride = (s->answers + GROUPS + 15) / 16 * 16 };
	w->bias = mem_zeroed(w->stride, sizeof *w->bias);
	w->row_of = mem_zeroed(s->features.count, sizeof *w->row_of);
	w->pull = mem_zeroed(s->features.count, sizeof *w->pull);
	w->stem_count = mem_zeroed(s->stems.count, sizeof *w->stem_count);
	for (size_t i = 0; i < s->count; i++) {
		if (s->at[i].fold == fold && fold != FOLDS)
			continue;
		samples++;
		count_stems(w, &s->at[i]);
		for (size_t j = 0; j < s->at[i].feature_count; j++)
			seen[s->at[i].features[j]]++;
	}
	weigh_features(w, s, seen, samples);
	w->at = mem_zeroed(w->rows * w->stride, sizeof *w->at);
}

/* A stem that only this very sample has taught us counts as unknown. */
static size_t count_unknown(const struct weights *w, const struct sample *sample, bool training)
{
	uint32_t own = training && sample->answer != CORPUS_NONE;
	size_t unknown = 0;

	for (size_t i = 0; i < sample->stem_count; i++)
		unknown += w->stem_count[sample->stems[i]] <= own;
	return unknown;
}

static float unknown_share(const struct sample *sample, size_t unknown)
{
	return sample->word_count ? (float)unknown / (float)sample->word_count : 0;
}

static float normal_scale(const struct weights *w, const struct sample *sample)
{
	float square = 0;

	for (size_t i = 0; i < sample->feature_count; i++)
		square += w->pull[sample->features[i]] * w->pull[sample->features[i]];
	return square > 0 ? 1 / sqrtf(square) : 0;
}

inner_loop static void add_rows(const struct weights *w, const struct term *terms, size_t count, float *z)
{
	memcpy(z, w->bias, w->columns * sizeof *z);
	for (size_t i = 0; i < count; i++) {
		const float *row = w->at + terms[i].row * w->stride;
		for (size_t c = 0; c < w->columns; c++)
			z[c] += terms[i].x * row[c];
	}
}

static void add_unknown(const struct weights *w, const struct sample *sample, size_t unknown, float *groups)
{
	for (size_t g = 0; g < GROUPS; g++)
		groups[g] += w->unknown[unknown_bucket(unknown)][g] +
			unknown_share(sample, unknown) * w->unknown_share[g];
}

/* The sample's terms, each left out with the chance `dropped` (of UINT32_MAX). */
static size_t terms_of(const struct weights *w, const struct sample *sample, float scale, struct random *random,
	uint32_t dropped, struct term *terms)
{
	size_t count = 0;

	for (size_t i = 0; i < sample->feature_count; i++) {
		uint32_t feature = sample->features[i];
		if (w->row_of[feature] == NO_ROW || (random && random_next(random) < dropped))
			continue;
		terms[count++] = (struct term){ w->row_of[feature], w->pull[feature] * scale };
	}
	return count;
}

void weights_columns(const struct weights *w, const struct samples *s, const struct sample *sample, float *z)
{
	struct term terms[FEATURES_MAX];
	size_t count = terms_of(w, sample, normal_scale(w, sample), NULL, 0, terms);

	add_rows(w, terms, count, z);
	add_unknown(w, sample, count_unknown(w, sample, false), z + s->answers);
}

/* Turns z into probabilities less the truth: the gradient of -log P(truth). */
static void softmax_gradient(float *z, size_t n, size_t truth)
{
	float top = z[0], sum = 0;

	for (size_t i = 1; i < n; i++)
		top = fmaxf(top, z[i]);
	for (size_t i = 0; i < n; i++)
		sum += z[i] = expf(z[i] - top);
	for (size_t i = 0; i < n; i++)
		z[i] /= sum;
	z[truth] -= 1;
}

static void find_active(struct step *t, size_t from, size_t to)
{
	for (size_t c = from; c < to; c++)
		if (fabsf(t->z[c]) > GRADIENT_MIN)
			t->active[t->active_count++] = (uint8_t)c;
}

static void change_unknown(struct weights *w, const struct step *t, size_t unknown, const float *gradient)
{
	for (size_t g = 0; g < GROUPS; g++) {
		w->unknown[unknown_bucket(unknown)][g] -= t->rate * UNKNOWN_RATE * gradient[g];
		w->unknown_share[g] -= t->rate * UNKNOWN_RATE * gradient[g] * unknown_share(t->sample, unknown);
	}
}

inner_loop static void change_rows(struct weights *w, const struct step *t)
{
	for (size_t k = 0; k < t->active_count; k++)
		w->bias[t->active[k]] -= t->rate * BIAS_RATE * t->z[t->active[k]];
	for (size_t i = 0; i < t->term_count; i++) {
		float *row = w->at + t->terms[i].row * w->stride;
		float x = t->rate * t->terms[i].x;
		for (size_t k = 0; k < t->active_count; k++)
			row[t->active[k]] -= x * t->z[t->active[k]];
	}
}

static void take_step(struct weights *w, const struct samples *s, struct step *t, struct random *random)
{
	const struct sample *sample = t->sample;
	float scale = normal_scale(w, sample) / (1 - DROPPED);
	size_t unknown = count_unknown(w, sample, true);

	t->term_count = terms_of(w, sample, scale, random, (uint32_t)(DROPPED * 4294967295.0), t->terms);
	t->active_count = 0;
	add_rows(w, t->terms, t->term_count, t->z);
	if (sample->answer != CORPUS_NONE) {
		softmax_gradient(t->z, s->answers, sample->answer);
		find_active(t, 0, s->answers);
	}
	if (sample_is_question(sample)) {
		float *groups = t->z + s->answers;
		add_unknown(w, sample, unknown, groups);
		softmax_gradient(groups, GROUPS, sample_group(s, sample));
		for (size_t g = 0; g < GROUPS; g++)
			groups[g] *= t->group_rate[sample_group(s, sample)];
		find_active(t, s->answers, w->columns);
		change_unknown(w, t, unknown, groups);
	}
	change_rows(w, t);
}

/* Makes the groups count as in the mix of questions, whatever the numbers of samples. */
static void balance_groups(const struct samples *s, struct step *t)
{
	float count[GROUPS] = {0}, all = 0, mix = 0;

	for (size_t i = 0; i < s->count; i++)
		if (sample_is_question(&s->at[i]))
			count[sample_group(s, &s->at[i])]++;
	for (size_t g = 0; g < GROUPS; g++) {
		all += count[g];
		mix += question_mix[g];
	}
	for (size_t g = 0; g < GROUPS; g++)
		t->group_rate[g] = question_mix[g] / mix * all / fmaxf(count[g], 1);
}

void learn(struct weights *w, const struct samples *s, unsigned fold)
{
	struct random random = RANDOM_INIT;
	own_mem size_t *order = mem_zeroed(s->count, sizeof *order);
	own_mem struct step *t = mem_zeroed(1, sizeof *t);

	prepare(w, s, fold);
	balance_groups(s, t);
	for (unsigned round = 0; round < ROUNDS; round++) {
		float rate = RATE * (1 - (float)round / ROUNDS);
		random_order(&random, order, s->count);
		for (size_t i = 0; i < s->count; i++) {
			t->sample = &s->at[order[i]];
			t->rate = rate * (t->sample->wording->origin == FROM_TEXT ? SENTENCE_WEIGHT : 1);
			if (t->sample->fold != fold || fold == FOLDS)
				take_step(w, s, t, &random);
		}
	}
}
