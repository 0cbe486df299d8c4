#include "store/spending.h"

#include "store/record.h"

/* Every access passes here first. */
static void turn_month(struct spending *s, int64_t now)
{
	int month = record_month(record_day(now));

	if (month > s->month) {
		s->month = month;
		s->spent = 0;
	}
}

/* A sum that is full stays full: it must not begin anew below the budget. */
static void add(uint64_t *sum, uint64_t cost)
{
	*sum = cost > UINT64_MAX - *sum ? UINT64_MAX : *sum + cost;
}

static void add_record(void *user, const struct metric_record *r)
{
	add(user, r->cost);
}

bool spending_load(struct spending *s, const char *home, int64_t now, size_t *damaged, struct error *err)
{
	int today = record_day(now);
	uint64_t sum = 0;

	*damaged = 0;
	if (!records_read(home, record_month(today), today, add_record, &sum, damaged, err))
		return false;
	pthread_mutex_lock(&s->lock);
	s->month = record_month(today);
	s->spent = sum;
	pthread_mutex_unlock(&s->lock);
	return true;
}

bool spending_is_stale(struct spending *s, int64_t now)
{
	pthread_mutex_lock(&s->lock);
	bool stale = s->month != record_month(record_day(now));
	pthread_mutex_unlock(&s->lock);
	return stale;
}

void spending_add(struct spending *s, int64_t now, uint64_t cost)
{
	pthread_mutex_lock(&s->lock);
	turn_month(s, now);
	add(&s->spent, cost);
	pthread_mutex_unlock(&s->lock);
}

static enum spending_state judge(uint64_t spent, uint64_t budget)
{
	if (budget == SPENDING_NO_BUDGET)
		return SPENDING_FREE;
	if (spent >= budget)
		return SPENDING_OVER;
	return (budget - spent) * 5 <= budget ? SPENDING_NEAR : SPENDING_UNDER;
}

struct spending_view spending_look(struct spending *s, int64_t now, uint64_t budget)
{
	pthread_mutex_lock(&s->lock);
	turn_month(s, now);
	struct spending_view view = { judge(s->spent, budget), s->spent, budget };
	pthread_mutex_unlock(&s->lock);
	return view;
}
