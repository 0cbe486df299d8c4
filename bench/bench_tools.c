/* What tools take on large files and trees.  `bench_tools SCRATCH`. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/path.h"
#include "die.h"
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

/* The median time of one call, in nanoseconds. */
static uint64_t time_call(struct tool_context *context, const char *tool, json_t *arguments)
{
	own_json *input = arguments;
	struct cancel cancel;
	uint64_t times[ROUNDS];

	cancel_init(&cancel);
	for (size_t i = 0; i < ROUNDS; i++) {
		own_tool_job job = TOOL_JOB_INIT;
		struct error err = {0};
		job.context = context;
		job.cancel = &cancel;
		job.input = input;
		uint64_t before = clock_ns();
		if (!tool_find(str_of(tool))->run(&job, &err))
			die(&err);
		times[i] = clock_ns() - before;
	}
	cancel_done(&cancel);
	qsort(times, ROUNDS, sizeof *times, ascending);
	return times[ROUNDS / 2];
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
	return 0;
}
