#include "cli/conversation.h"

#include "cli/interrupt.h"
#include "config/report.h"

#define ANSWER_MAX ((size_t)16 << 20)
#define CUT_MARK "\n\n[cut off here]"
#define REPORT_MAX ((size_t)64 << 10)

void conversation_init(struct conversation *c, struct link *link, const struct options *options)
{
	*c = (struct conversation){ .link = link, .options = options, .messages = json_array() };
	show_init(&c->show);
	conversation_clear(c);
}

void conversation_done(struct conversation *c)
{
	json_decref(c->messages);
	c->messages = NULL;
}

/* False for text that is no UTF-8. */
static bool add_message(struct conversation *c, const char *role, struct str text)
{
	json_t *content = json_stringn(text.p, text.n);

	return content && json_array_append_new(c->messages,
		json_pack("{s:s, s:o}", "role", role, "content", content)) == 0;
}

void conversation_clear(struct conversation *c)
{
	json_array_clear(c->messages);
	if (c->options->system_prompt)
		(void)add_message(c, "system", str_of(c->options->system_prompt));
}

/* Who is asked is a matter of the model's name. */
static const char *const model_of_wish[] = {
	[WISH_AUTO] = "auto", [WISH_KNOWN] = "known-answers", [WISH_LOCAL] = "local", [WISH_TEACHER] = "teacher",
};

static json_t *request(const struct conversation *c)
{
	const struct options *o = c->options;
	json_t *r = json_pack("{s:s, s:b, s:{s:b}, s:{s:b, s:b}, s:O}", "model",
		o->teacher ? o->teacher : model_of_wish[o->wish], "stream", 1, "stream_options", "include_usage", 1,
		"shammah", "notices", (int)!o->quiet, "over_budget", (int)o->over_budget, "messages", c->messages);

	if (o->max_tokens >= 0)
		json_object_set_new(r, "max_tokens", json_integer(o->max_tokens));
	if (o->temperature >= 0)
		json_object_set_new(r, "temperature", json_real(o->temperature));
	return r;
}

/* Shows what comes and keeps it for the next turn. */
struct turn {
	struct show *show;
	struct buf answer;
};

static bool on_text(void *user, struct str text, struct error *err)
{
	struct turn *t = user;

	return buf_add_str(&t->answer, text, err) && show_text(t->show, text, err);
}

static bool on_thought(void *user, struct str text, struct error *err)
{
	struct turn *t = user;

	(void)text;
	(void)err;
	show_thinking(t->show);
	return true;
}

static void on_notice(void *user, const struct link_notice *notice)
{
	const struct turn *t = user;

	show_notice(t->show, notice);
}

static void on_tick(void *user)
{
	const struct turn *t = user;

	show_tick(t->show);
}

/* Who asks a teacher and has none reads where its key was looked for. */
static void explain_no_key(const struct conversation *c, const struct link_answer *answer)
{
	own_buf report = BUF_INIT(REPORT_MAX);

	if (!answer->nobody || c->options->wish != WISH_TEACHER || c->link->config->teacher_count)
		return;
	config_key_report(c->link->config, &report);
	show_report(&c->show, report.data);
}

static int result_of(struct conversation *c, bool ok, bool interrupted, const struct error *err,
	const struct link_answer *answer)
{
	show_end(&c->show);
	if (interrupted) {
		show_stopped(&c->show);
		return EXIT_INTERRUPTED;
	}
	if (!ok) {
		show_error(&c->show, err->text);
		if (answer->cut && c->goes_on)
			show_note(&c->show, "what came is kept; ask it to continue");
		explain_no_key(c, answer);
		return EXIT_NO_ANSWER;
	}
	if (!c->options->quiet)
		show_source(&c->show, answer);
	return EXIT_ANSWERED;
}

/* An answer that is not whole is marked, so that whoever answers next knows where to go on. */
static void keep_answer(struct conversation *c, struct buf *answer, bool cut)
{
	struct error full = {0};

	if (cut)
		(void)!buf_adds(answer, CUT_MARK, &full);
	(void)add_message(c, "assistant", buf_str(answer));
}

int conversation_ask(struct conversation *c, struct str question)
{
	struct turn turn = { .show = &c->show, .answer = BUF_INIT(ANSWER_MAX) };
	const struct link_listener listener = { on_text, on_thought, on_notice, on_tick, &turn };
	own_link_answer answer = {0};
	struct error err = {0};
	struct cancel cancel;

	if (!add_message(c, "user", question)) {
		show_error(&c->show, "the question is not valid UTF-8 text");
		return EXIT_USAGE;
	}
	own_json *body = request(c);
	cancel_init(&cancel);
	interrupt_guards(&cancel);
	bool ok = link_ask(c->link, body, &cancel, &listener, &answer, &err);
	interrupt_guards(NULL);
	c->nobody = answer.nobody;
	int code = result_of(c, ok, cancel_fired(&cancel), &err, &answer);
	cancel_done(&cancel);
	if (turn.answer.len)
		keep_answer(c, &turn.answer, !ok);
	else
		json_array_remove(c->messages, json_array_size(c->messages) - 1);
	buf_done(&turn.answer);
	return code;
}
