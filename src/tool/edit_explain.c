/*
 * Three looks, the best first: lines that are the same but for white space, the place
 * where most of the first lines match, and the line that is most like the first.
 */
#include <ctype.h>

#include "tool/edit_match.h"
#include "tool/encoding.h"

#define TEXT_MAX       ((size_t)1 << 20)       /* bytes of a file that are looked through */
#define LINE_MAX_BYTES ((size_t)400)           /* of a line that are compared and shown */
#define SHOWN_MAX      12                      /* lines */
#define COMPARED_MAX   1000000                 /* lines that are compared, all places together */

struct near {
	size_t line;               /* where it begins, from 1; 0: nowhere */
	size_t same;               /* lines from there that are the same but for white space */
	struct str rest;           /* the file from there */
};

static struct str line_at(struct str *rest)
{
	struct str line = {0};

	(void)str_split(rest, '\n', &line);
	return line;
}

static void skip_blank_lines(struct str *text)
{
	struct str next = *text;

	while (next.n && !str_trim(line_at(&next)).n)
		*text = next;
}

static size_t count_same(struct str file, struct str old_text, size_t most)
{
	size_t count = 0;

	while (count < most && file.n && old_text.n &&
	       str_equal(str_trim(line_at(&file)), str_trim(line_at(&old_text))))
		count++;
	return count;
}

static struct near find_near(struct str text, struct str old_text)
{
	struct near best = {0};
	struct str first_rest = old_text, first = str_trim(line_at(&first_rest));
	size_t left = COMPARED_MAX;

	for (size_t line = 1; text.n && left; line++) {
		struct str here = text;
		if (!str_equal(str_trim(line_at(&text)), first))
			continue;
		size_t same = count_same(here, old_text, left);
		left -= same;
		if (same > best.same)
			best = (struct near){ line, same, here };
	}
	return best;
}

/* --- how alike two lines are ---------------------------------------------------------------------- */

struct pairs {
	unsigned short count[1024];        /* of neighbouring bytes, by a small hash */
	size_t total;
};

static size_t pair_at(struct str line, size_t i)
{
	return ((size_t)(unsigned char)line.p[i] * 31 + (unsigned char)line.p[i + 1]) % 1024;
}

static struct str shortened(struct str line)
{
	return (struct str){ line.p, line.n < LINE_MAX_BYTES ? line.n : LINE_MAX_BYTES };
}

static void count_pairs(struct str line, struct pairs *p)
{
	*p = (struct pairs){0};
	for (size_t i = 0; i + 1 < line.n; i++, p->total++)
		p->count[pair_at(line, i)]++;
}

/* Percent of the pairs that both have (Dice's coefficient). */
static size_t likeness(const struct pairs *of, struct str line)
{
	struct pairs left = *of;
	size_t shared = 0;

	for (size_t i = 0; i + 1 < line.n; i++) {
		unsigned short *count = &left.count[pair_at(line, i)];
		shared += *count > 0;
		*count -= *count > 0;
	}
	size_t total = of->total + (line.n ? line.n - 1 : 0);
	return total ? shared * 200 / total : 0;
}

static struct near find_alike(struct str text, struct str first)
{
	struct near best = {0};
	struct pairs pairs;
	size_t most = 50;          /* less is not worth showing */

	count_pairs(shortened(first), &pairs);
	for (size_t line = 1; text.n; line++) {
		struct str here = text, trimmed = shortened(str_trim(line_at(&text)));
		/* Lengths that differ much cannot be alike. */
		bool close = trimmed.n && trimmed.n < 3 * first.n && first.n < 3 * trimmed.n;
		size_t alike = close ? likeness(&pairs, trimmed) : 0;
		if (alike > most) {
			most = alike;
			best = (struct near){ line, 0, here };
		}
	}
	return best;
}

/* --- what is said ------------------------------------------------------------------------------------ */

static bool show_line(size_t number, struct str line, struct buf *out, struct error *err)
{
	bool cut = line.n > LINE_MAX_BYTES;

	return buf_addf(out, err, "%6zu\t", number) && encoding_clean(shortened(line), out, err) &&
		buf_adds(out, cut ? " ...\n" : "\n", err);
}

static bool show_lines(struct near at, size_t count, struct buf *out, struct error *err)
{
	for (size_t i = 0; i < count && i < SHOWN_MAX && at.rest.n; i++)
		if (!show_line(at.line + i, line_at(&at.rest), out, err))
			return false;
	return count <= SHOWN_MAX || buf_adds(out, "   ...\n", err);
}

static bool has_numbers(struct str text)
{
	struct str line = line_at(&text);
	size_t i = 0;

	while (i < line.n && line.p[i] == ' ')
		i++;
	size_t digits = i;
	while (i < line.n && isdigit((unsigned char)line.p[i]))
		i++;
	return i > digits && i < line.n && line.p[i] == '\t';
}

static size_t count_lines(struct str text)
{
	size_t count = 0;

	for (; text.n; count++)
		(void)line_at(&text);
	return count;
}

/* The lines match up to one that does not. */
static bool show_break(struct near at, struct str old_text, struct buf *out, struct error *err)
{
	struct str file = at.rest;

	for (size_t i = 0; i < at.same; i++) {
		(void)line_at(&file);
		(void)line_at(&old_text);
	}
	if (!buf_addf(out, err, "Its first %zu line%s at line %zu, but then old_string has\n      \t", at.same,
	    at.same == 1 ? " is" : "s are", at.line) ||
	    !encoding_clean(shortened(line_at(&old_text)), out, err) || !buf_adds(out, "\nwhere the file has\n", err))
		return false;
	return file.n ? show_line(at.line + at.same, line_at(&file), out, err) : buf_adds(out, "its end.\n", err);
}

bool edit_explain(struct str text, struct str old_text, struct buf *out, struct error *err)
{
	text.n = text.n < TEXT_MAX ? text.n : TEXT_MAX;
	if (has_numbers(old_text) && !buf_adds(out, "It seems to begin with the number that Read puts before a line, "
	    "which is no part of the file.\n", err))
		return false;
	skip_blank_lines(&old_text);
	struct near at = find_near(text, old_text);
	size_t lines = count_lines(old_text);
	if (at.same == lines && lines)
		return buf_addf(out, err, "Line%s %zu to %zu differ from it in white space only:\n",
			lines > 1 ? "s" : "",
			at.line, at.line + lines - 1) && show_lines(at, lines, out, err);
	if (at.same)
		return show_break(at, old_text, out, err);
	struct str rest = old_text;
	at = find_alike(text, str_trim(line_at(&rest)));
	if (!at.line)
		return buf_adds(out, "No line is like its first one: is this the right file? Read it again.\n", err);
	return buf_addf(out, err, "The line most like its first one is\n") && show_lines(at, 1, out, err);
}
