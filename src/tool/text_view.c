#include "tool/text_view.h"

#include <stdio.h>

#include "base/utf8.h"
#include "tool/encoding.h"

#define LINE_BYTES ((size_t)VIEW_LINE_MAX * 4)
#define NUMBER_BYTES 32
#define MARK_BYTES 64

void view_init(struct text_view *v, uint64_t first, uint64_t last, size_t room, struct buf *out)
{
	*v = (struct text_view){ .first = first, .last = last, .room = room, .out = out,
		.begun = BUF_INIT(LINE_BYTES) };
}

void view_done(struct text_view *v) { buf_done(&v->begun); }

/* How many lines end in the text; in runs short enough for a byte to count, which processors add by dozens. */
static uint64_t count_ends(struct str text)
{
	uint64_t count = 0;

	while (text.n) {
		size_t n = text.n < 255 ? text.n : 255;
		unsigned char some = 0;
		for (size_t i = 0; i < n; i++)
			some = (unsigned char)(some + (text.p[i] == '\n'));
		count += some;
		text = str_from(text, n);
	}
	return count;
}

/* The bytes of its first VIEW_LINE_MAX characters. */
static size_t kept(struct str line)
{
	size_t i = 0;

	for (size_t characters = 0; i < line.n && characters < VIEW_LINE_MAX; characters++) {
		uint32_t c;
		i += utf8_decode(line.p + i, line.n - i, &c);
	}
	return i;
}

static bool is_shown(const struct text_view *v) { return !v->full && v->line >= v->first && v->line <= v->last; }

/* The line is whole: shows it, if it fits. */
static void show(struct text_view *v)
{
	own_buf text = BUF_INIT(VIEW_LINE_MAX * 4);
	char number[NUMBER_BYTES], mark[MARK_BYTES] = "";
	struct str line = buf_str(&v->begun);
	struct error full;

	if (!v->dropped && str_ends(line, "\r"))
		line.n--;
	size_t n = kept(line);
	(void)!encoding_clean((struct str){ line.p, n }, &text, &full);       /* it has room for each to become three */
	uint64_t left = line.n - n + v->dropped;
	if (left)
		(void)snprintf(mark, sizeof mark, " ... [cut here: %llu more bytes in this line]",
			(unsigned long long)left);
	int digits = snprintf(number, sizeof number, "%6llu\t", (unsigned long long)v->line);
	size_t need = (size_t)digits + text.len + strlen(mark) + 1;
	if (need > v->room) {
		v->full = true;
		return;
	}
	buf_put(v->out, number);
	buf_putf(v->out, "%.*s%s\n", (int)text.len, text.data, mark);
	v->room -= need;
	v->shown = v->line;
	v->cut += left > 0;
}

static void end_line(struct text_view *v)
{
	if (is_shown(v))
		show(v);
	buf_clear(&v->begun);
	v->dropped = 0;
	v->in_line = false;
}

static void add_to_line(struct text_view *v, struct str part)
{
	struct error full;
	size_t room = LINE_BYTES - v->begun.len, n = part.n < room ? part.n : room;

	if (!is_shown(v))
		return;
	if (!buf_add(&v->begun, part.p, n, &full))
		n = 0;
	v->dropped += part.n - n;
}

/* Past the last line that is shown there is only counting to do. */
static void count_rest(struct text_view *v, struct str text)
{
	v->in_line = text.p[text.n - 1] != '\n';
	v->line += count_ends(text) + (v->in_line ? 1 : 0);
}

void view_feed(struct text_view *v, struct str text)
{
	while (text.n) {
		if (!v->in_line && (v->full || v->line >= v->last)) {
			count_rest(v, text);
			return;
		}
		if (!v->in_line) {
			v->line++;
			v->in_line = true;
		}
		const char *end = memchr(text.p, '\n', text.n);
		size_t n = end ? (size_t)(end - text.p) : text.n;
		add_to_line(v, (struct str){ text.p, n });
		if (end)
			end_line(v);
		text = str_from(text, n + (end ? 1 : 0));
	}
}

void view_end(struct text_view *v)
{
	if (v->in_line)
		end_line(v);
}
