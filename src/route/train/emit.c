/*
 * A row keeps the columns whose weight matters, in bytes.  Big tables are
 * written as string literals, which compilers read much faster than lists of
 * numbers.
 */
#include "route/train/emit.h"

#include <math.h>

#include "base/mem.h"

/* Chosen so that cross-validated recall does not fall. */
#define WEIGHT_MIN 0.3f

struct emitter {
	struct buf *out;
	const struct samples *samples;
	const struct weights *weights;
	struct buf bytes;              /* the rows' weights */
	uint32_t *rows;                /* feature of each row written */
	size_t row_count;
};

static void put_string(struct buf *out, struct str text)
{
	buf_put(out, "\"");
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];
		if (c == '\n')
			buf_put(out, "\\n\"\n\t\"");
		else if (c < ' ' || c > '~' || c == '"' || c == '\\' || c == '?')
			buf_putf(out, "\\%03o", c);
		else
			buf_putf(out, "%c", c);
	}
	buf_put(out, "\"");
}

static void put_bytes(struct buf *out, const char *declaration, struct str bytes)
{
	buf_putf(out, "\nstatic const uint8_t %s[] =", declaration);
	for (size_t i = 0; i < bytes.n; i++)
		buf_putf(out, "%s\\%o%s", i % 64 ? "" : "\n\"", (unsigned char)bytes.p[i],
			i % 64 == 63 || i + 1 == bytes.n ? "\"" : "");
	buf_put(out, ";\n");
}

static void put_floats(struct buf *out, const float *at, size_t n)
{
	buf_put(out, "{");
	for (size_t i = 0; i < n; i++)
		buf_putf(out, " %af,", at[i]);
	buf_put(out, " }");
}

static void put_texts(struct buf *out, const struct corpus *c)
{
	buf_put(out, "const struct answer answer_texts[] = {\n");
	for (size_t i = 0; i < c->source_count; i++) {
		buf_putf(out, "{ \"%s\", ", c->sources[i].id);
		put_string(out, str_of(c->sources[i].title));
		buf_put(out, ",\n\tSTR(");
		put_string(out, c->sources[i].text);
		buf_put(out, ") },\n");
	}
	buf_put(out, "};\n");
}

static void put_lexicon(struct buf *out, const struct lexicon *l)
{
	buf_putf(out, "\nstatic const struct lexeme lexemes[%u] = {\n", l->mask + 1);
	for (uint32_t i = 0; i <= l->mask; i++)
		if (l->slots[i].concept)
			buf_putf(out, "[%u] = { %uu, %u },\n", i, l->slots[i].hash, l->slots[i].concept);
	buf_put(out, "};\n");
}

static float column_weight(const struct emitter *e, uint32_t feature, size_t column)
{
	const struct weights *w = e->weights;
	return w->at[w->row_of[feature] * w->stride + column] * w->pull[feature];
}

static void put_row(struct emitter *e, uint32_t feature)
{
	const struct weights *w = e->weights;
	float top = 0, least = WEIGHT_MIN * w->pull[feature];
	size_t start = e->bytes.len / 2;

	for (size_t c = 0; c < w->columns; c++)
		top = fmaxf(top, fabsf(column_weight(e, feature, c)));
	for (size_t c = 0; c < w->columns; c++) {
		float weight = column_weight(e, feature, c);
		if (fabsf(weight) >= least)
			buf_putf(&e->bytes, "%c%c", (int)c, (int)lrintf(weight / top * 127));
	}
	buf_putf(e->out, "{ %zu, %af, %af },\n", start, w->pull[feature], top / 127);
	e->rows[e->row_count++] = feature;
}

static void put_rows(struct emitter *e)
{
	buf_put(e->out, "\nstatic const struct model_row rows[] = {\n");
	for (uint32_t i = 0; i < e->samples->features.count; i++)
		if (e->weights->row_of[i] != NO_ROW)
			put_row(e, i);
	buf_putf(e->out, "{ %zu, 0, 0 },\n};\n", e->bytes.len / 2);
	put_bytes(e->out, "weights", buf_str(&e->bytes));
}

/* A power of two with room to spare. */
static uint32_t table_size(size_t count)
{
	uint32_t size = 64;

	while (size < 2 * count)
		size *= 2;
	return size;
}

static void put_slots(struct emitter *e)
{
	uint32_t size = table_size(e->row_count);
	own_mem uint32_t *slots = mem_zeroed(size, sizeof *slots);

	for (uint32_t row = 0; row < e->row_count; row++) {
		uint32_t at = e->samples->features.hashes[e->rows[row]] >> 1;
		while (slots[at & (size - 1)])
			at++;
		slots[at & (size - 1)] = row + 1;
	}
	buf_putf(e->out, "\nstatic const struct model_slot slots[%u] = {\n", size);
	for (uint32_t i = 0; i < size; i++)
		if (slots[i])
			buf_putf(e->out, "[%u] = { %uu, %u },\n", i, e->samples->features.hashes[e->rows[slots[i] - 1]],
				slots[i] - 1);
	buf_putf(e->out, "};\n#define SLOT_MASK %uu\n", size - 1);
}

static void put_stems(struct emitter *e)
{
	uint32_t size = table_size(e->samples->stems.count);
	own_mem uint32_t *slots = mem_zeroed(size, sizeof *slots);

	for (uint32_t i = 0; i < e->samples->stems.count; i++) {
		uint32_t stem = e->samples->stems.hashes[i], at = stem;
		if (e->weights->stem_count[i] == 0)
			continue;
		while (slots[at & (size - 1)])
			at++;
		slots[at & (size - 1)] = stem;
	}
	buf_putf(e->out, "\nstatic const uint32_t stems[%u] = {\n", size);
	for (uint32_t i = 0; i < size; i++)
		if (slots[i])
			buf_putf(e->out, "[%u] = %uu,\n", i, slots[i]);
	buf_putf(e->out, "};\n#define STEM_MASK %uu\n", size - 1);
}

static void put_model(struct emitter *e, const struct lexicon *l, const struct validation *v)
{
	struct buf *out = e->out;

	buf_put(out, "\nstatic const float bias[] = ");
	put_floats(out, e->weights->bias, e->weights->columns);
	buf_put(out, ";\n\nconst struct answer_model answer_model = {\n");
	buf_putf(out, "\t.lexicon = { lexemes, %uu },\n\t.slots = slots, .slot_mask = SLOT_MASK,\n", l->mask);
	buf_put(out,
		"\t.rows = rows, .weights = weights, .stems = stems, .stem_mask = STEM_MASK, .bias = bias,\n\t.unknown "
		"= {");
	for (size_t i = 0; i < UNKNOWN_BUCKETS; i++) {
		put_floats(out, e->weights->unknown[i], GROUPS);
		buf_put(out, ",");
	}
	buf_put(out, " },\n\t.unknown_share = ");
	put_floats(out, e->weights->unknown_share, GROUPS);
	buf_putf(out, ",\n\t.slope = %af, .shift = %af, .bar = %af,\n", v->slope, v->shift, v->bar);
	buf_putf(out, "\t.answer_count = %zu, .pattern_count = %zu,\n};\n", e->samples->answers, e->samples->patterns);
}

bool emit(struct buf *out, const struct corpus *c, const struct lexicon *l, const struct samples *s,
	const struct weights *w, const struct validation *v, struct error *err)
{
	own_mem uint32_t *rows = mem_zeroed(w->rows, sizeof *rows);
	struct emitter e = { .out = out, .samples = s, .weights = w, .bytes = BUF_INIT(64 << 20), .rows = rows };

	if (memchr(c->files.data, '\\', c->files.len))
		return error_set(err, ERROR_INVALID, "a file's name has a backslash");
	buf_put(out,
		"/* Written by train_answers from data/answers; not to be edited. */\n#include "
		"\"route/answer_data.h\"\n\n");
	put_texts(out, c);
	put_lexicon(out, l);
	put_rows(&e);
	put_slots(&e);
	put_stems(&e);
	put_model(&e, l, v);
	buf_done(&e.bytes);
	return true;
}
