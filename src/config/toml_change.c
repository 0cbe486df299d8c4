#include "config/toml_change.h"

#include <ctype.h>
#include <stdlib.h>

#include "config/toml_edit.h"

void change_done(struct edit *e)
{
	json_decref(e->path);
	toml_scan_done(&e->scan);
	buf_done(&e->fresh);
}

/* "teachers[1].model" as ["teachers", 1, "model"]; NULL when it is no path. */
static json_t *parse_path(const char *text)
{
	own_json *path = json_array();
	struct str rest = str_of(text), step;

	while (str_split(&rest, '.', &step)) {
		size_t n = 0;
		while (n < step.n && (isalnum((unsigned char)step.p[n]) || step.p[n] == '_' || step.p[n] == '-'))
			n++;
		if (n)
			json_array_append_new(path, json_stringn(step.p, n));
		if (n && n < step.n && step.p[n] == '[' && step.p[step.n - 1] == ']')
			json_array_append_new(path, json_integer(strtol(step.p + n + 1, NULL, 10)));
		else if (!n || n < step.n)
			return NULL;
	}
	return take(path);
}

bool change_begin(struct edit *e, struct buf *text, const char *what, const char *path, struct error *err)
{
	*e = (struct edit){ .text = text, .what = what, .fresh = BUF_INIT(TOML_EDIT_MAX), .err = err };
	e->path = parse_path(path);
	if (!e->path)
		return error_set(err, ERROR_INTERNAL, "%s is no path of a setting", path);
	return toml_scan(&e->scan, buf_str(text), what, err);
}

void change_finish(struct edit *e)
{
	struct buf old = *e->text;

	*e->text = e->fresh;
	e->text->max = old.max;
	e->fresh = old;
}

/* --- lines ------------------------------------------------------------------------------ */

static char first_letter(struct str text, size_t line)
{
	while (line < text.n && (text.p[line] == ' ' || text.p[line] == '\t'))
		line++;
	return line < text.n ? text.p[line] : '\n';
}

static bool is_blank(struct str text, size_t line)
{
	char first = first_letter(text, line);

	return first == '\n' || first == '\r';
}

static size_t line_after(struct str text, size_t line)
{
	const char *end = line < text.n ? memchr(text.p + line, '\n', text.n - line) : NULL;

	return end ? (size_t)(end - text.p) + 1 : text.n;
}

static size_t line_before(struct str text, size_t line)
{
	for (line--; line > 0 && text.p[line - 1] != '\n'; line--) { }
	return line;
}

size_t change_with_comment(const struct edit *e, size_t index)
{
	struct str text = buf_str(e->text);
	size_t start = e->scan.all[index].start, at = start, floor = index ? e->scan.all[index - 1].end : e->scan.top;

	while (at > floor) {
		size_t line = line_before(text, at);
		if (line < floor || first_letter(text, line) != '#')
			break;
		at = line;
	}
	return at == e->scan.top ? start : at;
}

size_t change_last_in_section(const struct edit *e, size_t index)
{
	while (index + 1 < e->scan.count && !change_is_header(&e->scan.all[index + 1]))
		index++;
	return index;
}

struct cut change_section(const struct edit *e, size_t index)
{
	struct str text = buf_str(e->text);
	size_t last = change_last_in_section(e, index), end = e->scan.all[last].end;
	size_t limit = last + 1 < e->scan.count ? change_with_comment(e, last + 1) : text.n;

	while (end < limit && first_letter(text, end) == '#')
		end = line_after(text, end);
	return (struct cut){ change_with_comment(e, index), end };
}

struct cut change_with_blanks(const struct edit *e, struct cut cut)
{
	struct str text = buf_str(e->text);
	size_t top = e->scan.top;

	if (cut.start == top || is_blank(text, line_before(text, cut.start)))
		while (cut.end < text.n && is_blank(text, cut.end))
			cut.end = line_after(text, cut.end);
	while (cut.end == text.n && cut.start > top && is_blank(text, line_before(text, cut.start)))
		cut.start = line_before(text, cut.start);
	return cut;
}

bool change_only_blanks(const struct edit *e, size_t start, size_t end)
{
	struct str text = buf_str(e->text);

	while (start < end && is_blank(text, start))
		start = line_after(text, start);
	return start >= end;
}

/* --- putting a change together --------------------------------------------------------- */

static bool add_range(struct edit *e, size_t start, size_t end)
{
	return buf_add(&e->fresh, e->text->data + start, end - start, e->err);
}

/* What has been written ends with a whole line, or with a blank one. */
static bool end_lines(struct edit *e, bool blank)
{
	struct buf *out = &e->fresh;
	const char *newline = e->scan.newline;

	if (out->len <= e->scan.top)
		return true;
	if (out->data[out->len - 1] != '\n' && !buf_adds(out, newline, e->err))
		return false;
	return !blank || is_blank(buf_str(out), line_before(buf_str(out), out->len)) || buf_adds(out, newline, e->err);
}

/* The old text from `at` to `end`, without what is cut out; `*next` is the first cut not gone over. */
static bool add_old(struct edit *e, const struct change *c, size_t *at, size_t end, size_t *next)
{
	for (; *next < c->count && c->cuts[*next].start < end; ++*next) {
		if (!add_range(e, *at, c->cuts[*next].start))
			return false;
		*at = c->cuts[*next].end;
	}
	if (*at < end && !add_range(e, *at, end))
		return false;
	*at = end > *at ? end : *at;
	return true;
}

bool change_apply(struct edit *e, const struct change *c)
{
	struct str text = buf_str(e->text);
	size_t at = 0, next = 0;

	if (!add_old(e, c, &at, c->at, &next) || (c->apart && !end_lines(e, true)))
		return false;
	if (!buf_add_str(&e->fresh, c->piece, e->err))
		return false;
	while (next < c->count && c->cuts[next].start == at)
		at = c->cuts[next++].end;
	if (c->apart && at < text.n && !is_blank(text, at) && !end_lines(e, true))
		return false;
	return add_old(e, c, &at, text.n, &next);
}

