/*
 * The texts and the model come from answer_data.c, which the trainer (train/)
 * writes during the build.
 */
#include "route/answers.h"

#include "route/answer_data.h"

/* Keeps best[] sorted, best first, and returns its new length. */
static size_t insert(struct answer_match *best, size_t count, size_t max, struct answer_match candidate)
{
	size_t at = count;

	while (at > 0 && best[at - 1].score < candidate.score)
		at--;
	if (at == max)
		return count;
	if (count == max)
		count--;
	memmove(&best[at + 1], &best[at], (count - at) * sizeof *best);
	best[at] = candidate;
	return count + 1;
}

size_t answers_rank(struct str question, struct answer_match *best, size_t max)
{
	const struct answer_model *m = &answer_model;
	struct words words;
	struct features features;
	float logits[ANSWERS_MAX];
	size_t count = 0;

	if (!words_read(question, &words) || words.count == 0)
		return 0;
	features_read(&words, &m->lexicon, &features);
	answer_model_logits(m, &features, logits);
	for (size_t i = 0; i < m->answer_count; i++)
		count = insert(best, count, max, (struct answer_match){ &answer_texts[i], logits[i] });
	for (size_t i = 0; i < count; i++)
		best[i].score = answer_model_score(m, best[i].score);
	return count;
}

const struct answer *answers_match(struct str question, struct answer_match *best)
{
	*best = (struct answer_match){0};
	return answers_rank(question, best, 1) && best->score >= answer_model.bar ? best->answer : NULL;
}

float answers_bar(void) { return answer_model.bar; }

size_t answers_count(void) { return answer_model.answer_count; }

const struct answer *answers_at(size_t index) { return &answer_texts[index]; }

bool answer_is_pattern(const struct answer *a, const char **id)
{
	*id = strchr(a->id, '/') + 1;
	return a < answer_texts + answer_model.pattern_count;
}
