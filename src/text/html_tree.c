/*
 * libxml2 reports beginnings, ends and text; the tree is made here, so that what is
 * hidden never enters it and its depth has a bound.
 *
 * Two things in the parser take more than linear time: an end tag that closes
 * nothing is compared with every open element, and an attribute with all before it
 * in its tag.  The first is counted (such a tag is reported as an error) and ends at
 * WORK_MAX, the second is looked for beforehand.
 */
#include "text/html_tree.h"

#include <ctype.h>
#include <stdlib.h>
#include <strings.h>

#include "base/buf.h"
#include "text/html_library.h"
#include "text/html_style.h"

#define ARENA_MAX ((size_t)512 << 20)
#define WORK_MAX 500000000u        /* comparisons; about two seconds */
#define ATTRIBUTES_MAX 2000        /* of one tag */

static const struct html_element elements[] = {   /* sorted */
	{ "a", HTML_LINK }, { "address", HTML_BLOCK }, { "annotation", HTML_DROPPED }, { "applet", HTML_DROPPED },
	{ "article", HTML_BLOCK }, { "aside", HTML_BLOCK }, { "audio", HTML_DROPPED }, { "b", HTML_BOLD },
	{ "base", HTML_BASE }, { "blockquote", HTML_QUOTE }, { "body", HTML_BLOCK }, { "br", HTML_BREAK },
	{ "button", HTML_DROPPED }, { "canvas", HTML_DROPPED }, { "caption", HTML_PARAGRAPH }, { "center", HTML_BLOCK },
	{ "code", HTML_CODE }, { "datalist", HTML_DROPPED }, { "dd", HTML_DEFINITION }, { "del", HTML_STRIKE },
	{ "details", HTML_BLOCK }, { "dir", HTML_LIST }, { "div", HTML_BLOCK }, { "dl", HTML_BLOCK },
	{ "dt", HTML_TERM },
	{ "em", HTML_ITALIC }, { "embed", HTML_DROPPED }, { "fieldset", HTML_BLOCK }, { "figcaption", HTML_PARAGRAPH },
	{ "figure", HTML_BLOCK }, { "footer", HTML_DROPPED }, { "form", HTML_BLOCK }, { "h1", HTML_TOP },
	{ "h2", HTML_HEADING }, { "h3", HTML_HEADING }, { "h4", HTML_HEADING }, { "h5", HTML_HEADING },
	{ "h6", HTML_HEADING },
	{ "header", HTML_BLOCK }, { "hgroup", HTML_BLOCK }, { "hr", HTML_RULE }, { "html", HTML_BLOCK },
	{ "i", HTML_ITALIC },
	{ "iframe", HTML_DROPPED }, { "img", HTML_IMAGE }, { "input", HTML_INPUT }, { "kbd", HTML_CODE },
	{ "legend", HTML_PARAGRAPH }, { "li", HTML_ITEM }, { "listing", HTML_PRE }, { "main", HTML_BLOCK },
	{ "menu", HTML_LIST }, { "nav", HTML_DROPPED }, { "noembed", HTML_DROPPED }, { "noframes", HTML_DROPPED },
	{ "noscript", HTML_DROPPED }, { "object", HTML_DROPPED }, { "ol", HTML_LIST }, { "optgroup", HTML_DROPPED },
	{ "option", HTML_DROPPED }, { "p", HTML_PARAGRAPH }, { "pre", HTML_PRE }, { "s", HTML_STRIKE },
	{ "samp", HTML_CODE },
	{ "script", HTML_DROPPED }, { "search", HTML_BLOCK }, { "section", HTML_BLOCK }, { "select", HTML_DROPPED },
	{ "strike", HTML_STRIKE }, { "strong", HTML_BOLD }, { "style", HTML_DROPPED }, { "summary", HTML_SUMMARY },
	{ "svg", HTML_DROPPED }, { "table", HTML_TABLE }, { "tbody", HTML_BLOCK }, { "td", HTML_CELL },
	{ "template", HTML_DROPPED }, { "textarea", HTML_DROPPED }, { "tfoot", HTML_BLOCK }, { "th", HTML_CELL },
	{ "thead", HTML_BLOCK }, { "title", HTML_TITLE }, { "tr", HTML_ROW }, { "tt", HTML_CODE }, { "ul", HTML_LIST },
	{ "video", HTML_DROPPED }, { "xmp", HTML_PRE },
};
static const struct html_element unknown = { "", HTML_INLINE };

static const char *const attributes[HTML_ATTRIBUTES] = {
	[HTML_HREF] = "href", [HTML_SRC] = "src", [HTML_DATA_SRC] = "data-src", [HTML_ALT] = "alt",
	[HTML_CLASS] = "class",
	[HTML_START] = "start", [HTML_TYPE] = "type", [HTML_CHECKED] = "checked", [HTML_ALIGN] = "align",
	[HTML_STYLE] = "style", [HTML_COLSPAN] = "colspan", [HTML_ROWSPAN] = "rowspan", [HTML_ROLE] = "role",
};

struct builder {
	struct html_tree *tree;
	struct html_node *open;        /* the innermost */
	struct buf text;               /* in it, since the last element there: the parser hands it out in pieces */
	size_t depth;                  /* of it */
	size_t beyond;                 /* elements open that were too deep */
	size_t skipped;                /* elements open that are left out, and all in them */
	size_t opened;                 /* all that are open, for the count of work */
	uint64_t work;
	const struct html_library *library;
	htmlParserCtxtPtr parser;
	struct error *err;
	bool failed;
};

static int compare(const void *name, const void *element)
{
	return strcmp(name, ((const struct html_element *)element)->name);
}

static const struct html_element *find_element(const char *name)
{
	const struct html_element *e = bsearch(name, elements, countof(elements), sizeof *elements, compare);
	return e ? e : &unknown;
}

static void stop(struct builder *b, const char *why)
{
	if (!b->failed)
		error_set(b->err, ERROR_TOO_LARGE, "this page cannot be read: %s", why);
	b->failed = true;
	b->library->xmlStopParser(b->parser);
}

static void *allot(struct builder *b, size_t size)
{
	void *p = b->failed ? NULL : arena_alloc(&b->tree->arena, size);

	if (!p)
		stop(b, "it has too many elements");
	return p;
}

static const char *copy(struct builder *b, const char *text)
{
	char *p = b->failed ? NULL : arena_copy(&b->tree->arena, str_of(text));

	if (!p)
		stop(b, "it is too long");
	return p;
}

static void note(struct html_node *n, uint32_t bit)
{
	for (; n && !(n->holds & bit); n = n->parent)
		n->holds |= bit;
}

static struct html_node *append(struct builder *b, const struct html_element *e)
{
	struct html_node *n = allot(b, sizeof *n);

	if (!n)
		return NULL;
	n->element = e;
	n->parent = b->open;
	*(b->open->last ? &b->open->last->next : &b->open->first) = n;
	b->open->last = n;
	return n;
}

/* Makes a node of the text that was gathered. */
static void flush(struct builder *b)
{
	struct html_node *n = b->text.len ? append(b, NULL) : NULL;

	if (!n)
		return;
	n->text = (struct str){ copy(b, b->text.data), b->text.len };
	if (b->open->element->role != HTML_TITLE && str_trim(buf_str(&b->text)).n)
		note(b->open, HTML_HOLDS_TEXT);
	buf_clear(&b->text);
}

static void keep_values(struct builder *b, struct html_node *n, const xmlChar **list)
{
	for (; list && list[0]; list += 2)
		for (size_t i = 0; i < HTML_ATTRIBUTES; i++) {
			if (strcasecmp((const char *)list[0], attributes[i]) != 0)
				continue;
			struct html_value *v = allot(b, sizeof *v);
			if (!v)
				return;
			*v = (struct html_value){ i, copy(b, list[1] ? (const char *)list[1] : ""), n->values };
			n->values = v;
		}
}

static void note_content(struct html_tree *t, struct html_node *n, const char *name)
{
	const char *role = html_value(n, HTML_ROLE);

	if (!t->main && (strcmp(name, "main") == 0 || (role && strcasecmp(role, "main") == 0)))
		t->main = n;
	if (strcmp(name, "article") == 0 && t->articles++ == 0)
		t->article = n;
}

static void on_start(void *user, const xmlChar *name, const xmlChar **list)
{
	struct builder *b = user;
	const struct html_element *e = find_element((const char *)name);

	b->opened++;
	if (b->failed)
		return;
	if (b->skipped || e->role == HTML_DROPPED || html_hidden((const char *)name, list)) {
		b->skipped++;
		return;
	}
	uint32_t color = b->open->color, background = b->open->background;
	html_colors(list, &color, &background);
	if (b->depth >= HTML_DEPTH && html_blends(color, background)) {
		b->skipped++;
		return;
	}
	flush(b);
	struct html_node *n = append(b, e);
	if (!n)
		return;
	n->color = color;
	n->background = background;
	keep_values(b, n, list);
	note(n->parent, 1u << e->role);
	note_content(b->tree, n, (const char *)name);
	if (e->role == HTML_TITLE && !b->tree->title)
		b->tree->title = n;
	if (e->role == HTML_BASE && !b->tree->base)
		b->tree->base = html_value(n, HTML_HREF);
	if (b->depth >= HTML_DEPTH) {
		b->beyond++;
		return;
	}
	b->open = n;
	b->depth++;
}

static void on_end(void *user, const xmlChar *name)
{
	struct builder *b = user;

	(void)name;
	b->opened -= b->opened > 0;
	if (b->skipped) {
		b->skipped--;
		return;
	}
	flush(b);
	if (b->beyond) {
		b->beyond--;
	} else if (b->open->parent) {
		b->open = b->open->parent;
		b->depth--;
	}
}

static void on_text(void *user, const xmlChar *bytes, int n)
{
	struct builder *b = user;

	if (b->skipped || b->failed || html_blends(b->open->color, b->open->background))
		return;
	if (!buf_add(&b->text, bytes, (size_t)n, &(struct error){0}))
		stop(b, "it has too much text");
}

#if LIBXML_VERSION >= 21200
static void on_fault(void *user, const xmlError *fault)
#else
static void on_fault(void *user, xmlErrorPtr fault)
#endif
{
	struct builder *b = user;

	(void)fault;
	b->work += b->opened;
	if (b->work > WORK_MAX)
		stop(b, "it closes too many elements that are not open");
}

/* Behind the attribute at `at`, by the rules of the parser. */
static size_t skip_attribute(struct str text, size_t at)
{
	while (at < text.n && !isspace((unsigned char)text.p[at]) && !strchr("=/>", text.p[at]))
		at++;
	while (at < text.n && isspace((unsigned char)text.p[at]))
		at++;
	if (at == text.n || text.p[at] != '=')
		return at;
	at++;
	while (at < text.n && isspace((unsigned char)text.p[at]))
		at++;
	if (at < text.n && (text.p[at] == '"' || text.p[at] == '\'')) {
		const char *end = memchr(text.p + at + 1, text.p[at], text.n - at - 1);
		return end ? (size_t)(end - text.p) + 1 : text.n;
	}
	while (at < text.n && !isspace((unsigned char)text.p[at]) && text.p[at] != '>')
		at++;
	return at;
}

static size_t skip_comment(struct str text, size_t at)
{
	const char *end = memmem(text.p + at, text.n - at, "-->", 3);
	return end ? (size_t)(end - text.p) + 3 : text.n;
}

static bool attributes_are_few(struct str text)
{
	for (size_t at = 0; at + 1 < text.n; at++) {
		if (text.p[at] != '<')
			continue;
		if (str_starts(str_from(text, at), (struct str)STR("<!--"))) {
			at = skip_comment(text, at) - 1;
			continue;
		}
		if (!isalpha((unsigned char)text.p[at + 1]))
			continue;
		size_t count = 0;
		for (at++; at < text.n && !isspace((unsigned char)text.p[at]) && !strchr("/>", text.p[at]); at++)
			;
		while (at < text.n && text.p[at] != '>') {
			if (isspace((unsigned char)text.p[at]) || strchr("/=", text.p[at])) {
				at++;
				continue;
			}
			at = skip_attribute(text, at);
			if (++count > ATTRIBUTES_MAX)
				return false;
		}
	}
	return true;
}

static bool parse(struct builder *b, struct str text)
{
	const struct html_library *l = b->library;
	/* Neither entities nor subsets of a DTD have a handler: there is nothing to load. */
	static const htmlSAXHandler handlers = {
		.startElement = on_start, .endElement = on_end, .characters = on_text, .ignorableWhitespace = on_text,
		.initialized = XML_SAX2_MAGIC, .serror = on_fault,
	};

	b->parser = l->htmlNewParserCtxt();
	if (!b->parser)
		return error_set(b->err, ERROR_INTERNAL, "libxml2 has no memory for a page");
	*b->parser->sax = handlers;
	b->parser->userData = b;
	xmlDocPtr document = l->htmlCtxtReadMemory(b->parser, text.p, (int)text.n, NULL, "UTF-8",
		HTML_PARSE_RECOVER | HTML_PARSE_NONET | HTML_PARSE_NODEFDTD | HTML_PARSE_NOWARNING);
	if (document)
		l->xmlFreeDoc(document);
	flush(b);
	l->htmlFreeParserCtxt(b->parser);
	return !b->failed;
}

bool html_tree_parse(struct html_tree *t, struct str text, struct error *err)
{
	static const struct html_element whole = { "", HTML_BLOCK };

	t->arena = (struct arena)ARENA_INIT(ARENA_MAX);
	t->root = arena_alloc(&t->arena, sizeof *t->root);
	if (!t->root)
		return error_set(err, ERROR_TOO_LARGE, "no memory for a page");
	*t->root = (struct html_node){ .element = &whole, .background = 0xffffff };
	struct builder b = { .tree = t, .open = t->root, .err = err, .library = html_library(err) };
	if (!b.library)
		return false;
	if (!attributes_are_few(text))
		return error_set(err, ERROR_TOO_LARGE,
			"this page cannot be read: one of its tags has more than %d attributes", ATTRIBUTES_MAX);
	b.text = (struct buf)BUF_INIT(text.n * 2 + 64);   /* "&nGt;" is six bytes long */
	bool ok = text.n == 0 || parse(&b, text);
	buf_done(&b.text);
	return ok;
}

void html_tree_done(struct html_tree *t)
{
	arena_done(&t->arena);
}

const char *html_value(const struct html_node *n, enum html_attribute a)
{
	for (const struct html_value *v = n->values; v; v = v->next)
		if (v->attribute == a)
			return v->text;
	return NULL;
}
