/*
 * What both texts begin and end with is taken off by bytes, so that only the lines between
 * are ever split, compared and held.
 */
#include "tool/diff.h"

#include <limits.h>
#include <stdlib.h>

#include "base/mem.h"
#include "tool/encoding.h"

#define CONTEXT 3
#define DISTANCE_MAX 600           /* lines removed and added that the search goes through */
#define NOWHERE (INT_MIN / 2)
#define SHOWN_LINE_MAX 2000        /* bytes of a line that are listed */

struct lines {
	struct str *at;
	size_t count;
};

/* The parts that differ, and where they begin. */
struct difference {
	struct str before, after;  /* whole texts */
	size_t head, tail;         /* bytes, whole lines, that both begin and end with */
	struct lines old_lines, new_lines;
	char *ops;                 /* ' ', '-' and '+', in order, of these lines */
	size_t op_count;
};

/* --- lines --------------------------------------------------------------------------------- */

/* A line with its end. */
static bool next_line(struct str *rest, struct str *line)
{
	const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;

	if (!rest->n)
		return false;
	*line = (struct str){ rest->p, end ? (size_t)(end - rest->p) + 1 : rest->n };
	*rest = str_from(*rest, line->n);
	return true;
}

static void split(struct str text, struct lines *lines)
{
	size_t cap = 0;
	struct str line;

	while (next_line(&text, &line)) {
		if (lines->count == cap) {
			cap = cap ? cap * 2 : 64;
			lines->at = mem_resize(lines->at, cap, sizeof *lines->at);
		}
		lines->at[lines->count++] = line;
	}
}

static bool ends_line(struct str text, size_t n) { return n == 0 || text.p[n - 1] == '\n'; }

static void take_ends_off(struct difference *d)
{
	struct str a = d->before, b = d->after;
	size_t least = a.n < b.n ? a.n : b.n, head = 0, tail = 0;

	while (head < least && a.p[head] == b.p[head])
		head++;
	if (!(head == a.n && head == b.n))
		while (!ends_line(a, head))
			head--;
	while (tail < least - head && a.p[a.n - 1 - tail] == b.p[b.n - 1 - tail])
		tail++;
	while (tail && !(ends_line(a, a.n - tail) && ends_line(b, b.n - tail)))
		tail--;
	d->head = head;
	d->tail = tail;
	split((struct str){ a.p + head, a.n - head - tail }, &d->old_lines);
	split((struct str){ b.p + head, b.n - head - tail }, &d->new_lines);
}

/* --- the search ------------------------------------------------------------------------------ */

struct search {
	const struct lines *a, *b;
	int *steps[DISTANCE_MAX + 1];      /* of distance d: how far along a each diagonal -d..d has come */
};

static int follow(const struct search *s, int x, int y)
{
	while ((size_t)x < s->a->count && (size_t)y < s->b->count && str_equal(s->a->at[x], s->b->at[y])) {
		x++;
		y++;
	}
	return x;
}

/* Where diagonal k comes from at distance d: from above (an addition) or from the left. */
static bool comes_from_above(const int *before, int d, int k)
{
	return k == -d || (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]);
}

/* The distance; -1: more than is searched. */
static int find_distance(struct search *s)
{
	int n = (int)s->a->count, m = (int)s->b->count;

	for (int d = 0; d <= DISTANCE_MAX && d <= n + m; d++) {
		const int *before = d ? s->steps[d - 1] : NULL;
		int *now = s->steps[d] = mem_alloc((size_t)(2 * d + 1) * sizeof *now);
		for (int k = -d; k <= d; k++)
			now[k + d] = NOWHERE;
		for (int k = -d; k <= d; k += 2) {
			int x = d == 0 ? 0 : comes_from_above(before, d, k) ? before[k + 1 + d - 1] :
				before[k - 1 + d - 1] + 1;
			if (x < 0 || x > n || x - k > m || x - k < 0)
				continue;
			now[k + d] = x = follow(s, x, x - k);
			if (x >= n && x - k >= m)
				return d;
		}
	}
	return -1;
}

/* From the end back to the beginning. */
static void walk_back(const struct search *s, int distance, struct difference *dif)
{
	int x = (int)s->a->count, y = (int)s->b->count;
	size_t at = dif->op_count;

	for (int d = distance; d > 0; d--) {
		int k = x - y;
		const int *before = s->steps[d - 1];
		bool above = comes_from_above(before, d, k);
		int from = above ? k + 1 : k - 1, from_x = before[from + d - 1], from_y = from_x - from;
		while (x > from_x + !above && y > from_y + above) {
			dif->ops[--at] = ' ';
			x--;
			y--;
		}
		dif->ops[--at] = above ? '+' : '-';
		x = from_x;
		y = from_y;
	}
	while (x-- > 0)
		dif->ops[--at] = ' ';
	memmove(dif->ops, dif->ops + at, dif->op_count - at);
	dif->op_count -= at;
}

static void find_ops(struct difference *d)
{
	size_t n = d->old_lines.count, m = d->new_lines.count;
	struct search s = { .a = &d->old_lines, .b = &d->new_lines };

	d->op_count = n + m;
	d->ops = mem_zeroed(n + m + 1, 1);
	int distance = n < INT_MAX / 2 && m < INT_MAX / 2 ? find_distance(&s) : -1;
	if (distance >= 0) {
		walk_back(&s, distance, d);
	} else {
		memset(d->ops, '-', n);
		memset(d->ops + n, '+', m);
	}
	for (size_t i = 0; i <= DISTANCE_MAX; i++)
		free(s.steps[i]);
}

/* --- hunks ------------------------------------------------------------------------------------ */

struct writer {
	json_t *hunks, *lines;     /* lines: of the hunk that is being written; NULL: none */
	size_t old_line, new_line; /* the next of each, from 1 */
	size_t old_start, new_start, listed, added, removed;
	bool cut;
};

static void add_line(struct writer *w, char kind, struct str line)
{
	own_buf text = BUF_INIT(SHOWN_LINE_MAX * 4);
	struct error full;
	bool ended = str_ends(line, "\n");

	w->old_line += kind != '+';
	w->new_line += kind != '-';
	w->added += kind == '+';
	w->removed += kind == '-';
	if (w->cut)
		return;
	line.n -= ended;
	line.n -= str_ends(line, "\r");
	line.n = line.n < SHOWN_LINE_MAX ? line.n : SHOWN_LINE_MAX;
	if (buf_add(&text, &kind, 1, &full) && encoding_clean(line, &text, &full))
		json_array_append_new(w->lines, json_stringn(text.data, text.len));
	if (!ended)
		json_array_append_new(w->lines, json_string("\\ No newline at end of file"));
	w->listed++;
}

static void begin_hunk(struct writer *w)
{
	w->cut = w->cut || w->listed > DIFF_LINES_MAX;
	w->old_start = w->old_line;
	w->new_start = w->new_line;
	w->lines = json_array();
}

static void end_hunk(struct writer *w)
{
	size_t olds = w->old_line - w->old_start, news = w->new_line - w->new_start;

	if (!w->cut)
		json_array_append_new(w->hunks, json_pack("{s:I, s:I, s:I, s:I, s:O}",
			"oldStart", (json_int_t)(w->old_start - (olds ? 0 : 1)), "oldLines", (json_int_t)olds,
			"newStart", (json_int_t)(w->new_start - (news ? 0 : 1)), "newLines", (json_int_t)news,
			"lines", w->lines));
	json_decref(w->lines);
	w->lines = NULL;
}

/* All lines from some before the first change to some after the last. */
struct script {
	char *kinds;
	struct str *lines;
	size_t count;
};

static void add_to_script(struct script *s, char kind, struct str line)
{
	s->kinds[s->count] = kind;
	s->lines[s->count++] = line;
}

/* The last lines of what both begin with; how many. */
static size_t lines_before(struct str head, struct str lines[CONTEXT])
{
	size_t count = 0;

	while (head.n && count < CONTEXT) {
		size_t begin = head.n - 1;
		while (begin && head.p[begin - 1] != '\n')
			begin--;
		lines[CONTEXT - ++count] = (struct str){ head.p + begin, head.n - begin };
		head.n = begin;
	}
	return count;
}

static void make_script(const struct difference *d, struct script *s)
{
	struct str before[CONTEXT], after = str_from(d->before, d->before.n - d->tail), line;
	size_t count = lines_before((struct str){ d->before.p, d->head }, before), x = 0, y = 0;

	s->kinds = mem_alloc(d->op_count + 2 * CONTEXT);
	s->lines = mem_zeroed(d->op_count + 2 * CONTEXT, sizeof *s->lines);
	for (size_t i = CONTEXT - count; i < CONTEXT; i++)
		add_to_script(s, ' ', before[i]);
	for (size_t i = 0; i < d->op_count; i++) {
		char kind = d->ops[i];
		add_to_script(s, kind, kind == '+' ? d->new_lines.at[y] : d->old_lines.at[x]);
		x += kind != '+';
		y += kind != '-';
	}
	for (size_t i = 0; i < CONTEXT && next_line(&after, &line); i++)
		add_to_script(s, ' ', line);
}

/* Whether a line that is kept stands near a change. */
static bool is_near(const struct script *s, size_t i)
{
	for (size_t k = i > CONTEXT ? i - CONTEXT : 0; k <= i + CONTEXT && k < s->count; k++)
		if (s->kinds[k] != ' ')
			return true;
	return false;
}

static void write_hunks(const struct script *s, struct writer *w)
{
	for (size_t i = 0; i < s->count; i++) {
		bool near = is_near(s, i);
		if (near && !w->lines)
			begin_hunk(w);
		if (!near && w->lines)
			end_hunk(w);
		if (near) {
			add_line(w, s->kinds[i], s->lines[i]);
		} else {
			w->old_line++;
			w->new_line++;
		}
		if (w->lines && w->listed > DIFF_LINES_MAX && !w->cut) {
			end_hunk(w);
			begin_hunk(w);
		}
	}
	if (w->lines)
		end_hunk(w);
}

static size_t count_lines(struct str text)
{
	size_t count = 0;
	struct str line;

	while (next_line(&text, &line))
		count++;
	return count;
}

json_t *diff_json(struct str before, struct str after)
{
	struct difference d = { .before = before, .after = after };
	struct script s = {0};
	struct writer w = { .hunks = json_array() };

	take_ends_off(&d);
	find_ops(&d);
	make_script(&d, &s);
	struct str head = { before.p, d.head }, unused[CONTEXT];
	w.old_line = w.new_line = count_lines(head) - lines_before(head, unused) + 1;
	if (d.op_count)
		write_hunks(&s, &w);
	json_t *diff = json_pack("{s:o, s:I, s:I}", "structuredPatch", w.hunks, "linesAdded", (json_int_t)w.added,
		"linesRemoved", (json_int_t)w.removed);
	if (w.cut)
		json_object_set_new(diff, "cut", json_true());
	free(s.kinds);
	free(s.lines);
	free(d.ops);
	free(d.old_lines.at);
	free(d.new_lines.at);
	return diff;
}
