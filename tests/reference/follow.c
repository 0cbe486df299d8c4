/*
 * follow FOLDER [original]: goes along another implementation's answers, with the
 * model prepared or, on wish, as it was published.
 *
 * Standard input has, a line each, a prompt's length and then the token ids of
 * prompt and answer.  For each token of the answer our own choice at that place
 * is printed, and how far its logit stands above the other's, in standard
 * deviations of the logits: "CHOICE GAP" pairs, a line for each line.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "model/select.h"
#include "model/timeline.h"
#include "prepare/prepare.h"

enum { IDS_MAX = 4096, SLICE = 32 };

static void die(const char *why)
{
	fprintf(stderr, "follow: %s\n", why);
	exit(1);
}

/* One line's numbers; 0 at the end of the input. */
static size_t read_line(int32_t *numbers)
{
	size_t count = 0;
	int c;

	do {
		int number;
		if (count < IDS_MAX && scanf("%d", &number) == 1)
			numbers[count++] = number;
		c = getchar();
	} while (c != '\n' && c != EOF);
	return count;
}

static double deviation(const float *logits, size_t count)
{
	double sum = 0, squares = 0;

	for (size_t i = 0; i < count; i++) {
		sum += logits[i];
		squares += (double)logits[i] * logits[i];
	}
	return sqrt(squares / (double)count - sum / (double)count * (sum / (double)count));
}

static void compute(struct timeline *t)
{
	struct error err = {0};

	while (timeline_pending(t))
		if (!timeline_advance(t, SLICE, NULL, &err))
			die(err.text);
}

static void follow(struct engine *e, const int32_t *ids, size_t count, size_t prompt)
{
	struct error err = {0};
	size_t vocabulary = engine_info(e)->vocabulary;
	own_timeline *t = timeline_create(e, &err);

	if (!t || !timeline_begin(t, ids, prompt, &err))
		die(err.text);
	for (size_t i = prompt; i < count; i++) {
		compute(t);
		const float *logits = timeline_logits(t);
		size_t choice = select_largest(logits, vocabulary);
		printf("%zu %.6f ", choice, (logits[choice] - logits[ids[i]]) / deviation(logits, vocabulary));
		if (!timeline_push(t, ids[i], &err))
			die(err.text);
	}
	putchar('\n');
}

int main(int argc, char **argv)
{
	struct error err = {0};
	struct prepare_options wishes = {0};
	own_prepared_model prepared = {0};
	int32_t numbers[IDS_MAX];
	size_t count;

	if (argc < 2) {
		fprintf(stderr, "usage: follow FOLDER [original] < IDS\n");
		return 2;
	}
	if (argc == 2 && !prepare_model(argv[1], &wishes, &prepared, &err))
		die(err.text);
	if (argc == 2 && !prepared.path)
		die(prepared.reason);
	wishes.engine.prepared = prepared.path;
	own_engine *e = engine_open(argv[1], &wishes.engine, &err);
	if (!e)
		die(err.text);
	while ((count = read_line(numbers)) > 1)
		follow(e, numbers + 1, count - 1, (size_t)numbers[0]);
	return 0;
}
