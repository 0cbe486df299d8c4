/*
 * The line-based prompt, on libedit.
 *
 * While a line is edited Ctrl+C must be a key and not a signal (the signal ends
 * answers, see cli/interrupt.h), so the editor's terminal mode switches signals
 * off and ^C is bound to a function: it drops the line, and on an empty one asks
 * for a second Ctrl+C.  ^Z is bound as well, to the signal that it otherwise is.
 */
#include <errno.h>
#include <fcntl.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "config/home.h"
#include "cli/again.h"
#include "cli/commands.h"
#include "cli/conversation.h"
#include "cli/interrupt.h"
#include "cli/mentions.h"
#include "cli/offer.h"
#include "cli/refresh.h"

#define HISTORY_LINES 1000
#define HISTORY_BYTES ((off_t)1 << 20)   /* of the file, before it is shortened to those lines */
#define MESSAGE_MAX ((size_t)12 << 20)
#define WHOLE_MAX ((size_t)15 << 20)     /* with what it mentions */

const struct prompt_command prompt_commands[] = {
	{ "/help", "this list" },
	{ "/clear", "forget the conversation" },
	{ "/permissions", "the rules for tools, and the mode" },
	{ "/plan", "plan first: read only, until you take the plan" },
	{ "/mode", "/mode NAME: default, acceptEdits, plan, dontAsk, bypassPermissions" },
	{ "/models", "models on this machine, and how far a download is" },
	{ "/exit", "leave (also Ctrl+D)" },
	{0},
};

struct repl {
	EditLine *editor;
	History *history;
	char *history_file;          /* NULL: history is not kept */
	bool continued;              /* inside a message of several lines */
	bool dropped;                /* Ctrl+C was typed at the line just read */
	unsigned interrupts;         /* Ctrl+C in a row, on empty lines */
	struct conversation conversation;
	struct buf shell;            /* what !COMMAND gave since the last question */
	struct offer_watch watch;
	struct refresh refresh;
	struct config *config;
};

/* --- the editor -------------------------------------------------------------------- */

static char *prompt(EditLine *editor)
{
	struct repl *r;

	el_get(editor, EL_CLIENTDATA, &r);
	return r->continued ? "... " : "> ";
}

static unsigned char on_ctrl_c(EditLine *editor, int key)
{
	const LineInfo *line = el_line(editor);
	struct repl *r;

	(void)key;
	el_get(editor, EL_CLIENTDATA, &r);
	bool empty = line->lastchar == line->buffer && !r->continued;
	r->interrupts = empty ? r->interrupts + 1 : 0;
	r->dropped = true;
	return CC_NEWLINE;
}

static unsigned char on_ctrl_z(EditLine *editor, int key)
{
	(void)key;
	el_set(editor, EL_PREP_TERM, 0);
	(void)raise(SIGTSTP);
	el_set(editor, EL_PREP_TERM, 1);
	return CC_REDISPLAY;
}

/* Without a UTF-8 locale the editor would take umlauts apart. */
static void use_utf8(void)
{
	setlocale(LC_CTYPE, "");
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		(void)setlocale(LC_CTYPE, "C.UTF-8");
}

/* Lines are only ever appended; now and then the file is written anew, with those that are kept. */
static void shorten_history(struct repl *r)
{
	struct stat st;
	HistEvent event;
	own_mem char *fresh = mem_printf("%s.%ld", r->history_file, (long)getpid());

	if (stat(r->history_file, &st) < 0 || st.st_size <= HISTORY_BYTES)
		return;
	if (history(r->history, &event, H_SAVE, fresh) < 0 || chmod(fresh, 0600) < 0 ||
		rename(fresh, r->history_file) < 0)
		(void)unlink(fresh);
}

static void open_history(struct repl *r, const char *home)
{
	HistEvent event;

	r->history = history_init();
	history(r->history, &event, H_SETSIZE, HISTORY_LINES);
	history(r->history, &event, H_SETUNIQUE, 1);
	r->history_file = home_path(home, HOME_HISTORY);
	if (!path_is_file(r->history_file))
		return;
	if (history(r->history, &event, H_LOAD, r->history_file) >= 0) {
		shorten_history(r);
		return;
	}
	fprintf(stderr, "shammah: cannot read %s; it is left as it is\n", r->history_file);
	free(take(r->history_file));
}

static void open_editor(struct repl *r)
{
	use_utf8();
	r->editor = el_init("shammah", stdin, stdout, stderr);
	el_set(r->editor, EL_CLIENTDATA, r);
	el_set(r->editor, EL_PROMPT, prompt);
	el_set(r->editor, EL_EDITOR, "emacs");
	el_set(r->editor, EL_HIST, history, r->history);
	el_set(r->editor, EL_SIGNAL, 1);     /* a resized window, and a terminal left as it was */
	el_set(r->editor, EL_SETTY, "-d", "-isig", NULL);
	el_set(r->editor, EL_ADDFN, "drop-line", "drop the line", on_ctrl_c);
	el_set(r->editor, EL_ADDFN, "suspend", "go to the background", on_ctrl_z);
	el_set(r->editor, EL_BIND, "^C", "drop-line", NULL);
	el_set(r->editor, EL_BIND, "^Z", "suspend", NULL);
	el_set(r->editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
}

/*
 * Appended line by line, so that two sessions do not overwrite each other's.  libedit
 * goes back as many entries as it is told and writes from there: 0 is the newest.
 */
static bool append_history(struct repl *r)
{
	int fd = open(r->history_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	FILE *file = fd >= 0 ? fdopen(fd, "a") : NULL;
	HistEvent event;

	if (!file)
		return false;
	bool ok = fseek(file, 0, SEEK_END) == 0 && history(r->history, &event, H_NSAVE_FP, (size_t)0, file) >= 0;
	return fclose(file) == 0 && ok;
}

static void remember(struct repl *r, const char *line)
{
	HistEvent event;

	if (history(r->history, &event, H_ENTER, line) < 0 || !r->history_file || append_history(r))
		return;
	fprintf(stderr, "shammah: cannot write %s; what is typed from now on is not kept\n", r->history_file);
	free(take(r->history_file));
}

/* --- reading one message ----------------------------------------------------------- */

enum input { INPUT_TEXT, INPUT_NOTHING, INPUT_END };

/* One line without its newline; false at the end of input. */
static bool read_line(struct repl *r, struct buf *out, struct error *err)
{
	int n;
	const char *line = el_gets(r->editor, &n);

	if (r->dropped)
		return true;
	if (!line || n <= 0) {
		puts("");
		return false;
	}
	struct str text = { line, (size_t)n };
	while (text.n && (text.p[text.n - 1] == '\n' || text.p[text.n - 1] == '\r'))
		text.n--;
	return buf_add_str(out, text, err);
}

/* Lines that came together were pasted together, and are one message. */
static bool more_was_pasted(void)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&in, 1, 0) > 0;
}

/* A backslash at the end of a line is replaced by a line end; true when the message goes on. */
static bool goes_on(struct buf *message, struct error *err)
{
	if (message->len && message->data[message->len - 1] == '\\') {
		message->data[message->len - 1] = '\n';
		return true;
	}
	return message->len && more_was_pasted() && buf_adds(message, "\n", err);
}

/* A message: lines that end in a backslash, or were pasted together. */
static enum input read_message(struct repl *r, struct buf *message, struct error *err)
{
	buf_clear(message);
	r->continued = r->dropped = false;
	for (;;) {
		if (!read_line(r, message, err))
			return message->len && !err->kind ? INPUT_TEXT : INPUT_END;
		if (r->dropped) {
			puts(r->interrupts == 1 ? "^C (once more to leave)" : "^C");
			return r->interrupts >= 2 ? INPUT_END : INPUT_NOTHING;
		}
		r->interrupts = 0;
		if (!goes_on(message, err))
			return str_trim(buf_str(message)).n ? INPUT_TEXT : INPUT_NOTHING;
		r->continued = true;
	}
}

/* --- the loop ------------------------------------------------------------------------ */

static void print_help(void)
{
	for (const struct prompt_command *p = prompt_commands; p->name; p++)
		printf("  %-12s %s\n", p->name, p->what);
	puts("!COMMAND runs a command, and its output goes along with the next question; so does @FILE in a question.\n"
	     "Ctrl+C stops an answer. A line that ends in \\ goes on in the next; pasted lines are one message.\n"
	     "Ask \"what can you do\" for a start.");
}

/* False when the user wants to leave. */
static bool obey(struct repl *r, struct str line)
{
	if (str_is(line, "/exit") || str_is(line, "/quit"))
		return false;
	if (str_is(line, "/help")) {
		print_help();
	} else if (str_is(line, "/clear")) {
		conversation_clear(&r->conversation);
		puts("The conversation is forgotten.");
	} else if (str_is(line, "/permissions")) {
		prompt_permissions(&r->conversation);
	} else if (str_is(line, "/plan")) {
		prompt_mode(&r->conversation, (struct str)STR("plan"));
	} else if (str_is(line, "/mode") || str_starts(line, (struct str)STR("/mode "))) {
		prompt_mode(&r->conversation, str_trim(str_from(line, 5)));
	} else if (str_is(line, "/models")) {
		(void)cmd_models(&(struct options){ .text = "list" }, r->config);
	} else {
		printf("There is no command %.*s; /help lists them.\n", STR_ARGS(line));
	}
	return true;
}

/* A slash and a word is meant as a command; "/etc/hosts is ..." is a question. */
static bool is_command(struct str line)
{
	if (str_starts(line, (struct str)STR("/mode ")))
		return true;
	return line.n > 1 && line.p[0] == '/' && !memchr(line.p + 1, '/', line.n - 1) && !memchr(line.p, ' ', line.n);
}

static void look(struct repl *r)
{
	if (refresh_look(&r->refresh, r->config, r->conversation.link, &r->conversation.show))
		conversation_reload(&r->conversation);
}

static void ask(struct repl *r, struct str question)
{
	own_buf whole = BUF_INIT(WHOLE_MAX);

	look(r);
	if (!mentions_add(&r->conversation, question, &r->shell, &whole))
		return;
	buf_clear(&r->shell);
	(void)conversation_ask(&r->conversation, buf_str(&whole));
	if (r->conversation.nobody && isatty(STDIN_FILENO))
		offer_model(r->conversation.link, &r->conversation.show);
}

static bool handle(struct repl *r, const struct buf *message)
{
	struct str line = str_trim(buf_str(message));

	remember(r, message->data);
	if (is_command(line))
		return obey(r, line);
	if (line.p[0] == '!' && line.n > 1) {
		look(r);
		mentions_run(&r->conversation, str_trim(str_from(line, 1)), &r->shell);
		return true;
	}
	ask(r, line);
	return true;
}

static int run(struct repl *r, const char *first)
{
	own_buf message = BUF_INIT(MESSAGE_MAX);
	struct error err = {0};

	if (first)
		ask(r, str_of(first));
	while (!r->conversation.restart && interrupt_code() == EXIT_INTERRUPTED) {
		offer_show(&r->watch, r->conversation.link, &r->conversation.show);
		enum input input = read_message(r, &message, &err);
		if (input == INPUT_END || (input == INPUT_TEXT && !handle(r, &message)) || r->conversation.restart)
			break;
	}
	if (err.kind)
		return complain(&err);
	return interrupt_code() == EXIT_INTERRUPTED ? EXIT_ANSWERED : EXIT_INTERRUPTED;
}

static void take_up(struct repl *r, const char *path)
{
	struct error err = {0};

	if (again_take_up(&r->conversation, path, &err))
		puts("Started again; the conversation goes on.");
	else
		fprintf(stderr, "shammah: the conversation cannot go on: %s\n", err.text);
}

/* In the new program, if there is to be one: then it does not return. */
static int leave(struct repl *r, const struct options *o, int code)
{
	struct error err = {0};
	own_mem char *program = take(r->conversation.restart);
	own_mem char *path = program ? again_keep(&r->conversation, &err) : NULL;

	interrupt_at_prompt(NULL, NULL);
	conversation_done(&r->conversation);
	if (!program)
		return code;
	if (path)
		again_become(program, path, o, &err);
	return complain(&err);
}

static void clean_up(const void *user)
{
	const struct repl *r = user;

	tool_context_remove_temp(&r->conversation.tools);
}

int cmd_repl(const struct options *o, struct config *c)
{
	struct repl r = { .config = c, .shell = BUF_INIT(WHOLE_MAX) };
	struct error err = {0};
	own_link link = {0};

	interrupt_init();
	if (!link_open(&link, c, &err))
		return complain(&err);
	puts("Shammah " SHAMMAH_VERSION ". /help lists the commands, /exit leaves.");
	interrupt_at_prompt(clean_up, &r);
	if (!conversation_init(&r.conversation, &link, c, o, isatty(STDIN_FILENO), &err)) {
		conversation_done(&r.conversation);
		return complain(&err);
	}
	r.conversation.goes_on = true;
	conversation_may_restart(&r.conversation);
	if (o->conversation)
		take_up(&r, o->conversation);
	open_history(&r, link.home);
	open_editor(&r);
	refresh_begin(&r.refresh, c);
	int code = run(&r, o->text);
	refresh_done(&r.refresh);
	el_end(r.editor);
	history_end(r.history);
	free(r.history_file);
	buf_done(&r.shell);
	return leave(&r, o, code);
}
