/* What tools take on large files and trees.  `bench_tools SCRATCH`. */
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "die.h"
#include "process/child.h"
#include "report.h"
#include "tool/context.h"
#include "tool/tool.h"

#define ROUNDS     15
#define READ_BYTES ((size_t)10 << 20)

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t median(uint64_t times[ROUNDS])
{
	qsort(times, ROUNDS, sizeof *times, ascending);
	return times[ROUNDS / 2];
}

/* Nanoseconds of one call. */
static uint64_t time_once(struct tool_context *context, const char *tool, const json_t *input)
{
	own_tool_job job = TOOL_JOB_INIT;
	struct error err = {0};
	struct cancel cancel;

	cancel_init(&cancel);
	job.context = context;
	job.cancel = &cancel;
	job.input = input;
	uint64_t before = clock_ns();
	if (!tool_find(str_of(tool))->run(&job, &err))
		die(&err);
	uint64_t after = clock_ns();
	cancel_done(&cancel);
	if (strncmp(job.text.data, "No ", 3) == 0 && !error_set(&err, ERROR_INTERNAL, "%s found nothing", tool))
		die(&err);
	return after - before;
}

static uint64_t time_call(struct tool_context *context, const char *tool, json_t *arguments)
{
	own_json *input = arguments;
	uint64_t times[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++)
		times[i] = time_once(context, tool, input);
	return median(times);
}

static void bench_read(struct tool_context *context, const char *scratch)
{
	own_mem char *path = path_join(scratch, "large.txt");
	own_buf text = BUF_INIT(READ_BYTES + 100);
	struct error err = {0};
	json_int_t lines = 0;

	for (; text.len < READ_BYTES; lines++)
		buf_putf(&text, "line %lld of a file with as many bytes as a log has in a day\n", (long long)lines);
	if (!file_write(path, buf_str(&text), 0600, &err))
		die(&err);
	report("Read of a 10 MB file, from its beginning", "20 ms", "%.1f ms",
		(double)time_call(context, "Read", json_pack("{s:s}", "file_path", path)) / 1e6);
	report("Read of a 10 MB file, its end", "20 ms", "%.1f ms", (double)time_call(context, "Read",
		json_pack("{s:s, s:I}", "file_path", path, "offset", lines - 1000)) / 1e6);
}

/* --- Grep and Glob beside rg ----------------------------------------------------------- */

#define FOLDERS 1000
#define FILES_OF_FOLDER 100

static void make_file(const char *folder, unsigned i, unsigned k)
{
	own_mem char *path = mem_printf("%s/file%u.%s", folder, k, k % 10 ? "txt" : "c");
	own_buf text = BUF_INIT(1 << 16);
	own_fd fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct error err = {0};

	for (unsigned line = 0; line < 20; line++)
		buf_putf(&text, "line %u of file %u in folder %u\n", line, k, i);
	if (k == 0)
		buf_putf(&text, "a needle in folder %u\n", i);
	if (fd < 0 || !file_write_fd(fd, buf_str(&text), &err))
		die(&err);
}

/* 100,000 files in 1,000 folders of 20; made once. */
static char *make_tree(const char *scratch)
{
	own_mem char *root = path_join(scratch, "tree"), *git = path_join(root, ".git");
	struct error err = {0};

	if (path_is_directory(git))
		return take(root);
	for (unsigned i = 0; i < FOLDERS; i++) {
		own_mem char *folder = mem_printf("%s/part%u/folder%u", root, i / 50, i);
		if (!path_make(folder, 0755, &err))
			die(&err);
		for (unsigned k = 0; k < FILES_OF_FOLDER; k++)
			make_file(folder, i, k);
	}
	/* A repository of its own: what ignores the folder around it must not hide it. */
	if (!path_make(git, 0755, &err))
		die(&err);
	return take(root);
}

static bool count_bytes(void *user, enum child_stream stream, struct str bytes)
{
	(void)stream;
	*(size_t *)user += bytes.n;
	return true;
}

/* Nanoseconds of rg, its output read as Grep's is. */
static uint64_t time_rg(const char *folder, const char *const *argv)
{
	size_t bytes = 0;
	struct child_plan plan = { .argv = argv, .folder = folder, .output = count_bytes, .user = &bytes };
	struct child_end end;
	struct error err = {0};
	uint64_t before = clock_ns();

	if (!child_run(&plan, &end, &err))
		die(&err);
	return clock_ns() - before;
}

static void race(struct tool_context *context, const char *what, const char *tool, json_t *arguments,
	const char *const *argv)
{
	own_json *input = arguments;
	uint64_t ours[ROUNDS], theirs[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++) {
		theirs[i] = time_rg(context->root, argv);
		ours[i] = time_once(context, tool, input);
	}
	double a = (double)median(ours) / 1e6, b = (double)median(theirs) / 1e6;
	report(what, "1.2 times rg", "%.0f ms, rg itself %.0f ms, %.2f times", a, b, a / b);
}

#define RG "rg", "--no-config", "--hidden"

static void bench_search(const char *scratch)
{
	own_mem char *tree = make_tree(scratch);
	own_tool_context context;
	struct error err = {0};

	if (!tool_context_init(&context, tree, tree, NULL, NULL, &err))
		die(&err);
	race(&context, "Grep, a word in one of 100,000 files", "Grep",
		json_pack("{s:s}", "pattern", "needle in folder 777"),
		(const char *const[]){ RG, "--files-with-matches", "needle in folder 777", "./", NULL });
	race(&context, "Grep, the lines of a word in 1,000 of 100,000 files", "Grep",
		json_pack("{s:s, s:s}", "pattern", "needle", "output_mode", "content"),
		(const char *const[]){ RG, "--line-number", "needle", "./", NULL });
	race(&context, "Grep, the names of 100,000 files, newest first", "Grep",
		json_pack("{s:s}", "pattern", "line 1 of"),
		(const char *const[]){ RG, "--files-with-matches", "--sortr=modified", "line 1 of", "./", NULL });
	race(&context, "Glob, 10,000 of 100,000 files", "Glob", json_pack("{s:s}", "pattern", "**/*.c"),
		(const char *const[]){ RG, "--files", "--no-ignore", "--glob=*.c", "./", NULL });
	race(&context, "Glob, 100,000 files, newest first", "Glob", json_pack("{s:s}", "pattern", "**"),
		(const char *const[]){ RG, "--files", "--no-ignore", "--sortr=modified", "./", NULL });
}

int main(int argc, char **argv)
{
	struct error err = {0};
	own_tool_context context;

	if (argc != 2) {
		fprintf(stderr, "usage: bench_tools SCRATCH\n");
		return 2;
	}
	if (!tool_context_init(&context, argv[1], argv[1], NULL, NULL, &err))
		die(&err);
	bench_read(&context, argv[1]);
	if (system("rg --version >/dev/null 2>&1") == 0)
		bench_search(argv[1]);
	return 0;
}
