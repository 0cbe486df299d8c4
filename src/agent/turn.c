/*
 * A batch is as many calls in a row as only read, or one that changes something.
 * Each is judged when its batch's turn comes, not before: what ran earlier may have
 * changed where a path leads.  Every call has a token of its own, since a token wakes
 * one sleeper only; the user's fires them all.
 */
#include "agent/turn.h"

#include "agent/judge.h"
#include "agent/record.h"
#include "base/mem.h"

enum { SIDE_BY_SIDE = 8 };

struct turn {
	struct agent *agent;
	struct guard *guard;
	struct cancel *cancel;
	struct call *calls;
	size_t count;
	bool stopped, repeated;
};

/* --- running -------------------------------------------------------------------------------- */

struct batch {
	struct call *calls;
	size_t count;
	atomic_size_t next;
};

static void fire_all(void *user)
{
	const struct batch *b = user;

	for (size_t i = 0; i < b->count; i++)
		cancel_fire(&b->calls[i].cancel);
}

static void *run_some(void *user)
{
	struct batch *b = user;
	size_t i;

	while ((i = atomic_fetch_add(&b->next, 1)) < b->count)
		if (b->calls[i].verdict == CALL_ALLOWED)
			call_run(&b->calls[i]);
	return NULL;
}

/* Threads that cannot be had are done without. */
static void run_batch(struct turn *t, struct batch *b)
{
	pthread_t threads[SIDE_BY_SIDE - 1];
	size_t running = 0;

	cancel_set_wake(t->cancel, fire_all, b);
	while (running + 1 < b->count && running < countof(threads) &&
		pthread_create(&threads[running], NULL, run_some, b) == 0)
		running++;
	(void)run_some(b);
	while (running)
		(void)pthread_join(threads[--running], NULL);
	cancel_set_wake(t->cancel, NULL, NULL);
}

/* --- showing and keeping ---------------------------------------------------------------------- */

static void show(const struct turn *t, enum agent_event_kind kind, const struct call *c, struct str text)
{
	const struct agent_ui *ui = &t->agent->ui;

	if (ui->show)
		ui->show(ui->user, &(struct agent_event){ .kind = kind, .call = c ? c->given : NULL,
			.input = c ? c->input : NULL, .text = text, .failed = c && c->failed,
			.details = c ? c->job.details : NULL });
}

struct progress {
	const struct turn *turn;
	const struct call *call;
};

static void on_progress(void *user, struct str bytes)
{
	const struct progress *p = user;

	show(p->turn, AGENT_PROGRESS, p->call, bytes);
}

static json_t *result_text(const struct call *c)
{
	struct str text = buf_str(&c->job.text);
	json_t *content = text.n ? json_stringn(text.p, text.n) : json_string("(no output)");

	return content ? content : json_string("(the result is no UTF-8 text)");
}

static void keep_result(struct turn *t, const struct call *c)
{
	struct str id = call_id(c);
	json_t *message = json_pack("{s:s, s:s%, s:o}", "role", "tool", "tool_call_id", id.p ? id.p : "", id.n,
		"content", result_text(c));

	if (c->failed)
		json_object_set_new(message, "is_error", json_true());
	json_array_append_new(t->agent->messages, message);
}

/* A result of a call that was made is compared with those before. */
static void guard_call(struct turn *t, const struct call *c)
{
	own_mem char *sorted = c->input ? json_dumps(c->input, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	struct str written = json_member_str(json_object_get(c->given, "function"), "arguments");

	if (c->verdict == CALL_CANCELLED)
		return;
	bool changed = c->kind && !c->kind->reads && !c->failed;
	if (guard_note(t->guard, call_name(c), sorted ? str_of(sorted) : written, buf_str(&c->job.text), changed) >=
		AGENT_REPEATS_MAX)
		t->repeated = true;
}

static void settle(struct turn *t, const struct call *c)
{
	guard_call(t, c);
	keep_result(t, c);
	record_call(t->agent, c);
	show(t, AGENT_RESULT, c, buf_str(&c->job.text));
}

/* --- one batch after the other ------------------------------------------------------------------ */

/* Why nothing runs any more; NULL: it may. */
static const char *why_not(const struct turn *t, enum call_verdict *verdict)
{
	*verdict = cancel_fired(t->cancel) ? CALL_CANCELLED : CALL_DENIED;
	return cancel_fired(t->cancel) ? "Cancelled by the user before it began." :
		t->stopped ? "Not run: the user did not allow a call before it." :
		t->repeated ? "Not run: a call before it was made with the same result again and again." : NULL;
}

static bool only_reads(const struct call *c) { return c->verdict != CALL_WAITS || c->kind->reads; }

static size_t batch_size(const struct turn *t, size_t first)
{
	size_t n = first;

	while (n < t->count && only_reads(&t->calls[n]))
		n++;
	return n > first ? n - first : 1;
}

static void judge(struct turn *t, struct call *c)
{
	enum call_verdict verdict;
	const char *why = why_not(t, &verdict);

	if (c->verdict != CALL_WAITS)
		return;
	if (why)
		call_end(c, verdict, "%s", why);
	else
		judge_call(t->agent, c, &t->stopped);
	if (c->verdict == CALL_ALLOWED)
		show(t, AGENT_CALLING, c, (struct str){0});
}

static void run(struct turn *t, size_t first, size_t count)
{
	struct batch batch = { .calls = &t->calls[first], .count = count };
	struct progress progress = { t, batch.calls };

	for (size_t i = 0; i < count; i++)
		judge(t, &batch.calls[i]);
	if (count == 1) {
		batch.calls->job.progress = on_progress;
		batch.calls->job.user = &progress;
	}
	run_batch(t, &batch);
	for (size_t i = 0; i < count; i++)
		settle(t, &batch.calls[i]);
}

enum turn_end turn_run(struct agent *a, const struct agent_answer *answer, struct guard *guard, struct cancel *cancel)
{
	struct turn t = { a, guard, cancel, NULL, json_array_size(answer->calls), false, false };

	t.calls = mem_zeroed(t.count, sizeof *t.calls);
	for (size_t i = 0; i < t.count; i++)
		call_init(&t.calls[i], a, answer, i);
	for (size_t at = 0, n; at < t.count; at += n) {
		n = batch_size(&t, at);
		run(&t, at, n);
	}
	show(&t, AGENT_RESULTS, NULL, (struct str){0});
	for (size_t i = 0; i < t.count; i++)
		call_done(&t.calls[i]);
	free(t.calls);
	if (cancel_fired(cancel))
		return TURN_CANCELLED;
	return t.stopped ? TURN_STOPPED : t.repeated ? TURN_REPEATED : TURN_DONE;
}
