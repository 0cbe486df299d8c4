#include "provider/chain.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"

/* One teacher's part in a question. */
struct leg {
	bool over;                 /* it failed, or rests, as `why` says */
	bool asked, told;          /* told: its notice has been given */
	struct error why;
};

struct run {
	struct http_client *client;
	const struct chain *chain;
	const struct request *request;
	struct leg *legs;
	size_t current;
};

/* --- breakers ------------------------------------------------------------------------ */

static enum breaker_admission admit(const struct chain *c, size_t i)
{
	pthread_mutex_lock(c->lock);
	enum breaker_admission admission = breaker_admit(c->teachers[i].breaker, clock_ms());
	pthread_mutex_unlock(c->lock);
	return admission;
}

static uint64_t rest_left(const struct chain *c, size_t i)
{
	pthread_mutex_lock(c->lock);
	uint64_t left = breaker_left(c->teachers[i].breaker, clock_ms());
	pthread_mutex_unlock(c->lock);
	return left;
}

static void settle(const struct chain *c, size_t i, const struct ask_report *report)
{
	struct breaker *b = c->teachers[i].breaker;
	uint64_t now = clock_ms();

	pthread_mutex_lock(c->lock);
	switch (report->end) {
	case ASK_ANSWERED: case ASK_TOO_LARGE: case ASK_REFUSED: breaker_succeed(b); break;
	case ASK_KEY: breaker_refuse(b); break;
	case ASK_DENIED: breaker_rest(b, now, 0); break;
	case ASK_DOWN: case ASK_CUT:
		if (report->told_ms)
			breaker_rest(b, now, report->told_ms);
		else
			breaker_fail(b, now);
		break;
	case ASK_UNFIT: case ASK_UNKNOWN: case ASK_STOPPED: breaker_forget(b); break;
	}
	pthread_mutex_unlock(c->lock);
}

/* --- notices ------------------------------------------------------------------------- */

void chain_notice_text(const struct chain_notice *n, char text[CHAIN_TEXT_MAX])
{
	if (n->event == CHAIN_RETRY)
		snprintf(text, CHAIN_TEXT_MAX, "%s: asking again in %u s (attempt %u of %u)", n->why,
			(n->wait_ms + 999) / 1000, n->attempt, n->attempts);
	else
		snprintf(text, CHAIN_TEXT_MAX, "%s; asking %s", n->why, n->next);
}

static void on_retry(void *user, const struct ask_notice *notice)
{
	struct run *r = user;
	const struct chain *c = r->chain;

	c->on_notice(c->user, &(struct chain_notice){
		.event = CHAIN_RETRY, .teacher = c->teachers[r->current].name, .why = notice->why->text,
		.kind = notice->why->kind,
		.wait_ms = notice->wait_ms, .attempt = notice->attempt, .attempts = notice->attempts });
}

/* Why others were not, or not successfully, asked before the one at hand. */
static void tell_why(struct run *r)
{
	const struct chain *c = r->chain;

	for (size_t i = 0; i < c->count; i++) {
		struct leg *leg = &r->legs[i];
		if (!leg->over || leg->told)
			continue;
		leg->told = true;
		c->on_notice(c->user, &(struct chain_notice){
			.event = leg->asked ? CHAIN_NEXT : CHAIN_SKIP, .teacher = c->teachers[i].name,
			.why = leg->why.text, .kind = leg->why.kind, .next = c->teachers[r->current].name });
	}
}

/* --- asking --------------------------------------------------------------------------- */

static bool on_delta(void *user, const struct delta *delta, struct error *err)
{
	const struct run *r = user;

	return r->chain->on_delta(r->chain->user, delta, err);
}

static struct ask_patience patience(const struct run *r, enum breaker_admission admission)
{
	struct ask_patience p = r->chain->patience;
	bool last = true;

	for (size_t i = 0; i < r->chain->count; i++)
		last &= i == r->current || r->legs[i].over;
	if (!last && !p.longest_wait_ms)
		p.longest_wait_ms = CHAIN_PATIENCE_MS;
	if (!last && !p.timeouts)
		p.timeouts = 1;
	if (!last && admission == BREAKER_TRIES)
		p.attempts = 1;
	return p;
}

/* With a key that was refused, once more with another where there is one. */
static bool ask_with_keys(struct run *r, struct ask *ask, struct ask_report *report, struct error *err)
{
	const struct chain *c = r->chain;

	*report = (struct ask_report){ .end = ASK_UNFIT };
	if (!c->find_key(c->user, r->current, false, &ask->teacher.key, err))
		return false;
	if (ask_provider(r->client, ask, r->request, report, err))
		return true;
	if (report->end != ASK_KEY)
		return false;
	struct error other = { 0 };
	unsigned unanswered = report->unanswered;
	if (!c->find_key(c->user, r->current, true, &ask->teacher.key, &other))
		return false;
	bool ok = ask_provider(r->client, ask, r->request, report, err);
	report->unanswered += unanswered;
	return ok;
}

/* What the user can do about it, where that is not said yet. */
static void add_advice(const struct chain *c, const struct chain_teacher *t, const struct ask_report *report,
	struct error *err)
{
	struct error why = *err;

	if (report->end == ASK_KEY && t->key_origin)
		error_set(err, why.kind, "%s (the one from %s)%s", why.text, t->key_origin,
			c->count == 1 ? ": check it, or run `shammah setup`" : "");
	else if (report->end == ASK_DOWN && report->attempts > 1 && c->count == 1)
		error_set(err, why.kind, "%s: try again later", why.text);
}

static bool ask_one(struct run *r, size_t i, enum breaker_admission admission, struct ask_report *report,
	struct error *err)
{
	const struct chain *c = r->chain;
	struct leg *leg = &r->legs[i];

	r->current = i;
	leg->asked = true;
	tell_why(r);
	c->on_teacher(c->user, i);
	struct ask ask = {
		.teacher = c->teachers[i].teacher, .patience = patience(r, admission), .cancel = c->cancel,
		.on_delta = on_delta, .on_notice = on_retry, .user = r,
	};
	bool ok = ask_with_keys(r, &ask, report, err);
	settle(c, i, report);
	if (report->unanswered && c->on_unanswered)
		c->on_unanswered(c->user, i, report->unanswered);
	if (ok)
		return true;
	add_advice(c, &c->teachers[i], report, err);
	leg->over = true;
	leg->told = false;
	leg->why = *err;
	return false;
}

static void pass_over(struct run *r, size_t i)
{
	const char *name = r->chain->teachers[i].name;
	uint64_t left = rest_left(r->chain, i);

	r->legs[i].over = true;
	if (left == UINT64_MAX)
		error_set(&r->legs[i].why, ERROR_DENIED, "%s has refused the key", name);
	else
		error_set(&r->legs[i].why, ERROR_UNAVAILABLE, "%s rests after failures, for %u s yet", name,
			(unsigned)((left + 999) / 1000));
}

static size_t soonest(const struct chain *c)
{
	size_t best = 0;

	for (size_t i = 1; i < c->count; i++)
		if (rest_left(c, i) < rest_left(c, best))
			best = i;
	return best;
}

static bool is_next_asked(enum ask_end end)
{
	return end != ASK_REFUSED && end != ASK_CUT && end != ASK_STOPPED;
}

/* --- nobody -------------------------------------------------------------------------- */

/* As much as fits of why one of several could not answer, with its name where the text does not begin with it. */
static void add_reason(struct buf *out, const struct chain_teacher *t, const char *why, size_t room, bool first)
{
	struct str shown = { why, strlen(why) < room ? strlen(why) : room };
	const char *title = t->teacher.provider->display_name;
	bool named = strncmp(why, t->name, strlen(t->name)) == 0 || strncmp(why, title, strlen(title)) == 0;

	shown.n -= utf8_incomplete_tail(shown.p, shown.n);
	buf_putf(out, "%s%s%s%.*s%s", first ? "" : "; ", named ? "" : t->name, named ? "" : ": ", STR_ARGS(shown),
		shown.n < strlen(why) ? "…" : "");
}

static bool explain_nobody(const struct run *r, struct error *err)
{
	const struct chain *c = r->chain;
	size_t room = (sizeof err->text - 100) / c->count;
	enum error_kind kind = r->legs[0].why.kind;
	own_buf reasons = BUF_INIT((size_t)64 << 10);

	for (size_t i = 0; i < c->count; i++) {
		add_reason(&reasons, &c->teachers[i], r->legs[i].why.text, room, i == 0);
		if (r->legs[i].why.kind == ERROR_UNAVAILABLE || r->legs[i].why.kind == ERROR_TIMEOUT)
			kind = ERROR_UNAVAILABLE;
	}
	return error_set(err, kind, "none of the %zu teachers could answer: %s. %s", c->count, reasons.data,
		kind == ERROR_UNAVAILABLE ? "Try again later" : "`shammah doctor --online` tries each");
}

static bool ask_in_turn(struct run *r, struct error *err)
{
	const struct chain *c = r->chain;
	struct ask_report report = { .end = ASK_UNFIT };
	bool asked = false;

	for (size_t i = 0; i < c->count; i++) {
		enum breaker_admission admission = admit(c, i);
		if (admission == BREAKER_RESTS) {
			pass_over(r, i);
			continue;
		}
		asked = true;
		if (ask_one(r, i, admission, &report, err))
			return true;
		if (!is_next_asked(report.end))
			return false;
	}
	size_t best = soonest(c);
	r->legs[best].told = true;
	if (!asked && ask_one(r, best, BREAKER_ADMITS, &report, err))
		return true;
	if (!is_next_asked(report.end) || c->count == 1)
		return false;
	return explain_nobody(r, err);
}

bool chain_ask(struct http_client *client, const struct chain *chain, const struct request *request, struct error *err)
{
	own_mem struct leg *legs = mem_zeroed(chain->count, sizeof *legs);
	struct run r = { .client = client, .chain = chain, .request = request, .legs = legs };

	return ask_in_turn(&r, err);
}
