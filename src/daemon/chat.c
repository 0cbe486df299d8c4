/*
 * A handler in four steps: read the request, find out whom its model names,
 * decide, and hand the answer to whoever was decided on.  Known answers are so
 * quick that the HTTP thread gives them itself.
 */
#include "daemon/chat.h"

#include <stdio.h>

#include "base/clock.h"
#include "daemon/api.h"
#include "daemon/models.h"
#include "daemon/service.h"
#include "model/constraint.h"
#include "route/answers.h"

#define NOTICE_MAX 500

/* --- whom the request's model names ------------------------------------------------- */

/* Who is meant; the teachers among them are put into `choice`. */
static bool find_wish(struct service *s, const struct delivery *a, const struct worker_status *w,
	struct teacher_choice *choice, enum route_wish *wish)
{
	const struct request *r = &a->request;
	const struct { const char *name; enum route_wish wish; } names[] = {
		{ "auto", WISH_AUTO }, { "known-answers", WISH_KNOWN }, { "local", WISH_LOCAL },
		{ "teacher", WISH_TEACHER }, { w->name, WISH_LOCAL },
	};

	for (size_t i = 0; i < countof(names); i++) {
		if (*names[i].name && str_is(r->model, names[i].name)) {
			*wish = names[i].wish;
			teachers_choose_all(s->teachers, a->list, choice);
			return true;
		}
	}
	*wish = WISH_TEACHER;
	teachers_choose(s->teachers, a->list, r->model, choice);
	return choice->count > 0;
}

/*
 * A known answer fits a question put on its own.  When the client brought tools
 * it wants work done, so then it must be asked for, or allowed; and it is text,
 * whatever it is asked for.
 */
static const struct answer *find_known(const struct request *r, enum route_wish wish)
{
	const struct message *question = chat_question(&r->chat);
	struct answer_match best;

	if (r->form != FORM_FREE || r->tool_choice == TOOLS_REQUIRED || r->tool_choice == TOOLS_NAMED)
		return NULL;
	if (chat_has_pictures(&r->chat))
		return NULL;
	if (!question || wish == WISH_LOCAL || wish == WISH_TEACHER)
		return NULL;
	if (wish == WISH_AUTO && r->chat.tool_count && !r->known_answers)
		return NULL;
	return answers_match(question->text, &best);
}

/* --- handing over ---------------------------------------------------------------------- */

static void give_known(struct delivery *a, const struct answer *known, const struct route_decision *d)
{
	struct openai_source source = { "known_answer", known->id, d->reason };
	unsigned choices = a->request.choices;
	struct error err = {0};
	bool ok = true;

	delivery_begin(a, METRIC_KNOWN, "known-answers", &source);
	for (unsigned i = 0; i < choices; i++) {
		struct delta text = delta_text(known->text), end = delta_end(FINISH_STOP, (struct usage){0});
		text.choice = end.choice = i;
		ok = ok && delivery_delta(a, &text, &err) && delivery_delta(a, &end, &err);
		delivery_finish(a, ok ? NULL : &err);
	}
}

/* A broken edit is told to whoever asks, as long as it is there. */
static void tell_problem(struct service *s, struct delivery *a)
{
	char problem[400], text[NOTICE_MAX];

	if (!reload_problem(s->reload, problem, sizeof problem))
		return;
	snprintf(text, sizeof text, "%s; the last good configuration stays in use", problem);
	delivery_notice(a, &(struct openai_notice){ .kind = "config", .text = text });
}

static void give_local(struct service *s, struct delivery *a, const struct worker_status *w,
	const struct route_decision *d)
{
	struct openai_source source = { "local", w->name, d->reason }; /* the rest when its turn comes */
	char param[64];
	struct error err = {0};

	if (chat_has_pictures(&a->request.chat)) {
		error_set(&err, ERROR_INVALID,
			"the local model sees no pictures: leave them out, or ask a teacher (\"model\": \"teacher\")");
		delivery_refuse(a, &err, "messages", "unsupported_content");
		return;
	}
	if (!request_make_brief(&a->request, &err)) {
		delivery_refuse(a, &err, "shammah.brief", NULL);
		return;
	}
	if (!constraint_check(&a->request, param, sizeof param, &err)) {
		delivery_refuse(a, &err, param, "unsupported_schema");
		return;
	}
	a->waits = false;
	delivery_begin(a, METRIC_LOCAL, *w->name ? w->name : "local", &source);
	tell_problem(s, a);
	if (!worker_submit(s->worker, a, &err))
		delivery_abandon(a, &err);
}

/* A teachers' question that no teacher could answer, when there is a local model by now. */
static bool ask_local_instead(void *user, struct delivery *a, const struct error *why)
{
	struct service *s = user;
	struct worker_status w;
	struct error err = {0};
	char text[NOTICE_MAX], param[64];

	worker_status(s->worker, &w);
	if ((w.state != LOCAL_READY && w.state != LOCAL_LOADING) ||
		!request_make_brief(&a->request, &err) || !constraint_check(&a->request, param, sizeof param, &err))
		return false;
	snprintf(text, sizeof text, "%s; asking the local model", why->text);
	delivery_notice(a, &(struct openai_notice){ .kind = "next", .text = text });
	give_local(s, a, &w, &(struct route_decision){ ROUTE_LOCAL, "no teacher could answer" });
	return true;
}

/* Says how much is left when that is little, to whoever wants to know. */
static void tell_spending(struct service *s, struct delivery *a)
{
	struct spending_view view = books_spending(s->books);
	char text[120];

	if (view.state != SPENDING_NEAR && view.state != SPENDING_OVER)
		return;
	books_describe(&view, text, sizeof text);
	delivery_notice(a, &(struct openai_notice){ .kind = "budget", .text = text });
}

static void give_teacher(struct service *s, struct delivery *a, struct teacher_choice *choice,
	const struct route_decision *d)
{
	struct openai_source source = { "teacher", choice->first_model, d->reason, NULL, choice->first };
	struct error err = {0};

	if (a->request.choices > 1) {
		error_set(&err, ERROR_INVALID,
			"n must be 1 when a teacher answers; the local model gives several answers at once");
		delivery_refuse(a, &err, "n", NULL);
		return;
	}
	delivery_begin(a, METRIC_TEACHER, choice->first_model, &source);
	delivery_keep_seals(a, s->seals);
	tell_spending(s, a);
	tell_problem(s, a);
	if (!teachers_ask(s->teachers, a, choice, &err))
		delivery_finish(a, &err);
}

static void refuse_spending(struct service *s, struct delivery *a)
{
	struct spending_view view = books_spending(s->books);
	struct error err = {0};
	char text[120];

	books_describe(&view, text, sizeof text);
	error_set(&err, ERROR_UNAVAILABLE, "%s: raise routing.monthly_budget_usd, or ask with --over-budget "
		"(\"shammah\": {\"over_budget\": true} in a request)", text);
	delivery_refuse(a, &err, NULL, "budget_spent");
}

static void give_nothing(struct delivery *a, const struct route_facts *facts)
{
	struct error err = {0};

	error_set(&err, ERROR_UNAVAILABLE, "%s", route_nobody_text(facts));
	delivery_refuse(a, &err, NULL, "nobody_can_answer");
}

static void refuse_request(struct delivery *a, const struct openai_fault *fault, const struct error *err)
{
	delivery_refuse(a, err, *fault->place.param ? fault->place.param : NULL, fault->code);
}

static void add_id(void *user, const char *id, const char *provider)
{
	struct buf *list = user;
	struct error full;

	(void)provider;
	(void)!buf_addf(list, &full, ", %s", id);
}

/* Names what there is, or what is missing for the one that was asked for. */
static void refuse_model(struct service *s, struct delivery *a, const struct worker_status *local)
{
	own_buf there = BUF_INIT(200);
	struct error err = {0};
	char hint[300];

	if (teachers_explain(a->list, a->request.model, hint, sizeof hint) ||
		models_explain(a->request.model, hint, sizeof hint)) {
		error_set(&err, ERROR_NOT_FOUND, "%s", hint);
	} else {
		buf_putf(&there, "auto%s", local->state == LOCAL_READY ? ", local" : "");
		teachers_each_model(s->teachers, a->list, add_id, &there);
		error_set(&err, ERROR_NOT_FOUND,
			"there is no model of this name; there are: %s (GET /v1/models lists all)", there.data);
	}
	delivery_refuse(a, &err, "model", "model_not_found");
}

static void decide(struct service *s, struct delivery *a, const struct worker_status *local,
	struct teacher_choice *choice, enum route_wish wish)
{
	const struct answer *known = find_known(&a->request, wish);
	bool spent = !a->request.over_budget && books_spending(s->books).state == SPENDING_OVER;
	struct download_status download;

	download_status(s->download, &download);
	struct route_facts facts = {
		.wish = wish, .known = known != NULL, .local = local->state,
		.teacher = spent && choice->count ? TEACHER_SPENT : choice->state,
		.fetching = download.state == DOWNLOAD_RUNNING, .pictures = chat_has_pictures(&a->request.chat),
	};
	struct route_decision decision = route_decide(&facts);
	switch (decision.to) {
	case ROUTE_KNOWN: give_known(a, known, &decision); break;
	case ROUTE_LOCAL: give_local(s, a, local, &decision); break;
	case ROUTE_TEACHER:
		choice->otherwise = wish == WISH_AUTO ? ask_local_instead : NULL;
		choice->user = s;
		a->escalated = wish == WISH_AUTO && facts.local != LOCAL_NONE;
		give_teacher(s, a, choice, &decision);
		break;
	case ROUTE_SPENT: refuse_spending(s, a); break;
	case ROUTE_NOBODY: give_nothing(a, &facts); break;
	}
}

void chat_completions(void *user, const struct http_request_in *in, struct reply *reply)
{
	struct service *s = user;
	own_teacher_list *list = api_teachers(s, in, reply);
	if (!list)
		return;
	struct delivery *a = delivery_create(reply, &s->metrics);
	struct openai_fault fault = {0};
	struct error err = {0};
	struct worker_status local;
	own_teacher_choice choice = {0};
	enum route_wish wish;

	a->books = s->books;
	a->list = take(list);
	if (!openai_read(in->body, &a->request, &fault, &err) ||
		!seals_restore(s->seals, &a->request.chat, clock_ns(), &err)) {
		refuse_request(a, &fault, &err);
		return;
	}
	worker_status(s->worker, &local);
	if (find_wish(s, a, &local, &choice, &wish))
		decide(s, a, &local, &choice, wish);
	else
		refuse_model(s, a, &local);
}
