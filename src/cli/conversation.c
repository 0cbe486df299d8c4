/*
 * Where standard output is no terminal, -p prints the last answer only: what a model says
 * between its calls is for whoever watches.  Until an answer is complete nobody knows
 * whether it is the last, so it is held.
 */
#include "cli/conversation.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "agent/prompt.h"
#include "base/mem.h"
#include "base/path.h"
#include "base/utf8.h"
#include "cli/ask_model.h"
#include "cli/call_line.h"
#include "cli/interrupt.h"
#include "config/home.h"
#include "config/report.h"
#include "config/trust.h"
#include "tool/kinds.h"
#include "tool/restart.h"
#include "tool/sandbox.h"
#include "tool/web.h"

#define REPORT_MAX ((size_t)64 << 10)

/* --- making ------------------------------------------------------------------------------------ */

static bool is_for_programs(const struct conversation *c)
{
	return c->options->output != OUTPUT_TEXT;
}

/* Turns are counted from 1 under each name: those of another conversation would be mixed with them. */
static bool check_session(const struct conversation *c, struct error *err)
{
	own_mem char *folder = home_path(c->link->home, HOME_CHECKPOINTS), *used = path_join(folder, c->print.session);

	return !path_is_directory(used) || error_set(err, ERROR_INVALID, "--session-id %s: there is a conversation of "
		"this name; give it another", c->print.session);
}

static bool open_tools(struct conversation *c, struct error *err)
{
	own_mem char *cwd = realpath(".", NULL), *home = path_home(err);
	own_mem char *root = cwd ? trust_root(cwd, home) : NULL;

	if (!cwd)
		return error_errno(err, "the current folder cannot be found");
	return check_session(c, err) &&
		tool_context_init(&c->tools, root ? root : cwd, cwd, home, c->link->home, err) &&
		tool_context_name(&c->tools, c->print.session, err);
}

static bool open_grants(struct conversation *c, struct config *config, struct error *err)
{
	const char *claude = getenv("CLAUDE_CONFIG_DIR");
	const struct permission_places places = { c->tools.root, c->tools.cwd, c->tools.home, claude, c->tools.ours };

	if (!grants_init(&c->grants, c->options, config, &places, c->link->home, err))
		return false;
	c->agent.approvals = c->grants.approvals;
	c->tools.permissions = c->grants.permissions;
	return true;
}

static void follow_settings(struct conversation *c)
{
	const struct config *config = c->link->config;

	c->tools.unconfined = !config_switch(config, SETTING_CONFINE);
	c->tools.network = config_switch(config, SETTING_NETWORK);
	c->tools.web->provider = config_text(config, SETTING_SEARCH);
}

static bool is_wanted(void *user, const struct tool_kind *kind)
{
	const struct conversation *c = user;

	return (kind != &tool_restart || restart_is_possible(&c->tools)) && grants_offer(&c->grants, kind, c->talks);
}

static char *make_prompt(const struct conversation *c, enum prompt_size size)
{
	own_environment place = {0};
	bool plan = permissions_mode(c->grants.permissions) == PERMISSION_PLAN;

	if (c->options->system_prompt)
		return c->options->append_system_prompt ? mem_printf("%s\n\n%s", c->options->system_prompt,
			c->options->append_system_prompt) : mem_strdup(c->options->system_prompt);
	environment_init(&place, c->tools.cwd);
	return prompt_make(&(struct prompt_wish){ size, &place, plan, c->options->append_system_prompt });
}

void conversation_clear(struct conversation *c)
{
	own_mem char *full = make_prompt(c, PROMPT_FULL), *brief = make_prompt(c, PROMPT_BRIEF);

	agent_begin(&c->agent, full, brief);
	agent_offer(&c->agent, is_wanted, c);
}

static void show_event(void *user, const struct agent_event *event);

static enum agent_reply ask_permission(void *user, const struct agent_request *request, struct buf *words)
{
	struct conversation *c = user;

	return dialog_permission(&c->dialog, request, words);
}

static bool go_on(void *user, unsigned turns)
{
	struct conversation *c = user;

	return dialog_go_on(&c->dialog, turns);
}

static json_t *ask_questions(void *user, const json_t *questions, struct error *err)
{
	struct conversation *c = user;

	return dialog_questions(&c->dialog, questions, err);
}

static bool approve_plan(void *user, struct str plan, struct error *err)
{
	struct conversation *c = user;

	if (!dialog_plan(&c->dialog, plan, err))
		return false;
	agent_offer(&c->agent, is_wanted, c);
	return true;
}

static void note_restart(void *user, const char *program)
{
	struct conversation *c = user;

	free(c->restart);
	c->restart = mem_strdup(program);
}

static void show_todos(void *user, const json_t *todos)
{
	struct conversation *c = user;

	if (!c->options->quiet && !is_for_programs(c) && c->talks)
		show_todo_list(&c->show, todos);
}

static void open_agent(struct conversation *c)
{
	struct agent_ui ui = { .ask_model = conversation_ask_model, .show = show_event, .user = c };

	if (c->talks) {
		ui.ask_permission = ask_permission;
		ui.go_on = go_on;
	}
	agent_init(&c->agent, &ui, &c->tools);
	c->agent.max_turns = c->options->max_turns;
	c->dialog = (struct dialog){ &c->show, &c->grants, NULL };
}

/* Once there are tools: making them forgets whom they may ask. */
static void open_tool_ui(struct conversation *c)
{
	c->tools.ui = (struct tool_ui){ .todos = show_todos, .user = c };
	if (!c->talks)
		return;
	c->tools.ui.ask = ask_questions;
	c->tools.ui.approve_plan = approve_plan;
}

void conversation_may_restart(struct conversation *c)
{
	c->tools.ui.restart = note_restart;
	agent_offer(&c->agent, is_wanted, c);
}

bool conversation_init(struct conversation *c, struct link *link, struct config *config, const struct options *options,
	bool talks, struct error *err)
{
	*c = (struct conversation){ .link = link, .options = options, .talks = talks,
		.held = BUF_INIT(AGENT_ANSWER_MAX) };
	show_init(&c->show);
	print_init(&c->print, options);
	open_agent(c);
	if (!open_tools(c, err) || !open_grants(c, config, err))
		return false;
	open_tool_ui(c);
	follow_settings(c);
	audit_init(&c->audit, link->home);
	c->agent.audit = &c->audit;
	c->agent.session = c->print.session;
	conversation_clear(c);
	c->holds = !talks && !c->show.terminal && c->agent.tools;
	if (is_for_programs(c))
		print_start(&c->print, c->tools.cwd, c->agent.tools,
			permission_mode_name(permissions_mode(c->grants.permissions)), conversation_model(c));
	return true;
}

void conversation_done(struct conversation *c)
{
	agent_done(&c->agent);
	tool_context_done(&c->tools);
	audit_done(&c->audit);
	grants_done(&c->grants);
	print_done(&c->print);
	link_answer_done(&c->last);
	buf_done(&c->held);
	free(c->restart);
}

void conversation_reload(struct conversation *c)
{
	struct error err = {0};

	if (!grants_reload(&c->grants, &err))
		show_error(&c->show, err.text);
	c->tools.permissions = c->grants.permissions;
	follow_settings(c);
	agent_offer(&c->agent, is_wanted, c);
}

bool conversation_set_mode(struct conversation *c, enum permission_mode mode, struct error *err)
{
	own_mem char *full = NULL, *brief = NULL;

	if (!grants_set_mode(&c->grants, mode, err))
		return false;
	full = make_prompt(c, PROMPT_FULL);
	brief = make_prompt(c, PROMPT_BRIEF);
	agent_instruct(&c->agent, full, brief);
	agent_offer(&c->agent, is_wanted, c);
	return true;
}

/* --- what happens on the way -------------------------------------------------------------------------- */

/* Once, before the first command. */
static void tell_unconfined(struct conversation *c)
{
	struct error why = {0};

	if (c->told_unconfined || sandbox_as_wanted(&c->tools, &why))
		return;
	own_mem char *words = mem_printf("Commands cannot be confined to the project here, so each that no rule "
		"allows is "
		"asked about: %s", why.text);
	show_note(&c->show, words);
	c->told_unconfined = true;
}

static void show_calling(struct conversation *c, const struct agent_event *event)
{
	const char *name = json_member_string(json_object_get(event->call, "function"), "name");
	char words[CALL_LINE_MAX];

	call_line(words, name, event->input);
	show_end(&c->show);
	if (name && strcmp(name, tool_bash.name) == 0)
		tell_unconfined(c);
	show_note(&c->show, words);
}

/* What went as it should needs no second line. */
static void show_result(struct conversation *c, const struct agent_event *event)
{
	const char *name = json_member_string(json_object_get(event->call, "function"), "name");
	char words[CALL_LINE_MAX], line[CALL_LINE_MAX * 2];

	if (!event->failed)
		return;
	call_first_line(words, event->text);
	(void)snprintf(line, sizeof line, "%s: %s", name ? name : "?", words);
	show_end(&c->show);
	show_note(&c->show, line);
}

static void end_answer(struct conversation *c, const struct agent_answer *answer)
{
	if (c->holds && !json_array_size(answer->calls))
		(void)!show_text(&c->show, buf_str(&c->held), &c->lost);
	buf_clear(&c->held);
	show_end(&c->show);
}

static void show_for_programs(struct conversation *c, const struct agent_event *event)
{
	if (event->kind == AGENT_ANSWERED)
		print_answer(&c->print, event->answer, &c->last);
	else if (event->kind == AGENT_RESULT)
		print_result(&c->print, event);
	else if (event->kind == AGENT_NOTE && !c->options->quiet)
		show_note(&c->show, event->text.p);
}

static void show_event(void *user, const struct agent_event *event)
{
	struct conversation *c = user;

	if (is_for_programs(c)) {
		show_for_programs(c, event);
		return;
	}
	if (event->kind == AGENT_ANSWERED)
		end_answer(c, event->answer);
	if (c->options->quiet)
		return;
	if (event->kind == AGENT_CALLING)
		show_calling(c, event);
	else if (event->kind == AGENT_RESULT)
		show_result(c, event);
	else if (event->kind == AGENT_NOTE)
		show_note(&c->show, event->text.p);
}

/* --- asking ------------------------------------------------------------------------------------------------- */

/* Who asks a teacher and has none reads where its key was looked for. */
static void explain_no_key(const struct conversation *c)
{
	own_buf report = BUF_INIT(REPORT_MAX);

	if (!c->nobody || c->options->wish != WISH_TEACHER || c->link->config->teacher_count)
		return;
	config_key_report(c->link->config, &report);
	show_report(&c->show, report.data);
}

static void show_failure(struct conversation *c, const struct error *err)
{
	show_error(&c->show, err->text);
	if (c->last.cut && c->goes_on)
		show_note(&c->show, "what came is kept; ask it to continue");
	explain_no_key(c);
}

static void show_too_many(struct conversation *c, const struct agent_outcome *outcome)
{
	char text[160];

	(void)snprintf(text, sizeof text, "stopped after %u answer%s with calls of tools%s", outcome->answers,
		outcome->answers == 1 ? "" : "s",
		c->goes_on ? "; ask it to continue" : "; --max-turns N allows more");
	show_error(&c->show, text);
}

static void show_outcome(struct conversation *c, const struct agent_outcome *outcome, const struct error *err)
{
	if (outcome->end != AGENT_ENDED && c->held.len)
		(void)!show_text(&c->show, buf_str(&c->held), &c->lost);
	buf_clear(&c->held);
	show_end(&c->show);
	if (outcome->end == AGENT_CANCELLED)
		show_stopped(&c->show);
	else if (outcome->end == AGENT_FAILED)
		show_failure(c, err);
	else if (outcome->end == AGENT_TURNS)
		show_too_many(c, outcome);
	else if (c->lost.kind)
		show_error(&c->show, c->lost.text);
	else if (outcome->end == AGENT_ENDED && !c->options->quiet)
		show_source(&c->show, &c->last);
}

static int code_of(const struct conversation *c, const struct agent_outcome *outcome)
{
	if (c->lost.kind)
		return EXIT_NO_ANSWER;
	if (outcome->end == AGENT_CANCELLED)
		return EXIT_INTERRUPTED;
	return outcome->end == AGENT_ENDED ? EXIT_ANSWERED : EXIT_NO_ANSWER;
}

int conversation_ask(struct conversation *c, struct str question)
{
	struct agent_outcome outcome;
	struct error err = {0};
	struct cancel cancel;

	if (!utf8_valid(question.p, question.n)) {
		show_error(&c->show, "the question is not valid UTF-8 text");
		return EXIT_USAGE;
	}
	cancel_init(&cancel);
	c->dialog.cancel = &cancel;
	c->cost_usd = -1;
	c->lost = (struct error){0};
	print_question(&c->print);
	interrupt_guards(&cancel);
	outcome = agent_ask(&c->agent, question, &cancel, &err);
	interrupt_guards(NULL);
	c->nobody = c->last.nobody;
	c->last.cost_usd = c->cost_usd;
	if (is_for_programs(c))
		print_end(&c->print, &outcome, c->agent.denials, &err);
	else
		show_outcome(c, &outcome, &err);
	c->dialog.cancel = NULL;
	cancel_done(&cancel);
	return code_of(c, &outcome);
}
