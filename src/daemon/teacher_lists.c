/*
 * The daemon's own list, and those that clients brought.  A list never changes: another takes its
 * place, and goes with its last reference, keys overwritten.
 *
 * An id is a digest of the list, keyed with random bytes of this process: it tells nothing of the
 * keys in it, the same list has the same id for every client, and an id of a daemon that ran before
 * names nothing here.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/random.h"
#include "daemon/teachers_inside.h"

/* --- made, shared, freed ------------------------------------------------------------------- */

struct teacher_list *teacher_list_empty(void)
{
	struct teacher_list *l = mem_zeroed(1, sizeof *l);

	atomic_init(&l->refs, 1);
	return l;
}

struct teacher_list *teacher_list_ref(struct teacher_list *l)
{
	atomic_fetch_add(&l->refs, 1);
	return l;
}

void teacher_list_unref(struct teacher_list *l)
{
	if (!l || atomic_fetch_sub(&l->refs, 1) != 1)
		return;
	for (size_t i = 0; i < l->count; i++)
		teacher_entry_unref(l->entries[i]);
	free(l);
}

static struct teacher_list *make(const struct teacher_config *list, size_t count, struct error *err)
{
	if (count > TEACHER_LIST_MAX) {
		error_set(err, ERROR_TOO_LARGE, "there are more than %d teachers", TEACHER_LIST_MAX);
		return NULL;
	}
	struct teacher_list *l = teacher_list_empty();
	for (; l->count < count; l->count++) {
		l->entries[l->count] = teacher_entry_create(&list[l->count], err);
		if (!l->entries[l->count]) {
			teacher_list_unref(l);
			return NULL;
		}
	}
	return l;
}

/* --- what is learnt is shared ----------------------------------------------------------------- */

static bool is_taken(const struct teacher_list *fresh, size_t before, const struct teacher_reach *reach)
{
	for (size_t i = 0; i < fresh->count; i++)
		if (i != before && fresh->entries[i]->reach == reach)
			return true;
	return false;
}

static bool same_model(const struct teacher_entry *a, const struct teacher_entry *b)
{
	return a->model && b->model ? strcmp(a->model, b->model) == 0 : a->model == b->model;
}

static void share_with(struct teacher_list *fresh, const struct teacher_list *there, bool any_model)
{
	for (size_t i = 0; i < fresh->count; i++)
		for (size_t j = 0; j < there->count; j++) {
			struct teacher_entry *mine = fresh->entries[i], *other = there->entries[j];
			if (teacher_entry_reaches_same(mine, other) && (any_model || same_model(mine, other)) &&
				!is_taken(fresh, i, other->reach))
				teacher_entry_share(mine, other);
		}
}

/*
 * Entries of one list stay apart, for the next of a list may be another model behind the same key.
 * Those of the same model in other lists come first.
 */
static void share_locked(struct teachers *t, struct teacher_list *fresh)
{
	for (int any_model = 0; any_model < 2; any_model++) {
		for (size_t i = 0; i < t->brought_count; i++)
			share_with(fresh, t->brought[i], any_model);
		share_with(fresh, t->own, any_model);
	}
}

/* --- the daemon's own --------------------------------------------------------------------------- */

bool teachers_set(struct teachers *t, const struct teacher_config *list, size_t count, struct error *err)
{
	struct teacher_list *fresh = make(list, count, err);

	if (!fresh)
		return false;
	pthread_mutex_lock(&t->lock);
	share_locked(t, fresh);
	struct teacher_list *old = t->own;
	t->own = fresh;
	pthread_mutex_unlock(&t->lock);
	teacher_list_unref(old);
	return true;
}

struct teacher_list *teachers_own(struct teachers *t)
{
	pthread_mutex_lock(&t->lock);
	struct teacher_list *own = teacher_list_ref(t->own);
	pthread_mutex_unlock(&t->lock);
	return own;
}

/* --- what clients brought -------------------------------------------------------------------------- */

static struct teacher_list *find_locked(struct teachers *t, const char *id)
{
	for (size_t i = 0; i < t->brought_count; i++)
		if (strcmp(t->brought[i]->id, id) == 0) {
			t->brought[i]->used_ns = clock_ns();
			return t->brought[i];
		}
	return NULL;
}

static struct teacher_list *remove_locked(struct teachers *t, size_t i)
{
	struct teacher_list *gone = t->brought[i];

	t->brought[i] = t->brought[--t->brought_count];
	return gone;
}

/* Takes `fresh` in, unless it is there; what must go is the caller's to give back. */
static struct teacher_list *keep_locked(struct teachers *t, struct teacher_list *fresh)
{
	struct teacher_list *gone = NULL;
	size_t oldest = 0;

	if (find_locked(t, fresh->id))
		return fresh;
	share_locked(t, fresh);
	for (size_t i = 1; i < t->brought_count; i++)
		if (t->brought[i]->used_ns < t->brought[oldest]->used_ns)
			oldest = i;
	if (t->brought_count == TEACHER_LISTS_MAX)
		gone = remove_locked(t, oldest);
	fresh->used_ns = clock_ns();
	t->brought[t->brought_count++] = fresh;
	return gone;
}

static bool make_id(struct teachers *t, struct str text, char id[TEACHER_LIST_ID + 1], struct error *err)
{
	pthread_mutex_lock(&t->lock);
	bool ok = *t->id_key || random_hex(t->id_key, SHA_HEX_MAX, err);
	if (ok)
		sha_hmac_hex((struct str){ t->id_key, SHA_HEX_MAX }, text, id);
	else
		*t->id_key = '\0';
	pthread_mutex_unlock(&t->lock);
	return ok;
}

bool teachers_bring(struct teachers *t, const struct teacher_config *list, size_t count, struct str text,
	char id[TEACHER_LIST_ID + 1], struct error *err)
{
	struct teacher_list *fresh = make(list, count, err);

	if (!fresh || !make_id(t, text, fresh->id, err)) {
		teacher_list_unref(fresh);
		return false;
	}
	memcpy(id, fresh->id, sizeof fresh->id);
	pthread_mutex_lock(&t->lock);
	struct teacher_list *gone = keep_locked(t, fresh);
	pthread_mutex_unlock(&t->lock);
	teacher_list_unref(gone);
	return true;
}

struct teacher_list *teachers_brought(struct teachers *t, const char *id)
{
	pthread_mutex_lock(&t->lock);
	struct teacher_list *found = find_locked(t, id);
	if (found)
		(void)teacher_list_ref(found);
	pthread_mutex_unlock(&t->lock);
	return found;
}

void teachers_forget(struct teachers *t, uint64_t now)
{
	struct teacher_list *gone[TEACHER_LISTS_MAX];
	size_t count = 0;

	pthread_mutex_lock(&t->lock);
	for (size_t i = t->brought_count; i-- > 0; )
		if (now - t->brought[i]->used_ns >= TEACHER_LIST_KEEP_NS)
			gone[count++] = remove_locked(t, i);
	pthread_mutex_unlock(&t->lock);
	while (count)
		teacher_list_unref(gone[--count]);
}
