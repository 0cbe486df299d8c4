/* Edit: one text in a file replaced by another. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/mem.h"
#include "tool/change.h"
#include "tool/edit_match.h"
#include "tool/input.h"
#include "tool/kinds.h"
#include "tool/text_view.h"

#define AROUND      4                          /* lines of the result that are shown around a change */
#define SNIPPET_MAX ((size_t)8 << 10)          /* bytes of it */

struct editing {
	struct change_file file;
	struct edit edit;
	struct edit_result result;
	struct buf changed;        /* the new text */
};

static void editing_done(struct editing *e)
{
	change_file_done(&e->file);
	buf_done(&e->changed);
}
#define own_editing owns(editing_done) struct editing

/* --- what cannot be done ---------------------------------------------------------------------- */

/* A failure whose text may hold lines of the file: it is a result, not an error. */
static bool tell(struct editing *e, struct error *err)
{
	struct buf *out = &e->file.job->text;
	const struct edit_result *r = &e->result;

	e->file.job->failed = true;
	if (r->count == 0)
		return buf_addf(out, err, "old_string was not found in %s; nothing was changed.\n", e->file.name) &&
			edit_explain(e->file.text, e->edit.old_text, out, err);
	if (!buf_addf(out, err, "old_string was found at %s %zu and %zu of %s%s; nothing was changed.\n",
	    e->edit.all ? "several places, among them lines" : "more than one place: lines", r->first_line,
	    r->second_line, e->file.name, r->quotes ? ", but only with curly quotes taken for straight ones" : ""))
		return false;
	return buf_adds(out,
		"Add lines around it to tell the places apart, or set replace_all to change all of them.\n",
		err);
}

static bool check_seen(const struct editing *e, struct error *err)
{
	const struct change_file *f = &e->file;

	if (f->seen == SEEN_NEVER)
		return error_set(err, ERROR_INVALID, "%s has not been read yet: Read it before changing it", f->name);
	if (f->seen == SEEN_CHANGED && e->edit.all)
		return error_set(err, ERROR_INVALID, "%s was changed by somebody since it was read: Read it again",
			f->name);
	return true;
}

static bool check_strings(struct editing *e, struct error *err)
{
	own_buf old_plain = BUF_INIT(TOOL_TEXT_MAX * 64), new_plain = BUF_INIT(TOOL_TEXT_MAX * 64);

	if (str_equal(e->edit.old_text, e->edit.new_text))
		return error_set(err, ERROR_INVALID, "old_string and new_string are the same");
	if (!edit_plain(e->edit.old_text, false, &old_plain, err) ||
	    !edit_plain(e->edit.new_text, false, &new_plain, err))
		return false;
	return !str_equal(buf_str(&old_plain), buf_str(&new_plain)) || error_set(err, ERROR_INVALID,
		"old_string and new_string differ in line ends only, which Edit keeps as the file has them");
}

/* --- the change ----------------------------------------------------------------------------------- */

/* An empty old_string makes a file. */
static bool prepare_new(struct editing *e, struct error *err)
{
	if (e->file.there && e->file.text.n)
		return error_set(err, ERROR_INVALID, "old_string is empty, which makes a new file, but %s has content: "
			"give the text to replace", e->file.name);
	e->result = (struct edit_result){ .count = 1, .first_line = 1, .end = e->edit.new_text.n };
	return buf_add_str(&e->changed, e->edit.new_text, err);
}

/* Fills e->changed and the details; job->failed: it cannot be done, and the text tells why. */
static bool prepare(struct editing *e, struct tool_job *job, struct error *err)
{
	*e = (struct editing){ .changed = BUF_INIT(CHANGE_FILE_MAX),
		.edit = { tool_input_str(job->input, "old_string"), tool_input_str(job->input, "new_string"),
			tool_input_flag(job->input, "replace_all", false) } };
	if (!change_file_load(&e->file, job, &tool_edit, err) || !check_strings(e, err))
		return false;
	if (!e->edit.old_text.n) {
		if (!prepare_new(e, err))
			return false;
	} else if (!e->file.there) {
		return error_set(err, ERROR_NOT_FOUND,
			"%s does not exist (the working folder is %s); an empty old_string "
			"makes a new file", e->file.name, job->context->cwd);
	} else if (!check_seen(e, err) ||
		!edit_apply(e->file.text, &e->edit, &e->result, &e->changed, err)) {
		return false;
	}
	bool done = e->result.count == 1 || (e->result.count && e->edit.all && !e->result.quotes);
	if (!done)
		return tell(e, err);
	change_file_describe(&e->file, buf_str(&e->changed));
	return true;
}

static uint64_t line_of(struct str text, size_t at)
{
	uint64_t line = 1;

	for (size_t i = 0; i < at; i++)
		line += text.p[i] == '\n';
	return line;
}

static void show_result(struct editing *e)
{
	struct tool_job *job = e->file.job;
	const struct edit_result *r = &e->result;
	struct str text = buf_str(&e->changed);
	uint64_t first = line_of(text, r->begin), last = line_of(text, r->end);
	struct text_view v;

	buf_putf(&job->text, "%s was %s", e->file.name, e->file.there ? "changed" : "made");
	if (r->count > 1)
		buf_putf(&job->text, " at %zu places", r->count);
	if (e->file.seen == SEEN_CHANGED && e->edit.old_text.n)
		buf_put(&job->text,
			" (somebody had changed it since it was read, but old_string was still there, once)");
	if (r->quotes)
		buf_put(&job->text, " (curly quotes in it were taken for the straight ones of old_string)");
	if (e->file.there && e->file.was.st_nlink > 1)
		buf_put(&job->text, " (the file's other names, hard links, keep the old content)");
	buf_putf(&job->text, ". %s:\n", r->count > 1 ? "The first place is now" : "It is now");
	view_init(&v, first > AROUND ? first - AROUND : 1, last + AROUND, SNIPPET_MAX, &job->text);
	view_feed(&v, text);
	view_end(&v);
	if (v.full)
		buf_put(&job->text, "   ...\n");
	view_done(&v);
}

static bool preview(struct tool_job *job, struct error *err)
{
	own_editing e;

	return prepare(&e, job, err);
}

static bool run(struct tool_job *job, struct error *err)
{
	own_editing e;

	if (!prepare(&e, job, err) || (!job->failed && !change_file_write(&e.file, buf_str(&e.changed), err)))
		return false;
	if (!job->failed)
		show_result(&e);
	return true;
}

const struct tool_kind tool_edit = {
	.name = "Edit",
	.old_names = "edit|edit_file|EditFile|str_replace",
	.description = "Replaces a text in a file by another.\n"
		"- The file must have been read before (with Read, or `cat` and the like in Bash).\n- `old_string` "
		"must be in the file exactly once, character for character with its indentation, and without the line "
		"numbers that Read shows; or set `replace_all` to replace it everywhere.\n- `new_string` must differ "
		"from it. Line ends, encoding and mode of the file are kept.\n- Where old_string is a whole line, or "
		"lines, and new_string is empty, the line end goes as well.\n- An empty old_string makes a new file "
		"that holds new_string.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"file_path\":{\"type\":\"string\",\"description\":\"The file to change\"},"
		"\"old_string\":{\"type\":\"string\",\"description\":\"The text to replace\"},"
		"\"new_string\":{\"type\":\"string\",\"description\":\"The text to put in its place\"},"
		"\"replace_all\":{\"type\":\"boolean\",\"description\":\"Replace it everywhere (default false)\"}},"
		"\"required\":[\"file_path\",\"old_string\",\"new_string\"],\"additionalProperties\":false}",
	.brief = "Replace old_string, which must be in the file exactly once, by new_string. Read the file first.",
	.brief_schema = "{\"type\":\"object\",\"properties\":{\"file_path\":{\"type\":\"string\"},"
		"\"old_string\":{\"type\":\"string\"},\"new_string\":{\"type\":\"string\"},"
		"\"replace_all\":{\"type\":\"boolean\"}},\"required\":[\"file_path\",\"old_string\",\"new_string\"]}",
	.path_member = "file_path",
	.run = run,
	.preview = preview,
};
