#include "text/html_render.h"

#include <ctype.h>
#include <stdio.h>
#include <strings.h>

#include "text/html.h"
#include "text/html_url.h"

typedef void render_fn(struct html_render *r, const struct html_node *n);

bool html_plain(const struct html_node *n, struct buf *out, struct error *err)
{
	if (!n->element)
		return buf_add_str(out, n->text, err);
	if (n->element->role == HTML_BREAK)
		return buf_adds(out, "\n", err);
	for (const struct html_node *c = n->first; c; c = c->next)
		if (!html_plain(c, out, err))
			return false;
	return true;
}

void html_render_children(struct html_render *r, const struct html_node *n)
{
	for (const struct html_node *c = n->first; c && !r->w.failed; c = c->next)
		html_render(r, c);
}

static void nothing(struct html_render *r, const struct html_node *n)
{
	(void)r;
	(void)n;
}

static void block(struct html_render *r, const struct html_node *n)
{
	html_block(&r->w, 2);
	html_render_children(r, n);
	html_block(&r->w, 2);
}

static void heading(struct html_render *r, const struct html_node *n)
{
	static const char marks[] = "###### ";
	size_t level = (size_t)(n->element->name[1] - '0');

	html_block(&r->w, 2);
	struct html_margin m = html_enter(&r->w, marks + 6 - level, "");
	r->w.flat++;
	html_render_children(r, n);
	r->w.flat--;
	html_leave(&r->w, m);
	html_block(&r->w, 2);
}

static void marked(struct html_render *r, const struct html_node *n, unsigned *depth, const char *mark)
{
	bool outer = (*depth)++ == 0;

	if (outer)
		html_mark_open(&r->w, mark, mark);
	html_render_children(r, n);
	if (outer)
		html_mark_close(&r->w);
	(*depth)--;
}

static void bold(struct html_render *r, const struct html_node *n) { marked(r, n, &r->bold, "**"); }
static void italic(struct html_render *r, const struct html_node *n) { marked(r, n, &r->italic, "*"); }
static void strike(struct html_render *r, const struct html_node *n) { marked(r, n, &r->strike, "~~"); }

static void summary(struct html_render *r, const struct html_node *n)
{
	html_block(&r->w, 2);
	bold(r, n);
	html_block(&r->w, 2);
}

/* The longest run of backticks. */
static size_t ticks_in(struct str text)
{
	size_t longest = 0, run = 0;

	for (size_t i = 0; i < text.n; i++) {
		run = text.p[i] == '`' ? run + 1 : 0;
		if (run > longest)
			longest = run;
	}
	return longest;
}

static size_t collapse(char *text, size_t n)
{
	size_t to = 0;

	for (size_t i = 0; i < n; i++) {
		bool space = isspace((unsigned char)text[i]);
		if (!space || (to && text[to - 1] != ' '))
			text[to++] = space ? ' ' : text[i];
	}
	return to && text[to - 1] == ' ' ? to - 1 : to;
}

static bool write_code(struct html_render *r, struct str text, struct error *err)
{
	own_buf code = BUF_INIT(HTML_MARKDOWN_MAX), fence = BUF_INIT(HTML_MARKDOWN_MAX);
	size_t ticks = ticks_in(text) + 1;
	bool padded = text.p[0] == '`' || text.p[text.n - 1] == '`';

	for (size_t i = 0; i < ticks; i++)
		if (!buf_adds(&fence, "`", err))
			return false;
	if (!buf_add_str(&code, buf_str(&fence), err) || !buf_adds(&code, padded ? " " : "", err))
		return false;
	for (size_t i = 0; i < text.n; i++)
		if (!buf_adds(&code, r->w.cell && text.p[i] == '|' ? "\\" : "", err) ||
			!buf_add(&code, text.p + i, 1, err))
			return false;
	if (!buf_adds(&code, padded ? " " : "", err) || !buf_add_str(&code, buf_str(&fence), err))
		return false;
	html_markup(&r->w, buf_str(&code));
	return true;
}

static void code(struct html_render *r, const struct html_node *n)
{
	own_buf text = BUF_INIT(HTML_MARKDOWN_MAX);
	struct error *err = &r->w.err;

	if (n->holds & (1u << HTML_PRE)) {
		html_render_children(r, n);
		return;
	}
	if (!html_plain(n, &text, err)) {
		r->w.failed = true;
		return;
	}
	bool before = text.len && isspace((unsigned char)text.data[0]);
	bool behind = text.len && isspace((unsigned char)text.data[text.len - 1]);
	size_t length = collapse(text.data, text.len);
	r->w.space |= before;
	if (length && !write_code(r, (struct str){ text.data, length }, err))
		r->w.failed = true;
	r->w.space |= behind;
}

/* "language-c", "lang-c", "highlight-source-c", "brush: c" in a class. */
static struct str language_of(const struct html_node *n)
{
	static const char *const marks[] = { "language-", "lang-", "highlight-source-", "sourceCode ", "brush: " };
	const char *class = n && n->element ? html_value(n, HTML_CLASS) : NULL;

	for (size_t i = 0; class && i < countof(marks); i++) {
		const char *at = strstr(class, marks[i]);
		if (!at || (at > class && at[-1] != ' '))
			continue;
		at += strlen(marks[i]);
		size_t length = 0;
		while (isalnum((unsigned char)at[length]) || (at[length] && strchr("+#-_.", at[length])))
			length++;
		if (length && length < 32)
			return (struct str){ at, length };
	}
	return (struct str){0};
}

static struct str pre_language(const struct html_node *n)
{
	struct str found = language_of(n);

	for (const struct html_node *c = n->first; c && !found.n; c = c->next)
		found = language_of(c);
	for (size_t up = 0; up < 2 && n->parent && !found.n; up++) {
		n = n->parent;
		found = language_of(n);
	}
	return found;
}

static void write_pre(struct html_render *r, struct str text, struct str language)
{
	own_buf fence = BUF_INIT(HTML_MARKDOWN_MAX);
	size_t ticks = ticks_in(text) + 1;
	struct str line;

	for (size_t i = 0; i < (ticks < 3 ? 3 : ticks); i++)
		r->w.failed |= !buf_adds(&fence, "`", &r->w.err);
	size_t length = fence.len;
	r->w.failed |= !buf_add_str(&fence, language, &r->w.err);
	html_line(&r->w, buf_str(&fence));
	while (!r->w.failed && str_split(&text, '\n', &line))
		html_line(&r->w, line);
	html_line(&r->w, (struct str){ fence.data, length });
}

static void pre(struct html_render *r, const struct html_node *n)
{
	own_buf text = BUF_INIT(HTML_MARKDOWN_MAX);

	if (r->w.flat) {
		code(r, n);
		return;
	}
	if (!html_plain(n, &text, &r->w.err)) {
		r->w.failed = true;
		return;
	}
	size_t from = text.len && text.data[0] == '\n', end = text.len;
	while (end > from && isspace((unsigned char)text.data[end - 1]))
		end--;
	html_block(&r->w, 2);
	if (end > from)
		write_pre(r, (struct str){ text.data + from, end - from }, pre_language(n));
	html_block(&r->w, 2);
}

static void item(struct html_render *r, const struct html_node *n, const char *marker)
{
	static const char blanks[] = "                ";

	html_block(&r->w, 1);
	struct html_margin m = html_enter(&r->w, marker, blanks + sizeof blanks - 1 - strlen(marker));
	r->w.fresh = true;
	html_render_children(r, n);
	r->w.fresh = false;
	html_leave(&r->w, m);
	html_block(&r->w, 1);
}

static void lone_item(struct html_render *r, const struct html_node *n) { item(r, n, "- "); }

static void term(struct html_render *r, const struct html_node *n)
{
	html_block(&r->w, 2);
	html_render_children(r, n);
	html_block(&r->w, 1);
}

static bool is_definition(const struct html_node *n)
{
	return n->element && (n->element->role == HTML_TERM || n->element->role == HTML_DEFINITION);
}

/* The parser leaves a <dd> open at the next <dt> or <dd>: that does not lie in it. */
static void definition(struct html_render *r, const struct html_node *n)
{
	const struct html_node *c = n->first;

	html_block(&r->w, 1);
	struct html_margin m = html_enter(&r->w, ": ", "  ");
	r->w.fresh = true;
	for (; c && !is_definition(c); c = c->next)
		html_render(r, c);
	r->w.fresh = false;
	html_leave(&r->w, m);
	html_block(&r->w, 1);
	for (; c; c = c->next)
		html_render(r, c);
}

static void list_items(struct html_render *r, const struct html_node *n)
{
	bool ordered = strcmp(n->element->name, "ol") == 0, first = true;
	const char *start = ordered ? html_value(n, HTML_START) : NULL;
	long number = start ? strtol(start, NULL, 10) : 1;
	char marker[16] = "- ";

	if (number < 0 || number > 99999999)
		number = 1;
	for (const struct html_node *c = n->first; c && !r->w.failed; c = c->next) {
		if (!c->element)
			continue;
		if (ordered)
			snprintf(marker, sizeof marker, "%ld. ", number % 1000000000);
		if (!first && r->w.gap > 1 && !r->w.fresh)
			r->w.gap = 1;
		first = false;
		if (c->element->role == HTML_ITEM) {
			item(r, c, marker);
			number++;
		} else {
			struct html_margin m = html_enter(&r->w, "  ", "  ");
			html_render(r, c);
			html_leave(&r->w, m);
		}
	}
}

static void list(struct html_render *r, const struct html_node *n)
{
	unsigned gap = r->lists ? 1 : 2;

	html_block(&r->w, gap);
	r->lists++;
	list_items(r, n);
	r->lists--;
	html_block(&r->w, gap);
}

static void quote(struct html_render *r, const struct html_node *n)
{
	html_block(&r->w, 2);
	struct html_margin m = html_enter(&r->w, "> ", "> ");
	html_render_children(r, n);
	html_leave(&r->w, m);
	html_block(&r->w, 2);
}

/* "¶" or "#" behind a heading, which leads to itself. */
static bool is_permalink(const struct html_node *n, const char *href)
{
	static const char *const signs[] = { "", "¶", "#", "§", "🔗" };
	own_buf text = BUF_INIT(16);
	struct error none = {0};

	if (href[0] != '#' || (n->holds & (1u << HTML_IMAGE)) || !html_plain(n, &text, &none))
		return false;
	for (size_t i = 0; i < countof(signs); i++)
		if (str_is(str_trim(buf_str(&text)), signs[i]))
			return true;
	return false;
}

static void link_to(struct html_render *r, const struct html_node *n)
{
	const char *href = html_value(n, HTML_HREF);
	own_buf url = BUF_INIT(4 * HTML_URL_MAX), close = BUF_INIT(4 * HTML_URL_MAX);
	bool blocks = n->holds & (1u << HTML_BLOCK | 1u << HTML_PARAGRAPH | 1u << HTML_TOP | 1u << HTML_HEADING);

	if (href && is_permalink(n, href))
		return;
	if (!href || r->w.in_link || !html_link(r->base, str_of(href), &url)) {
		html_render_children(r, n);
		return;
	}
	r->w.failed |= !buf_addf(&close, &r->w.err, "](%s)", url.data);
	if (blocks)
		html_block(&r->w, 2);
	r->w.in_link++;
	r->w.flat++;
	html_mark_open(&r->w, "[", close.data);
	html_render_children(r, n);
	html_mark_close(&r->w);
	r->w.flat--;
	r->w.in_link--;
	if (blocks)
		html_block(&r->w, 2);
}

static void image(struct html_render *r, const struct html_node *n)
{
	const char *alt = html_value(n, HTML_ALT), *src = html_value(n, HTML_SRC), *lazy = html_value(n, HTML_DATA_SRC);
	own_buf url = BUF_INIT(4 * HTML_URL_MAX), close = BUF_INIT(4 * HTML_URL_MAX);

	if (!(src && html_link(r->base, str_of(src), &url)) && !(lazy && html_link(r->base, str_of(lazy), &url))) {
		if (alt)
			html_text(&r->w, str_of(alt));
		return;
	}
	r->w.failed |= !buf_addf(&close, &r->w.err, "](%s)", url.data);
	html_markup(&r->w, (struct str)STR("!["));
	r->w.flat++;
	r->w.in_link++;
	if (alt)
		html_text(&r->w, str_trim(str_of(alt)));
	r->w.in_link--;
	r->w.flat--;
	r->w.space = false;
	html_markup(&r->w, buf_str(&close));
}

static void line_break(struct html_render *r, const struct html_node *n)
{
	(void)n;
	html_break(&r->w);
}

static void rule(struct html_render *r, const struct html_node *n)
{
	(void)n;
	html_block(&r->w, 2);
	if (!r->w.flat)
		html_markup(&r->w, (struct str)STR("---"));
	html_block(&r->w, 2);
}

static void input(struct html_render *r, const struct html_node *n)
{
	const char *type = html_value(n, HTML_TYPE);

	if (type && strcasecmp(type, "checkbox") == 0 && n->parent && n->parent->element->role != HTML_INLINE) {
		html_markup(&r->w, str_of(html_value(n, HTML_CHECKED) ? "[x]" : "[ ]"));
		r->w.space = true;
	}
}

static render_fn *const renderers[HTML_ROLES] = {
	[HTML_INLINE] = html_render_children, [HTML_BLOCK] = block, [HTML_DROPPED] = nothing, [HTML_TITLE] = nothing,
	[HTML_PARAGRAPH] = block, [HTML_TOP] = heading, [HTML_HEADING] = heading, [HTML_BOLD] = bold,
	[HTML_ITALIC] = italic,
	[HTML_STRIKE] = strike, [HTML_CODE] = code, [HTML_PRE] = pre, [HTML_LIST] = list, [HTML_ITEM] = lone_item,
	[HTML_TABLE] = html_render_table, [HTML_ROW] = block, [HTML_CELL] = block, [HTML_QUOTE] = quote,
	[HTML_LINK] = link_to, [HTML_IMAGE] = image, [HTML_BREAK] = line_break, [HTML_RULE] = rule, [HTML_TERM] = term,
	[HTML_DEFINITION] = definition, [HTML_SUMMARY] = summary, [HTML_INPUT] = input,
	[HTML_BASE] = html_render_children,
};

void html_render(struct html_render *r, const struct html_node *n)
{
	if (n->element)
		renderers[n->element->role](r, n);
	else
		html_text(&r->w, n->text);
}
