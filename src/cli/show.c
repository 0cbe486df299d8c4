#include "cli/show.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/utf8.h"
#include "cli/interrupt.h"
#include "cli/term.h"
#include "provider/provider.h"

#define DIM "\033[2m"
#define RED "\033[31m"
#define PLAIN "\033[0m"
#define CONFIRM_POLL_MS 100

void show_init(struct show *s)
{
	bool terminal = isatty(STDERR_FILENO);

	*s = (struct show){
		.terminal = isatty(STDOUT_FILENO),
		.status = terminal && !term_is_plain(),
		.colour = terminal && term_may_colour(),
		.fresh_line = true,
	};
}

bool show_visible(struct buf *out, struct str text, struct error *err)
{
	for (size_t i = 0, n; i < text.n; i += n) {
		uint32_t c;
		char picture[4];

		n = utf8_decode(text.p + i, text.n - i, &c);
		struct str piece = { text.p + i, n };
		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || (c >= 0x80 && c < 0xa0) ||
			(c == 0xFFFD && n == 1)) {
			uint32_t shown = c < 0x20 ? 0x2400 + c : c == 0x7f ? 0x2421 : 0xFFFD;
			piece = (struct str){ picture, utf8_encode(shown, picture) };
		}
		if (!buf_add_str(out, piece, err))
			return false;
	}
	return true;
}

/* The text may be a teacher's error or a model's name: others' words too. */
static void line(const struct show *s, const char *colour, const char *before, const char *text)
{
	own_buf visible = BUF_INIT((size_t)64 << 10);
	struct error err = {0};

	if (show_visible(&visible, str_of(text), &err))
		fprintf(stderr, "%s%s%s%s\n", s->colour ? colour : "", before, visible.data, s->colour ? PLAIN : "");
}

/* --- the line that is replaced ------------------------------------------------------ */

static void end_status(struct show *s)
{
	if (!s->thinking && !s->waits_for[0])
		return;
	s->thinking = false;
	s->waits_for[0] = '\0';
	fputs("\r\033[K", stderr);
	fflush(stderr);
}

void show_thinking(struct show *s)
{
	if (!s->colour || s->thinking)
		return;
	end_status(s);
	s->thinking = true;
	fputs(DIM "thinking ..." PLAIN, stderr);
	fflush(stderr);
}

/* As many columns as a line has; taking each code point for one. */
static size_t columns(void)
{
	struct winsize size = {0};

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

/* Cuts a text that would not fit on the line, and says so by dots; whole code points. */
static void fit(char *text, size_t room)
{
	char *cut = text;
	size_t shown = 0;

	for (char *c = text; *c; c++) {
		if (((unsigned char)*c & 0xc0) == 0x80)
			continue;
		if (shown == room) {
			memcpy(cut, room > 3 ? "..." : "", room > 3 ? sizeof "..." : 1);
			return;
		}
		if (shown++ + 3 <= room)
			cut = c;
	}
}

static void draw_wait(struct show *s)
{
	uint64_t now = clock_ms();
	unsigned left = now < s->until_ms ? (unsigned)((s->until_ms - now + 999) / 1000) : 0;
	char why[sizeof s->waits_for], rest[96];

	if (left == s->shown_s)
		return;
	s->shown_s = left;
	if (left)
		snprintf(rest, sizeof rest, ": asking again in %u s%s", left, s->then);
	else
		snprintf(rest, sizeof rest, ": asking again%s", s->then);
	memcpy(why, s->waits_for, sizeof why);
	size_t room = columns() - 3;
	fit(why, room > strlen(rest) ? room - strlen(rest) : 0);
	fprintf(stderr, "\r\033[K%s- %s%s%s", s->colour ? DIM : "", why, rest, s->colour ? PLAIN : "");
	fflush(stderr);
}

void show_tick(struct show *s)
{
	if (s->waits_for[0])
		draw_wait(s);
}

void show_notice(struct show *s, const struct link_notice *n)
{
	own_buf visible = BUF_INIT((size_t)64 << 10);
	struct error err = {0};

	end_status(s);
	if (strcmp(n->text, s->problem) == 0)
		return;
	if (!s->status || !n->why || !n->attempts) {
		line(s, DIM, "- ", n->text);
		return;
	}
	if (!show_visible(&visible, str_of(n->why), &err))
		return;
	snprintf(s->waits_for, sizeof s->waits_for, "%s", visible.data);
	snprintf(s->then, sizeof s->then, " (attempt %u of %u)", n->attempt, n->attempts);
	s->until_ms = clock_ms() + n->wait_ms;
	s->shown_s = UINT_MAX;
	draw_wait(s);
}

/* --- answers --------------------------------------------------------------------------- */

bool show_text(void *show, struct str text, struct error *err)
{
	struct show *s = show;
	own_buf visible = BUF_INIT((size_t)64 << 20);

	if (!text.n)
		return true;
	end_status(s);
	s->fresh_line = text.p[text.n - 1] == '\n';
	if (s->terminal) {
		if (!show_visible(&visible, text, err))
			return false;
		text = buf_str(&visible);
	}
	return file_write_fd(STDOUT_FILENO, text, err) || error_prefix(err, "standard output");
}

void show_end(struct show *s)
{
	struct error err = {0};

	end_status(s);
	if (!s->fresh_line)
		(void)!file_write_fd(STDOUT_FILENO, (struct str)STR("\n"), &err);
	s->fresh_line = true;
	s->problem[0] = '\0';
}

static void local_figures(const struct link_answer *a, char *out, size_t size)
{
	double seconds = (double)(a->total_ns - a->first_ns) / 1e9;

	if (a->completion_tokens > 1 && seconds >= 0.1)
		snprintf(out, size, ", %zu tokens, %.1f a second", a->completion_tokens,
			(double)(a->completion_tokens - 1) / seconds);
	else
		snprintf(out, size, ", %zu tokens", a->completion_tokens);
}

static void teacher_figures(const struct link_answer *a, char *out, size_t size)
{
	if (a->cost_usd >= 0.0001)
		snprintf(out, size, ", $%.4f", a->cost_usd);
	else if (a->cost_usd > 0)
		snprintf(out, size, ", less than $0.0001");
}

/* " of OpenAI": what a teacher is called for people, where its name is no more than its provider's. */
static void whose(const struct link_answer *a, char *out, size_t size)
{
	const struct provider *p = a->teacher ? provider_find(a->teacher) : NULL;

	if (a->teacher)
		snprintf(out, size, " of %s", p ? p->display_name : a->teacher);
}

void show_source(const struct show *s, const struct link_answer *a)
{
	char text[400], figures[64] = "", of[100] = "";

	if (!a->kind)
		return;
	if (strcmp(a->kind, "known_answer") == 0) {
		snprintf(text, sizeof text, "known answer %s (a text of this program, no model)", a->name);
	} else if (strcmp(a->kind, "local") == 0) {
		local_figures(a, figures, sizeof figures);
		snprintf(text, sizeof text, "%s on this machine%s%s", a->name, figures,
			a->cut_by_length ? ", cut at the length limit" : "");
	} else {
		teacher_figures(a, figures, sizeof figures);
		whose(a, of, sizeof of);
		snprintf(text, sizeof text, "%s%s, the teacher (%s)%s%s", a->name, of, a->reason, figures,
			a->cut_by_length ? ", cut at the length limit" : "");
	}
	line(s, DIM, "- ", text);
}

void show_error(const struct show *s, const char *text)
{
	line(s, RED, "shammah: ", text);
}

void show_note(const struct show *s, const char *text)
{
	line(s, DIM, "- ", text);
}

void show_stopped(const struct show *s)
{
	if (s->status)
		fputs("\r\033[K", stderr);
	show_note(s, "stopped");
}

void show_problem(struct show *s, const char *text)
{
	snprintf(s->problem, sizeof s->problem, "%s", text);
	show_note(s, text);
}

void show_todo_list(const struct show *s, const json_t *todos)
{
	json_t *todo;
	size_t i;

	json_array_foreach(todos, i, todo) {
		const char *status = json_member_string(todo, "status"), *content = json_member_string(todo, "content");
		const char *mark = !status || *status == 'p' ? "  [ ] " : *status == 'i' ? "  [.] " : "  [x] ";
		line(s, DIM, mark, content ? content : "");
	}
}

void show_report(const struct show *s, const char *lines)
{
	line(s, "", "", lines);
}

/* One byte, read without a buffer that would keep what is typed after it; 0 at the end, or when the token fired. */
static char read_key(const struct cancel *cancel)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	while (poll(&in, 1, CONFIRM_POLL_MS) <= 0)
		if (cancel_fired(cancel))
			return '\0';
	return read(STDIN_FILENO, &key, 1) == 1 ? key : '\0';
}

bool show_confirm(const char *question)
{
	struct cancel cancel;
	char first = '\0', key;

	fprintf(stderr, "%s [y/N] ", question);
	fflush(stderr);
	cancel_init(&cancel);
	interrupt_guards(&cancel);
	while ((key = read_key(&cancel)) && key != '\n' && key != '\r')
		first = first ? first : key;
	interrupt_guards(NULL);
	cancel_done(&cancel);
	if (!key)
		fputc('\n', stderr);
	return key && (first == 'y' || first == 'Y');
}
