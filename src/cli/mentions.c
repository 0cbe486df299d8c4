#include "cli/mentions.h"

#include <stdio.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "cli/interrupt.h"
#include "permit/links.h"

#define FILES_MAX 20                       /* of one question */
#define RESULT_MAX ((size_t)1 << 20)

/* --- one call of the user's ---------------------------------------------------------------------- */

struct call_of_user {
	struct conversation *conversation;
	const struct tool_kind *kind;
	struct permission permission;
	struct tool_job job;
};

static void put_output(void *user, struct str bytes)
{
	struct show *show = user;
	struct error err = {0};

	(void)!show_text(show, bytes, &err);
}

/* Whether nothing forbids it; else that is said. */
static bool may_run(struct call_of_user *c, const json_t *input)
{
	const struct tool_context *tools = &c->conversation->tools;
	const struct permission_call question = { .tool = str_of(c->kind->name), .input = input, .cwd = tools->cwd,
		.links = &path_links_real };
	char text[PERMISSION_WHY_MAX + 100];

	permission_decide(tools->permissions, &question, &c->permission);
	if (c->permission.decision != DECISION_DENY)
		return true;
	(void)snprintf(text, sizeof text, "%s is denied: %s", c->kind->name, c->permission.why);
	show_error(&c->conversation->show, text);
	return false;
}

/* Runs it, with Ctrl+C at hand; false: denied, or failed, and that was said. */
static bool run_call(struct call_of_user *c, const json_t *input, bool shown)
{
	struct conversation *conversation = c->conversation;
	struct error err = {0};
	struct cancel cancel;

	if (!may_run(c, input))
		return false;
	cancel_init(&cancel);
	c->job = (struct tool_job){ .context = &conversation->tools, .input = input, .cancel = &cancel,
		.real = c->kind->path_member && c->permission.real[0] ? c->permission.real : NULL,
		.progress = shown ? put_output : NULL, .user = &conversation->show, .text = BUF_INIT(TOOL_TEXT_MAX) };
	interrupt_guards(&cancel);
	bool ok = c->kind->run(&c->job, &err);
	interrupt_guards(NULL);
	show_end(&conversation->show);
	if (!ok)
		show_error(&conversation->show, err.text);
	cancel_done(&cancel);
	return ok;
}

/* --- !COMMAND -------------------------------------------------------------------------------------- */

void mentions_run(struct conversation *c, struct str command, struct buf *shell)
{
	struct call_of_user call = { .conversation = c, .kind = tool_find((struct str)STR("Bash")) };
	struct error err = {0};

	if (!call.kind) {
		show_error(&c->show, "commands cannot be run here");
		return;
	}
	own_json *input = json_pack("{s:s%}", "command", command.p, command.n);
	if (input && run_call(&call, input, true) && !buf_addf(shell, &err,
		"I ran this command:\n<command>%.*s</command>\n<output>\n%s\n</output>\n\n", STR_ARGS(command),
		call.job.text.data))
		show_note(&c->show, "too much output: the model is not told of it");
	tool_job_done(&call.job);
}

/* --- @FILE ------------------------------------------------------------------------------------------- */

static bool ends_mention(char c) { return c == ' ' || c == '\n' || c == '\t'; }

/* The next "@name" that names a file, from *at on; {0}: none. */
static struct str next_mention(const struct conversation *c, struct str text, size_t *at)
{
	for (size_t i = *at; i < text.n; i++) {
		if (text.p[i] != '@' || (i && !ends_mention(text.p[i - 1])))
			continue;
		size_t end = i + 1;
		while (end < text.n && !ends_mention(text.p[end]))
			end++;
		struct str name = { text.p + i + 1, end - i - 1 };
		while (name.n && strchr(".,;:!?)", name.p[name.n - 1]) && name.p[name.n - 1])
			name.n--;
		own_mem char *word = mem_strndup(name.p, name.n);
		own_mem char *path = word[0] == '/' ? mem_strdup(word) : path_join(c->tools.cwd, word);
		*at = end;
		if (name.n && path_is_file(path))
			return name;
	}
	return (struct str){0};
}

static bool add_file(struct conversation *c, struct str name, struct buf *whole)
{
	struct call_of_user call = { .conversation = c, .kind = tool_find((struct str)STR("Read")) };
	own_mem char *word = mem_strndup(name.p, name.n);
	own_mem char *path = word[0] == '/' ? mem_strdup(word) : path_join(c->tools.cwd, word);
	own_json *input = json_pack("{s:s}", "file_path", path);
	struct error err = {0};

	bool ok = call.kind && input && run_call(&call, input, false);
	if (ok && !buf_addf(whole, &err, "The file %s:\n<file>\n%s\n</file>\n\n", path, call.job.text.data)) {
		show_error(&c->show, "the files mentioned are too much for one question");
		ok = false;
	}
	tool_job_done(&call.job);
	return ok;
}

bool mentions_add(struct conversation *c, struct str question, const struct buf *shell, struct buf *whole)
{
	struct error err = {0};
	struct str name;
	size_t at = 0, files = 0;

	if (!buf_add_str(whole, buf_str(shell), &err))
		return false;
	while ((name = next_mention(c, question, &at)).n) {
		if (files++ == FILES_MAX) {
			show_error(&c->show, "a question can bring along 20 files at most");
			return false;
		}
		if (!add_file(c, name, whole))
			return false;
	}
	return buf_add_str(whole, question, &err);
}

/* --- what the prompt tells of permissions ---------------------------------------------------------------- */

void prompt_permissions(const struct conversation *c)
{
	own_json *rules = permissions_list(c->grants.permissions);
	own_buf line = BUF_INIT(RESULT_MAX);
	struct error err = {0};
	json_t *rule;
	size_t i;

	printf("Mode: %s\n", permission_mode_name(permissions_mode(c->grants.permissions)));
	json_array_foreach(rules, i, rule) {
		const char *list = json_member_string(rule, "list"), *words = json_member_string(rule, "rule");
		const char *file = json_member_string(rule, "file");
		buf_clear(&line);
		if (list && words && show_visible(&line, str_of(words), &err))
			printf("  %-5s %s  (%s)\n", list, line.data, file ? file : "built in");
	}
	if (!json_array_size(rules))
		puts("No rules. What only reads in the project runs; all else is asked about.");
}

void prompt_mode(struct conversation *c, struct str name)
{
	own_mem char *word = mem_strndup(name.p, name.n);
	enum permission_mode mode;
	struct error err = {0};

	if (name.n && !permission_mode_read(word, &mode))
		puts("The modes are default, acceptEdits, plan, dontAsk and bypassPermissions.");
	else if (name.n && mode == PERMISSION_BYPASS && !c->options->skip_permissions)
		puts("bypassPermissions can only be chosen at the start: --dangerously-skip-permissions");
	else if (name.n && !conversation_set_mode(c, mode, &err))
		printf("%s\n", err.text);
	else
		printf("Mode: %s\n", permission_mode_name(permissions_mode(c->grants.permissions)));
}
