#include "support/teacher/events.h"

#include "base/mem.h"

void events_put_raw(struct events *e, const char *bytes)
{
	if (!e->broken)
		buf_put(e->out, bytes);
}

static void write(struct events *e, const char *name, const json_t *data)
{
	struct error err;

	e->sequence++;
	if (e->pings && e->sequence > 1) {
		buf_put(e->out, ": keep-alive\n\n");
		if (e->ping)
			buf_put(e->out, e->ping);
	}
	if (name)
		buf_putf(e->out, "event: %s\n", name);
	buf_put(e->out, "data: ");
	if (!json_write(e->out, data, &err))
		mem_panic(err.text);
	buf_put(e->out, "\n\n");
}

void events_put(struct events *e, const char *name, json_t *data)
{
	own_json *event = data;

	if (!event)
		mem_panic("fake teacher: an event cannot be packed");
	if (!e->broken)
		write(e, name, event);
}

void events_put_delta(struct events *e, const char *name, json_t *data)
{
	if (e->deltas_left == 0)
		e->broken = true;
	else if (e->deltas_left != SIZE_MAX && !e->broken)
		e->deltas_left--;
	events_put(e, name, data);
}

struct str next_word(struct str *rest)
{
	size_t n = 1;

	while (n < rest->n && rest->p[n] != ' ')
		n++;
	struct str word = { rest->p, n };
	*rest = str_from(*rest, n);
	return word;
}

struct str next_characters(struct str *rest)
{
	size_t n = rest->n < 7 ? rest->n : 7;

	while (n < rest->n && ((unsigned char)rest->p[n] & 0xc0) == 0x80)
		n++;
	struct str piece = { rest->p, n };
	*rest = str_from(*rest, n);
	return piece;
}
