#include "daemon/teachers.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/teachers_inside.h"

/* --- the list -------------------------------------------------------------------------- */

struct teachers *teachers_create(void)
{
	struct teachers *t = mem_zeroed(1, sizeof *t);

	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->done, NULL);
	return t;
}

static void unref_all(struct teacher_entry **entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		teacher_entry_unref(entries[i]);
}

void teachers_destroy(struct teachers *t)
{
	for (size_t i = 0; i < t->idle_count; i++)
		http_client_destroy(t->idle[i].client);
	unref_all(t->entries, t->count);
	json_decref(t->own);
	free(t->project);
	pthread_cond_destroy(&t->done);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* The old entry where nothing changed; else the new one, with what the breaker of its like has learnt. */
static struct teacher_entry *succeed_locked(const struct teachers *t, struct teacher_entry *fresh)
{
	for (size_t i = 0; i < t->count; i++)
		if (teacher_entry_same(t->entries[i], fresh)) {
			teacher_entry_unref(fresh);
			return teacher_entry_ref(t->entries[i]);
		}
	for (size_t i = 0; i < t->count; i++)
		if (teacher_entry_reaches_same(t->entries[i], fresh)) {
			fresh->breaker = t->entries[i]->breaker;
			fresh->breaker.trial = false;
		}
	return fresh;
}

bool teachers_set(struct teachers *t, const struct teacher_config *list, size_t count, struct error *err)
{
	struct teacher_entry *fresh[TEACHER_LIST_MAX], *old[TEACHER_LIST_MAX];
	size_t made = 0, old_count;

	if (count > TEACHER_LIST_MAX)
		return error_set(err, ERROR_TOO_LARGE, "there are more than %d teachers", TEACHER_LIST_MAX);
	for (; made < count; made++) {
		fresh[made] = teacher_entry_create(&list[made], err);
		if (!fresh[made]) {
			unref_all(fresh, made);
			return false;
		}
	}
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < count; i++)
		fresh[i] = succeed_locked(t, fresh[i]);
	old_count = t->count;
	memcpy(old, t->entries, old_count * sizeof *old);
	memcpy(t->entries, fresh, count * sizeof *fresh);
	t->count = count;
	pthread_mutex_unlock(&t->lock);
	unref_all(old, old_count);
	return true;
}

/* --- which are meant --------------------------------------------------------------------- */

void teacher_choice_done(struct teacher_choice *c)
{
	unref_all(c->entries, c->count);
	free(c->model);
	*c = (struct teacher_choice){ 0 };
}

static void choose_locked(struct teacher_choice *c, struct teacher_entry *e, bool has_model, uint64_t now)
{
	c->named = true;
	if (teacher_entry_lacks(e, has_model))
		return;
	c->entries[c->count++] = teacher_entry_ref(e);
	if (breaker_left(&e->breaker, now) == 0)
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

void teachers_choose_all(struct teachers *t, struct teacher_choice *c)
{
	*c = (struct teacher_choice){ .state = TEACHER_NONE };
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->count; i++)
		choose_locked(c, t->entries[i], false, clock_ms());
	pthread_mutex_unlock(&t->lock);
	name_first(c);
}

/* One that is named by itself is asked alone; more than one only where each is named as well. */
void teachers_choose(struct teachers *t, struct str wish, struct teacher_choice *c)
{
	enum teacher_naming best = NAMED_NOT;
	struct str model;

	*c = (struct teacher_choice){ .state = TEACHER_NONE };
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->count; i++) {
		enum teacher_naming naming = teacher_entry_names(t->entries[i], wish, &model);
		best = naming > best ? naming : best;
	}
	for (size_t i = 0; best != NAMED_NOT && i < t->count; i++) {
		if (teacher_entry_names(t->entries[i], wish, &model) != best)
			continue;
		choose_locked(c, t->entries[i], model.n > 0, clock_ms());
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
static bool explain_lack(struct teachers *t, struct str wish, char *hint, size_t size)
{
	const char *lack = NULL;
	struct str model;

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->count && !lack; i++) {
		const struct teacher_entry *e = t->entries[i];
		if (teacher_entry_names(e, wish, &model) == NAMED_NOT)
			continue;
		lack = teacher_entry_lacks(e, model.n > 0);
		if (lack)
			snprintf(hint, size, "the teacher %s has %s: `shammah setup` or config.toml can give it one",
				e->name, lack);
	}
	pthread_mutex_unlock(&t->lock);
	return lack != NULL;
}

bool teachers_explain(struct teachers *t, struct str wish, char *hint, size_t size)
{
	const struct provider *p = provider_of(wish);
	int shown = wish.n < 100 ? (int)wish.n : 100;

	if (explain_lack(t, wish, hint, size))
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

static json_t *entry_json_locked(const struct teacher_entry *e, uint64_t now)
{
	const char *lack = teacher_entry_lacks(e, false);
	uint64_t left = lack ? 0 : breaker_left(&e->breaker, now);
	const char *state = lack ? lack : left == UINT64_MAX ? "key refused" : left ? "resting" : "ready";
	json_t *json = json_pack("{s:s, s:s, s:s?, s:s}", "name", e->name, "provider", e->provider->name, "model",
		e->model, "state", state);

	if (left && left != UINT64_MAX)
		json_object_set_new(json, "rests_s", json_integer((json_int_t)((left + 999) / 1000)));
	return json;
}

json_t *teachers_json(struct teachers *t)
{
	json_t *list = json_array();

	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->count; i++)
		json_array_append_new(list, entry_json_locked(t->entries[i], clock_ms()));
	pthread_mutex_unlock(&t->lock);
	return list;
}

void teachers_count(struct teachers *t, size_t *ready, size_t *resting)
{
	uint64_t now = clock_ms();

	*ready = *resting = 0;
	pthread_mutex_lock(&t->lock);
	for (size_t i = 0; i < t->count; i++) {
		bool can = !teacher_entry_lacks(t->entries[i], false);
		*ready += can;
		*resting += can && breaker_left(&t->entries[i]->breaker, now) > 0;
	}
	pthread_mutex_unlock(&t->lock);
}

void teachers_each_model(struct teachers *t, teacher_model_fn *each, void *user)
{
	own_teacher_choice all = { 0 };

	teachers_choose_all(t, &all);
	for (size_t i = 0; i < all.count; i++) {
		const struct teacher_entry *e = all.entries[i];
		own_mem char *id = mem_printf("%s/%s", e->provider->name, e->model);
		each(user, id, e->provider->name);
	}
}
