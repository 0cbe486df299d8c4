/*
 * What of a page its reader sees, as a tree: elements that are hidden or not part
 * of a page's text are not in it.
 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Elements nested deeper lie in the last one that fits, as in browsers. */
#define HTML_DEPTH 200

enum html_role {
	HTML_INLINE, HTML_BLOCK, HTML_DROPPED, HTML_TITLE, HTML_PARAGRAPH, HTML_TOP, HTML_HEADING, HTML_BOLD,
	HTML_ITALIC, HTML_STRIKE,
	HTML_CODE, HTML_PRE, HTML_LIST, HTML_ITEM, HTML_TABLE, HTML_ROW, HTML_CELL, HTML_QUOTE, HTML_LINK, HTML_IMAGE,
	HTML_BREAK, HTML_RULE, HTML_TERM, HTML_DEFINITION, HTML_SUMMARY, HTML_INPUT, HTML_BASE, HTML_ROLES
};

struct html_element {
	const char *name;
	enum html_role role;
};

/* What a page may be looked up for; others are not kept. */
enum html_attribute {
	HTML_HREF, HTML_SRC, HTML_DATA_SRC, HTML_ALT, HTML_CLASS, HTML_START, HTML_TYPE, HTML_CHECKED, HTML_ALIGN,
	HTML_STYLE, HTML_COLSPAN, HTML_ROWSPAN, HTML_ROLE, HTML_ATTRIBUTES
};

struct html_value {
	enum html_attribute attribute;
	const char *text;
	struct html_value *next;
};

struct html_node {
	const struct html_element *element;   /* NULL: text */
	struct html_node *parent, *first, *last, *next;
	struct str text;
	struct html_value *values;
	uint32_t color, background;           /* 0xRRGGBB, or HTML_UNKNOWN */
	uint32_t holds;                       /* bit 1 << role for every role below it; HTML_HOLDS_TEXT */
};

#define HTML_UNKNOWN UINT32_MAX
#define HTML_HOLDS_TEXT (1u << HTML_ROLES)

struct html_tree {
	struct arena arena;
	struct html_node *root;
	struct html_node *main;   /* the first <main> or role=main with text, NULL: none */
	struct html_node *article;   /* where there is one <article> and no more */
	size_t articles;
	struct html_node *title;  /* the first <title>, NULL: none */
	const char *base;         /* <base href>; NULL: none */
};

/* Parses UTF-8 without NUL.  Fill the tree with zeroes before; html_tree_done() it in any case. */
bool html_tree_parse(struct html_tree *t, struct str text, struct error *err) must_use;
void html_tree_done(struct html_tree *t);

/* NULL: the element has no such attribute. */
const char *html_value(const struct html_node *n, enum html_attribute a);
