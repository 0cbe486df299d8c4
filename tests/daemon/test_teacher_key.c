#include "daemon/teacher_key.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/path.h"
#include "support/home_folder.h"

/* A helper that counts its runs: it prints "key-1", "key-2", ... */
static char *counting_helper(const char *more)
{
	return mem_printf("%s echo x >> %s/runs; echo key-$(($(wc -l < %s/runs)))", more, home_folder, home_folder);
}

static size_t runs(void)
{
	own_mem char *path = path_join(home_folder, "runs");
	struct error err = {0};
	size_t len = 0;
	own_mem char *text = file_read(path, 1 << 16, &len, &err);

	return text ? len / 2 : 0;
}

static void expect(struct teacher_key *k, const char *refused, const char *key)
{
	struct error err = {0};
	char *found = NULL;

	assert_ok(teacher_key_get(k, refused, NULL, &found, &err));
	if (!key)
		assert_null(found);
	else
		assert_string_equal(found, key);
	mem_forget(found);
}

TEST(a_fixed_key_is_the_key_and_there_is_no_other)
{
	struct teacher_key k;
	struct error err = {0};
	char *found = NULL;

	teacher_key_init(&k, "sk-1", NULL, 0);
	assert_true(teacher_key_exists(&k));
	expect(&k, NULL, "sk-1");
	assert_false(teacher_key_get(&k, "sk-1", NULL, &found, &err));
	assert_null(found);
	assert_null(strstr(err.text, "sk-1"));
	teacher_key_done(&k);
}

TEST(without_key_and_helper_there_is_none)
{
	struct teacher_key k;

	teacher_key_init(&k, NULL, NULL, 0);
	assert_false(teacher_key_exists(&k));
	expect(&k, NULL, NULL);
	teacher_key_done(&k);
}

TEST(what_a_helper_printed_holds_for_its_time)
{
	own_mem char *helper = counting_helper("");
	struct teacher_key k;

	teacher_key_init(&k, NULL, helper, 3600);
	for (int i = 0; i < 5; i++)
		expect(&k, NULL, "key-1");
	assert_int_equal(runs(), 1);
	k.printed_ms -= 3600 * 1000;
	expect(&k, NULL, "key-2");
	teacher_key_done(&k);
}

TEST(without_a_time_it_is_asked_each_time)
{
	own_mem char *helper = counting_helper("");
	struct teacher_key k;

	teacher_key_init(&k, NULL, helper, 0);
	expect(&k, NULL, "key-1");
	k.printed_ms--;
	expect(&k, NULL, "key-2");
	teacher_key_done(&k);
}

TEST(a_refused_key_is_asked_for_anew_once)
{
	own_mem char *helper = counting_helper("");
	struct teacher_key k;

	teacher_key_init(&k, NULL, helper, 3600);
	expect(&k, NULL, "key-1");
	expect(&k, "key-1", "key-2");
	expect(&k, "key-1", "key-2");          /* another question's was refused as well: the new one is there by now */
	assert_int_equal(runs(), 2);
	teacher_key_done(&k);
}

TEST(a_helper_that_prints_the_refused_key_again_is_told)
{
	struct teacher_key k;
	struct error err = {0};
	char *found = NULL;

	teacher_key_init(&k, NULL, "echo same", 3600);
	expect(&k, NULL, "same");
	assert_false(teacher_key_get(&k, "same", NULL, &found, &err));
	assert_int_equal(err.kind, ERROR_DENIED);
	teacher_key_done(&k);
}

static void *get_one(void *key)
{
	expect(key, NULL, "key-1");
	return NULL;
}

TEST(many_questions_at_once_run_it_once)
{
	own_mem char *helper = counting_helper("sleep 0.2;");
	struct teacher_key k;
	pthread_t threads[8];

	teacher_key_init(&k, NULL, helper, 0);
	for (size_t i = 0; i < countof(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_one, &k), 0);
	for (size_t i = 0; i < countof(threads); i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(runs(), 1);
	teacher_key_done(&k);
}

TEST(who_is_stopped_waits_for_no_helper)
{
	struct teacher_key k;
	struct cancel cancel;
	struct error err = {0};
	char *found = NULL;

	cancel_init(&cancel);
	cancel_fire(&cancel);
	teacher_key_init(&k, NULL, "sleep 60", 0);
	uint64_t begin = clock_ms();
	assert_false(teacher_key_get(&k, NULL, &cancel, &found, &err));
	assert_int_equal(err.kind, ERROR_CANCELLED);
	assert_true(clock_ms() - begin < 5000);
	teacher_key_done(&k);
	cancel_done(&cancel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		home_test(a_fixed_key_is_the_key_and_there_is_no_other),
		home_test(without_key_and_helper_there_is_none),
		home_test(what_a_helper_printed_holds_for_its_time),
		home_test(without_a_time_it_is_asked_each_time),
		home_test(a_refused_key_is_asked_for_anew_once),
		home_test(a_helper_that_prints_the_refused_key_again_is_told),
		home_test(many_questions_at_once_run_it_once),
		home_test(who_is_stopped_waits_for_no_helper),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
