#include "tool/notebook.h"

#include "base/utf8.h"

#define OUTPUT_MAX ((size_t)10 << 10)      /* bytes of one output that are shown */

/* Texts are one string or a list of them. */
static bool add_text(const json_t *value, struct buf *out, struct error *err)
{
	size_t i;
	const json_t *piece;

	if (json_is_string(value))
		return buf_add(out, json_string_value(value), json_string_length(value), err);
	json_array_foreach(value, i, piece)
		if (!buf_add(out, json_string_value(piece), json_string_length(piece), err))
			return false;
	return true;
}

static bool end_line(struct buf *out, struct error *err)
{
	return (out->len && out->data[out->len - 1] == '\n') || buf_adds(out, "\n", err);
}

/* A text of at most OUTPUT_MAX bytes, the rest counted. */
static bool add_output_text(const json_t *value, struct buf *out, struct error *err)
{
	size_t begin = out->len;

	if (!add_text(value, out, err))
		return false;
	size_t n = out->len - begin;
	if (n > OUTPUT_MAX) {
		size_t kept = OUTPUT_MAX - utf8_incomplete_tail(out->data + begin, OUTPUT_MAX);
		buf_truncate(out, begin + kept);
		if (!buf_addf(out, err, "\n[cut here: %zu more bytes]", n - kept))
			return false;
	}
	return end_line(out, err);
}

/* The plain text of what was shown, else the names of its kinds. */
static bool add_data(const json_t *data, struct buf *out, struct error *err)
{
	const json_t *plain = json_object_get(data, "text/plain");
	const char *kind;
	json_t *value;
	bool other = false;

	json_object_foreach((json_t *)data, kind, value)
		other |= str_starts(str_of(kind), (struct str)STR("image/"));
	if (plain && !add_output_text(plain, out, err))
		return false;
	if (plain && !other)
		return true;
	json_object_foreach((json_t *)data, kind, value)
		if (value != plain && !buf_addf(out, err, "[%s, not shown]\n", kind))
			return false;
	return true;
}

static bool add_error(const json_t *output, struct buf *out, struct error *err)
{
	size_t i;
	const json_t *line;

	if (!add_text(json_object_get(output, "ename"), out, err) || !buf_adds(out, ": ", err) ||
	    !add_output_text(json_object_get(output, "evalue"), out, err))
		return false;
	json_array_foreach(json_object_get(output, "traceback"), i, line)
		if (!add_output_text(line, out, err))
			return false;
	return true;
}

static bool add_output(const json_t *output, struct buf *out, struct error *err)
{
	struct str kind = json_member_str(output, "output_type");

	if (str_is(kind, "stream"))
		return add_output_text(json_object_get(output, "text"), out, err);
	if (str_is(kind, "error"))
		return add_error(output, out, err);
	return add_data(json_object_get(output, "data"), out, err);
}

static bool add_cell(size_t number, const json_t *cell, struct buf *out, struct error *err)
{
	const char *id = json_member_string(cell, "id"), *kind = json_member_string(cell, "cell_type");
	const json_t *outputs = json_object_get(cell, "outputs"), *output;
	size_t i;

	if (!buf_addf(out, err, "<cell %zu%s%s%s, %s>\n", number, id ? ", id \"" : "", id ? id : "", id ? "\"" : "",
	    kind ? kind : "of no kind") ||
	    !add_text(json_object_get(cell, "source"), out, err) || !end_line(out, err))
		return false;
	if (json_array_size(outputs) && !buf_adds(out, "<output>\n", err))
		return false;
	json_array_foreach(outputs, i, output)
		if (!add_output(output, out, err))
			return false;
	return !json_array_size(outputs) || buf_adds(out, "</output>\n", err);
}

bool notebook_write(const json_t *notebook, struct buf *out, struct error *err)
{
	const json_t *cells = json_object_get(notebook, "cells"), *cell;
	size_t i;

	if (!json_is_array(cells))
		return error_set(err, ERROR_INVALID, "the notebook has no list of cells (only nbformat 4 is read)");
	json_array_foreach(cells, i, cell)
		if (!add_cell(i, cell, out, err))
			return false;
	return true;
}
