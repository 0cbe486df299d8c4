#include "support/hub_cache.h"

#include <sys/file.h>

static void fill(void)
{
	python_puts("models--a--b", COMMIT_A, "config.json", "{}", false);
	python_puts("models--a--b", COMMIT_A, "onnx/model.onnx", "old weights", true);
	python_puts("models--a--b", COMMIT_B, "config.json", "{}", false);
	python_puts("models--a--b", COMMIT_B, "onnx/model.onnx", "new weights", true);
	python_refers("models--a--b", "v1", COMMIT_A);
	python_refers("models--a--b", "main", COMMIT_B);
	cache_put("models--a--b/.no_exist/" COMMIT_A "/x", "");
	cache_put("models--a--b/trees/" COMMIT_A ".json", "{}");
	cache_put("models--a--b/shammah/" COMMIT_A "-q4.decoder", "prepared");
	cache_put("models--a--b/shammah/" COMMIT_B "-q4.decoder", "prepared");
	cache_put("models--c--d/snapshots/" COMMIT_A "/x", "another's");
}

TEST(a_revision_goes_with_the_blobs_that_nobody_else_uses)
{
	uint64_t freed = 0;

	fill();
	assert_ok(hub_remove(&hub, "a/b", "v1", &freed, &err));
	assert_int_equal(freed, strlen("old weights") + strlen("prepared"));
	assert_false(cache_holds("models--a--b/snapshots/" COMMIT_A));
	assert_false(cache_holds("models--a--b/refs/v1"));
	assert_false(cache_holds("models--a--b/.no_exist/" COMMIT_A));
	assert_false(cache_holds("models--a--b/trees/" COMMIT_A ".json"));
	assert_false(cache_holds("models--a--b/shammah/" COMMIT_A "-q4.decoder"));
	assert_true(cache_holds("models--a--b/shammah/" COMMIT_B "-q4.decoder"));
	own_mem char *config = python_loads("models--a--b", "main", "config.json");
	own_mem char *model = python_loads("models--a--b", "main", "onnx/model.onnx");
	assert_string_equal(config, "{}");
	assert_string_equal(model, "new weights");
}

TEST(a_repository_goes_whole_and_others_stay)
{
	uint64_t freed = 0;

	fill();
	assert_ok(hub_remove(&hub, "a/b", NULL, &freed, &err));
	assert_true(freed > strlen("old weights") + strlen("new weights"));
	assert_false(cache_holds("models--a--b"));
	assert_true(cache_holds("models--c--d/snapshots/" COMMIT_A "/x"));
}

TEST(the_last_revision_takes_the_repository_along)
{
	uint64_t freed = 0;

	fill();
	assert_ok(hub_remove(&hub, "a/b", COMMIT_A, &freed, &err));
	assert_ok(hub_remove(&hub, "a/b", "main", &freed, &err));
	assert_false(cache_holds("models--a--b"));
}

TEST(what_is_not_there_cannot_be_removed)
{
	uint64_t freed = 0;

	fill();
	assert_false(hub_remove(&hub, "a/c", NULL, &freed, &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_false(hub_remove(&hub, "a/b", "v3", &freed, &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_false(hub_remove(&hub, "../b", NULL, &freed, &err));
	assert_int_equal(err.kind, ERROR_INVALID);
}

TEST(nothing_goes_while_somebody_downloads)
{
	uint64_t freed = 0;

	fill();
	cache_put(".locks/models--a--b/0123.lock", "");
	own_mem char *lock = cached(".locks/models--a--b/0123.lock");
	own_fd fd = open(lock, O_RDWR);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_false(hub_remove(&hub, "a/b", NULL, &freed, &err));
	assert_int_equal(err.kind, ERROR_UNAVAILABLE);
	assert_true(cache_holds("models--a--b/snapshots/" COMMIT_A "/config.json"));
	file_close(&fd);
	assert_ok(hub_remove(&hub, "a/b", NULL, &freed, &err));
}

TEST(what_a_link_leads_to_outside_stays)
{
	uint64_t freed = 0;
	own_mem char *store = path_join(cache_folder, "store"), *blobs = cached("models--a--b/blobs");
	own_mem char *blob = mem_printf("%s/c0ffee", blobs);

	fill();
	assert_ok(file_write(store, str_of("shared"), 0644, &err));
	assert_int_equal(symlink(store, blob), 0);
	assert_ok(hub_remove(&hub, "a/b", NULL, &freed, &err));
	assert_true(path_is_file(store));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CACHE(a_revision_goes_with_the_blobs_that_nobody_else_uses),
		WITH_CACHE(a_repository_goes_whole_and_others_stay),
		WITH_CACHE(the_last_revision_takes_the_repository_along),
		WITH_CACHE(what_is_not_there_cannot_be_removed),
		WITH_CACHE(nothing_goes_while_somebody_downloads),
		WITH_CACHE(what_a_link_leads_to_outside_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
