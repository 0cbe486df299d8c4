/*
 * bench_decoder [--figures] FOLDER...: prepared models, beside themselves.
 *
 * Loading: time, and the most memory ever against what is kept.  A second turn
 * of a conversation of 4,000 tokens: time until its first token against the
 * first turn's.  Restart: the same of a system prompt of 2,000 tokens that the
 * program before this one left on disk.  Streams: tokens a second of several in one run against one's.
 * Adapters: a token's time, and a prompt's, with one on every projection against
 * none; none costs nothing, since its runs take no other step.
 * Guesses: a text that repeats what was read, with a change now and then, and one
 * that misleads (something to go by is nearly always found, and always wrong),
 * with guesses and without, in turns.  What is "written" is given, since random
 * weights write nothing that repeats; the sampler runs all the same.  --figures
 * prints "NAME NUMBER" lines instead of the table's rows.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "engines.h"
#include "model/guess.h"
#include "model/sampler.h"
#include "prepare/prepare.h"
#include "report.h"

enum { SLICE = 256, LONG = 4000, SYSTEM = 2000, MORE = 40, STREAMS_MAX = 8, READ = 600, WRITTEN = 240, ROUNDS = 5,
	TURNS = 100 };

static bool figures;

static void show(const struct engine_info *info, const char *name, const char *what, const char *goal, double figure,
	const char *unit)
{
	own_mem char *title = mem_printf("%s: %s", info->name, what);

	if (figures)
		printf("%s:%s %.4f\n", info->name, name, figure);
	else
		report(title, goal, "%.2f %s", figure, unit);
}

static int ascending(const void *a, const void *b)
{
	const double *l = a, *r = b;

	return (*l > *r) - (*l < *r);
}

static double median(double *figure, size_t count)
{
	qsort(figure, count, sizeof *figure, ascending);
	return figure[count / 2];
}

/* ---- Timelines ---- */

static double seconds_since(uint64_t start) { return (double)(clock_ns() - start) / 1e9; }

/* Tokens that no other call's begin like. */
static void some_tokens(int32_t *tokens, size_t count)
{
	static int32_t calls;

	calls++;
	for (size_t i = 0; i < count; i++)
		tokens[i] = (int32_t)(1000 + (i * 7919 + (size_t)calls * 104729) % 50000);
}

/* Seconds until the token after these could be chosen. */
static double read_tokens(struct timeline *t, const int32_t *tokens, size_t count)
{
	struct error err = {0};
	uint64_t start = clock_ns();

	if (!timeline_begin(t, tokens, count, &err))
		die(&err);
	while (timeline_pending(t))
		if (!timeline_advance(t, SLICE, NULL, &err))
			die(&err);
	return seconds_since(start);
}

static void compare_turns(struct engine *e)
{
	int32_t tokens[LONG + MORE];
	double first[3], second[3];

	for (size_t i = 0; i < 3; i++) {
		own_timeline *t = fresh(e), *later = fresh(e);
		some_tokens(tokens, LONG + MORE);
		first[i] = read_tokens(t, tokens, LONG);
		second[i] = read_tokens(later, tokens, LONG + MORE);
	}
	double whole = median(first, 3), rest = median(second, 3);
	show(engine_info(e), "second-turn", "first turn's wait over the second's, 4,000 tokens", "20 x", whole / rest,
		"x");
	show(engine_info(e), "second-turn-ms", "first token of the second turn", "", rest * 1e3, "ms");
}

/* Seconds until the first token of a program that is asked for the first time; its system prompt is kept on disk. */
static double ask_new_program(const char *folder, const struct engine_options *options, const int32_t *tokens)
{
	struct error err = {0};
	own_engine *e = engine_open(folder, options, &err);

	if (!e)
		die(&err);
	own_timeline *t = fresh(e);
	uint64_t start = clock_ns();
	if (!timeline_begin(t, tokens, SYSTEM + MORE, &err))
		die(&err);
	timeline_keep(t, SYSTEM);
	while (timeline_pending(t))
		if (!timeline_advance(t, SLICE, NULL, &err))
			die(&err);
	return seconds_since(start);
}

static void compare_restart(const char *folder, struct engine_options options)
{
	int32_t tokens[SYSTEM + MORE];
	double first[3], second[3];
	own_mem char *kept = path_join(folder, "beginnings");
	own_engine *e = NULL;
	struct error err = {0};

	options.beginnings = kept;
	options.beginnings_limit = 256 << 20;
	for (size_t i = 0; i < 3; i++) {
		some_tokens(tokens, SYSTEM + MORE);
		tokens[0] = (int32_t)(clock_ns() % 50000);       /* no earlier bench left it there */
		first[i] = ask_new_program(folder, &options, tokens);
		second[i] = ask_new_program(folder, &options, tokens);
	}
	if (!(e = engine_open(folder, &options, &err)))
		die(&err);
	double whole = median(first, 3), rest = median(second, 3);
	show(engine_info(e), "restart", "a system prompt of 2,000: first wait over a restart's", "", whole / rest, "x");
	show(engine_info(e), "restart-ms", "first token after a restart", "", rest * 1e3, "ms");
}

/* ---- Streams ---- */

/* Tokens a second of `count` streams together. */
static double write_streams(struct timeline **t, size_t count, size_t tokens)
{
	struct advance list[STREAMS_MAX];
	struct error err = {0};
	uint64_t start = clock_ns();

	for (size_t i = 0; i < tokens; i++) {
		for (size_t k = 0; k < count; k++) {
			if (!timeline_push(t[k], (int32_t)(100 + i * 31 + k * 7), &err))
				die(&err);
			list[k] = (struct advance){ .timeline = t[k], .tokens = 1, .logits = 1 };
		}
		timelines_advance(list, count);
		for (size_t k = 0; k < count; k++)
			if (!list[k].ok)
				die(&list[k].err);
	}
	return (double)(count * tokens) / seconds_since(start);
}

static void compare_streams(struct engine *e)
{
	struct timeline *t[STREAMS_MAX];
	double one[ROUNDS], four[ROUNDS], eight[ROUNDS];
	int32_t tokens[READ];

	for (size_t i = 0; i < STREAMS_MAX; i++) {
		t[i] = fresh(e);
		some_tokens(tokens, READ);
		read_tokens(t[i], tokens, READ);
	}
	for (size_t i = 0; i < ROUNDS; i++) {
		one[i] = write_streams(t, 1, 16);
		four[i] = write_streams(t, 4, 16) / one[i];
		eight[i] = write_streams(t, 8, 16) / one[i];
	}
	show(engine_info(e), "decode", "one stream behind 600 tokens", "", median(one, ROUNDS), "tokens/s");
	show(engine_info(e), "streams-4", "4 streams over one", "2 x", median(four, ROUNDS), "x");
	show(engine_info(e), "streams-8", "8 streams over one", "", median(eight, ROUNDS), "x");
	for (size_t i = 0; i < STREAMS_MAX; i++)
		timeline_destroy(t[i]);
}

/* ---- Adapters ---- */

/* All seven projections of every layer. */
static struct adapter *make_adapter(const struct decoder_shape *s, size_t rank)
{
	struct adapter *a = adapter_create(s);
	struct error err = {0};

	for (size_t layer = 0; layer < s->layers; layer++)
		for (unsigned k = 0; k < ADAPTER_PROJECTIONS; k++) {
			size_t inputs = adapter_inputs(s, k), outputs = adapter_outputs(s, k);
			own_mem float *numbers = mem_zeroed(rank * (inputs + outputs), sizeof *numbers);
			for (size_t i = 0; i < rank * (inputs + outputs); i++)
				numbers[i] = (float)(i % 1021) * 1e-6f;
			struct adapter_factors f = {
				.rank = rank, .inputs = inputs, .outputs = outputs, .a = numbers,
				.b = numbers + rank * inputs,
				.scale = 2,
			};
			if (!adapter_set(a, layer, k, &f, &err))
				die(&err);
		}
	return a;
}

/* In turns, token by token and prompt by prompt. */
static void compare_adapters(struct engine *e, size_t rank)
{
	own_adapter *a = make_adapter(engine_shape(e), rank);
	own_mem char *one = mem_printf("adapter-%zu", rank), *prompt = mem_printf("adapter-%zu-prompt", rank);
	own_mem char *what = mem_printf("a token's time, adapter of rank %zu over none", rank);
	own_mem char *read = mem_printf("a prompt of %d, adapter of rank %zu over none", READ, rank);
	double reading[2][ROUNDS], writing[2][TURNS];
	struct timeline *t[2];
	int32_t tokens[READ];
	struct error err = {0};

	for (size_t i = 0; i < 2 * ROUNDS; i++) {
		struct timeline **which = &t[i % 2];
		if (i >= 2)
			timeline_destroy(*which);
		*which = fresh(e);
		if (!timeline_set_adapter(*which, i % 2 ? a : NULL, &err))
			die(&err);
		some_tokens(tokens, READ);
		reading[i % 2][i / 2] = read_tokens(*which, tokens, READ);
	}
	for (size_t i = 0; i < 2 * TURNS; i++)
		writing[i % 2][i / 2] = 1 / write_streams(&t[i % 2], 1, 1);
	double token = median(writing[1], TURNS) / median(writing[0], TURNS);
	double whole = median(reading[1], ROUNDS) / median(reading[0], ROUNDS);
	show(engine_info(e), one, what, "+10 %", 100 * (token - 1), "%");
	show(engine_info(e), prompt, read, "", 100 * (whole - 1), "%");
	timeline_destroy(t[0]);
	timeline_destroy(t[1]);
}

/* ---- Guesses ---- */

struct script {
	int32_t read[READ], written[WRITTEN + 1];
};

/* What is written is what was read, but for every 24th token. */
static void make_edit(struct script *s)
{
	some_tokens(s->read, READ);
	for (size_t i = 0; i <= WRITTEN; i++)
		s->written[i] = i % 24 == 23 ? (int32_t)(60000 + i) : s->read[100 + i];
}

/* Five tokens in any order, so that three of them nearly always stood somewhere before; what is guessed never comes. */
static void make_misleading(struct script *s)
{
	struct guesser *g = guesser_create();
	int32_t guess;

	for (size_t i = 0; i < READ; i++)
		s->read[i] = 500 + rand() % 5;
	guesser_add(g, s->read, READ);
	for (size_t i = 0; i <= WRITTEN; i++) {
		bool found = guesser_propose(g, &guess, 1);
		do
			s->written[i] = 500 + rand() % 5;
		while (found && guess == s->written[i]);
		guesser_add(g, &s->written[i], 1);
	}
	guesser_destroy(g);
}

struct writer {
	struct timeline *timeline;
	struct sampler *sampler;
	struct guesser *guesser;       /* NULL: without */
	size_t drafted, accepted;
};

static struct sampling greedy(void)
{
	return (struct sampling){ .temperature = 0, .top_p = 1, .repetition_penalty = 1, .seed = 1, .max_tokens = -1,
		.top_logprobs = -1 };
}

/* One run; how many tokens it gave. */
static size_t write_some(struct writer *w, const int32_t *next, size_t left)
{
	struct advance one = { .timeline = w->timeline };
	int32_t guesses[GUESSES_MAX];
	struct error err = {0};
	struct pick pick;
	size_t count = w->guesser ? guesser_propose(w->guesser, guesses, left < GUESSES_MAX ? left : GUESSES_MAX) : 0,
		right = 0;

	for (size_t i = 0; i < count; i++)
		if (!timeline_push(w->timeline, guesses[i], &err))
			die(&err);
	one.tokens = one.logits = count + 1;
	timelines_advance(&one, 1);
	if (!one.ok)
		die(&one.err);
	for (;;) {
		if (!sampler_pick(w->sampler, timeline_logits_at(w->timeline, count - right), NULL, &pick, &err))
			die(&err);
		if (right == count || guesses[right] != next[right])
			break;
		right++;
	}
	if (count)
		guesser_judge(w->guesser, count, right);
	timeline_truncate(w->timeline, timeline_length(w->timeline) - (count - right));
	if (w->guesser)
		guesser_add(w->guesser, next, right + 1);
	if (!timeline_push(w->timeline, next[right], &err))
		die(&err);
	w->drafted += count;
	w->accepted += right;
	return right + 1;
}

/* Seconds to write the script. */
static double write_script(struct engine *e, const struct script *s, bool guessing, struct writer *w)
{
	struct error err = {0};
	struct sampling wishes = greedy();
	own_timeline *t = fresh(e);
	own_sampler *sampler = sampler_create(&wishes, &wishes, engine_info(e)->vocabulary, &err);

	*w = (struct writer){ .timeline = t, .sampler = sampler, .guesser = guessing ? guesser_create() : NULL };
	read_tokens(t, s->read, READ);
	if (w->guesser) {
		guesser_add(w->guesser, s->read, READ);
		guesser_add(w->guesser, s->written, 1);
	}
	if (!timeline_push(t, s->written[0], &err))
		die(&err);
	uint64_t start = clock_ns();
	for (size_t done = 1; done < WRITTEN; )
		done += write_some(w, s->written + done, WRITTEN - done);
	double seconds = seconds_since(start);
	guesser_destroy(w->guesser);
	return seconds;
}

static void compare_guesses(struct engine *e, void (*make)(struct script *), const char *name, const char *what,
	const char *goal)
{
	double ratio[ROUNDS];
	struct script s;
	struct writer w;

	srand(1);
	for (size_t i = 0; i < ROUNDS; i++) {
		make(&s);
		double plain = write_script(e, &s, false, &w);
		ratio[i] = plain / write_script(e, &s, true, &w);
	}
	own_mem char *unit = mem_printf("x (of %zu guesses %zu right, %d tokens)", w.drafted, w.accepted, WRITTEN);
	show(engine_info(e), name, what, goal, median(ratio, ROUNDS), unit);
}

/* ---- Loading ---- */

static double status_mb(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	double kb = 0;

	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, key, strlen(key)) == 0 && sscanf(line + strlen(key), ": %lf", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb / 1024;
}

/* In a child process: the most memory until the first token, over what is in use after some more. */
static void load_once(const char *folder, const struct engine_options *options)
{
	struct error err = {0};
	int32_t tokens[64];
	uint64_t start = clock_ns();
	own_engine *e = engine_open(folder, options, &err);

	if (!e)
		die(&err);
	double opened = seconds_since(start);
	own_timeline *t = fresh(e);
	some_tokens(tokens, 64);
	read_tokens(t, tokens, 64);
	double peak = status_mb("VmHWM");
	write_streams(&t, 1, 16);
	double steady = status_mb("VmRSS");
	show(engine_info(e), "open-ms", "opened", "", opened * 1e3, "ms");
	show(engine_info(e), "load-peak", "peak of memory while loading over what is kept", "1.15 x", peak / steady,
		"x");
	show(engine_info(e), "memory-mb", "memory, weights counted", "", steady, "MB");
}

static void measure_loading(const char *folder, const struct engine_options *options)
{
	int status;

	fflush(stdout);
	pid_t child = fork();
	if (child == 0) {
		load_once(folder, options);
		fflush(stdout);
		_exit(0);
	}
	if (waitpid(child, &status, 0) != child || status)
		exit(1);
}

static void measure(const char *folder)
{
	struct error err = {0};
	struct prepare_options wishes = {0};
	own_prepared_model prepared = {0};

	if (!prepare_model(folder, &wishes, &prepared, &err))
		die(&err);
	if (!prepared.path) {
		fprintf(stderr, "bench_decoder: %s: %s\n", folder, prepared.reason);
		exit(1);
	}
	wishes.engine.prepared = prepared.path;
	measure_loading(folder, &wishes.engine);
	own_engine *e = engine_open(folder, &wishes.engine, &err);
	if (!e)
		die(&err);
	compare_streams(e);
	compare_adapters(e, 8);
	compare_adapters(e, 16);
	compare_guesses(e, make_edit, "guess-edit", "an edit, with guesses over without", "1.8 x");
	compare_guesses(e, make_misleading, "guess-misled", "misleading text, with guesses over without", "0.97 x");
	compare_turns(e);
	compare_restart(folder, wishes.engine);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--figures") == 0) {
		figures = true;
		argv++, argc--;
	}
	if (argc < 2) {
		fprintf(stderr, "usage: bench_decoder [--figures] FOLDER...   (make-model writes some)\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		measure(argv[i]);
	return 0;
}
