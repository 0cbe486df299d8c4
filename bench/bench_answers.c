/*
 * bench_answers DATA: how well and how fast known answers are matched.
 *
 * Quality on the questions held out (DATA/held-out), which no training saw,
 * beside the obvious thing to do instead: the answer of the nearest wording by
 * TF-IDF cosine, with the bar at which it gives as many answers as the model
 * does.  95 % intervals are Wilson's.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "die.h"
#include "nearest.h"
#include "report.h"
#include "route/answer_data.h"
#include "route/train/validate.h"

enum { ROUNDS = 20 };

struct tally {
	size_t given, right;           /* answered; rightly */
	size_t questions[GROUPS], right_in[GROUPS], false_alarms;
};

static enum answer_group group_of(const struct corpus *c, size_t answer)
{
	return answer == CORPUS_NONE ? GROUP_NONE : answer < c->pattern_count ? GROUP_PATTERN : GROUP_TOPIC;
}

static void count(struct tally *t, enum answer_group group, bool given, bool right)
{
	t->questions[group]++;
	t->given += given;
	t->right += given && right;
	t->right_in[group] += given && right;
	t->false_alarms += given && group == GROUP_NONE;
}

static void print_share(const char *who, const char *name, const char *goal, size_t part, size_t whole)
{
	own_mem char *what = mem_printf("known answers, %s: %s", who, name);
	double n = (double)whole, p = n > 0 ? (double)part / n : 0, z = 1.96;
	double middle = (p + z * z / (2 * n)) / (1 + z * z / n);
	double reach = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);

	report(what, goal, "%.1f %% (%zu of %zu, 95 %%: %.1f to %.1f %%)", 100 * p, part, whole, 100 * (middle - reach),
		100 * (middle + reach));
}

static void print_tally(const char *who, const struct tally *t)
{
	print_share(who, "precision", "97 %", t->right, t->given);
	print_share(who, "recall", "75 %", t->right, t->questions[GROUP_PATTERN] + t->questions[GROUP_TOPIC]);
	print_share(who, "recall, patterns", "", t->right_in[GROUP_PATTERN], t->questions[GROUP_PATTERN]);
	print_share(who, "recall, topics", "", t->right_in[GROUP_TOPIC], t->questions[GROUP_TOPIC]);
	print_share(who, "false alarms", "", t->false_alarms, t->questions[GROUP_NONE]);
}

struct guess {
	const struct wording *wording;
	size_t answer;
	float similarity;
};

static int by_similarity(const void *a, const void *b)
{
	const struct guess *p = a, *q = b;
	return (p->similarity < q->similarity) - (p->similarity > q->similarity);
}

/* `given` answers, to the questions with the nearest wordings. */
static struct tally tally_nearest(const struct corpus *c, size_t trained, size_t given)
{
	size_t questions = c->wording_count - trained;
	struct nearest *nearest = nearest_create(c->wordings, trained);
	own_mem struct guess *guesses = mem_zeroed(questions, sizeof *guesses);
	struct tally t = {0};

	for (size_t i = 0; i < questions; i++) {
		guesses[i].wording = &c->wordings[trained + i];
		guesses[i].answer = nearest_find(nearest, guesses[i].wording->text, &guesses[i].similarity);
	}
	qsort(guesses, questions, sizeof *guesses, by_similarity);
	for (size_t i = 0; i < questions; i++)
		count(&t, group_of(c, guesses[i].wording->answer), guesses[i].answer != CORPUS_NONE && t.given < given,
			guesses[i].answer == guesses[i].wording->answer);
	nearest_destroy(nearest);
	return t;
}

static struct tally tally_model(const struct corpus *c, size_t trained)
{
	struct tally t = {0};

	for (size_t i = trained; i < c->wording_count; i++) {
		const struct wording *w = &c->wordings[i];
		struct answer_match best;
		bool given = answers_match(w->text, &best);
		count(&t, group_of(c, w->answer), given, given && w->answer == (size_t)(best.answer - answer_texts));
	}
	return t;
}

static void measure_quality(const struct corpus *c, size_t trained)
{
	struct tally ours = tally_model(c, trained);
	struct tally theirs = tally_nearest(c, trained, ours.given);

	print_tally("held out", &ours);
	print_tally("peer, nearest by TF-IDF", &theirs);
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return (x > y) - (x < y);
}

static void measure_speed(const struct corpus *c, size_t trained)
{
	size_t queries = c->wording_count - trained, count_all = queries * ROUNDS;
	own_mem uint64_t *ns = mem_zeroed(count_all, sizeof *ns);
	own_mem char *large = mem_zeroed(1 << 20, 1);
	struct answer_match best;

	for (size_t i = 0; i < count_all; i++) {
		uint64_t start = clock_ns();
		answers_match(c->wordings[trained + i % queries].text, &best);
		ns[i] = clock_ns() - start;
	}
	qsort(ns, count_all, sizeof *ns, by_value);
	report("known answers, time a question", "200 us", "median %.1f us, 99 %% within %.1f us",
		(double)ns[count_all / 2] / 1e3, (double)ns[count_all / 100 * 99] / 1e3);
	memset(large, 'a', 1 << 20);
	uint64_t start = clock_ns();
	answers_match((struct str){ large, 1 << 20 }, &best);
	report("known answers, time a message of 1 MB", "", "%.1f us", (double)(clock_ns() - start) / 1e3);
}

static void measure_size(void)
{
	const struct answer_model *m = &answer_model;
	size_t rows = 0, texts = 0;

	for (uint32_t i = 0; i <= m->slot_mask; i++)
		rows += m->slots[i].feature != 0;
	for (size_t i = 0; i < m->answer_count; i++)
		texts += answer_texts[i].text.n;
	size_t bytes = 2 * m->rows[rows].start + rows * sizeof *m->rows + (m->slot_mask + 1) * sizeof *m->slots +
		(m->stem_mask + 1) * sizeof *m->stems + (m->lexicon.mask + 1) * sizeof *m->lexicon.slots;
	report("known answers, size", "", "%zu texts of %zu KB, %zu features, %.2f MB", m->answer_count, texts / 1000,
		rows, (double)bytes / 1e6);
}

static void measure_training(const struct corpus *c, const char *folder)
{
	struct error err = {0};
	size_t n;
	own_mem char *path = path_join(folder, "synonyms.txt");
	own_mem char *text = file_read(path, 1 << 20, &n, &err);
	own_synonyms synonyms = {0};
	own_samples samples = SAMPLES_INIT;
	own_validation validation;
	own_weights weights;
	uint64_t start = clock_ns();

	if (!text || !synonyms_parse(&synonyms, (struct str){ text, n }, path, &err))
		die(&err);
	struct lexicon lexicon = synonyms_lexicon(&synonyms);
	if (!samples_read(&samples, c, &lexicon, &err))
		die(&err);
	validate(&validation, &samples);
	learn(&weights, &samples, FOLDS);
	report("known answers, training", "", "%.1f s; cross-validated precision %.1f %%, recall %.1f %%",
		(double)(clock_ns() - start) / 1e9, 100 * (double)validation.precision,
		100 * (double)validation.recall);
}

int main(int argc, char **argv)
{
	struct error err = {0};
	own_corpus c = CORPUS_INIT;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_answers DATA\n");
		return 2;
	}
	if (!corpus_read(&c, argv[1], &err))
		die(&err);
	size_t trained = c.wording_count;
	if (!corpus_read_held_out(&c, argv[1], &err))
		die(&err);
	measure_quality(&c, trained);
	measure_speed(&c, trained);
	measure_size();
	c.wording_count = trained;
	measure_training(&c, argv[1]);
	return 0;
}
