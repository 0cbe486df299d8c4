#include "daemon/books.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "provider/estimate.h"
#include "provider/openai.h"
#include "store/query_hash.h"
#include "store/record.h"

struct books {
	char *home;
	struct teachers *teachers;
	struct metrics *metrics;
	struct spending spending;
	struct query_key key;
	bool keyed;
	_Atomic int64_t budget;        /* micro-dollars; negative: none */
	atomic_bool complained;
	pthread_mutex_t lock;          /* guards what follows */
	char *unpriced;                /* the last model whose price was told not to be known; NULL: none */
};

struct books *books_create(const char *home, struct teachers *teachers, struct metrics *metrics)
{
	struct books *b = mem_zeroed(1, sizeof *b);
	struct error err = {0};
	size_t damaged = 0;

	b->home = mem_strdup(home);
	b->teachers = teachers;
	b->metrics = metrics;
	b->spending = (struct spending)SPENDING_INIT;
	atomic_init(&b->budget, -1);
	pthread_mutex_init(&b->lock, NULL);
	if (!spending_load(&b->spending, home, clock_unix(), &damaged, &err))
		log_warn("the books of this month: %s", err.text);
	if (damaged)
		log_warn("%zu lines of this month's books cannot be read; what they cost is not counted", damaged);
	b->keyed = query_key_load(home, &b->key, &err);
	if (!b->keyed)
		log_warn("questions are not told apart in the books: %s", err.text);
	(void)records_expire(home, clock_unix());
	return b;
}

void books_destroy(struct books *b)
{
	if (!b)
		return;
	explicit_bzero(&b->key, sizeof b->key);
	pthread_mutex_destroy(&b->lock);
	free(b->unpriced);
	free(b->home);
	free(b);
}

void books_set_budget(struct books *b, int64_t budget)
{
	atomic_store(&b->budget, budget);
}

/* Many a machine begins with a clock that is years behind, and learns the time later. */
static void follow_clock(struct books *b, int64_t now)
{
	struct error err = {0};
	size_t damaged;

	if (spending_is_stale(&b->spending, now) && !spending_load(&b->spending, b->home, now, &damaged, &err))
		log_warn("the books of this month: %s", err.text);
}

struct spending_view books_spending(struct books *b)
{
	int64_t budget = atomic_load(&b->budget), now = clock_unix();

	follow_clock(b, now);
	return spending_look(&b->spending, now, budget < 0 ? SPENDING_NO_BUDGET : (uint64_t)budget);
}

bool books_cost(const char *provider, const char *model, const struct price *price, const struct usage *usage,
	uint64_t *micro_usd)
{
	if (usage->costed)
		*micro_usd = usage->cost;
	else if (price)
		*micro_usd = price_apply(price, usage);
	return usage->costed || price || price_cost(provider, model, usage, clock_unix(), micro_usd);
}

bool books_tell_unpriced(struct books *b, const char *provider, const char *model, const struct price *price)
{
	own_mem char *name = mem_printf("%s/%s", provider, model);
	const struct provider *p = provider_find(provider);
	bool tell = false, costs = p && p->openai && p->openai->costs;     /* it says it with each answer */

	if (price || costs || atomic_load(&b->budget) < 0 || price_find(provider, model, 0, clock_unix()))
		return false;
	pthread_mutex_lock(&b->lock);
	if (!b->unpriced || strcmp(b->unpriced, name) != 0) {
		free(b->unpriced);
		b->unpriced = take(name);
		tell = true;
	}
	pthread_mutex_unlock(&b->lock);
	return tell;
}

/* What the first teacher would have taken for an answer that was free. */
static uint64_t saved_by(struct books *b, const struct teacher_list *list, const struct usage *usage)
{
	own_teacher_choice all = {0};
	struct usage fresh = { .prompt_tokens = usage->prompt_tokens, .completion_tokens = usage->completion_tokens };
	uint64_t cost = 0;

	if (list)
		teachers_choose_all(b->teachers, list, &all);
	return all.count && books_cost(all.first_provider, all.first_model,
		all.first_price, &fresh, &cost) ? cost : 0;
}

static void append(struct books *b, const struct metric_record *r)
{
	struct error err = {0};

	if (record_append(b->home, r, &err))
		atomic_store(&b->complained, false);
	else if (!atomic_exchange(&b->complained, true))
		log_warn("the books cannot be written: %s", err.text);
}

/* Whether a teacher has done work that it did not count: a question that failed before the first word has not. */
static bool is_uncounted(const struct book_entry *e)
{
	bool said = e->ended && (e->usage.prompt_tokens || e->usage.completion_tokens);
	bool worked = e->received || e->unanswered || e->result != METRIC_FAILED;

	return e->source == METRIC_TEACHER && e->provider && !said && worked;
}

static void take_usage(struct metric_record *r, const struct usage *u)
{
	r->prompt_tokens = u->prompt_tokens;
	r->cached_tokens = u->cached_tokens;
	r->written_tokens = u->written_tokens;
	r->completion_tokens = u->completion_tokens;
	r->thought_tokens = u->thought_tokens;
}

void books_note(struct books *b, const struct request *request, const struct book_entry *e)
{
	static const char *const sources[METRIC_SOURCES] = {
		[METRIC_KNOWN] = "known", [METRIC_LOCAL] = "local", [METRIC_TEACHER] = "teacher",
		[METRIC_NOBODY] = "none",
	};
	static const char *const results[METRIC_RESULTS] = {
		[METRIC_ANSWERED] = "answered", [METRIC_FAILED] = "failed", [METRIC_CANCELLED] = "cancelled",
	};
	const struct message *question = chat_question(&request->chat);
	char hash[SHA_HEX_MAX + 1] = "";
	struct metric_record r = {
		.time = clock_unix(), .source = sources[e->source], .result = results[e->result], .teacher = e->teacher,
		.provider = e->provider, .model = e->model, .ms = e->ms, .estimated = is_uncounted(e),
		.escalated = e->escalated && e->source == METRIC_TEACHER,
	};
	struct usage usage = r.estimated ? estimate_usage(request, e->received) : e->usage;

	if (e->unanswered)
		usage.prompt_tokens *= e->unanswered;
	take_usage(&r, &usage);
	if (e->source == METRIC_NOBODY && !question)
		return;                /* no question at all */
	if (e->source == METRIC_TEACHER && e->provider && (e->ended || r.estimated))
		r.cost_known = books_cost(e->provider, e->model, e->price, &usage, &r.cost);
	if (e->source == METRIC_LOCAL && e->result == METRIC_ANSWERED)
		r.saved = saved_by(b, e->list, &e->usage);
	if (question && b->keyed)
		query_hash(&b->key, question->text, hash);
	r.query = hash[0] ? hash : NULL;
	if (r.cost)
		spending_add(&b->spending, r.time, r.cost);
	metrics_money(b->metrics, r.cost, r.saved);
	append(b, &r);
}

/* Dollars and cents. */
#define DOLLARS(micro) (micro) / 1000000, (micro) % 1000000 / 10000
#define DOLLARS_FORMAT "$%" PRIu64 ".%02" PRIu64

void books_describe(const struct spending_view *view, char *text, size_t size)
{
	snprintf(text, size, DOLLARS_FORMAT " of this month's " DOLLARS_FORMAT " for teachers are spent",
		DOLLARS(view->spent), DOLLARS(view->budget));
}

json_t *books_json(struct books *b)
{
	struct spending_view view = books_spending(b);
	json_t *json = json_pack("{s:f}", "spent_usd", (double)view.spent / 1e6);

	if (view.state != SPENDING_FREE)
		json_object_set_new(json, "budget_usd", json_real((double)view.budget / 1e6));
	return json;
}
