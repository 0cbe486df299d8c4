/* Write: a file made, or replaced as a whole. */
#include <inttypes.h>

#include "tool/change.h"
#include "tool/edit_match.h"
#include "tool/input.h"
#include "tool/kinds.h"

struct writing {
	struct change_file file;
	struct buf text;           /* with the line ends of the file that was there */
	bool returns;              /* they are "\r\n" */
};

static void writing_done(struct writing *w)
{
	change_file_done(&w->file);
	buf_done(&w->text);
}
#define own_writing owns(writing_done) struct writing

/* Whether each line ends in "\r\n", so that a model, which is shown none, means to keep them. */
static bool has_returns(struct str text)
{
	size_t lines = 0, returns = 0;

	for (size_t i = 0; i < text.n; i++) {
		lines += text.p[i] == '\n';
		returns += text.p[i] == '\n' && i && text.p[i - 1] == '\r';
	}
	return lines && lines == returns;
}

static bool add_returns(struct str content, struct buf *out, struct error *err)
{
	const char *end;

	while ((end = content.n ? memchr(content.p, '\n', content.n) : NULL)) {
		size_t n = (size_t)(end - content.p);
		if (!buf_add(out, content.p, n, err) || !buf_adds(out, "\r\n", err))
			return false;
		content = str_from(content, n + 1);
	}
	return buf_add_str(out, content, err);
}

static bool check_seen(const struct change_file *f, struct error *err)
{
	if (!f->there || f->seen == SEEN_SAME)
		return true;
	return error_set(err, ERROR_INVALID, f->seen == SEEN_NEVER ?
		"%s exists and has not been read: Read it before writing over it" :
		"%s was changed by somebody since it was read: Read it again before writing over it", f->name);
}

static bool prepare(struct writing *w, struct tool_job *job, struct error *err)
{
	struct str content = tool_input_str(job->input, "content");

	*w = (struct writing){ .text = BUF_INIT(CHANGE_FILE_MAX) };
	if (!change_file_load(&w->file, job, &tool_write, err) || !check_seen(&w->file, err))
		return false;
	w->returns = has_returns(w->file.text) && !memmem(content.p, content.n, "\r\n", 2);
	if (!(w->returns ? add_returns(content, &w->text, err) : buf_add_str(&w->text, content, err)))
		return false;
	change_file_describe(&w->file, buf_str(&w->text));
	return true;
}

static bool preview(struct tool_job *job, struct error *err)
{
	own_writing w;

	return prepare(&w, job, err);
}

static int64_t count(const struct tool_job *job, const char *what)
{
	return json_integer_value(json_object_get(job->details, what));
}

static void show_result(struct writing *w)
{
	struct tool_job *job = w->file.job;
	const struct change_file *f = &w->file;

	buf_putf(&job->text, "%s was %s: ", f->name, f->there ? "written over" : "made");
	if (f->there)
		buf_putf(&job->text, "%" PRId64 " lines added, %" PRId64 " removed.", count(job, "linesAdded"),
			count(job, "linesRemoved"));
	else
		buf_putf(&job->text, "%" PRId64 "%s", count(job, "linesAdded"),
			count(job, "linesAdded") == 1 ? " line." : " lines.");
	if (w->returns)
		buf_put(&job->text, " Its lines end in CR LF, as before.");
	if (f->encoding.kind != ENCODING_UTF8)
		buf_putf(&job->text, " It is in %s, as before.", encoding_name(f->encoding.kind));
	if (f->there && f->was.st_nlink > 1)
		buf_put(&job->text, " The file's other names (hard links) keep the old content.");
	buf_put(&job->text, "\n");
}

static bool run(struct tool_job *job, struct error *err)
{
	own_writing w;

	if (!prepare(&w, job, err) || !change_file_write(&w.file, buf_str(&w.text), err))
		return false;
	show_result(&w);
	return true;
}

const struct tool_kind tool_write = {
	.name = "Write",
	.old_names = "write|write_file|WriteFile|create_file",
	.description = "Writes a whole file; a file that is there is replaced.\n"
		"- A file that exists must have been read before. To change parts of one, Edit is better.\n- Missing "
		"folders are made. Encoding, line ends and mode of a file that is replaced are kept.\n- Make no "
		"documents that nobody asked for.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"file_path\":{\"type\":\"string\",\"description\":\"The file to write\"},"
		"\"content\":{\"type\":\"string\",\"description\":\"All that it shall hold\"}},"
		"\"required\":[\"file_path\",\"content\"],\"additionalProperties\":false}",
	.brief = "Write a whole new file, or replace one that was read before.",
	.brief_schema = "{\"type\":\"object\",\"properties\":{\"file_path\":{\"type\":\"string\"},"
		"\"content\":{\"type\":\"string\"}},\"required\":[\"file_path\",\"content\"]}",
	.path_member = "file_path",
	.run = run,
	.preview = preview,
};
