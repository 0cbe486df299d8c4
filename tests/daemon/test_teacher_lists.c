#include <pthread.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/teacher_entry.h"
#include "daemon/teacher_list.h"
#include "support/random.h"
#include "support/test.h"

static const struct teacher_config mine = { .name = "claude", .provider = "claude",
	.base_url = "http://127.0.0.1:1", .key = { "sk-mine", "a file" } };
static const struct teacher_config theirs = { .name = "claude", .provider = "claude",
	.base_url = "http://127.0.0.1:2", .key = { "sk-theirs", "a file" } };

static void done(struct teachers **t)
{
	teachers_stop(*t);
	teachers_destroy(*t);
}
#define own_teachers owns(done) struct teachers

/* An id of TEACHER_LIST_ID digits. */
struct id {
	char hex[TEACHER_LIST_ID + 1];
};

static struct id bring(struct teachers *t, const struct teacher_config *list, size_t count)
{
	own_json *json = teacher_list_json(list, count);
	struct error err = {0};
	struct id id = {0};

	assert_ok(teacher_list_bring(t, json, id.hex, &err));
	assert_int_equal(strlen(id.hex), TEACHER_LIST_ID);
	return id;
}

/* Of the first teacher of a list, NULL where there is none; valid as long as the list. */
static struct teacher_entry *first(struct teachers *t, const struct teacher_list *l)
{
	own_teacher_choice all = {0};

	teachers_choose_all(t, l, &all);
	return all.count ? all.entries[0] : NULL;
}

static struct teacher_entry *first_of(struct teachers *t, struct id id)
{
	own_teacher_list *list = teachers_brought(t, id.hex);

	return list ? first(t, list) : NULL;
}

static struct teacher_config numbered(char name[20], size_t i)
{
	struct teacher_config c = mine;

	snprintf(name, 20, "teacher-%zu", i);
	c.name = name;
	return c;
}

TEST(each_id_means_its_own_list)
{
	own_teachers *t = teachers_create();
	struct id a = bring(t, &mine, 1), b = bring(t, &theirs, 1);

	assert_string_not_equal(a.hex, b.hex);
	assert_string_equal(first_of(t, a)->reach->key.fixed, "sk-mine");
	assert_string_equal(first_of(t, b)->reach->key.fixed, "sk-theirs");
	own_teacher_list *own = teachers_own(t);
	assert_null(first(t, own));        /* what clients bring is not the daemon's own */
}

TEST(the_same_list_has_the_same_id_in_one_daemon_only)
{
	own_teachers *t = teachers_create(), *other = teachers_create();
	struct id a = bring(t, &mine, 1), again = bring(t, &mine, 1), elsewhere = bring(other, &mine, 1);

	assert_string_equal(a.hex, again.hex);
	assert_string_not_equal(a.hex, elsewhere.hex);
	assert_null(first_of(other, a));
}

TEST(no_id_is_found_by_what_only_looks_like_one)
{
	own_teachers *t = teachers_create();
	struct id a = bring(t, &mine, 1);
	static const char *const wrong[] = { "", "0", "claude", "/", "%s" };

	for (size_t i = 0; i < countof(wrong); i++)
		assert_null(teachers_brought(t, wrong[i]));
	a.hex[TEACHER_LIST_ID - 1] ^= 1;
	assert_null(teachers_brought(t, a.hex));
}

TEST(what_is_learnt_is_shared_by_lists_with_the_same_key_and_address)
{
	own_teachers *t = teachers_create();
	struct teacher_config dearer = mine;
	struct error err = {0};

	dearer.name = "dearer";
	dearer.uncached = true;
	assert_ok(teachers_set(t, &mine, 1, &err));
	struct id a = bring(t, &dearer, 1), b = bring(t, &theirs, 1);
	own_teacher_list *own = teachers_own(t);
	assert_ptr_equal(first(t, own)->reach, first_of(t, a)->reach);
	assert_ptr_not_equal(first_of(t, a)->reach, first_of(t, b)->reach);
	breaker_refuse(&first_of(t, a)->reach->breaker);
	own_json *states = teachers_json(t);
	assert_string_equal(json_member_string(json_array_get(states, 0), "state"), "key refused");
	assert_string_equal(json_member_string(json_array_get(states, 2), "state"), "ready");
	assert_true(json_is_true(json_object_get(json_array_get(states, 2), "brought")));
}

TEST(teachers_of_one_list_rest_each_for_itself)
{
	own_teachers *t = teachers_create();
	struct teacher_config two[] = { mine, mine };

	two[0].model = "opus";
	two[1].name = "small";
	two[1].model = "haiku";
	(void)bring(t, two, 2);
	two[0].uncached = two[1].uncached = true;
	struct id b = bring(t, (const struct teacher_config[]){ two[1], two[0] }, 2);
	own_teacher_list *list = teachers_brought(t, b.hex);
	own_teacher_choice all = {0};
	teachers_choose_all(t, list, &all);
	assert_ptr_not_equal(all.entries[0]->reach, all.entries[1]->reach);
	own_json *shown = teachers_json(t);
	assert_int_equal(json_array_size(shown), 4);
	size_t ready, resting;
	breaker_refuse(&all.entries[0]->reach->breaker);      /* haiku's, in both lists */
	teachers_count(t, &ready, &resting);
	assert_int_equal(ready, 4);
	assert_int_equal(resting, 2);
}

TEST(of_a_thousand_lists_those_that_were_used_last_stay)
{
	own_teachers *t = teachers_create();
	struct id kept = bring(t, &theirs, 1), ids[1000];
	char name[20];

	for (size_t i = 0; i < countof(ids); i++) {
		struct teacher_config c = numbered(name, i);
		ids[i] = bring(t, &c, 1);
		assert_non_null(first_of(t, kept));
	}
	for (size_t i = 0; i < countof(ids); i++) {
		struct teacher_entry *e = first_of(t, ids[i]);
		(void)numbered(name, i);
		if (i + TEACHER_LISTS_MAX - 1 < countof(ids))
			assert_null(e);
		else
			assert_string_equal(e->name, name);
	}
}

TEST(what_nobody_used_for_long_is_forgotten)
{
	own_teachers *t = teachers_create();
	struct id a = bring(t, &mine, 1);
	own_teacher_list *held = teachers_brought(t, a.hex);
	uint64_t now = clock_ns();

	teachers_forget(t, now + TEACHER_LIST_KEEP_NS / 2);
	assert_non_null(first_of(t, a));
	teachers_forget(t, now + 2 * TEACHER_LIST_KEEP_NS);
	assert_null(first_of(t, a));
	assert_string_equal(first(t, held)->reach->key.fixed, "sk-mine");     /* for who began with it */
	struct id again = bring(t, &mine, 1);
	assert_string_equal(again.hex, a.hex);
}

TEST(a_list_that_cannot_be_is_not_kept)
{
	own_teachers *t = teachers_create();
	own_mem char *long_key = mem_zeroed(TEACHER_LIST_BYTES + 1, 1);
	struct teacher_config huge = mine, nobody = mine;
	struct id id = {0};

	memset(long_key, 'k', TEACHER_LIST_BYTES);
	huge.key.text = long_key;
	nobody.provider = "nobody";
	const struct teacher_config bad[] = { huge, nobody };
	for (size_t i = 0; i < countof(bad); i++) {
		struct error err = {0};
		own_json *json = teacher_list_json(&bad[i], 1);
		assert_false(teacher_list_bring(t, json, id.hex, &err));
		assert_true(err.kind == ERROR_INVALID || err.kind == ERROR_TOO_LARGE);
		assert_null(strstr(err.text, "kkk"));
	}
	own_json *shown = teachers_json(t);
	assert_int_equal(json_array_size(shown), 0);
}

/* --- at the same instant ------------------------------------------------------------------------- */

struct client {
	struct teachers *t;
	const struct teacher_config *config;
	uint64_t seed;
	bool ok;
};

/* Brings its list, or asks by what it was called; sometimes others push it out, and it is brought again. */
static void *client_main(void *user)
{
	struct client *c = user;
	struct id id = bring(c->t, c->config, 1);
	char name[20];

	c->ok = true;
	for (int i = 0; i < 3000 && c->ok; i++) {
		own_teacher_list *list = teachers_brought(c->t, id.hex);
		struct teacher_config other = numbered(name, random_below(&c->seed, 200));
		if (!list)
			id = bring(c->t, c->config, 1);
		else
			c->ok = strcmp(first(c->t, list)->reach->key.fixed, c->config->key.text) == 0;
		if (i % 3 == 0)
			(void)bring(c->t, &other, 1);
		if (i % 100 == 0)
			teachers_forget(c->t, clock_ns() + 2 * TEACHER_LIST_KEEP_NS);
	}
	return NULL;
}

TEST(clients_of_two_projects_never_get_each_others)
{
	own_teachers *t = teachers_create();
	struct client clients[4];
	pthread_t threads[countof(clients)];

	for (size_t i = 0; i < countof(clients); i++) {
		clients[i] = (struct client){ t, i % 2 ? &mine : &theirs, 7 + i, false };
		assert_int_equal(pthread_create(&threads[i], NULL, client_main, &clients[i]), 0);
	}
	for (size_t i = 0; i < countof(clients); i++) {
		pthread_join(threads[i], NULL);
		assert_true(clients[i].ok);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_id_means_its_own_list),
		cmocka_unit_test(the_same_list_has_the_same_id_in_one_daemon_only),
		cmocka_unit_test(no_id_is_found_by_what_only_looks_like_one),
		cmocka_unit_test(what_is_learnt_is_shared_by_lists_with_the_same_key_and_address),
		cmocka_unit_test(teachers_of_one_list_rest_each_for_itself),
		cmocka_unit_test(of_a_thousand_lists_those_that_were_used_last_stay),
		cmocka_unit_test(what_nobody_used_for_long_is_forgotten),
		cmocka_unit_test(a_list_that_cannot_be_is_not_kept),
		cmocka_unit_test(clients_of_two_projects_never_get_each_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
