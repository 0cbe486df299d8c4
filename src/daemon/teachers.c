#include "daemon/teachers.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/teachers_inside.h"

struct teachers *teachers_create(void)
{
	struct teachers *t = mem_zeroed(1, sizeof *t);

	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->done, NULL);
	t->own = teacher_list_empty();
	return t;
}

void teachers_destroy(struct teachers *t)
{
	for (size_t i = 0; i < t->idle_count; i++)
		http_client_destroy(t->idle[i].client);
	for (size_t i = 0; i < t->brought_count; i++)
		teacher_list_unref(t->brought[i]);
	teacher_list_unref(t->own);
	explicit_bzero(t->id_key, sizeof t->id_key);
	pthread_cond_destroy(&t->done);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* --- which are meant --------------------------------------------------------------------- */

void teacher_choice_done(struct teacher_choice *c)
{
	for (size_t i = 0; i < c->count; i++)
		teacher_entry_unref(c->entries[i]);
	free(c->model);
	*c = (struct teacher_choice){ 0 };
}

static void choose_locked(struct teacher_choice *c, struct teacher_entry *e, bool has_model, uint64_t now)
{
	c->named = true;
	if (teacher_entry_lacks(e, has_model))
		return;
	c->entries[c->count++] = teacher_entry_ref(e);
	if (breaker_left(&e->reach->breaker, now) == 0)
		c->state = TEACHER_READY;
	else if (c->state == TEACHER_NONE)
		c->state = TEACHER_RESTING;
}

static void name_first(struct teacher_choice *c)
{
	if (!c->count)
		return;
	c->first = c->entries[0]->name;
	c->first_provider = c->entries[0]->provider->name;
	c->first_model = c->model ? c->model : c->entries[0]->model;
	c->first_price = teacher_entry_price(c->entries[0], c->first_model);
}

void teachers_choose_all(struct teachers *t, const struct teacher_list *l, struct teacher_choice *c)
{
	*c = (struct teacher_choice){ .state = TEACHER_NONE };
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < l->count; i++)
		choose_locked(c, l->entries[i], false, clock_ms());
	pthread_mutex_unlock(&t->lock);
	name_first(c);
}

/* One that is named by itself is asked alone; more than one only where each is named as well. */
void teachers_choose(struct teachers *t, const struct teacher_list *l, struct str wish, struct teacher_choice *c)
{
	enum teacher_naming best = NAMED_NOT;
	struct str model;

	*c = (struct teacher_choice){ .state = TEACHER_NONE };
	for (size_t i = 0; i < l->count; i++) {
		enum teacher_naming naming = teacher_entry_names(l->entries[i], wish, &model);
		best = naming > best ? naming : best;
	}
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; best != NAMED_NOT && i < l->count; i++) {
		if (teacher_entry_names(l->entries[i], wish, &model) != best)
			continue;
		choose_locked(c, l->entries[i], model.n > 0, clock_ms());
		if (!c->model && model.n && best != NAMED_NAME && best != NAMED_MODEL)
			c->model = mem_strndup(model.p, model.n);
	}
	pthread_mutex_unlock(&t->lock);
	name_first(c);
}

/* A provider that models of this name are known of. */
static const struct provider *provider_of(struct str wish)
{
	for (size_t i = 0; i < provider_count; i++) {
		struct teacher_entry like = { .provider = &providers[i], .name = (char *)providers[i].name };
		struct str model;
		if (teacher_entry_names(&like, wish, &model) != NAMED_NOT)
			return &providers[i];
	}
	return NULL;
}

/* Of a teacher that is meant, and lacks something. */
static bool explain_lack(const struct teacher_list *l, struct str wish, char *hint, size_t size)
{
	const char *lack = NULL;
	struct str model;

	for (size_t i = 0; i < l->count && !lack; i++) {
		const struct teacher_entry *e = l->entries[i];
		if (teacher_entry_names(e, wish, &model) == NAMED_NOT)
			continue;
		lack = teacher_entry_lacks(e, model.n > 0);
		if (lack)
			snprintf(hint, size, "the teacher %s has %s: `shammah setup` or config.toml can give it one",
				e->name, lack);
	}
	return lack != NULL;
}

bool teachers_explain(const struct teacher_list *l, struct str wish, char *hint, size_t size)
{
	const struct provider *p = provider_of(wish);
	int shown = wish.n < 100 ? (int)wish.n : 100;

	if (explain_lack(l, wish, hint, size))
		return true;
	if (p && p->key_variable)
		snprintf(hint, size, "%.*s is asked of %s, for which there is no key: set %s, or run `shammah setup`",
			shown, wish.p, p->display_name, p->key_variable);
	else if (p)
		snprintf(hint, size, "%.*s is asked of %s, which is not configured: run `shammah setup`", shown, wish.p,
			p->display_name);
	return p != NULL;
}

/* --- how they are ------------------------------------------------------------------------ */

typedef void entry_fn(void *user, const struct teacher_entry *e, bool brought);

static bool is_among(const struct teacher_list *l, size_t count, const struct teacher_entry *e)
{
	for (size_t i = 0; i < count; i++)
		if (teacher_entry_same(l->entries[i], e))
			return true;
	return false;
}

/* Whether the entry of one list has been met in those before it. */
static bool is_met_locked(const struct teachers *t, size_t list, const struct teacher_entry *e)
{
	bool met = is_among(t->own, t->own->count, e);

	for (size_t i = 0; i < list && !met; i++)
		met = is_among(t->brought[i], t->brought[i]->count, e);
	return met;
}

/* All of all lists, none twice. */
static void each_locked(const struct teachers *t, entry_fn *each, void *user)
{
	for (size_t i = 0; i < t->own->count; i++)
		each(user, t->own->entries[i], false);
	for (size_t k = 0; k < t->brought_count; k++)
		for (size_t i = 0; i < t->brought[k]->count; i++)
			if (!is_met_locked(t, k, t->brought[k]->entries[i]))
				each(user, t->brought[k]->entries[i], true);
}

static void add_json(void *user, const struct teacher_entry *e, bool brought)
{
	const char *lack = teacher_entry_lacks(e, false);
	uint64_t left = lack ? 0 : breaker_left(&e->reach->breaker, clock_ms());
	const char *state = lack ? lack : left == UINT64_MAX ? "key refused" : left ? "resting" : "ready";
	json_t *json = json_pack("{s:s, s:s, s:s?, s:s}", "name", e->name, "provider", e->provider->name, "model",
		e->model, "state", state);

	if (left && left != UINT64_MAX)
		json_object_set_new(json, "rests_s", json_integer((json_int_t)((left + 999) / 1000)));
	if (brought)
		json_object_set_new(json, "brought", json_true());
	json_array_append_new(user, json);
}

json_t *teachers_json(struct teachers *t)
{
	json_t *list = json_array();

	pthread_mutex_lock(&t->lock);
	each_locked(t, add_json, list);
	pthread_mutex_unlock(&t->lock);
	return list;
}

struct count {
	size_t ready, resting;
};

static void count_one(void *user, const struct teacher_entry *e, bool brought)
{
	struct count *c = user;
	bool can = !teacher_entry_lacks(e, false);

	(void)brought;
	c->ready += can;
	c->resting += can && breaker_left(&e->reach->breaker, clock_ms()) > 0;
}

void teachers_count(struct teachers *t, size_t *ready, size_t *resting)
{
	struct count c = {0};

	pthread_mutex_lock(&t->lock);
	each_locked(t, count_one, &c);
	pthread_mutex_unlock(&t->lock);
	*ready = c.ready;
	*resting = c.resting;
}

void teachers_each_model(struct teachers *t, const struct teacher_list *l, teacher_model_fn *each, void *user)
{
	own_teacher_choice all = { 0 };

	teachers_choose_all(t, l, &all);
	for (size_t i = 0; i < all.count; i++) {
		const struct teacher_entry *e = all.entries[i];
		own_mem char *id = mem_printf("%s/%s", e->provider->name, e->model);
		each(user, id, e->provider->name);
	}
}
