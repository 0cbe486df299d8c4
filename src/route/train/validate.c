#include "route/train/validate.h"

#include <math.h>

#include "base/mem.h"

#define NEWTON_STEPS 50

void validation_done(struct validation *v) { free(v->at); }

static bool is_typical(const struct sample *s, size_t patterns)
{
	return s->answer == CORPUS_NONE || s->answer < patterns || s->wording->origin == FROM_MORE ||
		s->wording->place < TYPICAL_PLACES;
}

static struct prediction predict(const struct weights *w, const struct samples *s, const struct sample *sample)
{
	float z[COLUMNS_MAX], logits[ANSWERS_MAX];
	struct prediction p = { .sample = sample, .typical = is_typical(sample, s->patterns) };

	weights_columns(w, s, sample, z);
	logits_of_columns(z, s->answers, s->patterns, logits);
	for (size_t i = 1; i < s->answers; i++)
		if (logits[i] > logits[p.answer])
			p.answer = i;
	p.logit = logits[p.answer];
	p.right = p.answer == sample->answer;
	return p;
}

static void predict_fold(struct validation *v, const struct samples *s, unsigned fold)
{
	own_weights w;

	learn(&w, s, fold);
	for (size_t i = 0; i < s->count; i++)
		if (s->at[i].fold == fold)
			v->at[v->count++] = predict(&w, s, &s->at[i]);
}

static void weigh(struct validation *v, const struct samples *s)
{
	float count[GROUPS] = {0};

	for (size_t i = 0; i < v->count; i++)
		count[sample_group(s, v->at[i].sample)] += v->at[i].typical;
	for (size_t i = 0; i < v->count; i++) {
		enum answer_group group = sample_group(s, v->at[i].sample);
		v->at[i].weight = v->at[i].typical ? question_mix[group] / count[group] : 0;
	}
}

/* Platt scaling: logistic regression of "right" on the logit, by Newton's method. */
static void calibrate(struct validation *v)
{
	double slope = 1, shift = 0;

	for (int step = 0; step < NEWTON_STEPS; step++) {
		double g0 = 0, g1 = 0, h00 = 1e-9, h01 = 0, h11 = 1e-9;
		for (size_t i = 0; i < v->count; i++) {
			const struct prediction *p = &v->at[i];
			double score = 1 / (1 + exp(-(slope * p->logit + shift)));
			double miss = p->weight * (score - p->right), curve = p->weight * score * (1 - score);
			g0 += miss;
			g1 += miss * p->logit;
			h00 += curve;
			h01 += curve * p->logit;
			h11 += curve * p->logit * p->logit;
		}
		double det = h00 * h11 - h01 * h01;
		shift -= (h11 * g0 - h01 * g1) / det;
		slope -= (h00 * g1 - h01 * g0) / det;
	}
	v->slope = (float)slope;
	v->shift = (float)shift;
}

static int by_logit(const void *a, const void *b)
{
	const struct prediction *p = a, *q = b;
	if (p->logit != q->logit)
		return p->logit > q->logit ? -1 : 1;
	return (p->sample > q->sample) - (p->sample < q->sample);
}

float validation_score(const struct validation *v, const struct prediction *p)
{
	return 1 / (1 + expf(-(v->slope * p->logit + v->shift)));
}

/* The lowest score down to which the answers above are right as often as wanted. */
static void set_bar(struct validation *v)
{
	float answered = 0, right = 0, answerable = question_mix[GROUP_PATTERN] + question_mix[GROUP_TOPIC];

	v->bar = 1;
	for (size_t i = 0; i < v->count; i++) {
		const struct prediction *p = &v->at[i];
		answered += p->weight;
		right += p->right ? p->weight : 0;
		if (!p->typical || right < PRECISION_TARGET * answered)
			continue;
		v->bar = validation_score(v, p);
		v->precision = right / answered;
		v->recall = right / answerable;
	}
}

void validate(struct validation *v, const struct samples *s)
{
	*v = (struct validation){ .at = mem_zeroed(s->count, sizeof *v->at) };
	for (unsigned fold = 0; fold < FOLDS; fold++)
		predict_fold(v, s, fold);
	weigh(v, s);
	calibrate(v);
	qsort(v->at, v->count, sizeof *v->at, by_logit);
	set_bar(v);
}
