#include "cli/ui.h"

#include <stdarg.h>
#include <stdio.h>
#include <utf8proc.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "cli/line_edit.h"
#include "cli/show.h"

#define TEXT_MAX ((size_t)1 << 20)
#define HINT "arrows or a number, Enter; Esc goes back"

/* ---- Widths ---- */

static size_t width_of(const char *p, size_t n, size_t *len)
{
	uint32_t code_point;

	*len = utf8_decode(p, n, &code_point);
	int width = utf8proc_charwidth((utf8proc_int32_t)code_point);
	return width > 0 ? (size_t)width : 0;
}

size_t ui_fit(struct str text, size_t most)
{
	size_t at = 0, columns = 0, len;

	while (at < text.n) {
		columns += width_of(text.p + at, text.n - at, &len);
		if (columns > most)
			break;
		at += len;
	}
	return at;
}

size_t ui_columns(struct str text)
{
	size_t columns = 0, len;

	for (size_t at = 0; at < text.n; at += len)
		columns += width_of(text.p + at, text.n - at, &len);
	return columns;
}

/* ---- Saying ---- */

/* The bytes of the first line: up to the last blank that fits. */
static size_t line_end(struct str text, size_t columns)
{
	size_t fit = ui_fit(text, columns), end = fit;

	if (fit == text.n)
		return fit;
	while (end > 0 && text.p[end] != ' ')
		end--;
	return end ? end : fit ? fit : 1;
}

static void say_line(struct str line, size_t columns)
{
	do {
		size_t n = line_end(line, columns);
		printf("%.*s\n", (int)n, line.p);
		line = str_from(line, n);
		while (line.n && *line.p == ' ')
			line = str_from(line, 1);
	} while (line.n);
}

void ui_say(struct term *t, const char *fmt, ...)
{
	unsigned columns, rows;
	struct error err = {0};
	char *text;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		mem_panic("no memory for a line");
	va_end(ap);
	term_size(t, &columns, &rows);
	own_buf visible = BUF_INIT(TEXT_MAX);
	if (show_visible(&visible, str_of(text), &err))
		for (struct str rest = buf_str(&visible), line; str_split(&rest, '\n', &line);)
			say_line(line, columns - (columns > 1));
	free(text);
}

/* ---- Lines ---- */

/* On a terminal that can, the line is drawn anew: the part around the cursor that fits. */
static void draw_line(const struct term *t, const struct line_edit *l, bool secret)
{
	unsigned columns, rows;
	size_t start = l->at;

	term_size(t, &columns, &rows);
	size_t room = columns > 4 ? columns - 3 : 1;
	if (secret) {
		printf("\r\033[K> %s", l->text.len ? columns < 40 ? "(hidden)" : "(hidden; Enter takes it)" : "");
		return;
	}
	while (start > 0) {
		size_t one = start - 1;
		while (one > 0 && ((unsigned char)l->text.data[one] & 0xC0) == 0x80)
			one--;
		if (ui_columns((struct str){ l->text.data + one, l->at - one }) >= room)
			break;
		start = one;
	}
	struct str shown = str_from(buf_str(&l->text), start);
	printf("\r\033[K> %.*s\r\033[%zuC", (int)ui_fit(shown, room), shown.p,
		2 + ui_columns((struct str){ shown.p, l->at - start }));
}

/* On one that cannot, only what comes at the end is known: no way back into the line but Backspace. */
static enum line_edit_step plain_key(struct line_edit *l, const struct key *key, bool secret)
{
	size_t before = ui_columns(buf_str(&l->text)), len = l->text.len;

	if (key->kind == KEY_LEFT || key->kind == KEY_RIGHT || key->kind == KEY_HOME)
		return LINE_GOES_ON;
	enum line_edit_step step = line_edit_key(l, key);
	if (secret)
		return step;
	if (l->text.len > len)
		printf("%s", l->text.data + len);
	for (size_t now = ui_columns(buf_str(&l->text)); now < before; before--)
		printf("\b \b");
	return step;
}

static enum ui_result read_line(struct term *t, const char *initial, bool secret, char **answer)
{
	enum line_edit_step step = LINE_GOES_ON;
	struct line_edit line;
	struct key key;

	line_edit_init(&line, initial);
	if (t->plain)
		printf("> %s", secret ? "" : line.text.data);
	while (step == LINE_GOES_ON) {
		if (!t->plain && !t->n)          /* a paste is drawn once */
			draw_line(t, &line, secret);
		if (!term_key(t, &key))
			step = LINE_INTERRUPTED;
		else
			step = t->plain ? plain_key(&line, &key, secret) : line_edit_key(&line, &key);
	}
	printf("\n");
	*answer = step == LINE_ENTERED ? line_edit_text(&line) : NULL;
	line_edit_done(&line);
	return step == LINE_ENTERED ? UI_DONE : step == LINE_LEFT ? UI_BACK : UI_LEAVE;
}

enum ui_result ui_text(struct term *t, const char *question, const char *initial, char **answer)
{
	ui_say(t, "%s", question);
	return read_line(t, initial, false, answer);
}

enum ui_result ui_secret(struct term *t, const char *question, char **answer)
{
	ui_say(t, "%s", question);
	return read_line(t, NULL, true, answer);
}

/* ---- Menus ---- */

struct menu {
	struct term *t;
	const char *title;
	const char *const *items;
	size_t count, at;
	size_t drawn;            /* lines on the screen that are ours */
	size_t typed;            /* the number typed so far */
};

static void put_line(const char *before, const char *text, size_t room, const char *after)
{
	own_buf visible = BUF_INIT(TEXT_MAX);
	struct error err = {0};

	if (show_visible(&visible, (struct str){ text, strcspn(text, "\n") }, &err))
		printf("%s%.*s%s\n", before, (int)ui_fit(buf_str(&visible), room), visible.data, after);
}

static void erase(struct menu *m)
{
	if (m->drawn)
		printf("\r\033[%zuA\033[J", m->drawn);
	m->drawn = 0;
}

static void draw(struct menu *m)
{
	unsigned columns, rows;

	erase(m);
	term_size(m->t, &columns, &rows);
	size_t room = columns > 1 ? columns - 1 : 1, most = rows > 4 ? rows - 3 : 1, first = 0;
	if (m->count > most && m->at >= most / 2)
		first = m->at - most / 2 < m->count - most ? m->at - most / 2 : m->count - most;
	size_t last = first + most < m->count ? first + most : m->count;
	put_line(m->t->colour ? "\033[1m" : "", m->title, room, m->t->colour ? "\033[0m" : "");
	for (size_t i = first; i < last; i++) {
		own_mem char *line = mem_printf("%c %zu  %s", i == m->at ? '>' : ' ', i + 1, m->items[i]);
		bool marked = i == m->at && m->t->colour;
		put_line(marked ? "\033[36m" : "", line, room, marked ? "\033[0m" : "");
	}
	put_line(m->t->colour ? "\033[2m" : "", HINT, room, m->t->colour ? "\033[0m" : "");
	m->drawn = last - first + 2;
}

static void type_digit(struct menu *m, char digit)
{
	size_t more = m->typed * 10 + (size_t)(digit - '0');

	m->typed = more >= 1 && more <= m->count ? more : (size_t)(digit - '0');
	if (m->typed >= 1 && m->typed <= m->count)
		m->at = m->typed - 1;
}

static enum ui_result menu_by_keys(struct menu *m)
{
	struct key key;

	for (;;) {
		draw(m);
		if (!term_key(m->t, &key) || key.kind == KEY_INTERRUPT || key.kind == KEY_EOF)
			return erase(m), UI_LEAVE;
		if (key.kind == KEY_ESCAPE || key.kind == KEY_LEFT)
			return erase(m), UI_BACK;
		if (key.kind == KEY_ENTER || key.kind == KEY_RIGHT)
			break;
		if (key.kind == KEY_TEXT && *key.text >= '0' && *key.text <= '9') {
			type_digit(m, *key.text);
			continue;
		}
		m->typed = 0;
		if (key.kind == KEY_UP || key.kind == KEY_DOWN)
			m->at = (m->at + (key.kind == KEY_UP ? m->count - 1 : 1)) % m->count;
		else if (key.kind == KEY_HOME || key.kind == KEY_END)
			m->at = key.kind == KEY_HOME ? 0 : m->count - 1;
	}
	erase(m);
	ui_say(m->t, "%s %s", m->title, m->items[m->at]);
	return UI_DONE;
}

static enum ui_result menu_by_numbers(struct menu *m)
{
	enum ui_result result;

	ui_say(m->t, "%s", m->title);
	for (size_t i = 0; i < m->count; i++)
		ui_say(m->t, "  %zu) %s", i + 1, m->items[i]);
	for (;;) {
		own_mem char *answer = NULL, *end = NULL;
		printf("1-%zu, or b to go back ", m->count);
		if ((result = read_line(m->t, NULL, false, &answer)) != UI_DONE)
			return result;
		unsigned long number = strtoul(answer, &end, 10);
		bool whole = *answer && !*end;
		end = NULL;
		if (whole && number >= 1 && number <= m->count) {
			m->at = number - 1;
			return UI_DONE;
		}
		if (strcmp(answer, "b") == 0)
			return UI_BACK;
		ui_say(m->t, "There is no %s.", *answer ? answer : "such choice");
	}
}

enum ui_result ui_menu(struct term *t, const char *title, const char *const *items, size_t count, size_t *chosen)
{
	struct menu m = { .t = t, .title = title, .items = items, .count = count,
		.at = *chosen < count ? *chosen : 0 };
	enum ui_result result = t->plain ? menu_by_numbers(&m) : menu_by_keys(&m);

	*chosen = m.at;
	return result;
}
