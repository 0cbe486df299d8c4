/*
 * Works line by line.  A line that lies whole in the piece fed is read where it
 * is; only a line that the piece cuts is collected in `line`.  Data lines pile
 * up in `data`, each followed by a newline, and an empty line ends the event.
 * Of a CRLF the CR ends the line and the LF, which may come with the next piece,
 * is skipped.  `id` and `retry` serve reconnecting, which we never do.
 */
#include "net/sse.h"

#include "base/buf.h"
#include "base/mem.h"

struct sse_parser {
	struct buf line, data, name;
	size_t limit;
	bool after_cr, begun;
	sse_event_fn *on_event;
	void *user;
};

struct sse_parser *sse_create(size_t limit, sse_event_fn *on_event, void *user)
{
	struct sse_parser *p = mem_alloc(sizeof *p);

	*p = (struct sse_parser){
		.line = BUF_INIT(limit), .data = BUF_INIT(limit), .name = BUF_INIT(limit),
		.limit = limit, .on_event = on_event, .user = user,
	};
	return p;
}

void sse_destroy(struct sse_parser *p)
{
	if (!p)
		return;
	buf_done(&p->line);
	buf_done(&p->data);
	buf_done(&p->name);
	free(p);
}

static bool add(struct buf *b, struct str text, struct error *err)
{
	return buf_add_str(b, text, err) || error_prefix(err, "an event of the stream is too large");
}

static bool dispatch(struct sse_parser *p, struct error *err)
{
	bool ok = true;

	if (p->data.len) {
		buf_truncate(&p->data, p->data.len - 1);   /* the newline after the last data line */
		ok = p->on_event(p->user, &(struct sse_event){ .name = p->name.data, .data = buf_str(&p->data) }, err);
	}
	buf_clear(&p->data);
	buf_clear(&p->name);
	return ok;
}

static bool read_line(struct sse_parser *p, struct str line, struct error *err)
{
	struct str key = line, value = { 0 };

	if (!p->begun && str_starts(line, (struct str)STR("\xef\xbb\xbf")))
		key = line = str_from(line, 3);
	p->begun = true;
	if (line.n == 0)
		return dispatch(p, err);

	const char *colon = memchr(line.p, ':', line.n);
	if (colon) {
		key.n = (size_t)(colon - line.p);
		value = str_from(line, key.n + 1);
		if (str_starts(value, (struct str)STR(" ")))
			value = str_from(value, 1);
	}
	if (str_is(key, "data"))
		return add(&p->data, value, err) && add(&p->data, (struct str)STR("\n"), err);
	if (str_is(key, "event")) {
		buf_clear(&p->name);
		return add(&p->name, value, err);
	}
	return true;
}

/* The line is what was kept of it plus `rest`. */
static bool end_line(struct sse_parser *p, struct str rest, struct error *err)
{
	if (p->line.len == 0 && rest.n <= p->limit)
		return read_line(p, rest, err);

	bool ok = add(&p->line, rest, err) && read_line(p, buf_str(&p->line), err);
	buf_clear(&p->line);
	return ok;
}

/* The next `c` at or after `from`, or `end`; what was found before is not searched for again. */
static const char *find(const char *found, const char *from, const char *end, char c)
{
	if (found && found >= from)
		return found;
	found = memchr(from, c, (size_t)(end - from));
	return found ? found : end;
}

bool sse_feed(struct sse_parser *p, struct str bytes, struct error *err)
{
	const char *at = bytes.p, *end = at + bytes.n, *lf = NULL, *cr = NULL;

	if (bytes.n == 0)
		return true;
	if (p->after_cr && *at == '\n')
		at++;
	p->after_cr = false;
	for (;;) {
		lf = find(lf, at, end, '\n');
		cr = find(cr, at, end, '\r');
		const char *stop = lf < cr ? lf : cr;
		struct str line = { at, (size_t)(stop - at) };
		if (stop == end)
			return add(&p->line, line, err);
		if (!end_line(p, line, err))
			return false;
		at = stop + 1;
		if (*stop == '\r' && at < end && *at == '\n')
			at++;
		else if (*stop == '\r' && at == end)
			p->after_cr = true;
	}
}
