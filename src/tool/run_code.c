/*
 * RunCode: a piece of code for its result, in a place where it can do nothing else: confined, or not at all.
 *
 * It sees programs of the system, an empty home and a /tmp of its own; its memory and the number of its
 * processes are watched from outside (process/child.h) and bounded from inside by its shell.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/random.h"
#include "process/confine.h"
#include "tool/bash.h"
#include "tool/context.h"
#include "tool/input.h"
#include "tool/kinds.h"
#include "tool/output.h"
#include "tool/sandbox_paths.h"

#define TIMEOUT_MS 60000
#define MEGABYTES 512
#define PROCESSES 64
#define WRAPPERS 3               /* bubblewrap twice, and its shell until it becomes the interpreter */
#define CODE_MAX ((size_t)1 << 20)

/* Data, core files, blocks of 512 bytes, descriptors, processes: what a shell calls that differs. */
#define LIMITS "ulimit -d 524288; ulimit -c 0; ulimit -f 131072; ulimit -n 256; " \
	"ulimit -p 128 2>/dev/null || ulimit -u 128; exec \"$@\""

static const struct language {
	const char *name;
	const char *programs[3];         /* the first that is there */
	const char *arguments[3];        /* it reads the code from its standard input */
} languages[] = {
	{ "python", { "python3", "python" }, { "-I", "-" } },
	{ "javascript", { "node", "nodejs" }, { "-" } },
	{ "shell", { "bash", "sh" }, { "-s" } },
};

/* The user's own interpreters lie in the home, which is not there. */
static const char *const folders[] = { "/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin", NULL };

static const char *const environment[] = {
	"PATH=/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin", "HOME=/home", "TMPDIR=/tmp", "LANG=C.UTF-8", "TERM=dumb",
	"PYTHONDONTWRITEBYTECODE=1", "PYTHONUTF8=1", "NODE_OPTIONS=--max-old-space-size=384", "SHAMMAH=1",
	"CLAUDECODE=1",
	NULL
};

static const struct language *find_language(struct str name)
{
	for (size_t i = 0; i < countof(languages); i++)
		if (str_is(name, languages[i].name))
			return &languages[i];
	return NULL;
}

/* One of the system's own: a link into a home would lead nowhere in there. */
static bool is_of_system(const char *path)
{
	static const char *const systems[] = { "/usr/", "/bin/", "/opt/", "/nix/", "/Library/", NULL };
	own_mem char *real = realpath(path, NULL);

	for (size_t i = 0; real && systems[i]; i++)
		if (str_starts(str_of(real), str_of(systems[i])))
			return access(real, X_OK) == 0;
	return false;
}

/* The caller frees; NULL: there is none. */
static char *find_program(const struct language *language)
{
	for (size_t p = 0; p < countof(language->programs) && language->programs[p]; p++) {
		for (size_t i = 0; folders[i]; i++) {
			own_mem char *path = path_join(folders[i], language->programs[p]);
			if (is_of_system(path))
				return take(path);
		}
	}
	return NULL;
}

struct running {
	struct tool_job *job;
	struct output output;
	struct child_end end;
	unsigned timeout_ms;
};

static bool hear(void *user, enum child_stream stream, struct str bytes)
{
	struct running *r = user;

	(void)stream;
	output_add(&r->output, bytes);
	if (r->job->progress)
		r->job->progress(r->job->user, bytes);
	return true;
}

static bool execute(struct running *r, const struct language *language, const char *program, struct error *err)
{
	const char *argv[] = { "/bin/sh", "-c", LIMITS, "sh", program, language->arguments[0], language->arguments[1],
		NULL };
	own_path_list hidden = {0};
	own_confined confined = {0};

	sandbox_hidden_of_system(&hidden);
	struct confinement confinement = { .bare = true, .hidden = (const char *const *)hidden.all };
	if (!confine(&confined, &confinement, argv, err))
		return false;
	struct child_plan plan = { .environment = environment, .input = tool_input_str(r->job->input, "code"),
		.merged = true, .output = hear, .user = r, .timeout_ms = r->timeout_ms, .cancel = r->job->cancel,
		.care = CHILD_TREE, .most_processes = PROCESSES + WRAPPERS, .most_megabytes = MEGABYTES };
	confined_plan(&confined, &plan);
	bool ok = child_run(&plan, &r->end, err);
	output_end(&r->output);
	return ok;
}

static bool tell_end(struct buf *out, const struct running *r, struct error *err)
{
	switch (r->end.how) {
	case CHILD_TIMED_OUT:
		return buf_addf(out, err, "Ended, for it took more than %g s\n", r->timeout_ms / 1000.0);
	case CHILD_TOO_MANY:
		return buf_addf(out, err, "Ended, for it had more than %d processes\n", PROCESSES);
	case CHILD_TOO_LARGE:
		return buf_addf(out, err, "Ended, for it took more than %d MB of memory\n", MEGABYTES);
	case CHILD_SIGNALLED:
		return buf_addf(out, err, "Ended by signal %d\n", r->end.code);
	default:
		return !r->end.code || buf_addf(out, err, "Exit code %d\n", r->end.code);
	}
}

static bool tell(struct running *r, struct error *err)
{
	struct tool_job *job = r->job;

	if (r->end.how == CHILD_CANCELLED)
		return error_set(err, ERROR_CANCELLED, "the code was cancelled");
	job->failed = r->end.how != CHILD_EXITED || r->end.code;
	job->details = json_pack("{s:i, s:b, s:b}", "exit_code", r->end.how == CHILD_EXITED ? r->end.code : -1,
		"timed_out", r->end.how == CHILD_TIMED_OUT, "confined", 1);
	return tell_end(&job->text, r, err) && output_text(&r->output, &job->text, err) &&
		(r->output.total || job->failed || buf_adds(&job->text, "(no output)", err));
}

static bool run(struct tool_job *job, struct error *err)
{
	const struct language *language = find_language(tool_input_str(job->input, "language"));
	struct running r = { .job = job, .timeout_ms = (unsigned)tool_input_number(job->input, "timeout", TIMEOUT_MS) };
	char name[9];

	if (!language)
		return error_set(err, ERROR_INVALID, "RunCode: `language` must be one of: python javascript shell");
	if (tool_input_str(job->input, "code").n > CODE_MAX)
		return error_set(err, ERROR_TOO_LARGE, "RunCode: `code` has more than %zu bytes", CODE_MAX);
	if (!confine_available(err))
		return error_prefix(err, "code is run confined or not at all");
	own_mem char *program = find_program(language);
	if (!program)
		return error_set(err, ERROR_NOT_FOUND, "no %s among the programs of the system (/usr/local/bin, "
			"/usr/bin, /bin)",
			language->programs[0]);
	if (!random_hex(name, 8, err))
		return false;
	own_mem char *path = mem_printf("%s/output-%s.txt", job->context->temp, name);
	bool ok = output_init(&r.output, bash_output_bytes(), path, false, err) && execute(&r, language, program,
		err) &&
		tell(&r, err);
	output_done(&r.output);
	return ok;
}

static bool is_confined(const struct tool_context *context, const json_t *input)
{
	struct error why = {0};

	(void)context;
	(void)input;
	return confine_available(&why);
}

const struct tool_kind tool_run_code = {
	.name = "RunCode",
	.description = "Runs a piece of Python, JavaScript or shell and gives what it prints: for calculations and "
		"for trying "
		"an idea. It runs confined and alone: no network, no files of the user's, an empty home, 64 MB in "
		"/tmp that "
		"go with it, 512 MB of memory, 64 processes, 60 seconds. Print what you want to know.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"language\":{\"type\":\"string\",\"enum\":[\"python\",\"javascript\",\"shell\"]},"
		"\"code\":{\"type\":\"string\",\"description\":\"The whole program\"},"
		"\"timeout\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":60000,\"description\":\"Milliseconds\"}},"
		"\"required\":[\"language\",\"code\"],\"additionalProperties\":false}",
	.brief = "runs a piece of python, javascript or shell and gives what it prints",
	.brief_schema = "{\"type\":\"object\",\"properties\":{"
		"\"language\":{\"type\":\"string\",\"enum\":[\"python\",\"javascript\",\"shell\"]},"
		"\"code\":{\"type\":\"string\"}},\"required\":[\"language\",\"code\"]}",
	.confined = is_confined,
	.run = run,
};
