/*
 * bench_kernel [THREADS]: products with packed weights, against what memory gives.
 *
 * Each model is the whole set of its matrices, repeated for every layer as in a
 * forward pass, so that nothing comes from a cache that would not in earnest.
 * What is compared is measured in turns; figures are medians.  The bandwidth is
 * bandwidth.h's, by the same threads.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bandwidth.h"
#include "base/clock.h"
#include "base/mem.h"
#include "kernel/cpu.h"
#include "kernel/matrix.h"
#include "kernel/team.h"
#include "report.h"

enum {
	ROUNDS = 9,
	ROWS_MOST = 256,
	BARRIERS = 20000,
	SHAPES = 5,
	SMALLEST = 256 << 20,   /* of matrices of one shape */
};

struct shape {
	size_t outputs, inputs, copies;
	enum epilogue epilogue;
};

struct model {
	const char *name;
	struct shape shapes[SHAPES];     /* qkv, o, gate and up, down; head last */
};

static const struct model models[] = {
	{ "0.5B", { { 1152, 896, 24 }, { 896, 896, 24, EPILOGUE_ADD }, { 9728, 896, 24, EPILOGUE_SWIGLU },
		{ 896, 4864, 24, EPILOGUE_ADD }, { 151936, 896, 1 } } },
	{ "1.5B", { { 2048, 1536, 28 }, { 1536, 1536, 28, EPILOGUE_ADD }, { 17920, 1536, 28, EPILOGUE_SWIGLU },
		{ 1536, 8960, 28, EPILOGUE_ADD }, { 151936, 1536, 1 } } },
};

static struct team *team;

static void *aligned(size_t size)
{
	void *p = aligned_alloc(4096, (size + 4095) / 4096 * 4096);

	if (!p)
		mem_panic("out of memory");
	return p;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, size_t n)
{
	qsort(v, n, sizeof *v, by_size);
	return v[n / 2];
}

/* Seconds of one run. */
static double timed(team_fn *fn, void *user)
{
	uint64_t start = clock_ns();

	team_run(team, fn, user);
	return (double)(clock_ns() - start) / 1e9;
}

static void meet_often(void *user, unsigned member, unsigned members)
{
	(void)user, (void)member, (void)members;
	for (int i = 0; i < BARRIERS; i++)
		team_barrier(team);
}

static void bench_barrier(void)
{
	double ns[ROUNDS];

	for (int i = 0; i < ROUNDS; i++)
		ns[i] = timed(meet_often, NULL) / BARRIERS * 1e9;
	report("kernel: a barrier", "1 us", "%.0f ns, %u threads", median(ns, ROUNDS), team_members(team));
}

/* Some matrices to run through, one after another. */
struct work {
	struct matrix *matrices;
	const struct shape **shapes;
	size_t count, rows;
	size_t bytes, operations;        /* of weights; of one row, a product and a sum counted as two */
	float *out;
	void *memory;
};

static void run_work(void *user, unsigned member, unsigned members)
{
	struct work *w = user;

	for (size_t i = 0; i < w->count; i++) {
		struct activations x;
		const struct shape *s = w->shapes[i];
		activations_init(&x, w->memory, w->rows, s->inputs);
		activations_round(&x, member, members);
		team_barrier(team);
		matrix_multiply(&w->matrices[i], &x, w->out, s->outputs, s->epilogue, NULL, member, members);
		team_barrier(team);
	}
}

static void *random_group(enum weights type, size_t inputs)
{
	const float *rows[MATRIX_GROUP];
	own_mem float *values = mem_alloc(MATRIX_GROUP * inputs * sizeof *values);
	void *group = aligned(matrix_group_bytes(type, inputs));

	for (size_t i = 0; i < MATRIX_GROUP * inputs; i++)
		values[i] = (float)drand48() - 0.5f;
	for (size_t i = 0; i < MATRIX_GROUP; i++)
		rows[i] = values + i * inputs;
	matrix_pack_floats(type, group, rows, MATRIX_GROUP, inputs);
	return group;
}

static void add_matrix(struct work *w, enum weights type, const struct shape *s)
{
	own_mem void *group = random_group(type, s->inputs);
	size_t bytes = matrix_bytes(type, s->outputs, s->inputs), step = matrix_group_bytes(type, s->inputs);
	char *data = aligned(bytes);

	for (size_t at = 0; at < bytes; at += step)
		memcpy(data + at, group, step);
	w->matrices = mem_resize(w->matrices, w->count + 1, sizeof *w->matrices);
	w->shapes = mem_resize(w->shapes, w->count + 1, sizeof *w->shapes);
	w->matrices[w->count] = (struct matrix){ type, s->outputs, s->inputs, data };
	w->shapes[w->count++] = s;
	w->bytes += bytes;
	w->operations += 2 * s->outputs * s->inputs;
}

static void work_init(struct work *w, enum weights type, const struct shape *shapes, size_t count)
{
	size_t memory = 0, out = 0;

	*w = (struct work){0};
	for (size_t i = 0; i < count; i++)
		for (size_t n = 0; n < shapes[i].copies; n++) {
			size_t needed = activations_bytes(ROWS_MOST, shapes[i].inputs);
			add_matrix(w, type, &shapes[i]);
			memory = needed > memory ? needed : memory;
			out = shapes[i].outputs > out ? shapes[i].outputs : out;
		}
	w->memory = aligned(memory);
	memset(w->memory, 0, memory);
	for (size_t i = 0; i < memory / sizeof(float); i++)
		((float *)w->memory)[i] = (float)(i % 251) - 125;
	w->out = aligned(ROWS_MOST * out * sizeof(float));
	memset(w->out, 0, ROWS_MOST * out * sizeof(float));
}

static void work_done(struct work *w)
{
	for (size_t i = 0; i < w->count; i++)
		free((void *)w->matrices[i].data);
	free(w->matrices);
	free(w->shapes);
	free(w->memory);
	free(w->out);
}

static double seconds(struct work *w, size_t rows)
{
	w->rows = rows;
	return timed(run_work, w);
}

/* One row against the bandwidth, and more rows against one. */
static void bench_few_rows(const char *name, enum weights type, struct work *w, const struct bandwidth *memory_speed)
{
	static const size_t counts[] = { 2, 4, 8, 16 };
	double one[ROUNDS], speed[ROUNDS], share[ROUNDS], ratio[4][ROUNDS];
	char what[60];

	for (int i = 0; i < ROUNDS; i++) {
		double memory = bandwidth_measure(memory_speed, team) / 1e9;
		one[i] = seconds(w, 1);
		speed[i] = (double)w->bytes / one[i] / 1e9;
		share[i] = speed[i] / memory * 100;
		for (size_t k = 0; k < countof(counts); k++)
			ratio[k][i] = seconds(w, counts[k]) / one[i];
	}
	snprintf(what, sizeof what, "kernel: %s %s, one row", name, weights_name(type));
	report(what, "85 %", "%.1f GB/s, %.0f %% of memory's, %.2f ms, %.1f/s", median(speed, ROUNDS),
		median(share, ROUNDS), median(one, ROUNDS) * 1e3, 1 / median(one, ROUNDS));
	snprintf(what, sizeof what, "kernel: %s %s, 2, 4, 8, 16 rows", name, weights_name(type));
	report(what, "4: 2 times", "%.2f, %.2f, %.2f, %.2f times one", median(ratio[0], ROUNDS),
		median(ratio[1], ROUNDS), median(ratio[2], ROUNDS), median(ratio[3], ROUNDS));
}

static void bench_many_rows(const char *name, enum weights type, struct work *w)
{
	double s[ROUNDS];
	char what[60];

	for (int i = 0; i < ROUNDS / 3; i++)
		s[i] = seconds(w, ROWS_MOST);
	double middle = median(s, ROUNDS / 3);
	snprintf(what, sizeof what, "kernel: %s %s, %d rows", name, weights_name(type), ROWS_MOST);
	report(what, "", "%.0f Gop/s, %.0f rows/s", (double)w->operations * ROWS_MOST / middle / 1e9,
		ROWS_MOST / middle);
}

static void bench_model(const struct model *m, enum weights type, const struct bandwidth *memory_speed)
{
	struct work all, layers;

	work_init(&all, type, m->shapes, SHAPES);
	bench_few_rows(m->name, type, &all, memory_speed);
	work_done(&all);
	work_init(&layers, type, m->shapes, SHAPES - 1);
	bench_many_rows(m->name, type, &layers);
	work_done(&layers);
}

static void bench_shape(size_t outputs, size_t inputs, const struct bandwidth *memory_speed)
{
	struct shape s = { outputs, inputs, 1 + SMALLEST / matrix_bytes(WEIGHTS_I4, outputs, inputs), EPILOGUE_STORE };
	struct work w;
	char name[40];

	snprintf(name, sizeof name, "%zux%zu", outputs, inputs);
	work_init(&w, WEIGHTS_I4, &s, 1);
	bench_few_rows(name, WEIGHTS_I4, &w, memory_speed);
	work_done(&w);
}

int main(int argc, char **argv)
{
	struct error err = {0};
	struct bandwidth reading, *memory_speed = &reading;
	double speed[ROUNDS];

	team = team_create(argc > 1 ? (unsigned)atoi(argv[1]) : 2, &err);
	if (!team)
		mem_panic(err.text);
	bandwidth_init(memory_speed);
	for (int i = 0; i < ROUNDS; i++)
		speed[i] = bandwidth_measure(memory_speed, team) / 1e9;
	report("kernel: reading memory", "", "%.1f GB/s, %u threads, %s", median(speed, ROUNDS), team_members(team),
		isa_name(kernel_isa()));
	bench_barrier();
	for (size_t i = 0; i < countof(models); i++) {
		bench_model(&models[i], WEIGHTS_I4, memory_speed);
		bench_model(&models[i], WEIGHTS_I8, memory_speed);
	}
	bench_shape(896, 896, memory_speed);
	bench_shape(1536, 8960, memory_speed);
	bench_shape(17920, 1536, memory_speed);
	bench_shape(151936, 1536, memory_speed);
	team_destroy(team);
	bandwidth_done(memory_speed);
	return 0;
}
