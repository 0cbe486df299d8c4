#include "support/hub_cache.h"

#include "hub/layout.h"
#include "hub/tree.h"

static char *find(const char *revision, const char *const *files, size_t count)
{
	return hub_find(&hub, &(struct hub_want){ "a/b", revision, files, count }, &err);
}
#define FIND(revision, ...) \
	find(revision, (const char *const[]){ __VA_ARGS__ }, countof(((const char *const[]){ __VA_ARGS__ })))

TEST(what_python_downloaded_is_found)
{
	python_puts("models--a--b", COMMIT_A, "config.json", "{}", false);
	python_puts("models--a--b", COMMIT_A, "onnx/model.onnx", "weights", true);
	python_refers("models--a--b", "main", COMMIT_A);
	own_mem char *expected = cached("models--a--b/snapshots/" COMMIT_A);
	own_mem char *by_branch = FIND(NULL, "config.json", "onnx/*.onnx"), *by_commit = FIND(COMMIT_A, "onnx/");
	own_mem char *all = find(NULL, NULL, 0);

	assert_string_equal(by_branch, expected);
	assert_string_equal(by_commit, expected);
	assert_string_equal(all, expected);
}

TEST(what_is_missing_is_named)
{
	python_puts("models--a--b", COMMIT_A, "config.json", "{}", false);
	python_refers("models--a--b", "main", COMMIT_A);
	assert_null(FIND(NULL, "config.json", "model.onnx"));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "model.onnx"));
	assert_null(FIND("v2", "config.json"));
	assert_non_null(strstr(err.text, "v2"));
	assert_null(hub_find(&hub, &(struct hub_want){ .repo = "a/other" }, &err));
	assert_non_null(strstr(err.text, "a/other"));
}

TEST(a_link_that_leads_nowhere_is_no_file)
{
	python_puts("models--a--b", COMMIT_A, "config.json", "{}", false);
	own_mem char *blob = mem_printf("%s/models--a--b/blobs/%s", hub.cache, blob_name("{}", false));

	assert_int_equal(unlink(blob), 0);
	assert_null(FIND(COMMIT_A, "config.json"));
	assert_null(FIND(COMMIT_A, "*.json"));
}

TEST(a_known_listing_tells_what_a_pattern_wants)
{
	python_puts("models--a--b", COMMIT_A, "a.onnx", "one", true);
	cache_put("models--a--b/trees/" COMMIT_A ".json", "{\"format_version\": 1, \"files\": {"
		"\"a.onnx\": {\"size\": 130, \"blob_id\": \"b1\", \"lfs_sha256\": \"c1\", \"lfs_size\": 3},"
		"\"b.onnx\": {\"size\": 3, \"blob_id\": \"b2\"}}}");
	own_mem char *one = FIND(COMMIT_A, "a*");

	assert_non_null(one);
	assert_null(FIND(COMMIT_A, "*.onnx"));
	assert_non_null(strstr(err.text, "b.onnx"));
}

TEST(a_file_of_another_size_than_listed_is_not_whole)
{
	python_puts("models--a--b", COMMIT_A, "a.onnx", "one", true);
	cache_put("models--a--b/trees/" COMMIT_A ".json",
		"{\"format_version\": 1, \"files\": {\"a.onnx\": {\"size\": 4, \"blob_id\": \"b1\"}}}");
	assert_null(FIND(COMMIT_A, "a.onnx"));
}

TEST(damaged_listings_are_as_good_as_none)
{
	static const char *const texts[] = { "", "[]", "{", "{\"format_version\": 2, \"files\": {}}",
		"{\"format_version\": 1, \"files\": {\"../x\": {\"size\": 4, \"blob_id\": \"b1\"}}}",
		"{\"format_version\": 1, \"files\": {\"x\": {\"size\": -4, \"blob_id\": \"b1\"}}}",
		"{\"format_version\": 1, \"files\": {\"x\": {\"size\": 4, \"blob_id\": \"../../b\"}}}" };

	python_puts("models--a--b", COMMIT_A, "a.onnx", "one", true);
	for (size_t i = 0; i < countof(texts); i++) {
		cache_put("models--a--b/trees/" COMMIT_A ".json", texts[i]);
		own_mem char *found = FIND(COMMIT_A, "a.onnx");
		assert_non_null(found);
	}
}

TEST(a_listing_written_reads_back)
{
	own_mem char *folder = cached("models--a--b");
	own_hub_listing out = { .commit = COMMIT_A }, in = { 0 };

	tree_add(&out, (struct hub_file){ .path = "b \"q\".txt", .size = 5, .hash = "c0ffee", .git_hash = "c0ffee" });
	tree_add(&out, (struct hub_file){ .path = "a/x", .size = 1ull << 40, .hash = "1111", .git_hash = "2222" });
	tree_sort(&out);
	assert_ok(tree_write(folder, &out, &err));
	assert_true(tree_read(folder, COMMIT_A, &in));
	assert_int_equal(in.count, 2);
	assert_string_equal(in.files[0].path, "a/x");
	assert_int_equal(in.files[0].size, 1ull << 40);
	assert_string_equal(in.files[0].hash, "1111");
	assert_string_equal(in.files[0].git_hash, "2222");
	assert_string_equal(tree_file(&in, "b \"q\".txt")->hash, "c0ffee");
	assert_null(tree_file(&in, "c"));
}

TEST(wanted_paths_pile_up)
{
	own_mem char *folder = cached("models--a--b");
	own_hub_listing one = { 0 }, two = { 0 }, both = { 0 };

	tree_add(&one, (struct hub_file){ .path = "a" });
	tree_add(&two, (struct hub_file){ .path = "a" });
	tree_add(&two, (struct hub_file){ .path = "b" });
	assert_ok(tree_want(folder, COMMIT_A, &one, &err));
	assert_ok(tree_want(folder, COMMIT_A, &two, &err));
	assert_true(tree_read_wanted(folder, COMMIT_A, &both));
	assert_int_equal(both.count, 2);
}

TEST(the_list_tells_sizes_names_and_what_is_whole)
{
	own_hub_cache cache = { 0 };

	python_puts("models--a--b", COMMIT_A, "config.json", "{}", false);
	python_puts("models--a--b", COMMIT_A, "onnx/model.onnx", "weights", true);
	python_puts("models--a--b", COMMIT_B, "config.json", "{ }", false);
	python_puts("models--gpt2", COMMIT_A, "x", "y", false);
	python_refers("models--a--b", "main", COMMIT_A);
	python_refers("models--a--b", "refs/pr/1", COMMIT_A);
	cache_put("models--a--b/shammah/" COMMIT_B ".wanted", "config.json\nmodel.onnx\n");
	cache_put("models--gpt2/blobs/0123.incomplete", "part");
	cache_put("datasets--a--b/snapshots/" COMMIT_A "/x", "none of ours");
	cache_put(".locks/models--a--b/x.lock", "");
	cache_put("version.txt", "1");
	assert_ok(hub_list(&hub, &cache, &err));
	assert_int_equal(cache.count, 3);
	assert_string_equal(cache.entries[0].repo, "a/b");
	assert_string_equal(cache.entries[0].commit, COMMIT_A);
	assert_int_equal(cache.entries[0].bytes, 9);
	assert_int_equal(cache.entries[0].files, 2);
	assert_true(cache.entries[0].whole);
	assert_true(cache.entries[0].used > 1600000000 && cache.entries[0].changed > 1600000000);
	assert_non_null(strstr(cache.entries[0].refs, "main"));
	assert_non_null(strstr(cache.entries[0].refs, "refs/pr/1"));
	assert_false(cache.entries[1].whole);
	assert_string_equal(cache.entries[1].refs, "");
	assert_string_equal(cache.entries[2].repo, "gpt2");
	assert_true(cache.partial_bytes > 0);
}

TEST(no_cache_is_an_empty_one)
{
	own_hub_cache cache = { 0 };

	assert_ok(hub_list(&hub, &cache, &err));
	assert_int_equal(cache.count, 0);
}

TEST(links_are_relative_and_refs_hold_the_bare_commit)
{
	own_mem char *folder = cached("models--a--b"), *link = cached("models--a--b/snapshots/" COMMIT_A "/onnx/m");
	char target[256] = "";

	cache_put("models--a--b/blobs/c0ffee", "text");
	assert_ok(layout_link(folder, COMMIT_A, "onnx/m", "c0ffee", &err));
	assert_ok(layout_link(folder, COMMIT_A, "onnx/m", "c0ffee", &err));
	assert_true(readlink(link, target, sizeof target - 1) > 0);
	assert_string_equal(target, "../../../blobs/c0ffee");
	assert_ok(layout_write_ref(folder, "refs/pr/7", COMMIT_A, &err));
	assert_cached("models--a--b/refs/refs/pr/7", COMMIT_A);
	assert_ok(layout_write_ref(folder, COMMIT_A, COMMIT_A, &err));
	assert_false(cache_holds("models--a--b/refs/" COMMIT_A));
}

TEST(the_tag_is_the_python_clients)
{
	assert_ok(layout_make_cache(&hub, &err));
	assert_cached("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n"
		"# This file is a cache directory tag created by huggingface_hub.\n"
		"# For information about cache directory tags, see:\n#\thttps://bford.info/cachedir/\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_CACHE(what_python_downloaded_is_found),
		WITH_CACHE(what_is_missing_is_named),
		WITH_CACHE(a_link_that_leads_nowhere_is_no_file),
		WITH_CACHE(a_known_listing_tells_what_a_pattern_wants),
		WITH_CACHE(a_file_of_another_size_than_listed_is_not_whole),
		WITH_CACHE(damaged_listings_are_as_good_as_none),
		WITH_CACHE(a_listing_written_reads_back),
		WITH_CACHE(wanted_paths_pile_up),
		WITH_CACHE(the_list_tells_sizes_names_and_what_is_whole),
		WITH_CACHE(no_cache_is_an_empty_one),
		WITH_CACHE(links_are_relative_and_refs_hold_the_bare_commit),
		WITH_CACHE(the_tag_is_the_python_clients),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
