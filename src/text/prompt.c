#include "text/prompt.h"

#include <stdlib.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "text/unicode.h"

void prompt_done(struct prompt *p)
{
	buf_done(&p->text);
	free(p->marks);
	*p = (struct prompt)PROMPT_INIT(0);
}

bool prompt_text(struct prompt *p, struct str text, struct error *err)
{
	return buf_add_str(&p->text, text, err);
}

bool prompt_words(struct prompt *p, const char *words, struct error *err)
{
	return buf_adds(&p->text, words, err);
}

bool prompt_control(struct prompt *p, const char *token, struct error *err)
{
	struct prompt_mark mark = { p->text.len, strlen(token) };

	if (!buf_adds(&p->text, token, err))
		return false;
	if (p->mark_count == p->mark_cap) {
		p->mark_cap = p->mark_cap ? p->mark_cap * 2 : 16;
		p->marks = mem_resize(p->marks, p->mark_cap, sizeof *p->marks);
	}
	p->marks[p->mark_count++] = mark;
	return true;
}

/* Adds the text since the last control token, less what the next swallows, and the next. */
static bool add_run(const struct tokenizer *t, struct str run, enum token_mode mode, const struct token_control *next,
	struct tokens *out, struct error *err)
{
	if (next->strips_left)
		run = unicode_strip_end(run);
	return tokenizer_encode(t, run, mode, out, err) && tokens_add(out, &next->id, 1, err);
}

static bool encode(const struct prompt *p, const struct tokenizer *t, struct tokens *out, struct error *err)
{
	struct str text = buf_str(&p->text);
	enum token_mode mode = TOKENS_PLAIN;
	size_t from = 0;
	struct token_control control;

	for (size_t i = 0; i < p->mark_count; i++) {
		const struct prompt_mark *m = &p->marks[i];
		if (!tokenizer_control(t, (struct str){ text.p + m->start, m->len }, &control))
			continue;
		if (!add_run(t, (struct str){ text.p + from, m->start - from }, mode, &control, out, err))
			return false;
		mode = TOKENS_BEHIND;
		from = m->start + m->len;
		if (control.strips_right) {
			size_t end = i + 1 < p->mark_count ? p->marks[i + 1].start : text.n;
			from = end - unicode_strip_start((struct str){ text.p + from, end - from }).n;
		}
	}
	return tokenizer_encode(t, str_from(text, from), mode, out, err);
}

bool prompt_encode(const struct prompt *p, const struct tokenizer *t, struct tokens *out, struct error *err)
{
	size_t before = out->count;

	if (!utf8_valid(p->text.data, p->text.len))
		return error_set(err, ERROR_INVALID, "the prompt is not UTF-8");
	if (encode(p, t, out, err))
		return true;
	out->count = before;
	return false;
}
