#include "tool/glob.h"

#include "tool/found.h"
#include "tool/input.h"

#define GLOB_MOST 100

static bool mentions_git(struct str pattern)
{
	struct str part;

	while (str_split(&pattern, '/', &part))
		if (str_is(part, ".git"))
			return true;
	return false;
}

static bool leads_up(struct str pattern)
{
	struct str part;

	while (str_split(&pattern, '/', &part))
		if (str_is(part, ".."))
			return true;
	return false;
}

/* Relative to the folder: an absolute pattern may name it, or a folder below it. */
static bool make_relative(struct str *pattern, const char *folder, struct error *err)
{
	struct str begin = str_of(strcmp(folder, "/") == 0 ? "" : folder);

	while (str_starts(*pattern, (struct str)STR("./")))
		*pattern = str_from(*pattern, 2);
	if (leads_up(*pattern))
		return error_set(err, ERROR_INVALID,
			"the pattern leads out of its folder (`..`): give the folder as `path`");
	if (!pattern->n || pattern->p[0] != '/')
		return true;
	if (!str_starts(*pattern, begin) || pattern->n == begin.n || pattern->p[begin.n] != '/')
		return error_set(err, ERROR_INVALID,
			"the pattern is not below the folder that is searched: give the folder as `path`");
	*pattern = str_from(*pattern, begin.n + 1);
	return true;
}

bool glob_words(struct str pattern, const struct search *s, struct search_words *w, struct error *err)
{
	pattern = str_trim(pattern);
	if (pattern.n > SEARCH_WORD_MAX)
		return error_set(err, ERROR_INVALID, "the pattern is over %d bytes", SEARCH_WORD_MAX);
	if (!make_relative(&pattern, s->folder, err))
		return false;
	if (!pattern.n)
		return error_set(err, ERROR_INVALID, "the pattern is empty");
	search_words_begin(w);
	search_word(w, "--files");
	search_word(w, "--no-ignore");
	/* The slash ties it to the folder: without one rg would look for the name at any depth. */
	search_word(w, "--glob=/%.*s", STR_ARGS(pattern));
	if (!mentions_git(pattern))
		search_word(w, "--glob=!.git");
	search_word(w, "--");
	search_word(w, "%s", s->target);
	return true;
}

static bool glob_run(struct tool_job *job, struct error *err)
{
	own_search_words words = {0};
	own_search s = {0};
	own_found found = {0};
	size_t shown;
	bool more;

	if (!search_init(&s, "Glob", job, err) ||
	    !glob_words(tool_input_str(job->input, "pattern"), &s, &words, err) || !search_run(&s, &words, job, err))
		return false;
	found_init(&found, &s);
	if (!found_show(&found, &s, job, 0, GLOB_MOST, &shown, &more, &job->text, err))
		return false;
	if (!shown && !buf_adds(&job->text, "No files found", err))
		return false;
	if (more && !buf_addf(&job->text, err,
		"\n(Only the %zu that were changed last are listed: narrow the pattern or path for others.)", shown))
		return false;
	if (found.hidden && !buf_addf(&job->text, err, "\n(%zu that must not be read are left out.)", found.hidden))
		return false;
	job->details = json_pack("{s:I, s:b}", "files", (json_int_t)shown, "more", more);
	return search_show_gaps(&s, &job->text, err);
}

const struct tool_kind tool_glob = {
	.name = "Glob",
	.description =
		"Finds files by their names, however large the project is. `pattern` is a glob relative to `path`: "
		"`*` stays within a folder, `**` is any number of folders, `{a,b}` is either, as in `**/*.js` or "
		"`src/**/*.{ts,tsx}`. Lists at most 100 files, those changed last first. Files that .gitignore names "
		"are found too; links are not followed, .git is left out, and so is what must not be read. To look "
		"into files use Grep.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"pattern\":{\"type\":\"string\",\"description\":\"The glob that names must match\"},"
		"\"path\":{\"type\":\"string\",\"description\":\"Where; left out: the working folder\"}},"
		"\"required\":[\"pattern\"],\"additionalProperties\":false}",
	.brief = "finds files by a glob such as **/*.c, newest first",
	.brief_schema = "{\"type\":\"object\",\"properties\":{\"pattern\":{\"type\":\"string\"},"
		"\"path\":{\"type\":\"string\"}},\"required\":[\"pattern\"]}",
	.path_member = "path",
	.reads = true,
	.run = glob_run,
};
