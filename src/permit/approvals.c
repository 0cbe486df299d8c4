/* The set in memory; entries are only ever added, so that words that were given out stay good. */
#include "permit/approvals.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "permit/approvals_parts.h"

struct approvals *approvals_open(const char *home, const char *root, struct buf *odd)
{
	struct approvals *a = mem_zeroed(1, sizeof *a);

	pthread_mutex_init(&a->lock, NULL);
	a->home = mem_strdup(home);
	a->root = mem_strdup(root);
	a->removed = json_object();
	if (home)
		approvals_load(a, odd);
	return a;
}

void approvals_destroy(struct approvals **a)
{
	struct approvals *old = *a;
	struct error lost;

	if (!old)
		return;
	(void)!approvals_save(old, &lost);
	for (size_t i = 0; i < old->count; i++)
		approval_destroy(old->at[i]);
	free(old->at);
	json_decref(old->removed);
	free(old->home);
	free(old->root);
	pthread_mutex_destroy(&old->lock);
	free(old);
	*a = NULL;
}

static bool write_out(struct approvals *a, const char *meanwhile, struct error *err)
{
	struct error why = {0};

	a->stale = true;
	if (a->home && approvals_write(a, &why)) {
		a->stale = false;
		return true;
	}
	if (!a->home)
		error_set(&why, ERROR_UNAVAILABLE, "there is no folder to keep it in");
	return error_set(err, ERROR_UNAVAILABLE, "%s: %s", meanwhile, why.text);
}

bool approvals_add(struct approvals *a, const struct approval_wish *wish, struct error *err)
{
	struct approval *new = approval_create(wish, err);
	bool ok = true;

	if (!new)
		return false;
	pthread_mutex_lock(&a->lock);
	if (a->count == APPROVALS_MAX) {
		approval_destroy(new);
		ok = error_set(err, ERROR_TOO_LARGE, "there are %d approvals already; remove some", APPROVALS_MAX);
	} else {
		a->at = mem_resize(a->at, a->count + 1, sizeof *a->at);
		a->at[a->count++] = new;
		if (new->life == APPROVAL_FOREVER) {
			new->stored = json_pack("{s:s, s:s, s:s, s:s*, s:O*, s:s*, s:s*, s:I, s:i}", "id", new->id,
				"kind", approval_kind_names[new->kind], "tool", new->tool, "pattern", new->pattern,
				"fields", new->fields, "folder", new->folder, "what", wish->what,
				"created", (json_int_t)clock_unix(), "matches", 0);
			ok = write_out(a, "approved for this conversation only", err);
		}
	}
	pthread_mutex_unlock(&a->lock);
	return ok;
}

bool approvals_remove(struct approvals *a, const char *id, struct error *err)
{
	bool ok = false;

	pthread_mutex_lock(&a->lock);
	for (size_t i = 0; i < a->count && !ok; i++) {
		struct approval *one = a->at[i];
		if (one->gone || strcmp(one->id, id) != 0)
			continue;
		one->gone = ok = true;
		if (one->life == APPROVAL_FOREVER) {
			json_object_set_new(a->removed, id, json_true());
			ok = write_out(a, "removed for this conversation only", err);
			break;
		}
	}
	pthread_mutex_unlock(&a->lock);
	return ok || err->kind == ERROR_UNAVAILABLE ? ok :
		error_set(err, ERROR_NOT_FOUND, "there is no approval %s", id);
}

const char *approvals_find(void *user, struct str tool, struct str text, const json_t *input)
{
	struct approvals *a = user;
	const char *words = NULL;

	pthread_mutex_lock(&a->lock);
	for (size_t i = 0; i < a->count && !words; i++)
		if (!a->at[i]->gone && approval_covers(a->at[i], a->root, tool, text, input))
			words = a->at[i]->words;
	pthread_mutex_unlock(&a->lock);
	return words;
}

void approvals_used(struct approvals *a, const char *words)
{
	pthread_mutex_lock(&a->lock);
	for (size_t i = 0; i < a->count; i++) {
		struct approval *one = a->at[i];
		if (one->words != words)
			continue;
		one->new_matches++;
		one->last_used = clock_unix();
		one->gone |= one->life == APPROVAL_ONCE;
		a->stale |= one->life == APPROVAL_FOREVER;
	}
	pthread_mutex_unlock(&a->lock);
}

bool approvals_save(struct approvals *a, struct error *err)
{
	bool ok = true;

	pthread_mutex_lock(&a->lock);
	if (a->stale)
		ok = write_out(a, "uses of approvals are not counted", err);
	pthread_mutex_unlock(&a->lock);
	return ok;
}

json_t *approvals_list(struct approvals *a)
{
	json_t *list = json_array();

	pthread_mutex_lock(&a->lock);
	for (size_t i = 0; i < a->count; i++) {
		const struct approval *one = a->at[i];
		if (one->gone)
			continue;
		json_t *entry = one->stored ? json_deep_copy(one->stored) : json_object();
		json_int_t matches = json_integer_value(json_object_get(entry, "matches"));
		json_object_set_new(entry, "id", json_string(one->id));
		json_object_set_new(entry, "life", json_string(approval_life_names[one->life]));
		json_object_set_new(entry, "words", json_string(one->words));
		json_object_set_new(entry, "matches", json_integer(matches + (json_int_t)one->new_matches));
		if (one->last_used)
			json_object_set_new(entry, "last_used", json_integer(one->last_used));
		json_array_append_new(list, entry);
	}
	pthread_mutex_unlock(&a->lock);
	return list;
}
