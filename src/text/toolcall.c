/*
 * A machine that looks at one byte at a time, so that cuts cannot matter.  In text
 * it looks for the openings of the dialect's forms; behind one it follows the
 * call's JSON (text/jsonscan.h) and notes where name and arguments lie.  When both
 * are known the call goes out; a call that fails before makes its opening text,
 * and the machine goes back to the byte behind it.
 */
#include "text/toolcall.h"

#include "base/json.h"
#include "base/utf8.h"

#define SLICE     (64u << 10)   /* bytes looked at before what is certain goes out */
#define WHITE_MAX 4096u         /* white space held back; more is text */

enum stage { TEXT, LEAD, NAME, ARGUMENTS, OBJECT, LIST, CLOSING };
enum member { MEMBER_OTHER, MEMBER_NAME, MEMBER_ARGUMENTS };

void toolcall_init(struct toolcall *t, const struct dialect *dialect, const struct tool *tools, size_t tool_count,
	struct toolcall_sink sink)
{
	*t = (struct toolcall){
		.sink = sink, .dialect = dialect, .tools = tools, .tool_count = tool_count, .line_start = true,
		.held = BUF_INIT(TOOLCALL_MAX + 2 * SLICE + 2 * WHITE_MAX), .decoded = BUF_INIT(TOOLCALL_NAME_MAX),
	};
}

void toolcall_done(struct toolcall *t)
{
	buf_done(&t->held);
	buf_done(&t->decoded);
}

static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
static const char *byte_at(const struct toolcall *t, size_t at) { return t->held.data + (at - t->base); }
static size_t end_of(const struct toolcall *t) { return t->base + t->held.len; }

static struct str span_text(const struct toolcall *t, struct toolcall_span s)
{
	return (struct str){ byte_at(t, s.from), s.to - s.from };
}

/* ---- What goes out ---- */

static void drop_until(struct toolcall *t, size_t at)
{
	buf_consume(&t->held, at - t->base);
	t->base = at;
}

static bool send_text(struct toolcall *t, struct error *err)
{
	struct str text = { t->held.data, t->certain - t->base };

	if (text.n && !t->sink.on_text(t->sink.user, text, err))
		return false;
	drop_until(t, t->certain);
	return true;
}

/* What has come of the arguments and not gone out. */
static bool send_arguments(struct toolcall *t, struct error *err)
{
	struct toolcall_span rest = { t->arguments.from, t->arguments.to ? t->arguments.to : t->at };

	t->arguments.from = rest.to;
	return rest.to == rest.from || t->sink.on_arguments(t->sink.user, span_text(t, rest), err);
}

/* The text before it first. */
static bool send_call(struct toolcall *t, struct error *err)
{
	t->open = true;
	return send_text(t, err) && t->sink.on_call(t->sink.user, buf_str(&t->decoded), err);
}

static bool flush(struct toolcall *t, struct error *err)
{
	if (!t->open)
		return send_text(t, err);
	if (t->arguments.from && !send_arguments(t, err))
		return false;
	t->certain = t->arguments.from;
	if (!t->arguments.to)
		drop_until(t, t->at);
	return true;
}

/* ---- From text to a call, and back ---- */

enum match { NO, PARTLY, YES };

/* Whether `mark` stands at `at`. */
static enum match match(const struct toolcall *t, size_t at, const char *mark)
{
	size_t n = strlen(mark), there = end_of(t) - at;

	if (memcmp(byte_at(t, at), mark, n < there ? n : there) != 0)
		return NO;
	return n <= there ? YES : t->finishing ? NO : PARTLY;
}

static enum match match_form(const struct toolcall *t, const struct dialect_form *form)
{
	if (form->guess && (!t->line_start || !t->tool_count))
		return NO;
	return *form->open ? match(t, t->at, form->open) : match(t, t->at, "{");
}

/* The first form, in order, that begins here or may. */
static enum match match_forms(const struct toolcall *t, const struct dialect_form *forms, size_t count,
	const struct dialect_form **found)
{
	for (size_t i = 0; i < count && forms[i].open; i++) {
		enum match m = match_form(t, &forms[i]);
		*found = &forms[i];
		if (m != NO)
			return m;
	}
	return NO;
}

static enum match find_form(const struct toolcall *t, const struct dialect_form **found)
{
	enum match m = match_forms(t, t->dialect->forms, DIALECT_FORMS, found);

	return m != NO ? m : match_forms(t, dialect_guesses, dialect_guess_count, found);
}

static void begin_call(struct toolcall *t, size_t resume)
{
	t->stage = LEAD;
	t->resume = resume;
	t->named = false;
	t->member = MEMBER_OTHER;
	t->name = t->arguments = t->key = (struct toolcall_span){0};
	buf_clear(&t->decoded);
}

/* Back to text: what is no call is text up to `resume`; of one that went out, what stands behind is. */
static bool leave_call(struct toolcall *t, struct error *err)
{
	if (t->open && !flush(t, err))
		return false;
	if (!t->open)
		t->at = t->resume;
	else if (t->arguments.to)
		t->at = t->arguments.to > t->name.to ? t->arguments.to : t->name.to;
	if (t->open)
		drop_until(t, t->at);
	t->certain = t->at;
	t->stage = TEXT;
	t->open = t->in_list = t->line_start = false;
	return true;
}

/* t->certain stays where white space before a call began. */
static bool step_text(struct toolcall *t, struct error *err)
{
	const struct dialect_form *form = NULL;
	enum match m = find_form(t, &form);
	char c = *byte_at(t, t->at);

	(void)err;
	if (m == YES) {
		size_t n = strlen(form->open);
		t->form = form;
		begin_call(t, t->at + (n ? n : 1));
		t->at += n;
		return true;
	}
	t->waits = m == PARTLY;
	if (t->waits)
		return true;
	t->at++;
	t->line_start = c == '\n' || (t->line_start && is_space(c));
	if (!is_space(c) || t->at - t->certain > WHITE_MAX)
		t->certain = t->at;
	return true;
}

/* ---- Inside of a call ---- */

static bool is_name_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_-.:", c));
}

static bool is_tool(const struct toolcall *t, struct str name)
{
	for (size_t i = 0; i < t->tool_count; i++)
		if (str_equal(t->tools[i].name, name))
			return true;
	return false;
}

static void begin_object(struct toolcall *t)
{
	t->scan = (struct jsonscan)JSONSCAN_INIT;
	t->stage = OBJECT;
}

/* Behind the opening, or a comma in a list. */
static bool step_lead(struct toolcall *t, struct error *err)
{
	char c = *byte_at(t, t->at);

	if (is_space(c) && t->at - t->resume < WHITE_MAX) {
		t->at++;
	} else if (c == '{') {
		begin_object(t);
	} else if (c == '[' && t->form->list && !t->in_list) {
		t->in_list = true;
		t->at++;
	} else if (is_name_byte(c) && t->form->name_end && !t->in_list) {
		t->named = true;
		t->name.from = t->at;
		t->stage = NAME;
	} else {
		return leave_call(t, err);
	}
	return true;
}

static bool step_name(struct toolcall *t, struct error *err)
{
	char c = *byte_at(t, t->at);

	if (is_name_byte(c) && t->at - t->name.from < TOOLCALL_NAME_MAX) {
		t->at++;
		return true;
	}
	enum match m = match(t, t->at, t->form->name_end);
	t->waits = m == PARTLY;
	if (m == NO)
		return leave_call(t, err);
	if (m == PARTLY)
		return true;
	t->name.to = t->at;
	t->at += strlen(t->form->name_end);
	t->stage = ARGUMENTS;
	return buf_add_str(&t->decoded, span_text(t, t->name), err);
}

/* Behind a bare name. */
static bool step_arguments(struct toolcall *t, struct error *err)
{
	char c = *byte_at(t, t->at);

	if (is_space(c) && t->at - t->resume < WHITE_MAX) {
		t->at++;
		return true;
	}
	if (c != '{')
		return leave_call(t, err);
	begin_object(t);
	t->arguments.from = t->at;
	return send_call(t, err);
}

/* The name, without quotes and escapes; false when there is none, or none that may be meant. */
static bool decode_name(struct toolcall *t)
{
	struct error unused = {0};
	own_json *value = json_parse(span_text(t, t->name), "name", &unused);
	struct str name = { json_string_value(value), json_string_length(value) };

	return name.n && (!t->form->guess || is_tool(t, name)) && buf_add_str(&t->decoded, name, &unused);
}

/* A member's name ends at t->at; false when it must not stand here. */
static bool note_key(struct toolcall *t)
{
	struct str key;

	t->key.to = t->at;
	key = span_text(t, t->key);
	t->member = str_is(key, "name") ? MEMBER_NAME :
		str_is(key, "arguments") || str_is(key, "parameters") ? MEMBER_ARGUMENTS : MEMBER_OTHER;
	if (t->form->guess && !t->name.to && t->member != MEMBER_NAME)
		return false;
	return !(t->member == MEMBER_NAME && t->name.to) && !(t->member == MEMBER_ARGUMENTS && t->arguments.to);
}

/* A member's value begins at t->at. */
static bool note_value(struct toolcall *t, char c)
{
	if (t->member == MEMBER_NAME)
		t->name.from = t->at;
	if (t->member == MEMBER_ARGUMENTS)
		t->arguments.from = t->at;
	return t->member == MEMBER_OTHER || c == (t->member == MEMBER_NAME ? '"' : '{');
}

/* A member's value ends with the byte at t->at. */
static bool note_value_end(struct toolcall *t)
{
	if (t->member == MEMBER_ARGUMENTS)
		t->arguments.to = t->at + 1;
	if (t->member != MEMBER_NAME)
		return true;
	t->name.to = t->at + 1;
	return decode_name(t);
}

/* What the byte at t->at means for the call; false when it is none. */
static bool note(struct toolcall *t, enum scan_event event, unsigned before, char c)
{
	unsigned after = t->scan.depth;

	if (event == SCAN_BAD)
		return false;
	if (t->named)
		return true;
	if (event == SCAN_KEY_BEGINS && after == 1)
		t->key.from = t->at + 1;
	if (event == SCAN_KEY_ENDS && after == 1)
		return note_key(t);
	if (event == SCAN_VALUE_BEGINS && before == 1)
		return note_value(t, c);
	return event != SCAN_VALUE_ENDS || after != 1 || note_value_end(t);
}

/* The call's object closes before t->at. */
static bool end_object(struct toolcall *t, struct error *err)
{
	if (t->named)
		t->arguments.to = t->at;
	if (!t->decoded.len)
		return leave_call(t, err);
	if (!t->open && !send_call(t, err))
		return false;
	if (t->arguments.from ? !send_arguments(t, err) :
		!t->sink.on_arguments(t->sink.user, (struct str)STR("{}"), err))
		return false;
	t->open = false;
	drop_until(t, t->at);
	t->certain = t->resume = t->at;
	t->stage = t->in_list ? LIST : CLOSING;
	return true;
}

static bool too_long(const struct toolcall *t)
{
	bool name = t->member == MEMBER_NAME && t->name.from && !t->name.to;
	size_t held_from = !t->open ? t->resume : t->arguments.to ? t->arguments.to : t->at;

	return t->at - held_from > TOOLCALL_MAX || (name && t->at - t->name.from > TOOLCALL_NAME_MAX);
}

static bool step_object(struct toolcall *t, struct error *err)
{
	unsigned before = t->scan.depth;
	char c = *byte_at(t, t->at);

	if (!note(t, jsonscan_byte(&t->scan, c), before, c))
		return leave_call(t, err);
	t->at++;
	if (too_long(t))
		return leave_call(t, err);
	if (jsonscan_closed(&t->scan))
		return end_object(t, err);
	return t->open || !t->decoded.len || !t->arguments.from || send_call(t, err);
}

/* ---- Behind a call ---- */

/* In a list: a comma and the next, or its end. */
static bool step_list(struct toolcall *t, struct error *err)
{
	char c = *byte_at(t, t->at);

	if (is_space(c) && t->at - t->certain < WHITE_MAX) {
		t->at++;
	} else if (c == ',') {
		begin_call(t, ++t->at);
	} else {
		if (c != ']')
			return leave_call(t, err);
		t->in_list = false;
		t->stage = CLOSING;
		t->certain = ++t->at;
		drop_until(t, t->at);
	}
	return true;
}

static void end_closing(struct toolcall *t)
{
	t->at = t->certain;
	t->stage = TEXT;
	t->line_start = true;
}

/* The closing mark and the white space before it are dropped; when it is missing, nothing is. */
static bool step_closing(struct toolcall *t, struct error *err)
{
	size_t at = t->certain;

	(void)err;
	while (at < end_of(t) && is_space(*byte_at(t, at)))
		at++;
	if (at == end_of(t) && !t->finishing && at - t->certain < WHITE_MAX) {
		t->waits = true;
		return true;
	}
	enum match m = t->form->close && at < end_of(t) ? match(t, at, t->form->close) : NO;
	t->waits = m == PARTLY;
	if (m == YES) {
		t->certain = at + strlen(t->form->close);
		drop_until(t, t->certain);
	}
	if (m != PARTLY)
		end_closing(t);
	return true;
}

/* ---- The whole ---- */

static bool advance(struct toolcall *t, struct error *err)
{
	static bool (*const steps[])(struct toolcall *, struct error *) = {
		[TEXT] = step_text, [LEAD] = step_lead, [NAME] = step_name, [ARGUMENTS] = step_arguments,
		[OBJECT] = step_object, [LIST] = step_list, [CLOSING] = step_closing,
	};

	t->waits = false;
	while (t->at < end_of(t) && !t->waits)
		if (!steps[t->stage](t, err))
			return false;
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
	t->finishing = true;
	while (t->stage != TEXT || t->at < end_of(t)) {
		if (!advance(t, err))
			return false;
		if (t->stage == CLOSING)
			end_closing(t);
		else if (t->stage != TEXT && !leave_call(t, err))
			return false;
	}
	t->certain = end_of(t);
	return flush(t, err);
}
