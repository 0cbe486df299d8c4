#include "store/totals.h"

#include <string.h>

#include "base/mem.h"

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* The teacher's name in the settings, else its vendor's. */
static const char *teacher_of(const struct metric_record *r)
{
	return r->teacher ? r->teacher : r->provider;
}

static struct total *find_group(struct totals *t, const struct metric_record *r)
{
	for (struct total *g = t->groups; g < t->groups + t->count; g++)
		if (same(g->source, r->source) && same(g->teacher, teacher_of(r)) && same(g->model, r->model))
			return g;
	if (t->count == TOTALS_MAX)
		return NULL;
	t->groups = mem_resize(t->groups, t->count + 1, sizeof *t->groups);
	t->groups[t->count] = (struct total){
		.source = mem_strdup(r->source), .teacher = mem_strdup(teacher_of(r)), .model = mem_strdup(r->model),
	};
	return &t->groups[t->count++];
}

static void add(struct total *g, const struct metric_record *r)
{
	bool failed = r->result && strcmp(r->result, "failed") == 0;

	g->answers++;
	g->failed += failed;
	g->cancelled += r->result && strcmp(r->result, "cancelled") == 0;
	g->escalated += r->escalated;
	g->estimated += r->estimated;
	g->unpriced += teacher_of(r) && !r->cost_known && (!failed || r->estimated);
	g->prompt_tokens += r->prompt_tokens;
	g->cached_tokens += r->cached_tokens;
	g->completion_tokens += r->completion_tokens;
	g->cost += r->cost;
	g->saved += r->saved;
	g->ms += r->ms;
}

void totals_add(struct totals *t, const struct metric_record *r)
{
	struct total *group = find_group(t, r);

	add(&t->all, r);
	if (group)
		add(group, r);
}

static void on_record(void *user, const struct metric_record *r) { totals_add(user, r); }

bool totals_read(struct totals *t, const char *home, int first, int last, struct error *err)
{
	return records_read(home, first, last, on_record, t, &t->damaged, err);
}

void totals_done(struct totals *t)
{
	for (size_t i = 0; i < t->count; i++) {
		free(t->groups[i].source);
		free(t->groups[i].teacher);
		free(t->groups[i].model);
	}
	free(t->groups);
	*t = (struct totals){ 0 };
}
