/*
 * What must not be read is left out of what rg has found, and its number is not told:
 * it would say, question by question, what stands in a file that may not be read.
 */
#include "tool/grep.h"

#include "tool/found.h"
#include "tool/input.h"

#define UNREAD "\n(Files that must not be read are never among the results.)"

struct writer {
	const struct grep_wish *wish;
	const struct search *s;
	struct tool_job *job;
	const struct grep_output *o;
	struct error *err;
	size_t skip;               /* lines that are still to be passed over */
	size_t shown;              /* lines */
	size_t total;              /* matches in the files shown, in the mode count */
	bool more;
};

static bool is_full(const struct writer *w)
{
	return (w->wish->most && w->shown == w->wish->most) || w->job->text.len >= SEARCH_TEXT_MAX;
}

/* "path:12:line", "path-13-line". */
static bool write_line(struct writer *w, const struct grep_file *file, const struct grep_line *line, bool gap)
{
	struct buf *out = &w->job->text;
	struct str text = line->text;
	const char *mark = line->match ? ":" : "-";

	if (w->wish->mode == GREP_CONTENT && !w->wish->numbers) {
		size_t digits = strspn(text.p, "0123456789");
		if (digits < text.n && text.p[digits] == mark[0])
			text = str_from(text, digits + 1);
	}
	w->shown++;
	return (!out->len || buf_adds(out, "\n", w->err)) && (!gap || buf_adds(out, "--\n", w->err)) &&
		search_show_path(w->s, file->path, out, w->err) && buf_adds(out, mark, w->err) &&
		search_show_text(text, out, w->err);
}

static bool write_file(struct writer *w, const struct grep_file *file)
{
	for (size_t i = 0; i < file->n; i++) {
		const struct grep_line *line = &w->o->lines[file->first + i];
		if (w->skip) {
			w->skip--;
			continue;
		}
		w->more = is_full(w);
		if (w->more)
			return true;
		bool gap = w->wish->context && w->shown && (line->gap || i == 0);
		if (w->wish->mode == GREP_COUNT)
			w->total += strtoull(line->text.p, NULL, 10);
		if (!write_line(w, file, line, gap))
			return false;
	}
	return true;
}

static bool write_lines(struct writer *w)
{
	for (size_t i = 0; i < w->o->file_n && !w->more; i++)
		if (search_may_show(w->s, w->job, w->o->files[i].path) && !write_file(w, &w->o->files[i]))
			return false;
	return true;
}

static bool write_rest(struct writer *w, const char *unit)
{
	struct buf *out = &w->job->text;

	if (!w->shown && !buf_addf(out, w->err, "No %s found%s%s", w->wish->mode == GREP_FILES ? "files" : "matches",
		w->wish->skip ? " from that offset on" : "", UNREAD))
		return false;
	if (w->more && !buf_addf(out, w->err, "\n(%s %zu to %zu: there are more, from offset %zu on.)", unit,
		w->wish->skip + 1, w->wish->skip + w->shown, w->wish->skip + w->shown))
		return false;
	w->job->details = json_pack("{s:I, s:b}", "shown", (json_int_t)w->shown, "more", w->more);
	return search_show_gaps(w->s, out, w->err);
}

static bool show_files(struct writer *w)
{
	own_found found = {0};
	own_buf list = BUF_INIT(TOOL_TEXT_MAX);

	found_init(&found, w->s);
	if (!found_show(&found, w->s, w->job, w->wish->skip, w->wish->most, &w->shown, &w->more, &list, w->err))
		return false;
	return (!w->shown || buf_addf(&w->job->text, w->err, "Found %zu file%s%s\n", w->shown, w->shown == 1 ? "" : "s",
		w->more ? ", and there are more" : "")) &&
		buf_add_str(&w->job->text, buf_str(&list), w->err) && write_rest(w, "files");
}

static bool show_lines(struct writer *w)
{
	if (!write_lines(w))
		return false;
	if (w->wish->mode == GREP_COUNT && w->shown && !buf_addf(&w->job->text, w->err,
		"\n%zu matching lines in %zu files", w->total, w->shown))
		return false;
	return write_rest(w, w->wish->mode == GREP_COUNT ? "files" : "lines");
}

static bool grep_run(struct tool_job *job, struct error *err)
{
	own_search_words words = {0};
	own_search s = {0};
	struct grep_wish wish;

	grep_wish_read(job->input, &wish);
	if (!search_init(&s, "Grep", job, err) || !grep_words(job->input, &wish, &s, &words, err) ||
	    !search_run(&s, &words, job, err))
		return false;
	own_grep_output output = {0};
	struct writer w = { .wish = &wish, .s = &s, .job = job, .o = &output, .err = err, .skip = wish.skip };
	if (wish.mode != GREP_FILES)
		grep_output_read(&output, buf_str(&s.out));
	return wish.mode == GREP_FILES ? show_files(&w) : show_lines(&w);
}

#define MODES "\"content\",\"files_with_matches\",\"count\""
#define COUNT(what) "{\"type\":\"integer\",\"minimum\":0,\"description\":\"" what "\"}"

const struct tool_kind tool_grep = {
	.name = "Grep",
	.description =
		"Looks for a regular expression in files, with ripgrep: use it instead of grep or rg in a shell. The "
		"syntax is ripgrep's: braces that are meant literally are escaped, as in `interface\\{\\}`. Without "
		"output_mode it lists the files that match, those changed last first; `content` shows the lines, "
		"`count` how many there are in each file. Files that .gitignore names, binary files and .git are not "
		"searched, links are not followed, and files that must not be read are never among the results. A "
		"pattern matches within a line unless multiline is true.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"pattern\":{\"type\":\"string\",\"description\":\"The regular expression\"},"
		"\"path\":{\"type\":\"string\",\"description\":\"A file or folder; left out: the working folder\"},"
		"\"glob\":{\"type\":\"string\",\"description\":\"Only files so named, as in *.js or *.{ts,tsx}\"},"
		"\"type\":{\"type\":\"string\",\"description\":\"Only files of this kind: js, py, rust, go, c ...\"},"
		"\"output_mode\":{\"type\":\"string\",\"enum\":[" MODES "]},"
		"\"-B\":" COUNT("content: lines shown before each match") ","
		"\"-A\":" COUNT("content: lines shown after each match") ","
		"\"-C\":" COUNT("content: lines shown before and after each match") ","
		"\"context\":" COUNT("The same as -C") ","
		"\"-n\":{\"type\":\"boolean\",\"description\":\"content: with line numbers; true if left out\"},"
		"\"-i\":{\"type\":\"boolean\",\"description\":\"Capitals and small letters are the same\"},"
		"\"multiline\":{\"type\":\"boolean\",\"description\":\"A match may span lines, . is a line end too\"},"
		"\"head_limit\":" COUNT("At most so many lines or files; 250 if left out, 0 for all") ","
		"\"offset\":" COUNT("So many lines or files are passed over first") "},"
		"\"required\":[\"pattern\"],\"additionalProperties\":false}",
	.brief = "looks for a regular expression in files",
	.brief_schema = "{\"type\":\"object\",\"properties\":{\"pattern\":{\"type\":\"string\"},"
		"\"path\":{\"type\":\"string\"},\"glob\":{\"type\":\"string\"},"
		"\"output_mode\":{\"type\":\"string\",\"enum\":[" MODES "]}},"
		"\"required\":[\"pattern\"]}",
	.path_member = "path",
	.reads = true,
	.run = grep_run,
};
