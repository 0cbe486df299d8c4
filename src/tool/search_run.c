#include "tool/search_run.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "config/environment.h"
#include "permit/permission.h"
#include "process/child.h"

#define COMPLAINTS_MAX 4096
#define COMPLAINT_SHOWN 330        /* bytes of an error's text */
#define NOTHING_FOUND 1
#define WENT_WRONG 2

/* --- words ------------------------------------------------------------------------------ */

void search_words_done(struct search_words *w)
{
	while (w->n)
		free(w->argv[--w->n]);
}

void search_word(struct search_words *w, const char *fmt, ...)
{
	char *word;
	va_list ap;

	assert(w->n < SEARCH_WORDS_MAX);
	va_start(ap, fmt);
	int n = vasprintf(&word, fmt, ap);
	va_end(ap);
	if (n < 0)
		mem_panic("no memory for a command's words");
	w->argv[w->n++] = word;
	w->argv[w->n] = NULL;
}

void search_words_begin(struct search_words *w)
{
	static const char *const words[] = {
		"rg", "--no-config", "--color=never", "--no-heading", "--hidden", "--no-follow", "--null",
	};

	for (size_t i = 0; i < countof(words); i++)
		search_word(w, "%s", words[i]);
}

/* --- where ------------------------------------------------------------------------------- */

/* What a path relative to `folder` is written after, as seen from `cwd`. */
static char *shown_before(const char *folder, const char *cwd)
{
	size_t n = strlen(cwd);

	if (strcmp(folder, cwd) == 0)
		return mem_strdup("");
	if (strncmp(folder, cwd, n) == 0 && (folder[n] == '/' || strcmp(cwd, "/") == 0))
		return mem_printf("%s/", folder + n + (folder[n] == '/'));
	return mem_printf("%s%s", folder, strcmp(folder, "/") == 0 ? "" : "/");
}

bool search_init(struct search *s, const char *tool, const struct tool_job *job, struct error *err)
{
	const char *path = job->real && job->real[0] ? job->real : job->context->cwd;
	struct stat st;

	*s = (struct search){
		.tool = tool, .out = BUF_INIT(SEARCH_OUTPUT_MAX), .complaints = BUF_INIT(COMPLAINTS_MAX)
	};
	if (lstat(path, &st) != 0)
		return error_set(err, ERROR_NOT_FOUND, "%s: there is no such file or folder", path);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return error_set(err, ERROR_INVALID, "%s: is neither a file nor a folder", path);
	if (S_ISDIR(st.st_mode)) {
		s->folder = mem_strdup(path);
		s->target = mem_strdup("./");
	} else {
		const char *name = path_base(path);
		s->folder = name - path > 1 ? mem_strndup(path, (size_t)(name - path) - 1) : mem_strdup("/");
		s->target = mem_printf("./%s", name);
	}
	s->shown = shown_before(s->folder, job->context->cwd);
	return true;
}

void search_done(struct search *s)
{
	free(s->folder);
	free(s->target);
	free(s->shown);
	buf_done(&s->out);
	buf_done(&s->complaints);
	*s = (struct search){0};
}

/* --- running ------------------------------------------------------------------------------ */

static bool on_output(void *user, enum child_stream stream, struct str bytes)
{
	struct search *s = user;
	struct buf *to = stream == CHILD_OUT ? &s->out : &s->complaints;
	size_t room = to->max - to->len, n = bytes.n < room ? bytes.n : room;

	if (!buf_add(to, bytes.p, n, &(struct error){0}))
		n = 0;
	if (stream == CHILD_OUT && n < bytes.n)
		s->cut = true;
	return !s->cut;
}

/* Of files that could not be opened rg says so and goes on. */
static bool only_some_failed(const struct search *s)
{
	return s->out.len > 0 || memmem(s->complaints.data, s->complaints.len, "(os error", 9) != NULL;
}

static bool refused(const struct search *s, struct error *err)
{
	struct str text = str_trim(buf_str(&s->complaints));

	if (text.n > COMPLAINT_SHOWN)
		text.n = COMPLAINT_SHOWN;
	text.n -= utf8_incomplete_tail(text.p, text.n);
	return error_set(err, ERROR_INVALID, "%.*s", STR_ARGS(text));
}

static bool ended(struct search *s, const struct child_end *end, struct error *err)
{
	if (end->how == CHILD_CANCELLED)
		return error_set(err, ERROR_CANCELLED, "cancelled");
	s->late = end->how == CHILD_TIMED_OUT;
	if (s->late && !s->out.len)
		return error_set(err, ERROR_TIMEOUT,
			"nothing was found within %d s: search a smaller folder or fewer kinds of files",
			SEARCH_TIMEOUT_MS / 1000);
	if (end->how == CHILD_SIGNALLED)
		return error_set(err, ERROR_INTERNAL, "ripgrep was ended by signal %d", end->code);
	s->code = end->how == CHILD_EXITED ? end->code : 0;
	return s->code < WENT_WRONG || only_some_failed(s) || refused(s, err);
}

/* What was found is judged by names below the folder, so the folder must be what it was called. */
static bool still_there(const struct search *s, struct error *err)
{
	own_mem char *now = realpath(s->folder, NULL);

	return (now && strcmp(now, s->folder) == 0) || error_set(err, ERROR_DENIED,
		"%s is no longer the folder that was to be searched", s->folder);
}

bool search_run(struct search *s, const struct search_words *words, const struct tool_job *job, struct error *err)
{
	own_mem const char **environment = environment_for_children(NULL);
	const struct child_plan plan = {
		.argv = (const char *const *)words->argv, .environment = environment, .folder = s->folder,
		.output = on_output, .user = s,
		.timeout_ms = SEARCH_TIMEOUT_MS, .cancel = job->cancel,
	};
	struct child_end end;
	struct error problem = {0};

	if (child_run(&plan, &end, &problem))
		return ended(s, &end, err) && still_there(s, err);
	if (problem.kind == ERROR_NOT_FOUND && path_is_directory(s->folder))
		return error_set(err, ERROR_NOT_FOUND, "%s needs ripgrep, whose program rg is not in the PATH: "
			"apt install ripgrep (macOS: brew install ripgrep)", s->tool);
	*err = problem;
	return error_prefix(err, "ripgrep");
}

/* --- what it found ------------------------------------------------------------------------- */

bool search_may_show(const struct search *s, const struct tool_job *job, struct str path)
{
	if (!job->context->permissions)
		return true;
	own_mem char *whole = mem_printf("%s/%.*s", strcmp(s->folder, "/") == 0 ? "" : s->folder, STR_ARGS(path));
	return permission_may_read(job->context->permissions, whole);
}

bool search_show_text(struct str text, struct buf *out, struct error *err)
{
	while (text.n) {
		uint32_t c;
		size_t good = 0, step = 1;
		while (good < text.n && text.p[good] &&
		       ((step = utf8_decode(text.p + good, text.n - good, &c)) > 1 || c != 0xFFFD))
			good += step;
		if (!buf_add(out, text.p, good, err))
			return false;
		text = str_from(text, good);
		if (text.n && !buf_adds(out, "\xef\xbf\xbd", err))
			return false;
		text = str_from(text, text.n > 0);
	}
	return true;
}

static bool is_odd(struct str path)
{
	for (size_t i = 0; i < path.n; i++)
		if ((unsigned char)path.p[i] < ' ' || path.p[i] == 0x7f)
			return true;
	return !utf8_valid(path.p, path.n);
}

bool search_show_path(const struct search *s, struct str path, struct buf *out, struct error *err)
{
	own_buf whole = BUF_INIT(3 * SEARCH_WORD_MAX);

	if (!buf_adds(&whole, s->shown, err) || !search_show_text(path, &whole, err))
		return false;
	return is_odd(path) || is_odd(str_of(s->shown)) ? json_write_string(out, buf_str(&whole), err) :
		buf_add_str(out, buf_str(&whole), err);
}

static size_t count_lines(struct str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

bool search_show_gaps(const struct search *s, struct buf *out, struct error *err)
{
	if (s->late && !buf_addf(out, err, "\n(The search was stopped after %d s: there may be more.)",
		SEARCH_TIMEOUT_MS / 1000))
		return false;
	if (s->cut && !buf_addf(out, err,
		"\n(The search was stopped at %zu MB of results: narrow it for the rest.)", SEARCH_OUTPUT_MAX >> 20))
		return false;
	return s->code != WENT_WRONG || buf_addf(out, err, "\n(%zu%s files or folders could not be read.)",
		count_lines(buf_str(&s->complaints)), s->complaints.len == COMPLAINTS_MAX ? " or more" : "");
}
