#include "cli/call_line.h"

#include <stdio.h>

#include "base/utf8.h"
#include "cli/dialog_text.h"
#include "cli/show.h"

#define VISIBLE_MAX ((size_t)4 << 20)
#define DOTS "..."
#define LINE_SHOWN ((size_t)2000)

/* What says most about a call, in this order. */
static const char *const telling[] = { "command", "file_path", "notebook_path", "pattern", "url", "query", "path",
	"code" };

/* Copies up to the first line end, whole characters, with dots where something is left out. */
static void copy_line(char out[CALL_LINE_MAX], size_t used, struct str text)
{
	const char *end = memchr(text.p, '\n', text.n);
	struct str line = end ? (struct str){ text.p, (size_t)(end - text.p) } : text;
	size_t room = CALL_LINE_MAX - used - sizeof DOTS;
	bool cut = line.n > room || end;

	if (line.n > room)
		line.n = room;
	line.n -= utf8_incomplete_tail(line.p, line.n);
	memcpy(out + used, line.p, line.n);
	(void)snprintf(out + used + line.n, CALL_LINE_MAX - used - line.n, "%s", cut ? DOTS : "");
}

void call_first_line(char out[CALL_LINE_MAX], struct str text)
{
	own_buf visible = BUF_INIT(VISIBLE_MAX);
	struct error unused = {0};

	(void)!show_visible(&visible, str_trim(text), &unused);
	copy_line(out, 0, buf_str(&visible));
}

void call_line(char out[CALL_LINE_MAX], const char *tool, const json_t *input)
{
	own_buf visible = BUF_INIT(VISIBLE_MAX);
	struct error unused = {0};
	struct str words = {0};

	for (size_t i = 0; i < countof(telling) && !words.n; i++)
		words = str_trim(json_member_str(input, telling[i]));
	int n = snprintf(out, CALL_LINE_MAX, "%.60s%s", tool, words.n ? " " : "");
	if (words.n && show_visible(&visible, words, &unused))
		copy_line(out, (size_t)n, buf_str(&visible));
}

/* --- changes ---------------------------------------------------------------------------------- */

struct lines {
	struct buf *out;
	size_t left, more;
};

static bool add_line(struct lines *l, struct str line, struct error *err)
{
	if (!l->left) {
		l->more++;
		return true;
	}
	l->left--;
	return buf_adds(l->out, "    ", err) && dialog_text(l->out, line, LINE_SHOWN, err) &&
		buf_adds(l->out, "\n", err);
}

static bool add_hunk(struct lines *l, const json_t *hunk, struct error *err)
{
	json_t *line;
	size_t i;

	json_array_foreach(json_object_get(hunk, "lines"), i, line)
		if (!add_line(l, (struct str){ json_string_value(line), json_string_length(line) }, err))
			return false;
	return true;
}

bool call_diff(struct buf *out, const json_t *change, size_t lines, struct error *err)
{
	struct lines l = { out, lines, 0 };
	json_t *hunk;
	size_t i;

	json_array_foreach(json_object_get(change, "structuredPatch"), i, hunk)
		if ((i && !add_line(&l, (struct str)STR("..."), err)) || !add_hunk(&l, hunk, err))
			return false;
	return !l.more || buf_addf(out, err, "    ... and %zu more lines\n", l.more);
}
