/*
 * Read: a file as numbered lines.  One pass in large pieces: decoded, shown as far as
 * asked for, counted, and digested while it is small; memory does not grow with the file.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/sys.h"
#include "tool/encoding.h"
#include "tool/file_kind.h"
#include "tool/input.h"
#include "tool/kinds.h"
#include "tool/notebook.h"
#include "tool/open.h"
#include "tool/seen.h"
#include "tool/text_view.h"

#define PIECE           ((size_t)256 << 10)
#define LINES_DEFAULT   2000
#define SHOWN_MAX       ((size_t)100 << 10)        /* bytes of a result: some 25,000 tokens */
#define COUNTED_MAX     ((uint64_t)256 << 20)      /* bytes after the last shown line in which lines are counted */
#define NOTEBOOK_MAX    ((size_t)16 << 20)
#define RENDERED_MAX    ((size_t)4 << 20)          /* of a notebook's text */

struct reading {
	struct tool_job *job;
	const char *name;          /* the path as the model wrote it */
	int fd;
	struct stat was;
	struct encoding encoding;
	struct text_view view;
	struct buf bytes;          /* what was read and not yet decoded */
	struct buf text;           /* decoded */
	struct sha digest;
	uint64_t taken;            /* bytes read */
	bool ended;                /* the file was read to its end */
};

/* --- pieces ------------------------------------------------------------------------------ */

/* Adds the file's next bytes; at its end r->ended. */
static bool read_piece(struct reading *r, struct error *err)
{
	own_mem char *piece = mem_alloc(PIECE);
	size_t have = 0;

	if (cancel_fired(r->job->cancel))
		return error_set(err, ERROR_CANCELLED, "cancelled");
	while (have < PIECE && !r->ended) {
		ssize_t n = sys.read(r->fd, piece + have, PIECE - have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, "cannot read %s", r->name);
		r->ended = n == 0;
		have += (size_t)n;
	}
	if (r->was.st_size <= SEEN_DIGEST_MAX)
		sha_feed(&r->digest, (struct str){ piece, have });
	r->taken += have;
	return buf_add(&r->bytes, piece, have, err);
}

static bool show_piece(struct reading *r, struct error *err)
{
	struct str rest = buf_str(&r->bytes);

	if (r->encoding.kind == ENCODING_UTF8) {
		view_feed(&r->view, rest);
		buf_clear(&r->bytes);
		return true;
	}
	buf_clear(&r->text);
	if (!encoding_decode(r->encoding.kind, &rest, r->ended, &r->text, err))
		return false;
	view_feed(&r->view, buf_str(&r->text));
	buf_consume(&r->bytes, r->bytes.len - rest.n);
	return true;
}

/* To the end, or as far as is worth counting. */
static bool show_all(struct reading *r, struct error *err)
{
	uint64_t last_needed = 0;

	buf_consume(&r->bytes, r->encoding.mark);
	for (;;) {
		if (!show_piece(r, err))
			return false;
		bool counting = r->view.full || r->view.line > r->view.last;
		if (!counting)
			last_needed = r->taken;
		if (r->ended || (counting && r->taken - last_needed > COUNTED_MAX))
			break;
		if (!read_piece(r, err))
			return false;
	}
	view_end(&r->view);
	return true;
}

/* --- what is said beside the lines --------------------------------------------------------- */

static void say_rest(const struct reading *r)
{
	const struct text_view *v = &r->view;
	struct buf *out = &r->job->text;
	const char *more = r->ended ? "" : "more than ";

	if (v->line == 0)
		buf_putf(out, "[The file is there and empty.]\n");
	else if (!v->shown)
		buf_putf(out, "[The file has %s%" PRIu64 " lines: nothing is at offset %" PRIu64 ".]\n", more, v->line,
			v->first);
	else if (v->shown < v->line || v->first > 1)
		buf_putf(out, "[PARTIAL view: lines %" PRIu64 " to %" PRIu64 " of %s%" PRIu64 "%s.", v->first, v->shown,
			more, v->line, v->full ? ", as many as fit" : "");
	if (v->shown && v->shown < v->line)
		buf_putf(out, " Go on with offset %" PRIu64 "; Grep finds lines in it.]\n", v->shown + 1);
	else if (v->shown && v->first > 1)
		buf_put(out, "]\n");
	if (v->cut)
		buf_putf(out, "[%" PRIu64 " of these lines are longer than %d characters and were cut.]\n", v->cut,
			VIEW_LINE_MAX);
	if (r->encoding.damaged)
		buf_put(out, "[Some bytes are no UTF-8; they are shown as U+FFFD.]\n");
	else if (r->encoding.kind != ENCODING_UTF8)
		buf_putf(out, "[The file is in %s; Edit and Write keep that.]\n", encoding_name(r->encoding.kind));
}

static bool show_text(struct reading *r, struct error *err)
{
	if (!show_all(r, err))
		return false;
	say_rest(r);
	r->job->details = json_pack("{s:s, s:{s:I, s:I, s:I}}", "type", "text", "file",
		"startLine", (json_int_t)r->view.first,
		"numLines", (json_int_t)(r->view.shown ? r->view.shown - r->view.first + 1 : 0),
		"totalLines", (json_int_t)r->view.line);
	return true;
}

/* --- what is no text ------------------------------------------------------------------------ */

static bool show_picture(struct reading *r, const struct file_kind *kind)
{
	struct buf *out = &r->job->text;

	buf_putf(out, "[The file is %s", kind->what);
	if (kind->width && kind->height)
		buf_putf(out, ", %" PRIu32 " x %" PRIu32 " pixels", kind->width, kind->height);
	buf_putf(out, ", %lld bytes; a picture cannot be read as text.]\n", (long long)r->was.st_size);
	r->job->details = json_pack("{s:s, s:{s:s*, s:I, s:{s:I, s:I}}}", "type", "image", "file",
		"type", kind->media_type, "originalSize", (json_int_t)r->was.st_size,
		"dimensions", "originalWidth", (json_int_t)kind->width, "originalHeight", (json_int_t)kind->height);
	return true;
}

static bool refuse_binary(const struct reading *r, const struct file_kind *kind, struct error *err)
{
	return error_set(err, ERROR_INVALID, "%s is %s of %lld bytes, no text%s%s", r->name,
		kind->what ? kind->what : "a binary file", (long long)r->was.st_size, kind->what ? ": " : "",
		kind->what ? kind->advice ? kind->advice : "it cannot be read here" :
		"; look into it with Bash: `file`, `xxd FILE | head`");
}

/* The rest of a notebook, parsed and written as lines; what is no notebook is shown as it is. */
static bool show_notebook(struct reading *r, struct error *err)
{
	own_buf text = BUF_INIT(RENDERED_MAX);
	struct error why = {0};

	while (!r->ended)
		if (!read_piece(r, err))
			return false;
	own_json *notebook = json_parse_object(buf_str(&r->bytes), "notebook", &why);
	if (!notebook || !notebook_write(notebook, &text, &why)) {
		buf_putf(&r->job->text, "[Shown as it is, for it cannot be read as a notebook: %s]\n", why.text);
		return show_text(r, err);
	}
	buf_clear(&r->bytes);
	if (!buf_add_str(&r->bytes, buf_str(&text), err))
		return false;
	return show_text(r, err);
}

static bool show(struct reading *r, struct error *err)
{
	struct file_kind kind = {0};

	if (!read_piece(r, err))
		return false;
	struct str head = buf_str(&r->bytes);
	(void)file_kind_find(head, &kind);
	r->encoding = encoding_guess(head, r->ended);
	bool binary = r->encoding.kind == ENCODING_BINARY || kind.sure;
	if (binary && (kind.width || kind.media_type))
		return show_picture(r, &kind);
	if (binary)
		return refuse_binary(r, &kind, err);
	if (str_ends(str_of(r->name), ".ipynb") && r->was.st_size <= (off_t)NOTEBOOK_MAX)
		return show_notebook(r, err);
	return show_text(r, err);
}

/* --- the tool --------------------------------------------------------------------------------- */

static void note_seen(struct reading *r, const char *real)
{
	char digest[SHA_HEX_MAX + 1] = "";

	if (r->ended && r->was.st_size <= SEEN_DIGEST_MAX && r->taken == (uint64_t)r->was.st_size)
		sha_hex(&r->digest, digest);
	seen_note(r->job->context->seen, real, &r->was, digest);
}

static void begin(struct reading *r, struct tool_job *job)
{
	int64_t offset = tool_input_number(job->input, "offset", 1);
	int64_t limit = tool_input_number(job->input, "limit", LINES_DEFAULT);
	uint64_t first = offset > 1 ? (uint64_t)offset : 1;

	*r = (struct reading){ .job = job, .name = tool_input_str(job->input, "file_path").p,
		.bytes = BUF_INIT(NOTEBOOK_MAX + 2 * PIECE), .text = BUF_INIT(3 * NOTEBOOK_MAX) };
	sha_init(&r->digest, SHA_256);
	view_init(&r->view, first, first + (uint64_t)limit - 1, SHOWN_MAX, &job->text);
}

static bool run(struct tool_job *job, struct error *err)
{
	struct reading r;
	own_mem char *real = NULL;

	begin(&r, job);
	r.fd = open_to_read(job, "file_path", &real, &r.was, err);
	bool ok = r.fd >= 0 && show(&r, err);
	if (ok)
		note_seen(&r, real);
	else if (r.fd < 0 && err->kind == ERROR_NOT_FOUND)
		error_set(err, ERROR_NOT_FOUND, "%s does not exist (the working folder is %s)", r.name,
			job->context->cwd);
	else if (r.fd < 0 && err->kind == ERROR_INVALID && strstr(err->text, "a folder"))
		error_set(err, ERROR_INVALID, "%s is a folder: list it with Glob, or with `ls` in Bash", r.name);
	file_close(&r.fd);
	view_done(&r.view);
	buf_done(&r.bytes);
	buf_done(&r.text);
	return ok;
}

const struct tool_kind tool_read = {
	.name = "Read",
	.old_names = "read|read_file|ReadFile|view|cat",
	.description = "Reads a file from the user's machine.\n"
		"- `file_path` should be absolute; a path relative to the working folder is taken too.\n- Without "
		"`offset` and `limit` it shows the first 2000 lines; a notice tells when that is a PARTIAL view, and "
		"how to go on. Lines over 2000 characters are cut.\n- Each line comes as its number, a tab, and its "
		"text. Number and tab are no part of the file.\n- Jupyter notebooks (.ipynb) come as cells with their "
		"outputs. Pictures, PDFs and other binary files are named and not shown.\n- It reads files only: list "
		"folders with Glob or Bash.\n- A file must have been read before Edit or Write may change it.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"file_path\":{\"type\":\"string\",\"description\":\"The file to read\"},"
		"\"offset\":{\"type\":\"integer\",\"minimum\":0,\"description\":\"The first line to show, from 1\"},"
		"\"limit\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":1000000,"
		"\"description\":\"How many lines to show\"}},"
		"\"required\":[\"file_path\"],\"additionalProperties\":false}",
	.brief = "Read a file. Shows numbered lines; the numbers are no part of the file.",
	.brief_schema = "{\"type\":\"object\",\"properties\":{\"file_path\":{\"type\":\"string\"},"
		"\"offset\":{\"type\":\"integer\"},\"limit\":{\"type\":\"integer\"}},\"required\":[\"file_path\"]}",
	.path_member = "file_path",
	.reads = true,
	.run = run,
};
