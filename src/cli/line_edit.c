#include "cli/line_edit.h"

#include <string.h>

#include "base/mem.h"

void line_edit_init(struct line_edit *l, const char *text)
{
	struct error err = {0};

	*l = (struct line_edit){ .text = BUF_INIT(LINE_EDIT_MAX) };
	(void)!buf_adds(&l->text, text ? text : "", &err);
	l->at = l->text.len;
}

void line_edit_done(struct line_edit *l)
{
	if (l->text.cap)
		explicit_bzero(l->text.data, l->text.cap);
	buf_done(&l->text);
}

/* Bytes of UTF-8 inside a character. */
static bool is_inside(char byte) { return ((unsigned char)byte & 0xC0) == 0x80; }

static size_t before(const struct line_edit *l)
{
	size_t at = l->at;

	while (at > 0 && is_inside(l->text.data[--at])) { }
	return at;
}

static size_t after(const struct line_edit *l)
{
	size_t at = l->at;

	while (at < l->text.len && is_inside(l->text.data[++at])) { }
	return at;
}

/* A buffer grows at its end only: the text is put there and turned round to its place. */
static void insert(struct line_edit *l, const char *bytes)
{
	size_t n = strlen(bytes), rest = l->text.len - l->at;
	struct error err = {0};
	own_mem char *tail = mem_strndup(l->text.data + l->at, rest);

	if (n > l->text.max - l->text.len)
		return;
	buf_truncate(&l->text, l->at);
	if (buf_add(&l->text, bytes, n, &err) && buf_add(&l->text, tail, rest, &err))
		l->at += n;
	explicit_bzero(tail, rest);
}

static void cut(struct line_edit *l, size_t start, size_t end)
{
	memmove(l->text.data + start, l->text.data + end, l->text.len - end);
	buf_truncate(&l->text, l->text.len - (end - start));
	l->at = start;
}

enum line_edit_step line_edit_key(struct line_edit *l, const struct key *key)
{
	switch (key->kind) {
	case KEY_TEXT:
		insert(l, key->text);
		break;
	case KEY_BACKSPACE:
		cut(l, before(l), l->at);
		break;
	case KEY_DELETE:
		cut(l, l->at, after(l));
		break;
	case KEY_CLEAR:
		cut(l, 0, l->text.len);
		break;
	case KEY_LEFT:
		l->at = before(l);
		break;
	case KEY_RIGHT:
		l->at = after(l);
		break;
	case KEY_HOME:
		l->at = 0;
		break;
	case KEY_END:
		l->at = l->text.len;
		break;
	case KEY_PASTE:
	case KEY_PASTED:
		l->pasting = key->kind == KEY_PASTE;
		break;
	case KEY_ENTER:
	case KEY_TAB:
		if (l->pasting)
			insert(l, " ");
		return l->pasting || key->kind == KEY_TAB ? LINE_GOES_ON : LINE_ENTERED;
	case KEY_ESCAPE:
		return l->pasting ? LINE_GOES_ON : LINE_LEFT;
	case KEY_INTERRUPT:
		return LINE_INTERRUPTED;
	case KEY_EOF:
		return l->text.len ? LINE_GOES_ON : LINE_INTERRUPTED;
	default:
		break;
	}
	return LINE_GOES_ON;
}

char *line_edit_text(const struct line_edit *l)
{
	struct str text = str_trim(buf_str(&l->text));

	return mem_strndup(text.p, text.n);
}
