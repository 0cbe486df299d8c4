/*
 * Places are looked for in plain copies of both texts where the texts are not plain
 * already, and the places then counted back to the bytes of the file.
 */
#include "tool/edit_match.h"

#include <stdlib.h>

#include "base/mem.h"

/* --- plain texts ----------------------------------------------------------------------------- */

/* One character of the plain text from the front of `text`; how many bytes it took. */
static size_t plain_step(struct str text, bool quotes, char *c)
{
	*c = text.p[0];
	if (*c == '\r' && text.n > 1 && text.p[1] == '\n') {
		*c = '\n';
		return 2;
	}
	if (quotes && text.n >= 3 && text.p[0] == '\xe2' && text.p[1] == '\x80') {
		unsigned char last = (unsigned char)text.p[2];
		*c = last >= 0x98 && last <= 0x9b ? '\'' : last >= 0x9c && last <= 0x9f ? '"' : text.p[0];
		return *c == text.p[0] ? 1 : 3;
	}
	return 1;
}

bool edit_plain(struct str text, bool quotes, struct buf *out, struct error *err)
{
	char piece[4096];
	size_t n = 0;

	while (text.n) {
		text = str_from(text, plain_step(text, quotes, &piece[n]));
		if (++n < sizeof piece && text.n)
			continue;
		if (!buf_add(out, piece, n, err))
			return false;
		n = 0;
	}
	return true;
}

/* A place in a text and in its plain copy; only goes on. */
struct cursor {
	struct str text;
	bool quotes, same;         /* same: the copy is the text */
	size_t plain_at, at;
};

static size_t pass(struct cursor *c, size_t plain)
{
	char unused;

	if (c->same)
		return plain;
	for (; c->plain_at < plain; c->plain_at++)
		c->at += plain_step(str_from(c->text, c->at), c->quotes, &unused);
	return c->at;
}

/* --- places -------------------------------------------------------------------------------------- */

struct places {
	size_t *at;                /* in the plain text, ascending, none over another */
	size_t count, cap;
	size_t second;             /* where another begins, even over the first; count > 1 */
};

static void add_place(struct places *p, size_t at)
{
	if (p->count == p->cap) {
		p->cap = p->cap ? p->cap * 2 : 16;
		p->at = mem_resize(p->at, p->cap, sizeof *p->at);
	}
	p->at[p->count++] = at;
}

static bool find_from(struct str text, size_t from, struct str what, size_t *at)
{
	const char *found = text.n - from >= what.n ? memmem(text.p + from, text.n - from, what.p, what.n) : NULL;

	if (found)
		*at = (size_t)(found - text.p);
	return found;
}

/* All of them, or, where one is asked for, up to two, which may lie one over the other. */
static void find_places(struct str text, const struct edit *e, struct places *p)
{
	size_t at, from = 0;

	while (find_from(text, from, e->old_text, &at)) {
		add_place(p, at);
		if (!e->all && p->count == 2)
			break;
		from = at + (e->all ? e->old_text.n : 1);
	}
}

static size_t line_of(struct str text, size_t at)
{
	size_t line = 1;

	for (const char *p = text.p; (p = memchr(p, '\n', (size_t)(text.p + at - p))); p++)
		line++;
	return line;
}

/* --- the change -------------------------------------------------------------------------------- */

/* What both begin and end with, never half a character. */
static size_t common_head(struct str a, struct str b)
{
	size_t n = 0;

	while (n < a.n && n < b.n && a.p[n] == b.p[n])
		n++;
	while (n && ((n < a.n && (a.p[n] & 0xc0) == 0x80) || (n < b.n && (b.p[n] & 0xc0) == 0x80)))
		n--;
	return n;
}

static size_t common_tail(struct str a, struct str b, size_t head)
{
	size_t least = (a.n < b.n ? a.n : b.n) - head, n = 0;

	while (n < least && a.p[a.n - 1 - n] == b.p[b.n - 1 - n])
		n++;
	while (n && (a.p[a.n - n] & 0xc0) == 0x80)
		n--;
	return n;
}

/* How the line at `at` ends, or, where it is the last and has no end, the one before it. */
static const char *ending_at(struct str text, size_t at)
{
	const char *end = memchr(text.p + at, '\n', text.n - at);

	for (size_t i = at; !end && i > 0; i--)
		if (text.p[i - 1] == '\n')
			end = text.p + i - 1;
	return end && end > text.p && end[-1] == '\r' ? "\r\n" : "\n";
}

struct change {
	struct str text;           /* the file's */
	struct str plain;          /* and where places are looked for */
	struct str old_plain, new_plain;   /* what they are compared and trimmed by */
	struct str new_text;       /* what is written, with plain line ends */
	bool quotes;               /* plain means quotes too */
	size_t head, tail;         /* bytes of the plain texts that are kept */
	size_t new_begin, new_end; /* of what is put between them, in new_text */
};

static void measure(struct change *c)
{
	struct cursor at = { .text = c->new_text, .quotes = c->quotes };

	c->head = common_head(c->old_plain, c->new_plain);
	c->tail = common_tail(c->old_plain, c->new_plain, c->head);
	c->new_begin = pass(&at, c->head);
	c->new_end = pass(&at, c->new_plain.n - c->tail);
}

static bool add_new(const struct change *c, const char *ending, struct buf *out, struct error *err)
{
	struct str rest = { c->new_text.p + c->new_begin, c->new_end - c->new_begin };
	const char *end;

	while ((end = rest.n ? memchr(rest.p, '\n', rest.n) : NULL)) {
		size_t n = (size_t)(end - rest.p);
		if (!buf_add(out, rest.p, n, err) || !buf_adds(out, ending, err))
			return false;
		rest = str_from(rest, n + 1);
	}
	return buf_add_str(out, rest, err);
}

/* The bytes of the line end after a place that is a line, or lines, and is replaced by nothing. */
static size_t line_end_after(const struct change *c, size_t begin, size_t end)
{
	bool whole = (begin == 0 || c->text.p[begin - 1] == '\n') && c->new_text.n == 0 &&
		c->old_plain.p[c->old_plain.n - 1] != '\n';
	struct str after = str_from(c->text, end);

	if (!whole)
		return 0;
	return str_starts(after, (struct str)STR("\n")) ? 1 : str_starts(after, (struct str)STR("\r\n")) ? 2 : 0;
}

static bool write_change(const struct change *c, const struct places *p, struct edit_result *r, struct buf *out,
	struct error *err)
{
	struct cursor at = { .text = c->text, .quotes = c->quotes, .same = c->plain.p == c->text.p };
	bool breaks = memchr(c->new_text.p, '\n', c->new_text.n);
	size_t written = 0;

	for (size_t i = 0; i < p->count; i++) {
		size_t first = p->at[i], last = first + c->old_plain.n;
		size_t begin = pass(&at, first), from = pass(&at, first + c->head), to = pass(&at, last - c->tail),
			end = pass(&at, last), start = out->len + (begin - written);
		if (!buf_add(out, c->text.p + written, from - written, err) ||
		    !add_new(c, breaks && !at.same ? ending_at(c->text, from) : "\n", out, err) ||
		    !buf_add(out, c->text.p + to, end - to, err))
			return false;
		bool joined = i + 1 < p->count && p->at[i + 1] == last;
		written = end + (joined ? 0 : line_end_after(c, begin, end));
		if (i == 0) {
			r->begin = start;
			r->end = out->len;
		}
	}
	return buf_add(out, c->text.p + written, c->text.n - written, err);
}

static bool try(struct change *c, const struct edit *e, struct edit_result *r, struct buf *out, struct error *err)
{
	struct places p = {0};
	const struct edit plain = { c->old_plain, c->new_plain, e->all };

	find_places(c->plain, &plain, &p);
	r->count = p.count;
	r->quotes = c->quotes;
	if (p.count)
		r->first_line = line_of(c->plain, p.at[0]);
	if (p.count > 1)
		r->second_line = line_of(c->plain, p.at[1]);
	measure(c);
	bool ok = !(p.count == 1 || (p.count && e->all && !c->quotes)) || write_change(c, &p, r, out, err);
	free(p.at);
	return ok;
}

/* Looks once with line ends alone made plain, and if nothing is found with quotes. */
static bool try_plain(struct str text, const struct edit *e, bool quotes, struct edit_result *r, struct buf *out,
	struct error *err)
{
	own_buf plain = BUF_INIT(out->max), old_plain = BUF_INIT(out->max), new_plain = BUF_INIT(out->max),
		written = BUF_INIT(out->max);
	bool as_it_is = !quotes && !memmem(text.p, text.n, "\r\n", 2);

	if (!edit_plain(e->old_text, quotes, &old_plain, err) || !edit_plain(e->new_text, quotes, &new_plain, err) ||
	    !edit_plain(e->new_text, false, &written, err) || (!as_it_is && !edit_plain(text, quotes, &plain, err)))
		return false;
	struct change c = { .text = text, .plain = as_it_is ? text : buf_str(&plain), .old_plain = buf_str(&old_plain),
		.new_plain = buf_str(&new_plain), .new_text = buf_str(&written), .quotes = quotes };
	return try(&c, e, r, out, err);
}

bool edit_apply(struct str text, const struct edit *e, struct edit_result *r, struct buf *out, struct error *err)
{
	*r = (struct edit_result){0};
	return try_plain(text, e, false, r, out, err) && (r->count || try_plain(text, e, true, r, out, err));
}
