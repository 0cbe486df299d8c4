/*
 * race FOLDER THREADS: one round of our engine, for bench/peers/race.py to hold
 * against llama-bench's: the same figures, measured the same way (no sampling,
 * tokens that do not matter), one "NAME TOKENS/S" a line.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bandwidth.h"
#include "base/clock.h"
#include "base/mem.h"
#include "engines.h"
#include "model/prepared.h"
#include "prepare/prepare.h"

enum { SLICE = 512, WRITTEN = 64, MOST = 2048 + WRITTEN };

static int32_t some_token(size_t i)
{
	return (int32_t)(100 + i * 7919 % 1000);
}

/* Reads a prompt that no other begins like; the seconds it took. */
static double read_prompt(struct timeline *t, size_t count)
{
	int32_t tokens[MOST];
	struct error err = {0};

	for (size_t i = 0; i < count; i++)
		tokens[i] = some_token(count + i);
	uint64_t start = clock_ns();
	if (!timeline_begin(t, tokens, count, &err))
		die(&err);
	while (timeline_pending(t))
		if (!timeline_advance(t, SLICE, NULL, &err))
			die(&err);
	return (double)(clock_ns() - start) / 1e9;
}

static double write_tokens(struct timeline *t)
{
	struct error err = {0};
	uint64_t start = clock_ns();

	for (size_t i = 0; i < WRITTEN; i++)
		if (!timeline_push(t, some_token(i), &err) || !timeline_advance(t, 1, NULL, &err))
			die(&err);
	return (double)(clock_ns() - start) / 1e9;
}

/* A prompt of its own, then, behind it, some tokens; the rate of writing, if asked for. */
static double measure(struct engine *e, size_t prompt, const char *reading, const char *writing)
{
	own_timeline *t = fresh(e);
	double seconds = read_prompt(t, prompt);

	if (reading)
		printf("%s %.2f\n", reading, (double)prompt / seconds);
	if (!writing)
		return 0;
	double rate = WRITTEN / write_tokens(t);
	printf("%s %.2f\n", writing, rate);
	return rate;
}

/* Bytes of weights that a token is computed with: all but the embedding's other rows. */
static double bytes_per_token(const char *path)
{
	struct error err = {0};
	own_prepared file = {0};

	if (!prepared_open(&file, path, &err))
		die(&err);
	const struct matrix *head = &file.weights.head;
	double bytes = (double)matrix_bytes(head->type, head->outputs, head->inputs);
	for (size_t i = 0; i < file.shape.layers; i++)
		for (size_t k = 0; k < DECODER_LAYER_MATRICES; k++) {
			const struct matrix *m = &file.weights.layers[i].matrices[k];
			bytes += (double)matrix_bytes(m->type, m->outputs, m->inputs);
		}
	return bytes;
}

/* What part of the time memory is busy with weights while tokens are written. */
static void measure_share(const char *path, double decode, unsigned threads)
{
	struct error err = {0};
	struct bandwidth reading;
	struct team *team = team_create(threads, &err);

	if (!team)
		die(&err);
	bandwidth_init(&reading);
	double rate = bandwidth_measure(&reading, team), bytes = bytes_per_token(path);
	printf("memory-GB/s %.2f\nweights-MB-a-token %.1f\ndecode-0-of-memory %.3f\n", rate / 1e9, bytes / 1e6,
		decode * bytes / rate);
	bandwidth_done(&reading);
	team_destroy(team);
}

int main(int argc, char **argv)
{
	struct error err = {0};

	if (argc != 3) {
		fprintf(stderr, "usage: race FOLDER THREADS\n");
		return 2;
	}
	struct prepare_options wishes = { .engine = { .threads = atoi(argv[2]) } };
	own_prepared_model prepared = {0};
	if (!prepare_model(argv[1], &wishes, &prepared, &err))
		die(&err);
	wishes.engine.prepared = prepared.path;
	own_engine *e = engine_open(argv[1], &wishes.engine, &err);
	if (!e)
		die(&err);
	measure(e, 1, NULL, NULL);                /* warms up */
	double decode = measure(e, 1, NULL, "decode-0");
	if (prepared.path)
		measure_share(prepared.path, decode, (unsigned)atoi(argv[2]));
	measure(e, 256, "prefill-256", NULL);
	measure(e, 2048, "prefill-2048", NULL);
	measure(e, 2000, NULL, "decode-2000");
	return 0;
}
