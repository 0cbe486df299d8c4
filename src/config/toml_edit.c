/*
 * Every change cuts some ranges out of the text and puts one piece in
 * (toml_change.c); toml_scan.c says what stands where.  What is right is checked at
 * the end, by toml_verify.c, so that a mistake here ends as an error, never as a
 * damaged file.
 */
#include "config/toml_edit.h"

#include "base/mem.h"
#include "config/toml_change.h"
#include "config/toml_verify.h"
#include "config/toml_write.h"

static bool refuse(const struct edit *e, const struct toml_statement *x, const char *why)
{
	return error_set(e->err, ERROR_INVALID, "%s:%zu: %s; change it by hand", e->what, x->line, why);
}

static size_t steps_of(const json_t *path) { return json_array_size(path); }

static bool verified(struct edit *e, const struct toml_wanted *wanted)
{
	if (!toml_verify(buf_str(e->text), buf_str(&e->fresh), wanted, e->what, e->err))
		return false;
	change_finish(e);
	return true;
}

/* --- setting ------------------------------------------------------------------------------ */

/* `name.name = value` from a step of the path on. */
static bool write_assignment(struct edit *e, struct buf *out, size_t step, const json_t *value)
{
	size_t count = steps_of(e->path);

	for (size_t i = step; i < count; i++)
		if (!buf_adds(out, i > step ? "." : "", e->err) ||
			!toml_write_name(out, json_string_value(json_array_get(e->path, i)), e->err))
			return false;
	return buf_adds(out, " = ", e->err) && toml_write_value(out, value, e->err);
}

/* A line of its own at `at`, indented as the line at `like`; a blank line after it where asked for. */
static bool insert_line(struct edit *e, size_t at, size_t like, size_t step, const json_t *value, bool blank)
{
	struct str text = buf_str(e->text);
	own_buf line = BUF_INIT(TOML_EDIT_MAX);
	size_t indent = like;

	while (indent < text.n && (text.p[indent] == ' ' || text.p[indent] == '\t'))
		indent++;
	if (at > e->scan.top && text.p[at - 1] != '\n' && !buf_adds(&line, e->scan.newline, e->err))
		return false;
	if (!buf_add(&line, text.p + like, indent - like, e->err) || !write_assignment(e, &line, step, value) ||
		!buf_adds(&line, e->scan.newline, e->err) || (blank && !buf_adds(&line, e->scan.newline, e->err)))
		return false;
	return change_apply(e, &(struct change){ .at = at, .piece = buf_str(&line) });
}

static bool replace_value(struct edit *e, const struct toml_statement *x, const json_t *value)
{
	own_buf piece = BUF_INIT(TOML_EDIT_MAX);
	struct cut cut = { x->value, x->value_end };

	if (e->text->data[x->value] == '{')
		return refuse(e, x, "this is a table, not a value");
	return toml_write_value(&piece, value, e->err) &&
		change_apply(e, &(struct change){ .cuts = &cut, .count = 1, .at = x->value, .piece = buf_str(&piece) });
}

static bool insert_member(struct edit *e, const struct toml_statement *x, const json_t *value)
{
	const char *text = e->text->data;
	own_buf piece = BUF_INIT(TOML_EDIT_MAX);
	struct cut blanks = { x->value_end - 1, x->value_end - 1 };

	if (text[x->value] != '{')
		return refuse(e, x, text[x->value] == '[' ? "this is a list written as one value" :
			"this is a value, not a table");
	while (text[blanks.start - 1] == ' ' || text[blanks.start - 1] == '\t')
		blanks.start--;
	bool first = blanks.start == x->value + 1;
	return buf_adds(&piece, first ? " " : ", ", e->err) && write_assignment(e, &piece, steps_of(x->path), value) &&
		buf_adds(&piece, " ", e->err) && change_apply(e, &(struct change){
			.cuts = &blanks, .count = 1, .at = blanks.start, .piece = buf_str(&piece) });
}

/* The statement that has the value at the path, or the nearest above it; NULL: none. */
static const struct toml_statement *find_value(const struct edit *e)
{
	const struct toml_statement *best = NULL;

	for (size_t i = 0; i < e->scan.count; i++) {
		const struct toml_statement *x = &e->scan.all[i];
		if (change_is_header(x) || !toml_path_begins(e->path, x->path, steps_of(x->path)))
			continue;
		if (!best || steps_of(x->path) > steps_of(best->path))
			best = x;
	}
	return best;
}

/* Something that stands below the path: it is a table. */
static const struct toml_statement *find_below(const struct edit *e)
{
	for (size_t i = 0; i < e->scan.count; i++)
		if (toml_path_begins(e->scan.all[i].path, e->path, steps_of(e->path)))
			return &e->scan.all[i];
	return NULL;
}

/* Each number in the path must be that of a [[table]] there is, and each list must have one. */
static bool check_numbers(const struct edit *e)
{
	own_json *above = json_array();
	size_t i;
	json_t *step;

	json_array_foreach(e->path, i, step) {
		size_t elements = toml_scan_elements(&e->scan, above);
		if (json_is_integer(step) ? (size_t)json_integer_value(step) >= elements : elements > 0)
			return error_set(e->err, ERROR_NOT_FOUND, "%s: there is no such table among its %zu", e->what,
				elements);
		json_array_append(above, step);
	}
	return true;
}

/* The header whose table is the first `steps` of the path; NULL: none. */
static const struct toml_statement *find_header(const struct edit *e, size_t steps)
{
	for (size_t i = 0; i < e->scan.count; i++) {
		const struct toml_statement *x = &e->scan.all[i];
		if (change_is_header(x) && steps_of(x->path) == steps && toml_path_begins(e->path, x->path, steps))
			return x;
	}
	return NULL;
}

/* The last dotted `name.name = value` for the table that the path's key is to join; NULL: none. */
static const struct toml_statement *find_dotted(const struct edit *e, size_t steps)
{
	const struct toml_statement *last = NULL;

	for (size_t i = 0; i < e->scan.count; i++) {
		const struct toml_statement *x = &e->scan.all[i];
		if (x->kind == TOML_VALUE && x->steps < steps && toml_path_begins(x->path, e->path, steps))
			last = x;
	}
	return last;
}

static bool insert_in_section(struct edit *e, const struct toml_statement *header, size_t steps, const json_t *value)
{
	const struct toml_statement *last = &e->scan.all[change_last_in_section(e, (size_t)(header - e->scan.all))];

	return insert_line(e, last->end, last->start, steps, value, false);
}

static bool insert_at_root(struct edit *e, const json_t *value)
{
	size_t at = e->text->len, like = at, values = 0;
	bool header = false;

	for (size_t i = 0; i < e->scan.count && !header; i++) {
		header = change_is_header(&e->scan.all[i]);
		if (!header) {
			at = e->scan.all[i].end;
			like = e->scan.all[i].start;
			values++;
		} else if (!values) {
			at = like = change_with_comment(e, i);
		}
	}
	return insert_line(e, at, like, 0, value, header && !values);
}

/* A table of its own at the end of the text. */
static bool insert_table(struct edit *e, size_t steps, const json_t *value)
{
	own_buf piece = BUF_INIT(TOML_EDIT_MAX);

	if (!buf_adds(&piece, "[", e->err))
		return false;
	for (size_t i = 0; i < steps; i++)
		if (!buf_adds(&piece, i ? "." : "", e->err) ||
			!toml_write_name(&piece, json_string_value(json_array_get(e->path, i)), e->err))
			return false;
	return buf_addf(&piece, e->err, "]%s", e->scan.newline) && write_assignment(e, &piece, steps, value) &&
		buf_adds(&piece, e->scan.newline, e->err) &&
		change_apply(e, &(struct change){ .at = e->text->len, .piece = buf_str(&piece), .apart = true });
}

/* The steps of the path that name a [[table]], its number included; 0: none. */
static size_t element_steps(const struct edit *e)
{
	size_t i, steps = 0;
	json_t *step;

	json_array_foreach(e->path, i, step)
		if (json_is_integer(step))
			steps = i + 1;
	return steps;
}

static bool insert_key(struct edit *e, const json_t *value)
{
	size_t above = steps_of(e->path) - 1, element = element_steps(e);
	const struct toml_statement *header = find_header(e, above), *dotted = find_dotted(e, above);

	if (header)
		return insert_in_section(e, header, above, value);
	if (dotted)
		return insert_line(e, dotted->end, dotted->start, dotted->steps, value, false);
	if (element)
		return insert_in_section(e, find_header(e, element), element, value);
	return above ? insert_table(e, above, value) : insert_at_root(e, value);
}

bool toml_edit_set(struct buf *text, const char *what, const char *path, const json_t *value, struct error *err)
{
	own_edit e = {0};
	bool ok;

	if (!change_begin(&e, text, what, path, err))
		return false;
	const struct toml_statement *at = find_value(&e), *below = find_below(&e);
	if (at && steps_of(at->path) == steps_of(e.path))
		ok = replace_value(&e, at, value);
	else if (below)
		return refuse(&e, below, "this is a table, not a value");
	else
		ok = at ? insert_member(&e, at, value) : check_numbers(&e) && insert_key(&e, value);
	return ok && verified(&e, &(struct toml_wanted){ .deed = TOML_SET, .path = e.path, .value = value });
}

/* --- removing and moving ------------------------------------------------------------ */

/* A member with the comma that would be left over. */
static struct cut member_cut(const struct edit *e, const struct toml_statement *x)
{
	const char *text = e->text->data;
	struct cut cut = { x->start, x->end };
	size_t after = x->end, before = x->start;

	while (text[after] == ' ' || text[after] == '\t')
		after++;
	while (text[before - 1] == ' ' || text[before - 1] == '\t')
		before--;
	if (text[after] == ',') {
		for (cut.end = after + 1; text[cut.end] == ' ' || text[cut.end] == '\t'; cut.end++) { }
	} else if (text[before - 1] == ',') {
		cut.start = before - 1;
	}
	return cut;
}

struct cuts {
	struct cut *all;
	size_t count;
	bool open;               /* the last is of sections, and may go on */
};

static void close_cut(const struct edit *e, struct cuts *c)
{
	if (c->open)
		c->all[c->count - 1] = change_with_blanks(e, c->all[c->count - 1]);
	c->open = false;
}

/* Sections that follow one another are one cut; what would be cut twice is cut once. */
static void add_cut(const struct edit *e, struct cuts *c, struct cut cut, bool is_section)
{
	struct cut *last = c->count ? &c->all[c->count - 1] : NULL;

	if (c->open && is_section && change_only_blanks(e, last->end, cut.start)) {
		last->end = cut.end;
		return;
	}
	close_cut(e, c);
	if (last && cut.start < last->end)
		cut.start = last->end;
	if ((c->count & (c->count - 1)) == 0)
		c->all = mem_resize(c->all, c->count ? c->count * 2 : 1, sizeof *c->all);
	c->all[c->count++] = cut;
	c->open = is_section;
}

/* What the path names: sections, and values and members that stand in none of those.  The caller frees `all`. */
static struct cuts find_cuts(const struct edit *e)
{
	size_t steps = steps_of(e->path);
	struct cuts cuts = {0};

	for (size_t i = 0; i < e->scan.count; i++) {
		const struct toml_statement *x = &e->scan.all[i];
		bool header = change_is_header(x);
		if (toml_path_begins(x->path, e->path, steps) && (header || x->steps < steps))
			add_cut(e, &cuts, header ? change_section(e, i) : x->kind == TOML_MEMBER ? member_cut(e, x) :
				(struct cut){ x->start, x->end }, header);
	}
	close_cut(e, &cuts);
	return cuts;
}

bool toml_edit_remove(struct buf *text, const char *what, const char *path, struct error *err)
{
	own_edit e = {0};

	if (!change_begin(&e, text, what, path, err))
		return false;
	struct cuts cuts = find_cuts(&e);
	own_mem struct cut *all = cuts.all;
	if (!cuts.count)
		return true;
	return change_apply(&e, &(struct change){ .cuts = all, .count = cuts.count }) &&
		verified(&e, &(struct toml_wanted){ .deed = TOML_REMOVE, .path = e.path });
}

/* Behind the last section of what the path names. */
static size_t end_of_sections(const struct edit *e)
{
	size_t end = e->text->len;

	for (size_t i = 0; i < e->scan.count; i++)
		if (change_is_header(&e->scan.all[i]) &&
			toml_path_begins(e->scan.all[i].path, e->path, steps_of(e->path)))
			end = change_section(e, i).end;
	return end;
}

bool toml_edit_add(struct buf *text, const char *what, const char *path, const json_t *object, struct error *err)
{
	own_buf piece = BUF_INIT(TOML_EDIT_MAX);
	own_edit e = {0};

	if (!change_begin(&e, text, what, path, err))
		return false;
	const struct toml_statement *at = find_value(&e), *below = find_below(&e);
	if (at || (below && !toml_scan_elements(&e.scan, e.path)))
		return refuse(&e, at ? at : below, "this is not written as [[tables]], of which one could be added");
	return buf_addf(&piece, err, "[[%s]]%s", path, e.scan.newline) &&
		toml_write_lines(&piece, object, e.scan.newline, err) &&
		change_apply(
			&e, &(struct change){ .at = end_of_sections(&e), .piece = buf_str(&piece), .apart = true }) &&
		verified(&e, &(struct toml_wanted){ .deed = TOML_ADD, .path = e.path, .value = object });
}

/* All sections of the path's [[table]], in one piece. */
static bool gather(struct edit *e, struct buf *piece)
{
	for (size_t i = 0; i < e->scan.count; i++) {
		const struct toml_statement *x = &e->scan.all[i];
		if (!change_is_header(x) || !toml_path_begins(x->path, e->path, steps_of(e->path)))
			continue;
		struct cut cut = change_section(e, i);
		if (!buf_adds(piece, piece->len ? e->scan.newline : "", e->err) ||
			!buf_add(piece, e->text->data + cut.start, cut.end - cut.start, e->err))
			return false;
		if (piece->data[piece->len - 1] != '\n' && !buf_adds(piece, e->scan.newline, e->err))
			return false;
	}
	return true;
}

/* Before the `to`-th [[table]], or behind it when the one that moves stood before it. */
static size_t place_of(struct edit *e, size_t from, size_t to)
{
	size_t last = steps_of(e->path) - 1, at = 0;

	json_array_set_new(e->path, last, json_integer((json_int_t)to));
	if (to > from)
		at = end_of_sections(e);
	for (size_t i = 0; to < from && !at && i < e->scan.count; i++)
		if (json_equal(e->scan.all[i].path, e->path))
			at = change_with_comment(e, i);
	json_array_set_new(e->path, last, json_integer((json_int_t)from));
	return at;
}

bool toml_edit_move(struct buf *text, const char *what, const char *path, size_t from, size_t to, struct error *err)
{
	own_buf piece = BUF_INIT(TOML_EDIT_MAX);
	own_edit e = {0};

	if (!change_begin(&e, text, what, path, err))
		return false;
	size_t elements = toml_scan_elements(&e.scan, e.path);
	if (from >= elements || to >= elements)
		return error_set(
			err, ERROR_NOT_FOUND, "%s: there are %zu [[%s]] that could be moved", what, elements, path);
	if (from == to)
		return true;
	json_array_append_new(e.path, json_integer((json_int_t)from));
	struct cuts cuts = find_cuts(&e);
	own_mem struct cut *all = cuts.all;
	size_t at = place_of(&e, from, to);
	return gather(&e, &piece) && change_apply(&e, &(struct change){
			.cuts = all, .count = cuts.count, .at = at, .piece = buf_str(&piece), .apart = true }) &&
		verified(&e, &(struct toml_wanted){ .deed = TOML_MOVE, .path = e.path, .to = to });
}
