/* A path may hold any byte but NUL, line ends too, so each piece is looked for by its end. */
#include <ctype.h>

#include "base/mem.h"
#include "tool/grep.h"

#define PATH_BEGIN "./"

static void add_file(struct grep_output *o, struct str path)
{
	if (o->file_n && str_equal(o->files[o->file_n - 1].path, path))
		return;
	if (o->file_n == o->file_room)
		o->files = mem_resize(o->files, o->file_room = o->file_room ? 2 * o->file_room : 64, sizeof *o->files);
	o->files[o->file_n++] = (struct grep_file){ .path = path, .first = o->n };
}

static void add_line(struct grep_output *o, struct grep_line line)
{
	if (o->n == o->room)
		o->lines = mem_resize(o->lines, o->room = o->room ? 2 * o->room : 256, sizeof *o->lines);
	o->lines[o->n++] = line;
	o->files[o->file_n - 1].n++;
}

/* "12:line" or "12-line", or the "12" of a count. */
static struct grep_line read_line(struct str text, bool gap)
{
	size_t digits = 0;

	while (digits < text.n && isdigit((unsigned char)text.p[digits]))
		digits++;
	return (struct grep_line){ text, digits == text.n || text.p[digits] == ':', gap };
}

/* "./path: binary file matches (found ...)", of a file that was named. */
static bool read_binary(struct grep_output *o, struct str line)
{
	static const char tail[] = ": binary file matches";
	const char *at = memmem(line.p, line.n, tail, sizeof tail - 1);

	if (!at || !str_ends(line, ")") || !str_starts(line, (struct str)STR(PATH_BEGIN)))
		return false;
	add_file(o, str_from((struct str){ line.p, (size_t)(at - line.p) }, strlen(PATH_BEGIN)));
	add_line(o, (struct grep_line){ str_from(line, (size_t)(at - line.p) + 2), true, false });
	return true;
}

static int by_path(const void *one, const void *other)
{
	const struct grep_file *a = one, *b = other;
	size_t n = a->path.n < b->path.n ? a->path.n : b->path.n;
	int order = memcmp(a->path.p, b->path.p, n);

	return order ? order : a->path.n < b->path.n ? -1 : a->path.n > b->path.n;
}

/* The bytes up to `end` in text; all when it has none. */
static struct str until(struct str text, char end)
{
	const char *at = text.n ? memchr(text.p, end, text.n) : NULL;

	return (struct str){ text.p, at ? (size_t)(at - text.p) : text.n };
}

static struct str after(struct str text, struct str piece)
{
	return str_from(text, piece.n + (piece.n < text.n));
}

void grep_output_read(struct grep_output *o, struct str text)
{
	bool gap = false;

	*o = (struct grep_output){0};
	while (text.n) {
		struct str line = until(text, '\n');
		if (!str_starts(line, (struct str)STR(PATH_BEGIN)) || read_binary(o, line)) {
			gap = str_is(line, "--");
			text = after(text, line);
			continue;
		}
		struct str path = until(text, '\0');
		if (path.n == text.n)
			break;
		text = after(text, path);
		line = until(text, '\n');
		text = after(text, line);
		add_file(o, str_from(path, strlen(PATH_BEGIN)));
		add_line(o, read_line(line, gap));
		gap = false;
	}
	if (o->file_n)
		qsort(o->files, o->file_n, sizeof *o->files, by_path);
}

void grep_output_done(struct grep_output *o)
{
	free(o->lines);
	free(o->files);
	*o = (struct grep_output){0};
}
