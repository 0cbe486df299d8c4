#include "net/sse_write.h"

/* Up to the next line break, which is skipped; false when that was the last line. */
static bool next_line(struct str *rest, struct str *line)
{
	size_t n = 0;

	while (n < rest->n && rest->p[n] != '\n' && rest->p[n] != '\r')
		n++;
	*line = (struct str){ rest->p, n };
	if (n == rest->n)
		return false;
	n += rest->p[n] == '\r' && n + 1 < rest->n && rest->p[n + 1] == '\n' ? 2 : 1;
	*rest = str_from(*rest, n);
	return true;
}

static bool add_line(struct buf *out, const char *key, struct str value, struct error *err)
{
	return buf_adds(out, key, err) && buf_add_str(out, value, err) && buf_adds(out, "\n", err);
}

bool sse_write_event(struct buf *out, const char *name, struct str data, struct error *err)
{
	size_t before = out->len;
	struct str rest = data, line;
	bool more, ok = !name || add_line(out, "event: ", str_of(name), err);

	do {
		more = next_line(&rest, &line);
		ok = ok && add_line(out, "data: ", line, err);
	} while (more && ok);
	ok = ok && buf_adds(out, "\n", err);
	if (!ok)
		buf_truncate(out, before);
	return ok;
}

bool sse_write_comment(struct buf *out, const char *text, struct error *err)
{
	return buf_addf(out, err, ": %s\n\n", text);
}
