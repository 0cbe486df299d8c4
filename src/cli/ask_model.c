#include "cli/ask_model.h"

#include "agent/leftover.h"

/* Who is asked is a matter of the model's name. */
static const char *const model_of_wish[] = {
	[WISH_AUTO] = "auto", [WISH_KNOWN] = "known-answers", [WISH_LOCAL] = "local", [WISH_TEACHER] = "teacher",
};

const char *conversation_model(const struct conversation *c)
{
	return c->options->teacher ? c->options->teacher : model_of_wish[c->options->wish];
}

static void add_tools(json_t *request, const struct agent_question *q)
{
	json_t *own = json_object_get(request, "shammah");

	json_object_set_new(own, "known_answers", json_boolean(q->fresh));
	if (q->tools)
		json_object_set(request, "tools", (json_t *)q->tools);
	if (q->brief_system)
		json_object_set_new(own, "brief", json_pack("{s:s, s:O*}", "system", q->brief_system, "tools",
			q->brief_tools));
}

static json_t *make_request(const struct conversation *c, const struct agent_question *q)
{
	const struct options *o = c->options;
	json_t *r = json_pack("{s:s, s:b, s:{s:b}, s:{s:b, s:b}, s:O}", "model", conversation_model(c), "stream", 1,
		"stream_options", "include_usage", 1, "shammah", "notices", (int)!o->quiet, "over_budget",
		(int)o->over_budget, "messages", q->messages);

	add_tools(r, q);
	if (o->max_tokens >= 0)
		json_object_set_new(r, "max_tokens", json_integer(o->max_tokens));
	if (o->temperature >= 0)
		json_object_set_new(r, "temperature", json_real(o->temperature));
	return r;
}

/* Shows what comes, and keeps it. */
struct asking {
	struct conversation *conversation;
	struct agent_answer *answer;
	bool filters;                  /* tools are offered: of a local model's text some may be calls */
	struct leftover leftover;
};

static bool show_piece(void *user, struct str text, struct error *err)
{
	struct asking *x = user;
	struct conversation *c = x->conversation;

	if (!buf_add_str(&x->answer->text, text, err))
		return false;
	if (c->options->output != OUTPUT_TEXT) {
		print_text(&c->print, text, &c->last);
		return true;
	}
	return c->holds ? buf_add_str(&c->held, text, err) : show_text(&c->show, text, err);
}

static bool is_local(const struct conversation *c)
{
	return c->last.kind && strcmp(c->last.kind, "local") == 0;
}

static bool on_text(void *user, struct str text, struct error *err)
{
	struct asking *x = user;

	return x->filters && is_local(x->conversation) ?
		leftover_feed(&x->leftover, text, &(struct leftover_sink){ show_piece, x }, err) :
		show_piece(x, text, err);
}

static bool on_thought(void *user, struct str text, struct error *err)
{
	struct asking *x = user;

	(void)text;
	(void)err;
	if (x->conversation->options->output == OUTPUT_TEXT)
		show_thinking(&x->conversation->show);
	return true;
}

static void on_notice(void *user, const struct link_notice *notice)
{
	const struct asking *x = user;

	show_notice(&x->conversation->show, notice);
}

static void on_tick(void *user)
{
	const struct asking *x = user;

	show_tick(&x->conversation->show);
}

static void keep(struct conversation *c, struct agent_answer *answer)
{
	const struct link_answer *a = &c->last;

	if (a->calls.calls)
		json_array_extend(answer->calls, a->calls.calls);
	answer->details = json_incref(a->calls.details);
	answer->local = is_local(c);
	answer->cut_by_length = a->cut_by_length;
	if (a->cost_usd >= 0)
		c->cost_usd = (c->cost_usd >= 0 ? c->cost_usd : 0) + a->cost_usd;
}

bool conversation_ask_model(void *conversation, const struct agent_question *question, struct agent_answer *answer,
	struct cancel *cancel, struct error *err)
{
	struct conversation *c = conversation;
	struct asking x = { c, answer, question->brief_tools != NULL, {{0}} };
	const struct link_listener listener = { on_text, on_thought, on_notice, on_tick, &x };
	own_json *body = make_request(c, question);

	link_answer_done(&c->last);
	leftover_init(&x.leftover);
	bool ok = link_ask(c->link, body, cancel, &listener, &c->last, err);
	keep(c, answer);
	ok = ok && leftover_finish(&x.leftover, question->brief_tools, answer->calls,
		&(struct leftover_sink){ show_piece, &x }, err);
	leftover_done(&x.leftover);
	return ok;
}
