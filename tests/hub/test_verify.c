#include "support/hub_cache.h"

struct seen {
	size_t verdicts[3];
	char damaged[200];
};

static void on_verdict(void *user, const char *path, enum hub_verdict verdict)
{
	struct seen *seen = user;

	seen->verdicts[verdict]++;
	if (verdict == HUB_DAMAGED)
		snprintf(seen->damaged, sizeof seen->damaged, "%s", path);
}

static void fill(void)
{
	python_puts("models--a--b", COMMIT_A, "config.json", "{}", false);
	python_puts("models--a--b", COMMIT_A, "onnx/model.onnx", "weights", true);
	python_refers("models--a--b", "main", COMMIT_A);
}

TEST(what_is_as_it_was_is_good)
{
	struct seen seen = { 0 };

	fill();
	assert_ok(hub_verify(&hub, "a/b", NULL, on_verdict, &seen, NULL, &err));
	assert_int_equal(seen.verdicts[HUB_GOOD], 2);
	assert_int_equal(seen.verdicts[HUB_DAMAGED], 0);
}

TEST(one_changed_byte_is_found_and_named)
{
	static const struct { const char *text; bool large; const char *path; } files[] = {
		{ "{}", false, "config.json" }, { "weights", true, "onnx/model.onnx" } };

	for (size_t i = 0; i < countof(files); i++) {
		struct seen seen = { 0 };
		own_mem char *blob = mem_printf("models--a--b/blobs/%s", blob_name(files[i].text, files[i].large));
		own_mem char *other = mem_strdup(files[i].text);
		if (i == 0)
			fill();
		other[1] ^= 1;
		cache_put(blob, other);
		assert_false(hub_verify(&hub, "a/b", COMMIT_A, on_verdict, &seen, NULL, &err));
		assert_int_equal(err.kind, ERROR_INVALID);
		assert_non_null(strstr(err.text, files[i].path));
		assert_string_equal(seen.damaged, files[i].path);
		assert_int_equal(seen.verdicts[HUB_GOOD], 1);
		cache_put(blob, files[i].text);
	}
}

TEST(missing_files_are_damaged)
{
	struct seen seen = { 0 };
	own_mem char *blob = mem_printf("%s/models--a--b/blobs/%s", hub.cache, blob_name("weights", true));

	fill();
	cache_put("models--a--b/shammah/" COMMIT_A ".wanted", "config.json\nonnx/model.onnx\nonnx/model.data\n");
	assert_int_equal(unlink(blob), 0);
	assert_false(hub_verify(&hub, "a/b", NULL, on_verdict, &seen, NULL, &err));
	assert_int_equal(seen.verdicts[HUB_DAMAGED], 2);
	assert_string_equal(seen.damaged, "onnx/model.data");
}

TEST(a_name_that_is_no_hash_is_said_to_be_unknown)
{
	struct seen seen = { 0 };

	fill();
	own_mem char *link = cached("models--a--b/snapshots/" COMMIT_A "/x");
	cache_put("models--a--b/blobs/5f3c-1a", "mirror's");
	assert_int_equal(symlink("../../blobs/5f3c-1a", link), 0);
	assert_ok(hub_verify(&hub, "a/b", NULL, on_verdict, &seen, NULL, &err));
	assert_int_equal(seen.verdicts[HUB_UNKNOWN], 1);
}

TEST(verifying_can_be_cancelled)
{
	struct cancel cancel;
	struct seen seen = { 0 };

	fill();
	cancel_init(&cancel);
	cancel_fire(&cancel);
	assert_false(hub_verify(&hub, "a/b", NULL, on_verdict, &seen, &cancel, &err));
	assert_int_equal(err.kind, ERROR_CANCELLED);
	cancel_done(&cancel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CACHE(what_is_as_it_was_is_good),
		WITH_CACHE(one_changed_byte_is_found_and_named),
		WITH_CACHE(missing_files_are_damaged),
		WITH_CACHE(a_name_that_is_no_hash_is_said_to_be_unknown),
		WITH_CACHE(verifying_can_be_cancelled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
