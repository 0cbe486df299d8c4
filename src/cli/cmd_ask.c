/* `shammah -p`, `shammah query`, and piped input: one answer, then the end. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/conversation.h"
#include "cli/interrupt.h"

#define QUESTION_MAX ((size_t)12 << 20)
#define SILENT_PIPE_MS 3000

/*
 * A pipe that somebody left open and never writes to must not hold the question
 * up: without a word in three seconds it is taken as empty.
 */
static bool has_input(bool required)
{
	struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

	if (isatty(STDIN_FILENO))
		return false;
	if (required)
		return true;
	if (poll(&in, 1, SILENT_PIPE_MS) > 0)
		return true;
	fputs("shammah: nothing came on standard input for 3 s; going on without it\n", stderr);
	return false;
}

/* The question's words, then the piped text. */
static bool read_question(const struct options *o, struct buf *question, struct error *err)
{
	if (o->text && !buf_adds(question, o->text, err))
		return false;
	if (!has_input(!o->text))
		return true;
	size_t words = question->len;
	if (words && !buf_adds(question, "\n\n", err))
		return false;
	size_t start = question->len;
	if (!file_read_fd(STDIN_FILENO, question, err))
		return error_prefix(err, "standard input");
	if (question->len == start)
		buf_truncate(question, words);
	return true;
}

/* --- messages of a program, one a line ------------------------------------------------------ */

/* The text of {"type": "user", "message": {"content": text, or blocks of text}}. */
static bool read_message(const char *line, size_t n, struct buf *text, struct error *err)
{
	own_json *message = json_parse_object((struct str){ line, n }, "message", err);
	json_t *content = json_object_get(json_object_get(message, "message"), "content"), *block;
	size_t i;

	if (!message)
		return false;
	if (!str_is(json_member_str(message, "type"), "user") || !(json_is_string(content) || json_is_array(content)))
		return error_set(err, ERROR_INVALID, "a message must be of type \"user\", with a content");
	if (json_is_string(content))
		return buf_add(text, json_string_value(content), json_string_length(content), err);
	json_array_foreach(content, i, block) {
		if (!str_is(json_member_str(block, "type"), "text"))
			return error_set(err, ERROR_INVALID, "the content of a message can only be text");
		if (!buf_add_str(text, json_member_str(block, "text"), err))
			return false;
	}
	return true;
}

/* Each is answered before the next is read; the first that fails is the exit code. */
static int ask_each(struct conversation *conversation)
{
	struct error err = {0};
	int code = EXIT_ANSWERED;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	while (!err.kind && (n = getline(&line, &room, stdin)) > 0) {
		own_buf text = BUF_INIT(QUESTION_MAX);
		if (!str_trim((struct str){ line, (size_t)n }).n || !read_message(line, (size_t)n, &text, &err))
			continue;
		int result = conversation_ask(conversation, buf_str(&text));
		code = code ? code : result;
	}
	free(line);
	return err.kind ? complain(&err) : code;
}

/* --- the command -------------------------------------------------------------------------------- */

static bool check(const struct options *o, const struct buf *question, struct error *err)
{
	if (o->stream_input && o->output != OUTPUT_STREAM_JSON)
		return error_set(err, ERROR_INVALID, "--input-format stream-json needs --output-format stream-json");
	return o->stream_input || str_trim(buf_str(question)).n || error_set(err, ERROR_INVALID,
		"there is no question: shammah -p \"question\", or pipe one in");
}

static int ask(const struct options *o, struct config *c)
{
	own_buf question = BUF_INIT(QUESTION_MAX);
	struct conversation conversation;
	struct error err = {0};
	own_link link = {0};

	if (!o->stream_input && !read_question(o, &question, &err))
		return complain(&err);
	if (!check(o, &question, &err) || !link_open(&link, c, &err))
		return complain(&err);
	int code = !conversation_init(&conversation, &link, c, o, false, &err) ? complain(&err) :
		o->stream_input ? ask_each(&conversation) : conversation_ask(&conversation, buf_str(&question));
	conversation_done(&conversation);
	return code;
}

static void say_stopped(const void *options) { print_stopped(options); }

/* Programs read a result, too, when Ctrl+C comes before the question is asked. */
int cmd_ask(const struct options *o, struct config *c)
{
	struct options named = *o;
	char session[37];

	interrupt_init();
	print_make_uuid(session);
	if (!o->session)
		named.session = session;
	if (o->output != OUTPUT_TEXT)
		interrupt_says(say_stopped, &named);
	return ask(&named, c);
}
