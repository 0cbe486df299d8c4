/* A page's tree as Markdown. */
#pragma once

#include "text/html_tree.h"
#include "text/html_writer.h"

struct html_render {
	struct html_writer w;
	struct str base;       /* of links */
	unsigned lists;        /* around */
	unsigned bold, italic, strike;
};

void html_render(struct html_render *r, const struct html_node *n);
void html_render_children(struct html_render *r, const struct html_node *n);

/* A table whose cells hold text goes out as one; others, made for layout, as blocks. */
void html_render_table(struct html_render *r, const struct html_node *n);

/* Appends the text below n as it is, line breaks included; false: out's ceiling. */
bool html_plain(const struct html_node *n, struct buf *out, struct error *err) must_use;
