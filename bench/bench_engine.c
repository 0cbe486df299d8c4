/*
 * bench_engine FOLDER...: what our engine costs above ONNX Runtime itself.
 *
 * Time: one token of ours (timeline, sampler with Qwen's settings) against one of
 * a bare loop on the same graph, in turns within one process, medians.  Memory: a
 * child process each that loads the model, reads a prompt and writes some tokens.
 * Goals: at most 3 % of a token's time, at most 5 % of memory.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bare_loop.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "die.h"
#include "model/files.h"
#include "model/sampler.h"
#include "model/timeline.h"
#include "report.h"

enum { PROMPT = 128, ROUNDS = 60, TOKENS = 8, CHILD_TOKENS = 16, CHILD_ROOM = 512, ROOM = PROMPT + ROUNDS * TOKENS };

static void make_prompt(int32_t *tokens)
{
	for (int32_t i = 0; i < PROMPT; i++)
		tokens[i] = 100 + 7 * i;
}

static struct sampling qwen_sampling(void)
{
	return (struct sampling){
		.temperature = 0.7f,
		.top_p = 0.8f,
		.min_p = 0,
		.top_k = 20,
		.repetition_penalty = 1.05f,
		.seed = 1,
		.max_tokens = -1,
		.top_logprobs = -1,
	};
}

struct ours {
	struct engine *engine;
	struct timeline *timeline;
	struct sampler *sampler;
	uint64_t sampling_ns;    /* of the last token */
};

static void open_ours(struct ours *o, const char *folder)
{
	struct error err = {0};
	struct sampling wishes = qwen_sampling();
	const struct engine_options options = {0};

	if (!(o->engine = engine_open(folder, &options, &err)) || !(o->timeline = timeline_create(o->engine, &err)) ||
	    !(o->sampler = sampler_create(&wishes, &wishes, engine_info(o->engine)->vocabulary, &err)))
		die(&err);
}

static void close_ours(struct ours *o)
{
	sampler_destroy(o->sampler);
	timeline_destroy(o->timeline);
	engine_release(o->engine);
}

static void read_prompt(struct ours *o, const int32_t *tokens)
{
	struct error err = {0};

	sampler_add_prompt(o->sampler, tokens, PROMPT);
	if (!timeline_begin(o->timeline, tokens, PROMPT, &err))
		die(&err);
	while (timeline_pending(o->timeline))
		if (!timeline_advance(o->timeline, PROMPT, NULL, &err))
			die(&err);
}

static void next_token(struct ours *o)
{
	struct error err = {0};
	struct pick pick;
	uint64_t start = clock_ns();

	if (!sampler_pick(o->sampler, timeline_logits(o->timeline), NULL, &pick, &err))
		die(&err);
	o->sampling_ns = clock_ns() - start;
	if (!timeline_push(o->timeline, pick.token, &err) || !timeline_advance(o->timeline, 1, NULL, &err))
		die(&err);
}

static struct bare_loop *open_bare(const char *folder, const struct engine_info *info, size_t room)
{
	struct error err = {0};
	own_model_files files = {0};

	if (!model_files_find(&files, folder, NULL, &err))
		die(&err);
	struct bare_loop *b = bare_loop_open(files.graph, info, (int)sysconf(_SC_NPROCESSORS_ONLN), room, &err);
	if (!b)
		die(&err);
	return b;
}

static int32_t bare_step(struct bare_loop *b, const int32_t *tokens, size_t n)
{
	struct error err = {0};
	int32_t token = bare_loop_run(b, tokens, n, &err);

	if (token < 0)
		die(&err);
	return token;
}

static int ascending(const void *a, const void *b)
{
	const uint64_t *l = a, *r = b;

	return (*l > *r) - (*l < *r);
}

static double median_ms(uint64_t *times, size_t count)
{
	qsort(times, count, sizeof *times, ascending);
	return (double)times[count / 2] / 1e6;
}

static void compare_speed(const char *folder)
{
	uint64_t ours_ns[ROUNDS * TOKENS], bare_ns[ROUNDS * TOKENS], sampling_ns[ROUNDS * TOKENS];
	int32_t prompt[PROMPT];
	struct ours o;

	make_prompt(prompt);
	open_ours(&o, folder);
	const struct engine_info *info = engine_info(o.engine);
	struct bare_loop *b = open_bare(folder, info, ROOM);
	read_prompt(&o, prompt);
	int32_t token = bare_step(b, prompt, PROMPT);
	for (size_t i = 0; i < ROUNDS * TOKENS;) {
		for (size_t end = i + TOKENS, j = i; j < end; j++) {
			uint64_t start = clock_ns();
			next_token(&o);
			ours_ns[j] = clock_ns() - start;
			sampling_ns[j] = o.sampling_ns;
		}
		for (size_t end = i + TOKENS; i < end; i++) {
			uint64_t start = clock_ns();
			token = bare_step(b, &token, 1);
			bare_ns[i] = clock_ns() - start;
		}
	}
	double mine = median_ms(ours_ns, countof(ours_ns)), bare = median_ms(bare_ns, countof(bare_ns));
	own_mem char *what = mem_printf("engine, %s: a token's time over bare ONNX Runtime's", info->name);
	report(what, "+3 %", "%+.1f %% (%.1f tokens/s, bare %.1f; sampler %.3f ms)", 100 * (mine / bare - 1),
		1000 / mine, 1000 / bare, median_ms(sampling_ns, countof(sampling_ns)));
	bare_loop_close(b);
	close_ours(&o);
}

/* ---- Memory ---- */

static double resident_mb(void)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	double kb = 0;

	while (f && fgets(line, sizeof line, f))
		if (sscanf(line, "VmRSS: %lf", &kb) == 1)
			break;
	if (f)
		fclose(f);
	return kb / 1024;
}

static void use_ours(const char *folder, double mb[2])
{
	int32_t prompt[PROMPT];
	struct ours o;

	make_prompt(prompt);
	open_ours(&o, folder);
	mb[0] = resident_mb();
	read_prompt(&o, prompt);
	for (size_t i = 0; i < CHILD_TOKENS; i++)
		next_token(&o);
	mb[1] = resident_mb();
	close_ours(&o);
}

/* What the bare loop must be told about the model, without loading it. */
static void use_bare(const char *folder, double mb[2])
{
	struct error err = {0};
	own_model_files files = {0};
	int32_t prompt[PROMPT];

	if (!model_files_find(&files, folder, NULL, &err))
		die(&err);
	make_prompt(prompt);
	struct engine_info info = { .vocabulary = files.vocabulary };
	struct bare_loop *b = open_bare(folder, &info, CHILD_ROOM);
	mb[0] = resident_mb();
	int32_t token = bare_step(b, prompt, PROMPT);
	for (size_t i = 0; i < CHILD_TOKENS; i++)
		token = bare_step(b, &token, 1);
	mb[1] = resident_mb();
	bare_loop_close(b);
}

static void in_child(void (*use)(const char *, double[2]), const char *folder, double mb[2])
{
	int ends[2], status;

	if (pipe(ends) < 0)
		exit(1);
	pid_t child = fork();
	if (child == 0) {
		use(folder, mb);
		_exit(write(ends[1], mb, 2 * sizeof *mb) == (ssize_t)(2 * sizeof *mb) ? 0 : 1);
	}
	close(ends[1]);
	if (read(ends[0], mb, 2 * sizeof *mb) != (ssize_t)(2 * sizeof *mb) || waitpid(child, &status, 0) != child ||
		status)
		exit(1);
	close(ends[0]);
}

static void compare_memory(const char *folder)
{
	double ours[2], bare[2];

	in_child(use_ours, folder, ours);
	in_child(use_bare, folder, bare);
	own_mem char *loaded = mem_printf("engine, %s: memory when loaded", path_base(folder));
	own_mem char *used = mem_printf("engine, %s: memory after %d tokens", path_base(folder), PROMPT + CHILD_TOKENS);
	report(loaded, "+5 %", "%+.1f %% (%.0f MB, bare %.0f)", 100 * (ours[0] / bare[0] - 1), ours[0], bare[0]);
	report(used, "+5 %", "%+.1f %% (%.0f MB, bare %.0f)", 100 * (ours[1] / bare[1] - 1), ours[1], bare[1]);
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		fprintf(stderr, "usage: bench_engine FOLDER...   (make-model writes some)\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++)
		compare_memory(argv[i]);
	for (int i = 1; i < argc; i++)
		compare_speed(argv[i]);
	return 0;
}
