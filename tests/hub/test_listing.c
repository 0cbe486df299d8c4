#include "hub/listing.h"

#include "base/mem.h"
#include "support/test.h"

#define COMMIT "0123456789abcdef0123456789abcdef01234567"

static struct error err;

TEST(model_info_tells_commit_sizes_and_hashes)
{
	own_hub_listing l = { 0 };

	assert_ok(listing_parse_info((struct str)STR("{\"id\": \"a/b\", \"sha\": \"" COMMIT "\", \"gated\": false, "
		"\"siblings\": [{\"rfilename\": \"onnx/m\", \"size\": 7, \"blobId\": \"11\", "
		"\"lfs\": {\"sha256\": \"22\", \"size\": 7, \"pointerSize\": 3}},"
		"{\"rfilename\": \"c.json\", \"size\": 5, \"blobId\": \"33\"}, {\"rfilename\": \"d\"}]}"), &l, &err));
	assert_ok(listing_finish(&l, &err));
	assert_string_equal(l.commit, COMMIT);
	assert_int_equal(l.count, 3);
	assert_string_equal(l.files[0].path, "c.json");
	assert_string_equal(l.files[0].hash, "33");
	assert_int_equal(l.files[1].size, HUB_SIZE_UNKNOWN);
	assert_string_equal(l.files[1].hash, "");
	assert_string_equal(l.files[2].hash, "22");
	assert_string_equal(l.files[2].git_hash, "11");
	assert_int_equal(l.files[2].size, 7);
}

TEST(pages_of_a_tree_add_up)
{
	own_hub_listing l = { 0 };

	assert_ok(listing_parse_tree((struct str)STR(
		"[{\"type\": \"directory\", \"path\": \"onnx\", \"oid\": \"1\", \"size\": 0},"
		"{\"type\": \"file\", \"path\": \"onnx/m\", \"oid\": \"11\", \"size\": 7, "
		"\"lfs\": {\"oid\": \"22\", \"size\": 7}}]"), &l, &err));
	assert_ok(listing_parse_tree(
		(struct str)STR("[{\"type\": \"file\", \"path\": \"c\", \"oid\": \"33\", \"size\": 5}]"), &l, &err));
	assert_ok(listing_finish(&l, &err));
	assert_int_equal(l.count, 2);
	assert_string_equal(l.files[0].path, "c");
	assert_string_equal(l.files[1].hash, "22");
}

TEST(what_is_no_listing_is_refused)
{
	static const char *const infos[] = { "", "[]", "{}", "null", "{\"sha\": \"main\", \"siblings\": []}",
		"{\"sha\": \"" COMMIT "\"}", "{\"sha\": \"" COMMIT "\", \"siblings\": [{}]}",
		"{\"sha\": \"" COMMIT "\", \"siblings\": [{\"rfilename\": 1}]}",
		"{\"sha\": \"" COMMIT "\", \"siblings\": [{\"rfilename\": \"a\", \"blobId\": \"../b\"}]}",
		"{\"sha\": \"" COMMIT "\", \"siblings\": [{\"rfilename\": \"a\", \"lfs\": {\"sha256\": \"a/b\"}}]}" };
	static const char *const pages[] = { "{}", "[{}]", "[{\"type\": \"file\"}]", "[1]",
		"[{\"type\": \"file\", \"path\": \"/a\"}]" };

	for (size_t i = 0; i < countof(infos); i++) {
		struct hub_listing l;
		if (listing_parse_info(str_of(infos[i]), &l, &err))
			fail_msg("accepted: %s", infos[i]);
		assert_int_equal(err.kind, ERROR_INVALID);
	}
	for (size_t i = 0; i < countof(pages); i++) {
		struct hub_listing l = { 0 };
		if (listing_parse_tree(str_of(pages[i]), &l, &err))
			fail_msg("accepted: %s", pages[i]);
	}
}

TEST(a_path_that_comes_twice_is_refused)
{
	struct hub_listing l = { 0 };

	assert_ok(listing_parse_tree(
		(struct str)STR("[{\"type\": \"file\", \"path\": \"c\"}, {\"type\": \"file\", \"path\": \"c\"}]"), &l,
		&err));
	assert_false(listing_finish(&l, &err));
}

TEST(the_next_page_is_found_among_links)
{
	static const struct { const char *link, *next; } cases[] = {
		{ "", NULL },
		{ "<https://x/y?cursor=1>; rel=\"next\"", "https://x/y?cursor=1" },
		{ "<a>; rel=\"prev\", <b>; rel=\"next\"", "b" },
		{ "<a>; rel=next, <b>; rel=\"last\"", "a" },
		{ "<a>; rel=\"last\"", NULL },
		{ "<a; rel=\"next\"", NULL },
		{ "a>; rel=\"next\"", NULL },
		{ "<>; rel=\"next\"", "" },
	};

	for (size_t i = 0; i < countof(cases); i++) {
		own_mem char *next = listing_next(cases[i].link);
		assert_int_equal(next != NULL, cases[i].next != NULL);
		if (next)
			assert_string_equal(next, cases[i].next);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(model_info_tells_commit_sizes_and_hashes),
		cmocka_unit_test(pages_of_a_tree_add_up),
		cmocka_unit_test(what_is_no_listing_is_refused),
		cmocka_unit_test(a_path_that_comes_twice_is_refused),
		cmocka_unit_test(the_next_page_is_found_among_links),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
