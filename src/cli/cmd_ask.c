/* `shammah -p`, `shammah query`, and piped input: one answer, then the end. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
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

int cmd_ask(const struct options *o, struct config *c)
{
	own_buf question = BUF_INIT(QUESTION_MAX);
	struct conversation conversation;
	struct error err = {0};
	own_link link = {0};

	interrupt_init();
	if (!read_question(o, &question, &err))
		return complain(&err);
	if (!str_trim(buf_str(&question)).n) {
		error_set(&err, ERROR_INVALID, "there is no question: shammah -p \"question\", or pipe one in");
		return complain(&err);
	}
	if (!link_open(&link, c, &err))
		return complain(&err);
	conversation_init(&conversation, &link, o);
	int code = conversation_ask(&conversation, buf_str(&question));
	conversation_done(&conversation);
	return code;
}
