/* Downloads from a Hub without faults; test_faults.c has those. */
#include "downloads.h"

#include <errno.h>
#include <pthread.h>

TEST(what_is_downloaded_the_python_client_finds)
{
	assert_downloads();
	assert_cached(REPO "/refs/main", FAKE_COMMIT);
	assert_true(cache_holds("CACHEDIR.TAG"));
	assert_true(cache_holds(REPO "/trees/" FAKE_COMMIT ".json"));
	own_mem char *blob = mem_printf(REPO "/blobs/%s", blob_name(large_text, true));
	own_mem char *partial = mem_printf("%s.parts.incomplete", blob);
	assert_cached(blob, large_text);
	assert_false(cache_holds(partial));
}

TEST(what_is_there_is_not_asked_for_again)
{
	assert_downloads();
	unsigned bytes = fake.asked[FAKE_BYTES], gets = fake.asked[FAKE_GET], heads = fake.asked[FAKE_HEAD];
	assert_downloads();
	assert_int_equal(fake.asked[FAKE_BYTES], bytes);
	assert_int_equal(fake.asked[FAKE_GET], gets);
	assert_int_equal(fake.asked[FAKE_HEAD], heads);
}

TEST(what_python_downloaded_is_not_asked_for_again)
{
	python_puts(REPO, FAKE_COMMIT, "onnx/model.onnx", large_text, true);
	assert_downloads();
	assert_int_equal(fake.asked[FAKE_BYTES], 0);
}

TEST(a_blob_of_another_revision_is_used)
{
	python_puts(REPO, COMMIT_A, "old.onnx", large_text, true);
	assert_downloads();
	assert_int_equal(fake.asked[FAKE_BYTES], 0);
}

TEST(a_large_file_comes_in_ranges_over_several_connections)
{
	hub.connections = 4;
	assert_downloads();
	assert_int_equal(fake.asked[FAKE_BYTES], (600 + hub.span - 1) / hub.span);
	assert_int_equal(fake.bytes_sent, 600);
	assert_true(scripted_server_connections(fake.bytes) <= 4);
}

TEST(only_what_is_wanted_is_brought)
{
	static const char *const names[] = { "*.json", "onnx/" };

	for (size_t i = 0; i < countof(names); i++) {
		own_mem char *snapshot =
			hub_download(&hub, &(struct hub_want){ "a/b", "main", &names[i], 1 }, NULL, NULL, NULL, &err);
		assert_non_null(snapshot);
		own_mem char *small = python_loads(REPO, "main", "config.json");
		own_mem char *large = python_loads(REPO, "main", "onnx/model.onnx");
		assert_non_null(small);
		assert_int_equal(large != NULL, i == 1);
	}
	assert_false(cache_holds(REPO "/snapshots/" FAKE_COMMIT "/empty.txt"));
}

TEST(a_file_that_is_not_there_is_said_and_noted)
{
	static const char *const names[] = { "config.json", "model.safetensors" };

	assert_null(hub_download(&hub, &(struct hub_want){ "a/b", NULL, names, 2 }, NULL, NULL, NULL, &err));
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "model.safetensors"));
	assert_true(cache_holds(REPO "/.no_exist/" FAKE_COMMIT "/model.safetensors"));
}

TEST(names_that_lead_out_of_the_cache_are_not_noted)
{
	static const char *const names[] = { "../../../x" };

	assert_null(hub_download(&hub, &(struct hub_want){ "a/b", NULL, names, 1 }, NULL, NULL, NULL, &err));
	assert_false(cache_holds(REPO "/x"));
	assert_false(cache_holds("x"));
}

TEST(a_commit_needs_no_branch)
{
	own_mem char *snapshot =
		hub_download(&hub, &(struct hub_want){ .repo = "a/b", .revision = FAKE_COMMIT }, NULL, NULL, NULL,
			&err);

	assert_non_null(snapshot);
	assert_false(cache_holds(REPO "/refs"));
}

TEST(the_token_goes_to_the_hub_and_nobody_else)
{
	hub.token = mem_strdup("hf_secret");
	assert_downloads();
	for (size_t i = 0; i < scripted_server_requests(fake.server); i++)
		assert_non_null(strstr(scripted_server_request(fake.server, i), "Authorization: Bearer hf_secret\r\n"));
	assert_true(scripted_server_requests(fake.bytes) > 0);
	for (size_t i = 0; i < scripted_server_requests(fake.bytes); i++)
		assert_null(strstr(scripted_server_request(fake.bytes, i), "hf_secret"));
}

TEST(a_mirror_below_a_path_that_tells_only_names_will_do)
{
	fake.prefix = "/hf";
	fake.bare_listing = true;
	free(hub.endpoint);
	hub.endpoint = mem_strdup(fake_hub_url(&fake));
	assert_downloads();
	assert_int_equal(fake.asked[FAKE_TREE], countof(files));
}

static bool no_tree(struct fake_hub *h, enum fake_ask ask, unsigned nth, struct str request,
	struct scripted_reply *reply, struct buf *storage)
{
	(void)h, (void)nth, (void)request, (void)storage;
	if (ask == FAKE_TREE)
		reply->status = 404;
	return ask == FAKE_TREE;
}

TEST(a_mirror_that_has_no_trees_is_asked_file_by_file)
{
	fake.bare_listing = true;
	fake.fault = no_tree;
	assert_downloads();
	assert_int_equal(fake.asked[FAKE_HEAD], countof(files));
}

TEST(progress_goes_from_nothing_to_all)
{
	struct seen_progress seen = { 0 };
	own_mem char *snapshot = hub_download(&hub, &(struct hub_want){ .repo = "a/b" }, see_progress, &seen, NULL,
		&err);

	assert_non_null(snapshot);
	assert_int_equal(seen.last.done, seen.last.total);
	assert_int_equal(seen.last.total, 600 + strlen(files[0].text));
	assert_int_equal(seen.last.files_done, countof(files));
	assert_false(seen.over);
	assert_string_equal(seen.trouble, "");
}

TEST(offline_only_the_cache_is_asked)
{
	hub.offline = true;
	assert_download_fails(ERROR_NOT_FOUND, "HF_HUB_OFFLINE");
	assert_int_equal(scripted_server_requests(fake.server), 0);
	hub.offline = false;
	assert_downloads();
	size_t asked = scripted_server_requests(fake.server);
	hub.offline = true;
	assert_downloads();
	assert_int_equal(scripted_server_requests(fake.server), asked);
}

TEST(without_a_network_what_is_there_will_do)
{
	assert_downloads();
	free(hub.endpoint);
	hub.endpoint = mem_strdup("http://127.0.0.1:1");
	assert_downloads();
	begin_again();
	free(hub.endpoint);
	hub.endpoint = mem_strdup("http://127.0.0.1:1");
	assert_download_fails(ERROR_UNAVAILABLE, "127.0.0.1:1");
}

static int no_links(const char *target, const char *path)
{
	(void)target, (void)path;
	errno = EPERM;
	return -1;
}

TEST(where_links_cannot_be_the_files_themselves_are)
{
	sys.symlink = no_links;
	assert_downloads();
	assert_downloads();
	sys.symlink = symlink;
	own_mem char *path = cached(REPO "/snapshots/" FAKE_COMMIT "/onnx/model.onnx");
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	own_mem char *found = hub_find(&hub, &(struct hub_want){ .repo = "a/b" }, &err);
	assert_non_null(found);
	assert_ok(hub_verify(&hub, "a/b", NULL, NULL, NULL, NULL, &err));
	assert_int_equal(fake.bytes_sent, 600);
}

TEST(a_proxy_of_the_environment_is_asked)
{
	setenv("http_proxy", fake_hub_url(&fake), 1);
	fake.prefix = "http://hub.invalid";   /* a proxy is asked for whole addresses */
	free(hub.endpoint);
	hub.endpoint = mem_strdup("http://hub.invalid");
	fake.count = 2;                       /* no large files: their addresses are of this machine */
	own_mem char *snapshot = download_all();
	unsetenv("http_proxy");
	if (!snapshot)
		fail_msg("%s", err.text);
	own_mem char *text = python_loads(REPO, "main", "config.json");
	assert_string_equal(text, files[0].text);
}

TEST(a_listing_can_be_asked_for_alone)
{
	own_hub_listing listing = { 0 }, again = { 0 };

	assert_ok(hub_list_files(&hub, "a/b", NULL, NULL, &listing, &err));
	assert_string_equal(listing.commit, FAKE_COMMIT);
	assert_int_equal(listing.count, countof(files));
	assert_string_equal(listing.files[2].path, "onnx/model.onnx");
	assert_int_equal(listing.files[2].size, 600);
	assert_string_equal(listing.files[2].hash, blob_name(large_text, true));
	hub.offline = true;
	assert_false(hub_list_files(&hub, "a/b", NULL, NULL, &again, &err));
	hub.offline = false;
	assert_downloads();
	hub.offline = true;
	assert_ok(hub_list_files(&hub, "a/b", NULL, NULL, &again, &err));
	assert_int_equal(again.count, countof(files));
}

struct party {
	pthread_t thread;
	bool ok;
	struct error err;
};

static void *take_part(void *user)
{
	struct party *p = user;
	own_mem char *snapshot = hub_download(&hub, &(struct hub_want){ .repo = "a/b" }, NULL, NULL, NULL, &p->err);

	p->ok = snapshot;
	return NULL;
}

TEST(several_at_once_share_the_work)
{
	struct party parties[4] = { 0 };

	for (size_t i = 0; i < countof(parties); i++)
		pthread_create(&parties[i].thread, NULL, take_part, &parties[i]);
	for (size_t i = 0; i < countof(parties); i++) {
		pthread_join(parties[i].thread, NULL);
		if (!parties[i].ok)
			fail_msg("%s", parties[i].err.text);
	}
	assert_downloads();
	assert_int_equal(fake.bytes_sent, 600);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HUB(what_is_downloaded_the_python_client_finds),
		WITH_HUB(what_is_there_is_not_asked_for_again),
		WITH_HUB(what_python_downloaded_is_not_asked_for_again),
		WITH_HUB(a_blob_of_another_revision_is_used),
		WITH_HUB(a_large_file_comes_in_ranges_over_several_connections),
		WITH_HUB(only_what_is_wanted_is_brought),
		WITH_HUB(a_file_that_is_not_there_is_said_and_noted),
		WITH_HUB(names_that_lead_out_of_the_cache_are_not_noted),
		WITH_HUB(a_commit_needs_no_branch),
		WITH_HUB(the_token_goes_to_the_hub_and_nobody_else),
		WITH_HUB(a_mirror_below_a_path_that_tells_only_names_will_do),
		WITH_HUB(a_mirror_that_has_no_trees_is_asked_file_by_file),
		WITH_HUB(progress_goes_from_nothing_to_all),
		WITH_HUB(offline_only_the_cache_is_asked),
		WITH_HUB(without_a_network_what_is_there_will_do),
		WITH_HUB(where_links_cannot_be_the_files_themselves_are),
		WITH_HUB(a_proxy_of_the_environment_is_asked),
		WITH_HUB(a_listing_can_be_asked_for_alone),
		WITH_HUB(several_at_once_share_the_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
