#include "text/html_writer.h"

#include <ctype.h>

#include "base/utf8.h"

void html_writer_init(struct html_writer *w, struct buf *out)
{
	*w = (struct html_writer){ .out = out, .rest = BUF_INIT(HTML_PREFIX_MAX), .next = BUF_INIT(HTML_PREFIX_MAX) };
}

bool html_writer_done(struct html_writer *w, struct error *err)
{
	buf_done(&w->rest);
	buf_done(&w->next);
	if (w->failed)
		*err = w->err;
	return !w->failed;
}

static void raw(struct html_writer *w, const char *p, size_t n)
{
	if (!w->failed)
		w->failed = !buf_add(w->out, p, n, &w->err);
}

static size_t without_blanks(const char *p, size_t n)
{
	while (n && (p[n - 1] == ' ' || p[n - 1] == '\t'))
		n--;
	return n;
}

/* A new line, with a blank one before it if wanted, and what it begins with. */
static void new_line(struct html_writer *w)
{
	if (w->begun)
		raw(w, "\n", 1);
	if (w->begun && w->gap > 1) {
		raw(w, w->rest.data, without_blanks(w->rest.data, w->low));
		raw(w, "\n", 1);
	}
	raw(w, w->next.data, w->next.len);
	buf_clear(&w->next);
	if (!w->failed)
		w->failed = !buf_add_str(&w->next, buf_str(&w->rest), &w->err);
	w->low = w->rest.len;
	w->gap = 0;
	w->begun = w->line_start = true;
	w->space = w->fresh = false;
	w->breaks = 0;
	w->lines++;
}

static void begin_text(struct html_writer *w)
{
	if (w->gap || !w->begun) {
		new_line(w);
	} else if (w->breaks) {
		raw(w, "\\", 1);
		new_line(w);
	} else if (w->space) {
		raw(w, " ", 1);
		w->space = false;
	}
	for (size_t i = 0; i < w->mark_count && i < HTML_MARKS; i++) {
		struct html_mark *m = &w->marks[i];
		if (m->written)
			continue;
		m->written = true;
		bool goes_on = w->just_closed && strcmp(w->just_closed, m->open) == 0 && w->closed_at == w->out->len;
		if (goes_on && i + 1 == w->mark_count)
			buf_truncate(w->out, w->out->len - strlen(m->open));
		else
			raw(w, m->open, strlen(m->open));
		w->line_start = false;
	}
	w->just_closed = NULL;
}

static void close_marks(struct html_writer *w)
{
	for (size_t i = w->mark_count < HTML_MARKS ? w->mark_count : HTML_MARKS; i-- > 0;) {
		if (w->marks[i].written)
			raw(w, w->marks[i].close, strlen(w->marks[i].close));
		w->marks[i].written = false;
	}
}

void html_block(struct html_writer *w, unsigned gap)
{
	if (w->flat) {
		w->space = true;
		return;
	}
	close_marks(w);
	if (!w->fresh && w->gap < gap)
		w->gap = gap;
	w->breaks = 0;
	w->space = false;
}

void html_break(struct html_writer *w)
{
	if (w->flat)
		w->space = true;
	else if (w->begun && !w->gap && ++w->breaks > 1)
		html_block(w, 2);
}

void html_mark_open(struct html_writer *w, const char *open, const char *close)
{
	if (w->mark_count < HTML_MARKS)
		w->marks[w->mark_count] = (struct html_mark){ open, close, false };
	w->mark_count++;
}

void html_mark_close(struct html_writer *w)
{
	if (--w->mark_count >= HTML_MARKS)
		return;
	const struct html_mark *m = &w->marks[w->mark_count];
	if (!m->written)
		return;
	raw(w, m->close, strlen(m->close));
	w->just_closed = m->open[0] == '[' ? NULL : m->close;
	w->closed_at = w->out->len;
}

struct html_margin html_enter(struct html_writer *w, const char *first, const char *rest)
{
	struct html_margin m = { w->rest.len, w->next.len, w->lines, false };

	if (w->flat || w->failed)
		return m;
	m.entered = buf_adds(&w->next, first, &w->err) && buf_adds(&w->rest, rest, &w->err);
	w->failed = !m.entered;
	return m;
}

void html_leave(struct html_writer *w, struct html_margin m)
{
	if (!m.entered || w->failed)
		return;
	buf_truncate(&w->rest, m.rest);
	if (w->low > m.rest)
		w->low = m.rest;
	if (w->lines == m.lines) {
		buf_truncate(&w->next, m.next);
		return;
	}
	buf_clear(&w->next);
	w->failed = !buf_add_str(&w->next, buf_str(&w->rest), &w->err);
}

void html_markup(struct html_writer *w, struct str markup)
{
	begin_text(w);
	raw(w, markup.p, markup.n);
	w->line_start = false;
}

void html_line(struct html_writer *w, struct str line)
{
	size_t n = without_blanks(line.p, line.n);

	if (w->gap < 1)
		w->gap = 1;
	new_line(w);
	raw(w, line.p, n);
	if (!n)
		buf_truncate(w->out, without_blanks(w->out->data, w->out->len));
	w->line_start = false;
}

/* --- text ------------------------------------------------------------------------------- */

/* Nobody sees these: soft hyphens, joints, marks of direction, tags that spell ASCII. */
static bool is_invisible(uint32_t c)
{
	return c == 0xad || c == 0x200b || (c >= 0x200e && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) ||
		(c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xe0000 && c <= 0xe0fff) || (c < 0x20) ||
		(c >= 0x7f && c < 0xa0);
}

static bool is_space(uint32_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == 0xa0 || c == 0x85;
}

/* A reference like "&amp;" or "&#38;" that a reader of Markdown would undo. */
static bool is_reference(struct str rest)
{
	size_t n = 1 + (rest.n > 1 && rest.p[1] == '#');

	while (n < rest.n && n < 32 && isalnum((unsigned char)rest.p[n]))
		n++;
	return n > 1 && n < rest.n && rest.p[n] == ';';
}

static bool is_word(char c) { return isalnum((unsigned char)c) || (unsigned char)c >= 0x80; }

/* Whether the character at text.p[at] would mean something in Markdown. */
static bool must_escape(const struct html_writer *w, struct str text, size_t at)
{
	char c = text.p[at], next = at + 1 < text.n ? text.p[at + 1] : ' ', before = at ? text.p[at - 1] : ' ';

	switch (c) {
	case '\\': return ispunct((unsigned char)next) || at + 1 == text.n;
	case '`': return true;
	case '*': return !(isspace((unsigned char)next) && isspace((unsigned char)before)) || w->line_start;
	case '_': return !(is_word(next) || next == '_') || !(is_word(before) || before == '_');
	case '[': return w->in_link;
	case ']': return w->in_link || at + 1 == text.n || next == '(' || next == '[' || next == ':';
	case '<': return isalpha((unsigned char)next) || next == '/' || next == '!' || next == '?';
	case '~': return next == '~' || before == '~';
	case '&': return is_reference(str_from(text, at));
	case '|': return w->cell;
	default: return false;
	}
}

/* How many characters of a word that begins a line stand before one to escape; SIZE_MAX: none is. */
static size_t block_mark(struct str text)
{
	size_t n = 0;
	char c = text.p[0];

	if (c == '>')
		return 0;
	if (c == '#' || c == '-' || c == '+' || c == '=') {
		while (n < text.n && text.p[n] == c)
			n++;
		bool ends = n == text.n || isspace((unsigned char)text.p[n]);
		return ends && (c == '#' ? n <= 6 : c != '+' || n == 1) ? 0 : SIZE_MAX;
	}
	while (n < text.n && n < 10 && isdigit((unsigned char)text.p[n]))
		n++;
	bool item = n && n < 10 && n < text.n && (text.p[n] == '.' || text.p[n] == ')');
	return item && (n + 1 == text.n || isspace((unsigned char)text.p[n + 1])) ? n : SIZE_MAX;
}

static void character(struct html_writer *w, struct str text, size_t at, size_t n, size_t mark)
{
	if (at == mark || (n == 1 && must_escape(w, text, at)))
		raw(w, "\\", 1);
	raw(w, text.p + at, n);
}

void html_text(struct html_writer *w, struct str text)
{
	size_t mark = SIZE_MAX;

	for (size_t at = 0; at < text.n && !w->failed;) {
		uint32_t c;
		size_t n = utf8_decode(text.p + at, text.n - at, &c);
		if (is_space(c)) {
			w->space = true;
		} else if (!is_invisible(c)) {
			if (w->space || w->gap || w->breaks || !w->begun || w->mark_count)
				begin_text(w);
			if (w->line_start && !w->cell) {
				size_t found = block_mark(str_from(text, at));
				mark = found == SIZE_MAX ? SIZE_MAX : at + found;
			}
			character(w, text, at, n, mark);
			w->line_start = false;
		}
		at += n;
	}
}
