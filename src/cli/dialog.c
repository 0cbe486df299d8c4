#include "cli/dialog.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/path.h"
#include "cli/call_line.h"
#include "cli/dialog_text.h"
#include "permit/risk.h"

#define POLL_MS 100
#define LINE_MAX_BYTES ((size_t)64 << 10)
#define SHOWN_MAX ((size_t)1 << 20)
#define DIFF_LINES 60
#define WHOLE_MAX ((size_t)64 << 10)       /* bytes of what runs */
#define PART_MAX ((size_t)2000)            /* of what goes along with it */
#define ROWS_OF_CHOICES 4                  /* yes, no, the question, and the line that is typed */
#define WORDS_BEFORE 54                    /* columns before a rule that would be remembered */
#define OPTIONS_MAX 8

/* --- asking ------------------------------------------------------------------------------------- */

/* One byte, read without a buffer that would keep what is typed after it; 0 at the end, or after Ctrl+C. */
static char read_key(const struct dialog *d)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	while (poll(&in, 1, POLL_MS) <= 0)
		if (cancel_fired(d->cancel))
			return '\0';
	return read(STDIN_FILENO, &key, 1) == 1 ? key : '\0';
}

/* A line, trimmed; false: none comes any more. */
static bool ask_line(struct dialog *d, const char *question, struct buf *line)
{
	struct error err = {0};
	char key;

	buf_clear(line);
	fputs(question, stderr);
	fflush(stderr);
	while ((key = read_key(d)) && key != '\n' && key != '\r')
		if (!buf_add(line, &key, 1, &err))
			return false;
	if (!key)
		fputc('\n', stderr);
	struct str text = str_trim(buf_str(line));
	if (text.n)
		memmove(line->data, text.p, text.n);
	buf_truncate(line, text.n);
	return key;
}

/* A text of others. */
static void put_part(const char *before, struct str text, size_t limit, const char *after)
{
	own_buf shown = BUF_INIT(SHOWN_MAX);
	struct error err = {0};

	if (dialog_text(&shown, text, limit, &err))
		fprintf(stderr, "%s%s%s", before, shown.data, after);
	else
		fprintf(stderr, "%s(too much to be shown)%s", before, after);
}

static void put(const char *before, struct str text) { put_part(before, text, WHOLE_MAX, "\n"); }

/* --- may this call run? ---------------------------------------------------------------------------- */

static bool runs(const char *name) { return strcmp(name, "command") == 0 || strcmp(name, "code") == 0; }

/* What runs stands last, so that nothing pushes it from the screen, and is whole; the rest may be cut. */
static void show_arguments(const json_t *input, bool running)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)input, name, value) {
		own_mem char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
		if (runs(name) != running)
			continue;
		put_part("  ", str_of(name), PART_MAX, ": ");
		put_part("", text ? str_of(text) : (struct str){ json_string_value(value), json_string_length(value) },
			running ? WHOLE_MAX : PART_MAX, "\n");
	}
}

static void show_change(const json_t *preview)
{
	own_buf diff = BUF_INIT(SHOWN_MAX);
	struct error err = {0};

	if (call_diff(&diff, preview, DIFF_LINES, &err))
		fputs(diff.data, stderr);
}

/* How much is at stake, what it can change, whether that can be taken back, and a safer way. */
static void show_risk(const struct agent_request *r)
{
	const struct risk_question q = { .tool = str_of(r->kind->name), .input = r->input, .confined = r->confined,
		.checkpoint = r->kind->preview != NULL, .repository = path_is_directory(".git") };
	struct risk risk;

	risk_judge(&q, &risk);
	fprintf(stderr, "  risk: %s; it %s%s%s\n", risk_level_names[risk.level], risk.changes, risk.undo ? "; " : "",
		risk.undo ? risk.undo : "");
	if (r->kind->confined)
		fputs(r->confined ? "  it runs confined: it can change the project, and nothing else\n" :
			"  it runs with all your rights, not confined\n", stderr);
	if (risk.safer)
		fprintf(stderr, "  a safer way: %s\n", risk.safer);
}

static const char *heading(const char *tool)
{
	static const struct { const char *tool, *words; } rows[] = {
		{ "Bash", "Run this command?" }, { "RunCode", "Run this code?" }, { "Edit", "Change this file?" },
		{ "Write", "Write this file?" }, { "NotebookEdit", "Change this notebook?" },
		{ "Read", "Read this file?" }, { "Grep", "Search here?" }, { "Glob", "List files here?" },
		{ "WebFetch", "Fetch this page?" }, { "WebSearch", "Search the web for this?" },
		{ "Restart", "Build Shammah and go on in the new one?" },
	};

	for (size_t i = 0; i < countof(rows); i++)
		if (strcmp(rows[i].tool, tool) == 0)
			return rows[i].words;
	return "May this be done?";
}

static void show_request(const struct agent_request *r)
{
	fprintf(stderr, "\n%s (%s)\n", heading(r->kind->name), r->kind->name);
	if (json_array_size(json_object_get(r->preview, "structuredPatch"))) {
		const char *path = r->kind->path_member ? json_member_string(r->input, r->kind->path_member) : NULL;
		put("  ", str_of(path ? path : ""));
		show_change(r->preview);
	} else {
		show_arguments(r->input, false);
		show_arguments(r->input, true);
	}
	put("  why this is asked: ", str_of(r->permission->why));
	show_risk(r);
}

/* "Don't ask again" is a choice only where all that it would allow can be read at once. */
static bool may_remember(const struct permission *p)
{
	struct winsize size = {0};
	bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col && size.ws_row;
	size_t columns = known ? size.ws_col : 80, room = known ? size.ws_row : 24, rows = ROWS_OF_CHOICES;

	for (size_t i = 0; i < p->suggestion_count; i++) {
		struct str rule = str_of(p->suggestions[i]);
		if (!dialog_text_is_plain(rule))
			return false;
		rows += dialog_text_rows(rule, columns > WORDS_BEFORE ? columns - WORDS_BEFORE : 1);
	}
	return p->suggestion_count && rows <= room;
}

static void show_choices(const struct dialog *d, const struct permission *p, bool remembers)
{
	bool last = remembers && grants_last(d->grants, p->suggestions[0]);

	fputs("  1 yes\n", stderr);
	for (size_t i = 0; remembers && i < p->suggestion_count; i++)
		put(i ? "    and " : last ? "  2 yes, and in this project do not ask again for " :
			"  2 yes, and in this conversation do not ask again for ", str_of(p->suggestions[i]));
	fputs("  3 no, and say what to do instead\n", stderr);
}

static void remember(struct dialog *d, const struct permission *p)
{
	struct error err = {0};

	for (size_t i = 0; i < p->suggestion_count; i++)
		if (!grants_add(d->grants, p->suggestions[i], &err))
			show_error(d->show, err.text);
}

static enum agent_reply refuse(struct dialog *d, struct buf *words)
{
	own_buf line = BUF_INIT(LINE_MAX_BYTES);
	struct error err = {0};

	if (!ask_line(d, "What instead? (Enter alone stops) ", &line) || !line.len)
		return AGENT_NO;
	return buf_add_str(words, buf_str(&line), &err) ? AGENT_INSTEAD : AGENT_NO;
}

enum agent_reply dialog_permission(struct dialog *d, const struct agent_request *request, struct buf *words)
{
	const struct permission *p = request->permission;
	own_buf line = BUF_INIT(LINE_MAX_BYTES);
	bool remembers = may_remember(p);

	show_end(d->show);
	show_request(request);
	show_choices(d, p, remembers);
	while (ask_line(d, remembers ? "[1/2/3] " : "[1/3] ", &line)) {
		struct str choice = buf_str(&line);
		if (str_is(choice, "1") || str_is_like(choice, "y") || str_is_like(choice, "yes"))
			return AGENT_YES;
		if (str_is(choice, "2") && remembers) {
			remember(d, p);
			return AGENT_YES;
		}
		if (str_is(choice, "3") || str_is_like(choice, "n") || str_is_like(choice, "no"))
			return refuse(d, words);
	}
	return AGENT_NO;
}

/* --- the rest ---------------------------------------------------------------------------------------- */

bool dialog_go_on(struct dialog *d, unsigned turns)
{
	own_buf line = BUF_INIT(LINE_MAX_BYTES);

	show_end(d->show);
	fprintf(stderr, "\n%u answers with calls of tools so far. Go on? ", turns);
	return ask_line(d, "[y/N] ", &line) && (line.data[0] == 'y' || line.data[0] == 'Y');
}

/* The labels that a line of numbers names, else the line itself, which is an answer of the user's own. */
static json_t *answer_of(const json_t *options, struct str line)
{
	own_buf labels = BUF_INIT(LINE_MAX_BYTES);
	struct error err = {0};
	struct str rest = line, piece;

	while (str_split(&rest, ',', &piece)) {
		char number[8] = "";
		piece = str_trim(piece);
		if (piece.n && piece.n < sizeof number)
			memcpy(number, piece.p, piece.n);
		char *end = number;
		unsigned long n = strtoul(number, &end, 10);
		const char *label = !*number || *end || n < 1 ? NULL :
			json_member_string(json_array_get(options, n - 1), "label");
		if (!label || !buf_addf(&labels, &err, "%s%s", labels.len ? ", " : "", label))
			return json_stringn(line.p, line.n);
	}
	return json_stringn(labels.data, labels.len);
}

static json_t *ask_question(struct dialog *d, const json_t *question)
{
	const json_t *options = json_object_get(question, "options");
	bool many = json_is_true(json_object_get(question, "multiSelect"));
	own_buf line = BUF_INIT(LINE_MAX_BYTES);
	json_t *option;
	size_t i;

	put("\n", json_member_str(question, "question"));
	json_array_foreach(options, i, option) {
		fprintf(stderr, "  %zu ", i + 1);
		put("", json_member_str(option, "label"));
		put("    ", json_member_str(option, "description"));
	}
	while (ask_line(d, many ? "Numbers, with commas, or your own words: " : "A number, or your own words: ", &line))
		if (line.len)
			return answer_of(options, buf_str(&line));
	return NULL;
}

json_t *dialog_questions(struct dialog *d, const json_t *questions, struct error *err)
{
	own_json *answers = json_object();
	json_t *question;
	size_t i;

	show_end(d->show);
	json_array_foreach(questions, i, question) {
		json_t *answer = ask_question(d, question);
		const char *name = json_member_string(question, "question");
		if (!answer || !name) {
			json_decref(answer);
			error_set(err, ERROR_DENIED, "The user did not answer.");
			return NULL;
		}
		json_object_set_new(answers, name, answer);
	}
	return take(answers);
}

bool dialog_plan(struct dialog *d, struct str plan, struct error *err)
{
	own_buf line = BUF_INIT(LINE_MAX_BYTES);

	show_end(d->show);
	put("\nThe plan:\n", plan);
	fputs("  1 begin, and ask before each edit\n  2 begin, and edit without asking\n  3 go on planning\n", stderr);
	while (ask_line(d, "[1/2/3] ", &line)) {
		struct str choice = buf_str(&line);
		if (str_is(choice, "1") || str_is(choice, "2"))
			return permissions_set_mode(d->grants->permissions,
				str_is(choice, "2") ? PERMISSION_ACCEPT_EDITS : PERMISSION_DEFAULT, err);
		if (str_is(choice, "3"))
			break;
	}
	if (!ask_line(d, "What should change? ", &line) || !line.len)
		return error_set(err, ERROR_DENIED, "The user did not take the plan: plan mode goes on.");
	return error_set(err, ERROR_DENIED, "The user did not take the plan, and says: %.300s", line.data);
}
