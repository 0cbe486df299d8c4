/*
 * What running a command costs: a program that does nothing, alone, with a supervisor, and
 * confined; and how a gigabyte of output passes through Bash.
 */
#include <stdlib.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "base/mem.h"
#include "die.h"
#include "report.h"
#include "tool/context.h"
#include "tool/kinds.h"
#include "tool/sandbox.h"

#define ROUNDS 41
#define MEGABYTES 1024

static const char *const nothing[] = { "/bin/true", NULL };

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof *values, compare);
	return values[ROUNDS / 2];
}

static double run_ms(const struct child_plan *plan)
{
	struct error err = {0};
	struct child_end end;
	uint64_t began = clock_ns();

	if (!child_run(plan, &end, &err) || end.how != CHILD_EXITED || end.code)
		die(&err);
	return (double)(clock_ns() - began) / 1e6;
}

static double confined_ms(const struct tool_context *context)
{
	struct error err = {0};
	struct child_plan plan = { .care = CHILD_TREE };
	own_confined confined = {0};
	uint64_t began = clock_ns();

	if (!sandbox_confine(context, context->cwd, nothing, &confined, &err))
		die(&err);
	double prepared = (double)(clock_ns() - began) / 1e6;
	confined_plan(&confined, &plan);
	return prepared + run_ms(&plan);
}

static void starts(const struct tool_context *context)
{
	struct error why = {0};
	double plain[ROUNDS], tree[ROUNDS], confined[ROUNDS];
	bool confines = confine_available(&why);

	for (size_t i = 0; i < ROUNDS; i++) {            /* in turns, so that all meet the same machine */
		plain[i] = run_ms(&(struct child_plan){ .argv = nothing, .care = CHILD_GROUP });
		tree[i] = run_ms(&(struct child_plan){ .argv = nothing, .care = CHILD_TREE });
		if (confines)
			confined[i] = confined_ms(context);
	}
	report("A program that does nothing", "", "%.1f ms", median(plain));
	report("  with all it starts watched over", "", "%.1f ms", median(tree));
	if (confines)
		report("  confined to this project", "", "%.1f ms", median(confined));
	else
		report("  confined to this project", "", "not possible here");
}

static void gigabyte(struct tool_context *context)
{
	static const char line[] = "head -c 1073741824 /dev/zero | tr '\\0' '\\n'";
	struct cancel cancel;
	struct rusage before, after;
	struct error err = {0};
	own_tool_job job = TOOL_JOB_INIT;
	own_json *input = json_pack("{s:s, s:i}", "command", line, "timeout", 500000);

	cancel_init(&cancel);
	job.context = context;
	job.input = input;
	job.cancel = &cancel;
	getrusage(RUSAGE_SELF, &before);
	uint64_t began = clock_ns();
	if (!tool_bash.run(&job, &err) || job.failed)
		die(&err);
	double seconds = (double)(clock_ns() - began) / 1e9;
	getrusage(RUSAGE_SELF, &after);
	report("1 GB of output through Bash: memory", "constant", "%.1f MB more",
		(double)(after.ru_maxrss - before.ru_maxrss) / 1024);
	report("  and how fast", "", "%.0f MB/s", MEGABYTES / seconds);
	cancel_done(&cancel);
}

int main(void)
{
	own_tool_context context = {0};
	struct error err = {0};

	if (!tool_context_init(&context, ".", ".", getenv("HOME"), NULL, &err))
		die(&err);
	starts(&context);
	gigabyte(&context);
	return 0;
}
