#include "route/answer_model.h"

#include <math.h>

/* The natural logarithm of the sum of exponentials. */
static float log_sum_exp(const float *z, size_t n)
{
	size_t top = 0;
	float others = 0;

	for (size_t i = 1; i < n; i++)
		top = z[i] > z[top] ? i : top;
	for (size_t i = 0; i < n; i++)
		others += i == top ? 0 : expf(z[i] - z[top]);
	return z[top] + log1pf(others);
}

void logits_of_columns(const float *z, size_t answer_count, size_t pattern_count, float *logits)
{
	const float *groups = z + answer_count;
	float answers_sum = log_sum_exp(z, answer_count), groups_sum = log_sum_exp(groups, GROUPS);

	for (size_t i = 0; i < answer_count; i++) {
		float group = groups[i < pattern_count ? GROUP_PATTERN : GROUP_TOPIC] - groups_sum;
		float log_q = z[i] - answers_sum + group;
		logits[i] = log_q - logf(fmaxf(1e-6f, 1 - expf(log_q)));
	}
}

static const struct model_row *find_row(const struct answer_model *m, uint32_t feature)
{
	for (uint32_t at = feature >> 1; ; at++) {
		const struct model_slot *slot = &m->slots[at & m->slot_mask];
		if (slot->feature == feature)
			return &m->rows[slot->row];
		if (slot->feature == 0)
			return NULL;
	}
}

static bool knows_stem(const struct answer_model *m, uint32_t stem)
{
	for (uint32_t at = stem; m->stems[at & m->stem_mask] != 0; at++)
		if (m->stems[at & m->stem_mask] == stem)
			return true;
	return false;
}

static void add_row(const struct answer_model *m, const struct model_row *row, float *z)
{
	for (uint32_t i = row[0].start; i < row[1].start; i++)
		z[m->weights[2 * i]] += row->step * (float)(int8_t)m->weights[2 * i + 1];
}

static void add_unknown(const struct answer_model *m, const struct features *f, float *groups)
{
	size_t unknown = 0;

	for (size_t i = 0; i < f->stem_count; i++)
		unknown += !knows_stem(m, f->stems[i]);
	float share = f->word_count ? (float)unknown / (float)f->word_count : 0;
	for (size_t g = 0; g < GROUPS; g++)
		groups[g] += m->unknown[unknown_bucket(unknown)][g] + share * m->unknown_share[g];
}

void answer_model_logits(const struct answer_model *m, const struct features *f, float *logits)
{
	size_t columns = m->answer_count + GROUPS;
	float z[COLUMNS_MAX] = {0}, square = 0;

	for (size_t i = 0; i < f->count; i++) {
		const struct model_row *row = find_row(m, f->at[i].id);
		float pull = row ? row->pull : UNSEEN_PULL * feature_pull[f->at[i].kind];
		square += pull * pull;
		if (row)
			add_row(m, row, z);
	}
	float scale = square > 0 ? 1 / sqrtf(square) : 0;
	for (size_t c = 0; c < columns; c++)
		z[c] = z[c] * scale + m->bias[c];
	add_unknown(m, f, z + m->answer_count);
	logits_of_columns(z, m->answer_count, m->pattern_count, logits);
}

float answer_model_score(const struct answer_model *m, float logit)
{
	return 1 / (1 + expf(-(m->slope * logit + m->shift)));
}
