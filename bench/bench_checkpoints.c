/* What it takes to know what a command changes, beside `git status`.  `bench_checkpoints SCRATCH`. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/path.h"
#include "die.h"
#include "report.h"
#include "store/checkpoints.h"

#define ROUNDS 7

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static double median(uint64_t *ns)
{
	qsort(ns, ROUNDS, sizeof *ns, ascending);
	return (double)ns[ROUNDS / 2] / 1e6;
}

/* A repository of so many files in folders of 100, made once; NULL: git cannot be run. */
static char *make_repository(const char *scratch, unsigned files)
{
	own_mem char *root = mem_printf("%s/repository-%u", scratch, files);
	own_mem char *command = mem_printf("test -d '%s/.git' || { mkdir -p '%s' && cd '%s' && git init -q . && i=0 && "
		"while [ $i -lt %u ]; do mkdir -p d$i && for k in 0 1 2 3 4 5 6 7 8 9; do "
		"for l in 0 1 2 3 4 5 6 7 8 9; do echo \"$i $k $l\" > d$i/f$k$l; done; done; i=$((i + 1)); done && "
		"git add . && "
		"git -c user.name=a -c user.email=a@example.org commit -qm x; }", root, root, root, files / 100);

	return system(command) == 0 ? take(root) : NULL;
}

static void measure(const char *scratch, unsigned files)
{
	own_mem char *root = make_repository(scratch, files), *folder = path_join(scratch, "checkpoints");
	own_mem char *status = mem_printf("git -C '%s' status --porcelain > /dev/null", root ? root : "");
	own_mem char *what = mem_printf("around a command, repository of %u files", files);
	uint64_t ours[ROUNDS], theirs[ROUNDS];
	own_buf notes = BUF_INIT(1000);
	struct error err = {0};

	if (!root) {
		report(what, "", "not measured: git cannot be run");
		return;
	}
	struct checkpoints *c = checkpoints_create(folder, NULL, root, &err);
	if (!c)
		die(&err);
	for (size_t i = 0; i < ROUNDS; i++) {
		uint64_t before = clock_ns();
		struct checkpoint_shell *shell = checkpoint_shell_before(c, &notes);
		checkpoint_shell_after(c, shell, &notes);
		ours[i] = clock_ns() - before;
		before = clock_ns();
		if (system(status) != 0)
			die(&(struct error){ .text = "git status fails" });
		theirs[i] = clock_ns() - before;
	}
	checkpoints_destroy(c);
	report(what, "", "%.1f ms, `git status` %.1f ms%s%s", median(ours), median(theirs), notes.len ? ": " : "",
		notes.data);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: bench_checkpoints SCRATCH\n");
		return 2;
	}
	measure(argv[1], 1000);
	measure(argv[1], 20000);
	return 0;
}
