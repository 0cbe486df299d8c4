#include "text/thoughts.h"

#define HELD_MAX ((size_t)1 << 20)

/* Before the text; the white space behind an opening tag; thoughts; the white space behind them; the answer. */
enum stage { BEGINNING, OPENED, INSIDE, CLOSED, ANSWER };

static const struct str opening = STR("<think>"), closing = STR("</think>");

void thoughts_init(struct thoughts *t, bool begun, struct thoughts_sink sink)
{
	*t = (struct thoughts){ .sink = sink, .stage = begun ? OPENED : BEGINNING, .held = BUF_INIT(HELD_MAX) };
}

void thoughts_done(struct thoughts *t)
{
	buf_done(&t->held);
}

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

static size_t white_space(struct str text)
{
	size_t n = 0;

	while (n < text.n && is_space(text.p[n]))
		n++;
	return n;
}

static bool send(struct thoughts *t, size_t n, struct error *err)
{
	struct str text = { t->held.data, n };
	bool thought = t->stage == INSIDE;

	if (n && !(thought ? t->sink.on_thought : t->sink.on_text)(t->sink.user, text, err))
		return false;
	buf_consume(&t->held, n);
	return true;
}

/* Whether the text is a beginning of `tag`, and so not yet decided. */
static bool may_become(struct str text, struct str tag)
{
	return text.n < tag.n && str_starts(tag, text);
}

/* Drops n bytes, and goes on to another stage. */
static bool go(struct thoughts *t, size_t n, enum stage stage)
{
	buf_consume(&t->held, n);
	t->stage = (unsigned char)stage;
	return true;
}

/* Takes what is certain out of `held`.  *more says that the rest is to be looked at in another stage. */
static bool step_beginning(struct thoughts *t, bool *more, struct error *err)
{
	size_t white = white_space(buf_str(&t->held));
	struct str rest = str_from(buf_str(&t->held), white);

	(void)err;
	if (may_become(rest, opening))
		return true;
	*more = true;
	return str_starts(rest, opening) ? go(t, white + opening.n, OPENED) : go(t, 0, ANSWER);
}

static bool step_white(struct thoughts *t, bool *more, struct error *err)
{
	size_t white = white_space(buf_str(&t->held));

	(void)err;
	*more = white < t->held.len;
	return go(t, white, *more ? t->stage + 1 : t->stage);
}

/* Up to the closing tag, less the white space before it; that and what may begin the tag stays. */
static bool step_inside(struct thoughts *t, bool *more, struct error *err)
{
	struct str text = buf_str(&t->held);
	size_t certain = 0;

	for (size_t i = 0; i < text.n; i++) {
		struct str rest = str_from(text, i);
		if (str_starts(rest, closing)) {
			*more = true;
			return send(t, certain, err) && go(t, i - certain + closing.n, CLOSED);
		}
		if (may_become(rest, closing))
			break;
		if (!is_space(text.p[i]))
			certain = i + 1;
	}
	return send(t, certain, err);
}

static bool step_answer(struct thoughts *t, bool *more, struct error *err)
{
	(void)more;
	return send(t, t->held.len, err);
}

static bool advance(struct thoughts *t, struct error *err)
{
	static bool (*const steps[])(struct thoughts *, bool *, struct error *) = {
		[BEGINNING] = step_beginning, [OPENED] = step_white, [INSIDE] = step_inside, [CLOSED] = step_white,
		[ANSWER] = step_answer,
	};
	bool more = true;

	while (more) {
		more = false;
		if (!steps[t->stage](t, &more, err))
			return false;
	}
	return true;
}

bool thoughts_feed(struct thoughts *t, struct str text, struct error *err)
{
	return buf_add_str(&t->held, text, err) && advance(t, err);
}

bool thoughts_finish(struct thoughts *t, struct error *err)
{
	return send(t, t->held.len, err);
}
