/*
 * NotebookEdit: a cell of a Jupyter notebook replaced, inserted or deleted, and every other
 * byte of the file left as it is: programs that write notebooks differ in white space and
 * in how they write numbers, and a difference should show what was meant.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"
#include "base/random.h"
#include "tool/change.h"
#include "tool/input.h"
#include "tool/json_spans.h"
#include "tool/kinds.h"

#define ID_DIGITS 8
#define INDENT_MAX 64

struct editing {
	struct change_file file;
	struct buf changed;
	struct str text, cells;    /* the whole notebook, and its list of cells in it */
	struct str cell;           /* the one that is meant; {0}: none */
	struct str before;         /* the one before it; {0}: it is the first */
	size_t number;             /* its, from 0 */
};

static void editing_done(struct editing *e)
{
	change_file_done(&e->file);
	buf_done(&e->changed);
}
#define own_editing owns(editing_done) struct editing

/* --- the cell that is meant ------------------------------------------------------------------ */

/* By its id, or as Read counts them: "3" or "cell-3". */
static bool is_meant(struct str cell, size_t number, struct str id)
{
	struct str own = json_span_member(cell, "id");
	char count[32];

	if (own.n >= 2 && str_equal((struct str){ own.p + 1, own.n - 2 }, id))
		return true;
	(void)snprintf(count, sizeof count, "cell-%zu", number);
	return str_is(id, count) || str_is(id, count + strlen("cell-"));
}

static bool find_cell(struct editing *e, struct str id, struct error *err)
{
	struct str cell, before = {0};
	size_t at = 0;

	for (size_t number = 0; json_span_next(e->cells, &at, &cell); number++) {
		if (is_meant(cell, number, id)) {
			e->cell = cell;
			e->before = before;
			e->number = number;
			return true;
		}
		before = cell;
	}
	return error_set(err, ERROR_NOT_FOUND, "%s has no cell %.*s: Read shows them", e->file.name, STR_ARGS(id));
}

/* --- writing as the file is written --------------------------------------------------------------- */

/* The white space that the line of this place begins with; "" in a file of one line. */
static void indent_of(struct str text, const char *place, char indent[INDENT_MAX])
{
	const char *line = place;
	size_t n = 0;

	while (line > text.p && line[-1] != '\n')
		line--;
	while (line > text.p && line + n < place && n + 1 < INDENT_MAX && (line[n] == ' ' || line[n] == '\t'))
		n++;
	memcpy(indent, line, n);
	indent[n] = '\0';
}

/* Each line a string, as notebooks have them; `indent`: of the line that the list begins in. */
static bool add_source(struct str source, const char *indent, size_t unit, struct buf *out, struct error *err)
{
	const char *comma = "";

	if (!buf_adds(out, "[", err))
		return false;
	for (; source.n; comma = ",") {
		const char *end = memchr(source.p, '\n', source.n);
		size_t n = end ? (size_t)(end - source.p) + 1 : source.n;
		if (!(indent[0] ? buf_addf(out, err, "%s\n%s%.*s", comma, indent, (int)unit, indent) :
			buf_addf(out, err, "%s%s", comma, comma[0] ? " " : "")) ||
		    !json_write_string(out, (struct str){ source.p, n }, err))
			return false;
		source = str_from(source, n);
	}
	return (!comma[0] || !indent[0] || buf_addf(out, err, "\n%s", indent)) && buf_adds(out, "]", err);
}

static bool add_up_to(struct editing *e, const char **from, const char *to, struct error *err)
{
	struct str piece = { *from, (size_t)(to - *from) };

	*from = to;
	return buf_add_str(&e->changed, piece, err);
}

static bool add_rest(struct editing *e, const char *from, struct error *err)
{
	return buf_add(&e->changed, from, (size_t)(e->text.p + e->text.n - from), err);
}

/* --- what is done ------------------------------------------------------------------------------------ */

static bool is_code(struct str cell) { return str_is(json_span_member(cell, "cell_type"), "\"code\""); }

/* A value of the cell's put in place of another; they come in any order. */
struct patch {
	struct str old_value;
	const char *fixed;         /* NULL: the new source */
};

static int by_place(const void *a, const void *b)
{
	const struct patch *x = a, *y = b;

	return (x->old_value.p > y->old_value.p) - (x->old_value.p < y->old_value.p);
}

/* The new source; a cell of code has not run since, so that its output and number go. */
static bool replace(struct editing *e, struct str source, struct error *err)
{
	struct patch patches[] = {
		{ json_span_member(e->cell, "source"), NULL },
		{ is_code(e->cell) ? json_span_member(e->cell, "outputs") : (struct str){0}, "[]" },
		{ is_code(e->cell) ? json_span_member(e->cell, "execution_count") : (struct str){0}, "null" },
	};
	const char *from = e->text.p;
	char indent[INDENT_MAX];

	if (!patches[0].old_value.p)
		return error_set(err, ERROR_INVALID, "cell %zu of %s has no source", e->number, e->file.name);
	qsort(patches, countof(patches), sizeof *patches, by_place);
	for (size_t i = 0; i < countof(patches); i++) {
		const struct patch *p = &patches[i];
		if (!p->old_value.p)
			continue;
		indent_of(e->text, p->old_value.p, indent);
		if (!add_up_to(e, &from, p->old_value.p, err) || !(p->fixed ? buf_adds(&e->changed, p->fixed, err) :
			add_source(source, indent, strlen(indent) / 3, &e->changed, err)))
			return false;
		from = p->old_value.p + p->old_value.n;
	}
	return add_rest(e, from, err);
}

static bool needs_ids(struct str text)
{
	struct str minor = json_span_member(text, "nbformat_minor");

	return minor.n && strtol(minor.p, NULL, 10) >= 5;
}

static bool add_cell(struct editing *e, bool code, struct str source, const char *indent, struct error *err)
{
	char id[ID_DIGITS + 1] = "", line[2 * INDENT_MAX] = " ", inner[2 * INDENT_MAX] = "";
	size_t unit = strlen(indent) / 2;

	if (needs_ids(e->text) && !random_hex(id, ID_DIGITS, err))
		return false;
	if (indent[0]) {
		(void)snprintf(inner, sizeof inner, "%s%.*s", indent, (int)unit, indent);
		(void)snprintf(line, sizeof line, "\n%s", inner);
	}
	if (!buf_addf(&e->changed, err, "{%s\"cell_type\": \"%s\",", indent[0] ? line : "",
		code ? "code" : "markdown") ||
	    (code && !buf_addf(&e->changed, err, "%s\"execution_count\": null,", line)) ||
	    (id[0] && !buf_addf(&e->changed, err, "%s\"id\": \"%s\",", line, id)) ||
	    !buf_addf(&e->changed, err, "%s\"metadata\": {},", line) ||
	    (code && !buf_addf(&e->changed, err, "%s\"outputs\": [],", line)) ||
	    !buf_addf(&e->changed, err, "%s\"source\": ", line) ||
	    !add_source(source, inner, unit, &e->changed, err))
		return false;
	return (!indent[0] || buf_addf(&e->changed, err, "\n%s", indent)) && buf_adds(&e->changed, "}", err);
}

/* Behind the cell that is meant, or before all others. */
static bool insert(struct editing *e, bool code, struct str source, struct error *err)
{
	struct str first = {0};
	size_t at = 0;
	const char *from = e->text.p;
	char indent[INDENT_MAX] = "";

	(void)json_span_next(e->cells, &at, &first);
	if (first.p)
		indent_of(e->text, first.p, indent);
	if (e->cell.p)
		return add_up_to(e, &from, e->cell.p + e->cell.n, err) &&
			buf_addf(&e->changed, err, indent[0] ? ",\n%s" : ", ", indent) &&
			add_cell(e, code, source, indent, err) && add_rest(e, from, err);
	if (first.p)
		return add_up_to(e, &from, first.p, err) && add_cell(e, code, source, indent, err) &&
			buf_addf(&e->changed, err, indent[0] ? ",\n%s" : ", ", indent) && add_rest(e, from, err);
	return add_up_to(e, &from, e->cells.p + 1, err) && add_cell(e, code, source, indent, err) &&
		add_rest(e, e->cells.p + e->cells.n - 1, err);
}

/* With the comma that goes with it. */
static bool delete(struct editing *e, struct error *err)
{
	const char *from = e->text.p, *end = e->cell.p + e->cell.n;
	size_t at = (size_t)(end - e->cells.p);
	struct str after;

	if (e->before.p)
		return add_up_to(e, &from, e->before.p + e->before.n, err) && add_rest(e, end, err);
	if (json_span_next(e->cells, &at, &after))
		return add_up_to(e, &from, e->cell.p, err) && add_rest(e, after.p, err);
	return add_up_to(e, &from, e->cells.p + 1, err) && add_rest(e, e->cells.p + e->cells.n - 1, err);
}

/* --- the tool ------------------------------------------------------------------------------------------- */

static bool load(struct editing *e, struct tool_job *job, struct error *err)
{
	if (!change_file_load(&e->file, job, &tool_notebook_edit, err))
		return false;
	if (!e->file.there)
		return error_set(err, ERROR_NOT_FOUND, "%s does not exist", e->file.name);
	if (e->file.seen != SEEN_SAME)
		return error_set(err, ERROR_INVALID, e->file.seen == SEEN_NEVER ?
			"%s has not been read yet: Read it before changing it" :
			"%s was changed by somebody since it was read: Read it again", e->file.name);
	own_json *parsed = json_parse_object(e->file.text, e->file.name, err);
	if (!parsed)
		return false;
	e->text = e->file.text;
	e->text.p += strspn(e->text.p, " \t\r\n");
	e->text.n -= (size_t)(e->text.p - e->file.text.p);
	e->cells = json_span_member(e->text, "cells");
	return (e->cells.n && e->cells.p[0] == '[') || error_set(err, ERROR_INVALID,
		"%s has no list of cells: it is no notebook of nbformat 4", e->file.name);
}

static bool change(struct editing *e, const json_t *input, struct error *err)
{
	struct str id = tool_input_str(input, "cell_id"), source = tool_input_str(input, "new_source"),
		mode = tool_input_str(input, "edit_mode"), kind = tool_input_str(input, "cell_type");
	bool inserts = str_is(mode, "insert");

	if (!id.n && !inserts)
		return error_set(err, ERROR_INVALID, "`cell_id` is missing: which cell?");
	if (inserts && !kind.n)
		return error_set(err, ERROR_INVALID, "`cell_type` is missing: code or markdown?");
	if (id.n && !find_cell(e, id, err))
		return false;
	if (!inserts && kind.n && !str_is(mode, "delete") && is_code(e->cell) != str_is(kind, "code"))
		return error_set(err, ERROR_INVALID,
			"a cell cannot become one of another type: insert one and delete this");
	return inserts ? insert(e, str_is(kind, "code"), source, err) :
		str_is(mode, "delete") ? delete(e, err) : replace(e, source, err);
}

static bool prepare(struct editing *e, struct tool_job *job, struct error *err)
{
	*e = (struct editing){ .changed = BUF_INIT(CHANGE_FILE_MAX) };
	if (!load(e, job, err) ||
	    !buf_add(&e->changed, e->file.text.p, (size_t)(e->text.p - e->file.text.p), err) ||
	    !change(e, job->input, err))
		return false;
	own_json *parsed = json_parse_object(buf_str(&e->changed), "the changed notebook", err);
	if (!parsed)
		return false;
	change_file_describe(&e->file, buf_str(&e->changed));
	return true;
}

static bool preview(struct tool_job *job, struct error *err)
{
	own_editing e;

	return prepare(&e, job, err);
}

static bool run(struct tool_job *job, struct error *err)
{
	own_editing e;
	struct str mode = tool_input_str(job->input, "edit_mode");

	if (!prepare(&e, job, err) || !change_file_write(&e.file, buf_str(&e.changed), err))
		return false;
	if (str_is(mode, "insert"))
		buf_putf(&job->text, "A cell was inserted in %s as number %zu.\n", e.file.name,
			e.cell.p ? e.number + 1 : 0);
	else
		buf_putf(&job->text, "Cell %zu of %s was %s.\n", e.number, e.file.name,
			str_is(mode, "delete") ? "deleted" : "replaced");
	return true;
}

const struct tool_kind tool_notebook_edit = {
	.name = "NotebookEdit",
	.description = "Changes one cell of a Jupyter notebook (.ipynb), which must have been read before.\n"
		"- `cell_id` is a cell's id, or its number as Read shows it, from 0.\n"
		"- `edit_mode` \"replace\" (the default) gives it new_source; its outputs go. \"insert\" puts a new "
		"cell of `cell_type` behind it, or before all others without cell_id. \"delete\" removes it.",
	.schema = "{\"type\":\"object\",\"properties\":{"
		"\"notebook_path\":{\"type\":\"string\",\"description\":\"The notebook\"},"
		"\"cell_id\":{\"type\":\"string\",\"description\":\"The cell's id or number\"},"
		"\"new_source\":{\"type\":\"string\",\"description\":\"What the cell shall hold\"},"
		"\"cell_type\":{\"type\":\"string\",\"enum\":[\"code\",\"markdown\"]},"
		"\"edit_mode\":{\"type\":\"string\",\"enum\":[\"replace\",\"insert\",\"delete\"]}},"
		"\"required\":[\"notebook_path\",\"new_source\"],\"additionalProperties\":false}",
	.path_member = "notebook_path",
	.run = run,
	.preview = preview,
};
