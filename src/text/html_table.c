#include <string.h>
#include <strings.h>

#include "text/html.h"
#include "text/html_render.h"

#define COLUMNS 256   /* more are a layout */

/* What a row needs to know of those above it. */
struct grid {
	const struct html_node *table;
	size_t columns, rows;
	unsigned below[COLUMNS];   /* rows for which a cell above still takes this column */
	char align[COLUMNS];       /* 'l', 'r', 'c' or 0 */
};

static size_t span_of(const struct html_node *cell, enum html_attribute a)
{
	const char *text = html_value(cell, a);
	long n = text ? strtol(text, NULL, 10) : 1;

	return n < 1 ? 1 : n > COLUMNS ? COLUMNS : (size_t)n;
}

static bool is_cell(const struct html_node *n)
{
	return n->element && n->element->role == HTML_CELL;
}

/* Calls for each row, those in <thead>, <tbody> and <tfoot> too. */
static void each_row(struct html_render *r, struct grid *g, const struct html_node *n,
	void (*row)(struct html_render *, struct grid *, const struct html_node *))
{
	for (const struct html_node *c = n->first; c && !r->w.failed; c = c->next) {
		if (c->element && c->element->role == HTML_ROW)
			row(r, g, c);
		else if (c->element && c->element->role == HTML_BLOCK && n == g->table)
			each_row(r, g, c, row);
	}
}

/* Where the next cell stands: behind those that reach down from above. */
static size_t free_column(struct grid *g, size_t at)
{
	while (at < COLUMNS && g->below[at])
		g->below[at++]--;
	return at;
}

static char alignment(const struct html_node *cell)
{
	const char *align = html_value(cell, HTML_ALIGN), *style = html_value(cell, HTML_STYLE);
	const char *at = style ? strstr(style, "text-align") : NULL;

	if (at)
		align = at + strlen("text-align") + strspn(at + strlen("text-align"), ": ");
	return !align || !strchr("lrc", align[0]) ? 0 : align[0];
}

static void measure(struct html_render *r, struct grid *g, const struct html_node *row)
{
	size_t at = free_column(g, 0);

	(void)r;
	for (const struct html_node *c = row->first; c; c = c->next) {
		if (!is_cell(c))
			continue;
		size_t wide = span_of(c, HTML_COLSPAN), down = span_of(c, HTML_ROWSPAN);
		for (size_t i = 0; i < wide && at + i < COLUMNS; i++) {
			g->below[at + i] = (unsigned)down - 1;
			if (!g->align[at + i])
				g->align[at + i] = alignment(c);
		}
		at = free_column(g, at + wide);
	}
	g->rows++;
	g->columns = at > g->columns ? at : g->columns;
}

static void write_cell(struct html_render *r, const struct html_node *cell, struct buf *line)
{
	own_buf text = BUF_INIT(HTML_MARKDOWN_MAX);
	struct html_render inner = { .base = r->base };
	bool ok;

	html_writer_init(&inner.w, &text);
	inner.w.flat = 1;
	inner.w.cell = true;
	html_render_children(&inner, cell);
	ok = html_writer_done(&inner.w, &r->w.err);
	ok = ok && buf_adds(line, " ", &r->w.err) && buf_add_str(line, buf_str(&text), &r->w.err) &&
		buf_adds(line, text.len ? " |" : "|", &r->w.err);
	r->w.failed |= !ok;
}

static void fill(struct html_render *r, struct buf *line, size_t from, size_t to)
{
	for (; from < to && !r->w.failed; from++)
		r->w.failed |= !buf_adds(line, " |", &r->w.err);
}

static void write_rule(struct html_render *r, const struct grid *g)
{
	own_buf line = BUF_INIT(16 * COLUMNS);

	buf_put(&line, "|");
	for (size_t i = 0; i < g->columns; i++) {
		char a = g->align[i];
		buf_putf(&line, " %s---%s |", a == 'l' || a == 'c' ? ":" : "", a == 'r' || a == 'c' ? ":" : "");
	}
	html_line(&r->w, buf_str(&line));
}

static void write_row(struct html_render *r, struct grid *g, const struct html_node *row)
{
	own_buf line = BUF_INIT(HTML_MARKDOWN_MAX);
	size_t at = free_column(g, 0);

	buf_put(&line, "|");
	fill(r, &line, 0, at);
	for (const struct html_node *c = row->first; c && !r->w.failed; c = c->next) {
		if (!is_cell(c))
			continue;
		size_t wide = span_of(c, HTML_COLSPAN), down = span_of(c, HTML_ROWSPAN);
		write_cell(r, c, &line);
		for (size_t i = 0; i < wide && at + i < COLUMNS; i++)
			g->below[at + i] = (unsigned)down - 1;
		size_t next = free_column(g, at + wide);
		fill(r, &line, at + 1, next);
		at = next;
	}
	fill(r, &line, at, g->rows ? at : g->columns);
	html_line(&r->w, buf_str(&line));
	if (g->rows++ == 0)
		write_rule(r, g);
}

static bool is_layout(const struct html_node *n)
{
	const uint32_t blocks = 1u << HTML_TABLE | 1u << HTML_LIST | 1u << HTML_PRE | 1u << HTML_TOP |
		1u << HTML_HEADING | 1u << HTML_QUOTE | 1u << HTML_RULE;
	const char *role = html_value(n, HTML_ROLE);

	return (n->holds & blocks) || (role && strcasecmp(role, "presentation") == 0) ||
		(role && strcasecmp(role, "none") == 0);
}

/* What stands in a table beside its rows: the caption. */
static void write_others(struct html_render *r, const struct html_node *n)
{
	for (const struct html_node *c = n->first; c; c = c->next)
		if (c->element && c->element->role == HTML_PARAGRAPH)
			html_render(r, c);
}

void html_render_table(struct html_render *r, const struct html_node *n)
{
	struct grid g = { .table = n };

	html_block(&r->w, 2);
	if (!is_layout(n) && !r->w.flat)
		each_row(r, &g, n, measure);
	if (g.columns < 2 || g.columns >= COLUMNS) {
		html_render_children(r, n);
	} else {
		write_others(r, n);
		g.rows = 0;
		memset(g.below, 0, sizeof g.below);
		each_row(r, &g, n, write_row);
	}
	html_block(&r->w, 2);
}
