/*
 * bench_attention: what attention costs, in the shapes of Qwen2.5 0.5B and 1.5B.
 *
 * Decode: one token after so many others, all layers. Before each pass something
 * larger than the caches is read, as the weights would be; the same reading,
 * timed, is what memory gives. Prefill: a prompt in slices, as the worker does it.
 * Medians; all processors.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bandwidth.h"
#include "base/clock.h"
#include "base/mapped.h"
#include "base/mem.h"
#include "kernel/attention.h"
#include "kernel/cpu.h"
#include "kernel/team.h"
#include "report.h"

enum { ROUNDS = 15, SLICE = 256, PROMPT_MAX = 2048 };

struct bench {
	const char *name;
	struct attention_shape shape;
	size_t layers;
	struct team *team;
	struct attention *attention;
	struct mapped memory;
	struct bandwidth bandwidth;    /* measuring it also empties the caches */
	void *pages[256];
	float *q, *out;
};

static int ascending(const void *a, const void *b)
{
	const uint64_t *l = a, *r = b;

	return (*l > *r) - (*l < *r);
}

static double median_s(uint64_t *times, size_t count)
{
	qsort(times, count, sizeof *times, ascending);
	return (double)times[count / 2] / 1e9;
}

static void layers(void *user, unsigned member, unsigned members)
{
	struct bench *b = user;

	(void)members;
	for (size_t i = 0; i < b->layers; i++) {
		attention_run(b->attention, i, member);
		team_barrier(b->team);
	}
}

static size_t width(const struct bench *b)
{
	return b->shape.heads * b->shape.head_dim;
}

static void open_bench(struct bench *b, size_t tokens)
{
	const size_t kv = b->shape.kv_heads * b->shape.head_dim, bytes = attention_page_bytes(&b->shape, b->layers);
	const size_t pages = (tokens + PAGE_TOKENS - 1) / PAGE_TOKENS;
	struct error err = {0};
	float *numbers = mem_zeroed(PROMPT_MAX * width(b) + kv, sizeof *numbers);

	for (size_t i = 0; i < PROMPT_MAX * width(b) + kv; i++)
		numbers[i] = (float)((i * 2654435761u >> 7) % 2001) / 1000 - 1;
	b->q = numbers;
	b->out = mem_zeroed(PROMPT_MAX * width(b), sizeof *b->out);
	b->attention = attention_create(&b->shape);
	if (!(b->team = team_create((unsigned)sysconf(_SC_NPROCESSORS_ONLN), &err)) ||
	    !mapped_pages(&b->memory, pages * bytes, &err)) {
		fprintf(stderr, "bench_attention: %s\n", err.text);
		exit(1);
	}
#ifdef MADV_HUGEPAGE
	(void)madvise(b->memory.data, b->memory.len, MADV_HUGEPAGE);     /* as model/pages.c */
#endif
	bandwidth_init(&b->bandwidth);
	for (size_t i = 0; i < pages; i++)
		b->pages[i] = b->memory.data + i * bytes;
	for (size_t i = 0; i < tokens * b->layers; i++)
		attention_store(&b->shape, b->pages[i / b->layers / PAGE_TOKENS], i % b->layers,
			i / b->layers % PAGE_TOKENS, numbers + i % 4096, numbers + i % 4093);
}

static void close_bench(struct bench *b)
{
	attention_destroy(b->attention);
	team_destroy(b->team);
	mapped_done(&b->memory);
	bandwidth_done(&b->bandwidth);
	free(b->q);
	free(b->out);
}

static void decode(struct bench *b, size_t tokens)
{
	uint64_t ours[ROUNDS], rates[ROUNDS];
	struct attention_row row = { b->q, b->out, b->pages, tokens - 1 };

	for (size_t i = 0; i < ROUNDS; i++) {
		rates[i] = (uint64_t)bandwidth_measure(&b->bandwidth, b->team);
		uint64_t start = clock_ns();
		attention_plan(b->attention, &row, 1, team_members(b->team));
		team_run(b->team, layers, b);
		ours[i] = clock_ns() - start;
	}
	const double seconds = median_s(ours, ROUNDS);
	const double bytes = (double)attention_page_bytes(&b->shape, b->layers) * (double)tokens / PAGE_TOKENS;
	const double memory = 1e9 * median_s(rates, ROUNDS);       /* bytes a second */
	own_mem char *what = mem_printf("attention, %s: a token after %zu", b->name, tokens);

	report(what, "", "%.3f ms, %.1f GB/s, %.0f %% of what memory gives", seconds * 1e3, bytes / seconds / 1e9,
		100 * bytes / seconds / memory);
}

static void prefill(struct bench *b)
{
	const size_t least = b->layers < 4 ? b->layers : 4, all = b->layers;
	struct attention_row rows[SLICE];
	uint64_t times[5];
	double flops = 0;

	b->layers = least;
	for (size_t round = 0; round < countof(times); round++) {
		uint64_t start = clock_ns();
		for (size_t at = 0; at < PROMPT_MAX; at += SLICE) {
			for (size_t i = 0; i < SLICE; i++)
				rows[i] = (struct attention_row){
					.q = b->q + (at + i) * width(b),
					.out = b->out + (at + i) * width(b),
					.pages = b->pages,
					.position = at + i,
				};
			attention_plan(b->attention, rows, SLICE, team_members(b->team));
			team_run(b->team, layers, b);
		}
		times[round] = clock_ns() - start;
	}
	for (size_t i = 1; i <= PROMPT_MAX; i++)
		flops += 4.0 * (double)i * (double)width(b) * (double)b->layers;
	const double seconds = median_s(times, countof(times));
	own_mem char *what = mem_printf("attention, %s: a prompt of %d", b->name, PROMPT_MAX);

	report(what, "", "%.0f GFLOP/s, %.0f ms for %zu layers", flops / seconds / 1e9,
		seconds * 1e3 * (double)all / (double)b->layers, all);
	b->layers = all;
}

int main(void)
{
	static const struct bench kinds[] = {
		{ "0.5B", { 14, 2, 64, 0.125f, KV_F16 }, 24 },
		{ "0.5B, 8 bits", { 14, 2, 64, 0.125f, KV_I8 }, 24 },
		{ "1.5B", { 12, 2, 128, 0.088f, KV_F16 }, 28 },
		{ "1.5B, 8 bits", { 12, 2, 128, 0.088f, KV_I8 }, 28 },
	};

	for (size_t i = 0; i < countof(kinds); i++) {
		struct bench b = kinds[i];
		open_bench(&b, 8000);
		decode(&b, 1);
		decode(&b, 2000);
		decode(&b, 8000);
		prefill(&b);
		close_bench(&b);
	}
	return 0;
}
