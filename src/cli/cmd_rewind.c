/* `shammah rewind`: lists the turns in which tools changed files, and takes them back. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/interrupt.h"
#include "cli/show.h"
#include "config/home.h"
#include "store/rewind.h"

#define NAMES_SHOWN 4              /* files of a turn that the list names */

struct rewinding {
	const struct options *options;
	char *folder;              /* ~/.shammah/checkpoints */
	struct rewind_sessions sessions;
};

static bool begin(struct rewinding *r, const struct options *o, struct error *err)
{
	own_mem char *home = path_shammah(err), *here = realpath(".", NULL);

	*r = (struct rewinding){ .options = o };
	if (!home)
		return false;
	if (!here)
		return error_errno(err, "the working folder cannot be found");
	r->folder = home_path(home, HOME_CHECKPOINTS);
	r->folder[strlen(r->folder) - 1] = '\0';
	return rewind_list(r->folder, here, &r->sessions, err);
}

static void rewinding_done(struct rewinding *r)
{
	rewind_sessions_done(&r->sessions);
	free(r->folder);
}

/* A path as the project has it, with nothing in it that a terminal would obey. */
static char *shown(const char *path, const char *root)
{
	size_t n = strlen(root);
	char *copy = mem_strdup(strncmp(path, root, n) == 0 && path[n] == '/' ? path + n + 1 : path);

	for (char *c = copy; *c; c++)
		*c = (unsigned char)*c < ' ' || *c == 0x7f ? '?' : *c;
	return copy;
}

/* --- the list -------------------------------------------------------------------------------- */

/* Whether the turn's earlier lines name this file already. */
static bool is_repeated(const struct checkpoint_log *log, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (log->lines[k].turn == log->lines[i].turn && !log->lines[k].after &&
		    strcmp(log->lines[k].path, log->lines[i].path) == 0)
			return true;
	return false;
}

static void print_files(const struct checkpoint_log *log, unsigned turn)
{
	size_t count = 0;
	const char *by = "";

	for (size_t i = 0; i < log->count; i++) {
		const struct checkpoint_line *l = &log->lines[i];
		if (l->turn != turn || l->after || is_repeated(log, i))
			continue;
		own_mem char *name = shown(l->path, log->root);
		if (count++ < NAMES_SHOWN)
			printf("%s%s", count > 1 ? ", " : "", name);
		by = l->by;
	}
	if (count > NAMES_SHOWN)
		printf(" and %zu more", count - NAMES_SHOWN);
	printf("%s\n", strcmp(by, "rewind") == 0 ? " (a rewind)" : "");
}

static void print_turn(const struct checkpoint_log *log, size_t first, const char *session)
{
	time_t at = (time_t)log->lines[first].at;
	char when[32] = "";
	struct tm tm;

	if (localtime_r(&at, &tm))
		(void)strftime(when, sizeof when, "%Y-%m-%d %H:%M", &tm);
	printf("%-36s %5u  %s  ", session, log->lines[first].turn, when);
	print_files(log, log->lines[first].turn);
}

static int list(const struct rewinding *r)
{
	if (!r->sessions.count)
		return puts("Nothing was changed by tools in this project that could be taken back."), EXIT_ANSWERED;
	printf("%-36s %5s  %-16s  %s\n", "SESSION", "TURN", "WHEN", "FILES");
	for (size_t i = 0; i < r->sessions.count; i++) {
		const struct rewind_session *s = &r->sessions.at[i];
		unsigned printed = 0;
		for (size_t k = 0; k < s->log.count; k++) {
			if (s->log.lines[k].turn <= printed || s->log.lines[k].after)
				continue;
			print_turn(&s->log, k, printed ? "" : s->name);
			printed = s->log.lines[k].turn;
		}
		if (s->log.damaged)
			fprintf(stderr, "shammah: %zu lines about %s are damaged and were left out\n", s->log.damaged,
				s->name);
	}
	return EXIT_ANSWERED;
}

/* --- taking back -------------------------------------------------------------------------------- */

/* "SESSION/TURN". */
static const struct rewind_session *find_turn(const struct rewinding *r, unsigned *turn, struct error *err)
{
	struct str text = str_of(r->options->text);
	const char *slash = memchr(text.p, '/', text.n);
	char *end = NULL;

	errno = 0;
	unsigned long number = slash ? strtoul(slash + 1, &end, 10) : 0;
	if (!slash || slash == text.p || *end || errno || number < 1 || number > UINT32_MAX) {
		error_set(err, ERROR_INVALID,
			"usage: shammah rewind [list] or shammah rewind SESSION/TURN, as the list "
			"has them");
		return NULL;
	}
	*turn = (unsigned)number;
	return rewind_find(&r->sessions, (struct str){ text.p, (size_t)(slash - text.p) }, err);
}

static void print_plan(const struct rewind_plan *p, const char *root)
{
	static const char *const words[] = {
		[REWIND_NOTHING] = "as it was", [REWIND_RESTORE] = "restore", [REWIND_REMOVE] = "remove",
		[REWIND_CHANGED] = "changed since", [REWIND_LOST] = "not kept", [REWIND_REFUSED] = "no file now",
	};

	for (size_t i = 0; i < p->count; i++) {
		own_mem char *name = shown(p->files[i].path, root);
		printf("  %-14s %s%s\n", words[p->files[i].what], name,
			p->files[i].what == REWIND_CHANGED && p->files[i].removes ? " (there was none)" : "");
	}
	fflush(stdout);
}

static size_t count(const struct rewind_plan *p, enum rewind_what what)
{
	size_t found = 0;

	for (size_t i = 0; i < p->count; i++)
		found += p->files[i].what == what;
	return found;
}

/* Which of the plan the user wants; false: nothing, with or without an error. */
static bool ask(const struct rewinding *r, const struct rewind_plan *p, bool *plain, bool *changed, struct error *err)
{
	size_t ours = count(p, REWIND_RESTORE) + count(p, REWIND_REMOVE), theirs = count(p, REWIND_CHANGED);

	*plain = *changed = r->options->yes;
	if (r->options->yes || (!ours && !theirs))
		return ours || theirs;
	if (!isatty(STDIN_FILENO))
		return error_set(err, ERROR_INVALID,
			"nothing is taken back without a question; --yes does, --dry-run only "
			"shows it");
	interrupt_init();
	own_mem char *question = mem_printf("%zu file%s changed since by somebody else: take these back as well?",
		theirs,
		theirs == 1 ? " was" : "s were");
	*plain = ours && show_confirm("Take this back?");
	*changed = theirs && (*plain || !ours) && show_confirm(question);
	return *plain || *changed;
}

static int apply(const struct rewinding *r, const struct rewind_plan *p, const char *root, bool plain, bool changed)
{
	struct error err = {0};
	size_t done = 0, failed = 0;
	struct checkpoints *c = checkpoints_create(r->folder, p->session, root, &err);

	if (!c)
		return complain(&err);
	checkpoint_begin_turn(c, p->next_turn);
	for (size_t i = 0; i < p->count; i++) {
		const struct rewind_file *f = &p->files[i];
		bool wanted = f->what == REWIND_CHANGED ? changed : plain &&
			(f->what == REWIND_RESTORE || f->what == REWIND_REMOVE);
		if (!wanted)
			continue;
		bool ok = rewind_apply(p, f, changed, c, &err);
		done += ok;
		failed += !ok;
		if (!ok)
			complain(&err);
	}
	checkpoints_destroy(c);
	printf("%zu file%s taken back", done, done == 1 ? " was" : "s were");
	if (done)
		printf("; `shammah rewind %s/%u` undoes it", p->session, p->next_turn);
	puts(".");
	return failed || count(p, REWIND_LOST) + count(p, REWIND_REFUSED) || (count(p, REWIND_CHANGED) && !changed) ?
		EXIT_NO_ANSWER : EXIT_ANSWERED;
}

static int take_back(const struct rewinding *r)
{
	struct error err = {0};
	own_rewind_plan plan = {0};
	unsigned turn;
	const char *file = r->options->file;
	bool plain, changed;
	const struct rewind_session *s = find_turn(r, &turn, &err);
	own_mem char *here = realpath(".", NULL);
	own_mem char *only = !file ? NULL : file[0] == '/' ? mem_strdup(file) : path_join(here ? here : "/", file);

	if (!s || !rewind_plan_make(&plan, r->folder, s, turn, only, &err))
		return complain(&err);
	print_plan(&plan, s->log.root);
	if (r->options->dry_run)
		return EXIT_ANSWERED;
	if (!ask(r, &plan, &plain, &changed, &err)) {
		if (err.kind != ERROR_NONE)
			return complain(&err);
		puts("Nothing was taken back.");
		return count(&plan, REWIND_NOTHING) == plan.count ? EXIT_ANSWERED : EXIT_NO_ANSWER;
	}
	return apply(r, &plan, s->log.root, plain, changed);
}

int cmd_rewind(const struct options *o, struct config *c)
{
	struct rewinding r;
	struct error err = {0};
	bool lists = !o->text || strcmp(o->text, "list") == 0;

	(void)c;
	int code = !begin(&r, o, &err) ? complain(&err) : lists ? list(&r) : take_back(&r);
	rewinding_done(&r);
	return code;
}
