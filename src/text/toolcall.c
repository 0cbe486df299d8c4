/*
 * A machine that looks at one byte at a time, so that cuts cannot matter.
 * Outside of calls it follows white space and the opening tag; inside, just as
 * much JSON as it takes to see where the object ends or that it is none.  When a
 * call turns out to be none, its tag becomes text and the machine goes back to
 * the byte behind it.
 */
#include "text/toolcall.h"

#include "base/json.h"
#include "base/utf8.h"
#include "text/pull.h"

#define SLICE     (64u << 10)   /* bytes looked at before what is certain goes out */
#define WHITE_MAX 4096u         /* white space held back; more is text */

static const struct str opening = STR("<tool_call>");
static const struct str closing = STR("</tool_call>");

enum verdict { MORE, DONE, BAD };

void toolcall_init(struct toolcall *t, struct toolcall_sink sink)
{
	*t = (struct toolcall){ .sink = sink, .held = BUF_INIT(TOOLCALL_MAX + 2 * SLICE + WHITE_MAX) };
}

void toolcall_done(struct toolcall *t)
{
	buf_done(&t->held);
}

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

/* Letters stand for true, false, null and exponents; the parser will be exact. */
static bool may_stand_in_json(char c)
{
	return is_space(c) || (c >= 'a' && c <= 'z') || c == 'E' || (c >= '0' && c <= '9') || (c && strchr(",:+-.", c));
}

static enum verdict scan_string(struct toolcall *t, char c)
{
	if (t->escaped)
		t->escaped = false;
	else if (c == '\\')
		t->escaped = true;
	else if (c == '"')
		t->in_string = false;
	return (unsigned char)c < ' ' ? BAD : MORE;
}

static enum verdict scan_inside(struct toolcall *t, char c)
{
	if (c == '"')
		t->in_string = true;
	else if (c == '{' || c == '[')
		t->depth++;
	else if (c == '}' || c == ']')
		t->closed = --t->depth == 0;
	else if (!may_stand_in_json(c))
		return BAD;
	return MORE;
}

static enum verdict scan_closing(struct toolcall *t, char c)
{
	if (t->matched == 0 && is_space(c))
		return MORE;
	if (c != closing.p[t->matched])
		return BAD;
	return ++t->matched == closing.n ? DONE : MORE;
}

static enum verdict scan(struct toolcall *t, char c)
{
	if (t->in_string)
		return scan_string(t, c);
	if (t->closed)
		return scan_closing(t, c);
	if (t->depth)
		return scan_inside(t, c);
	if (c == '{')
		t->depth = 1;
	return c == '{' || is_space(c) ? MORE : BAD;
}

/* The text of a member of a JSON object known to be well-formed; "{}" when there is none. */
static struct str member_text(struct str object, const char *name)
{
	own_pull p = PULL_INIT(object);
	struct str key, value;

	for (bool more = pull_enter(&p, '{'); more; more = pull_more(&p, '}')) {
		bool wanted = pull_key(&p, &key) && str_is(key, name);
		if (pull_skip(&p, &value) && wanted)
			return value;
	}
	return (struct str)STR("{}");
}

static bool flush(struct toolcall *t, struct error *err)
{
	struct str text = { t->held.data, t->certain };

	if (text.n && !t->sink.on_text(t->sink.user, text, err))
		return false;
	buf_consume(&t->held, t->certain);
	t->at -= t->certain;
	t->body -= t->body ? t->certain : 0;
	t->certain = 0;
	return true;
}

/* Back to looking for a tag, from `at` on. */
static void leave_call(struct toolcall *t, size_t at)
{
	t->at = t->certain = at;
	t->body = t->matched = t->depth = 0;
	t->closed = t->in_string = t->escaped = false;
}

/* The closing tag ends at t->at: hands out the call, or makes its tag text. */
static bool end_call(struct toolcall *t, struct error *err)
{
	struct error unused = {0};
	struct str json = { t->held.data + t->body, t->at - closing.n - t->body };
	own_json *call = json_parse(json, "tool call", &unused);
	const json_t *arguments = json_object_get(call, "arguments");
	struct str name = json_member_str(call, "name");

	if (!name.n || (arguments && !json_is_object(arguments))) {
		leave_call(t, t->body);
		return true;
	}
	struct str text = { t->held.data, t->certain };
	if ((text.n && !t->sink.on_text(t->sink.user, text, err)) ||
	    !t->sink.on_call(t->sink.user, name, member_text(json, "arguments"), err))
		return false;
	buf_consume(&t->held, t->at);
	leave_call(t, 0);
	return true;
}

static bool step_in_call(struct toolcall *t, struct error *err)
{
	enum verdict verdict = scan(t, t->held.data[t->at++]);

	if (verdict == DONE)
		return end_call(t, err);
	if (verdict == BAD || t->at - t->body > TOOLCALL_MAX)
		leave_call(t, t->body);
	return true;
}

/* t->certain stays where white space before a tag began. */
static void step_in_text(struct toolcall *t)
{
	char c = t->held.data[t->at];

	if (c == opening.p[t->matched]) {
		t->at++;
		if (++t->matched == opening.n) {
			t->matched = 0;
			t->body = t->at;
		}
	} else if (t->matched) {
		t->matched = 0;
		t->certain = t->at;   /* and look at c again */
	} else {
		t->at++;
		if (!is_space(c) || t->at - t->certain > WHITE_MAX)
			t->certain = t->at;
	}
}

static bool advance(struct toolcall *t, struct error *err)
{
	while (t->at < t->held.len) {
		if (!t->body)
			step_in_text(t);
		else if (!step_in_call(t, err))
			return false;
	}
	return flush(t, err);
}

bool toolcall_feed(struct toolcall *t, struct str text, struct error *err)
{
	while (text.n) {
		size_t n = text.n < SLICE ? text.n : SLICE - utf8_incomplete_tail(text.p, SLICE);
		if (!buf_add(&t->held, text.p, n, err) || !advance(t, err))
			return false;
		text = str_from(text, n);
	}
	return true;
}

bool toolcall_finish(struct toolcall *t, struct error *err)
{
	while (t->body) {
		leave_call(t, t->body);
		if (!advance(t, err))
			return false;
	}
	t->certain = t->held.len;
	return flush(t, err);
}
