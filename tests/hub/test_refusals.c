/* What the Hub refuses, where it sends us instead, and what it must not make us do. */
#include "faults.h"

/* Which fault, for those that are told. */
static enum fake_ask broken;
static int status;
static unsigned times;
static const char *headers;

/* Statuses. */

FAULT(answer_status)
{
	if (ask != broken || nth >= times)
		return false;
	reply->status = status;
	reply->headers = headers;
	return true;
}

static void set_status(enum fake_ask ask, int code, unsigned how_often, const char *lines)
{
	fake.fault = answer_status;
	broken = ask;
	status = code;
	times = how_often;
	headers = lines;
	for (size_t i = 0; i < FAKE_ASKS; i++)
		fake.asked[i] = 0;
}

TEST(who_is_denied_is_told_where_a_token_goes)
{
	set_status(FAKE_INFO, 401, 1, "X-Error-Message: Invalid username or password.\r\n");
	assert_download_fails(ERROR_DENIED, "put it into HF_TOKEN or /nowhere");
	assert_int_equal(fake.asked[FAKE_INFO], 1);
}

TEST(a_wrong_token_is_said_to_be_wrong_and_not_shown)
{
	hub.token = mem_strdup("hf_secret");
	set_status(FAKE_INFO, 401, 1, "X-Error-Message: hf_secret is wrong\r\n");
	assert_download_fails(ERROR_DENIED, "does not accept the token");
	assert_null(strstr(err.text, "hf_secret"));
	set_status(FAKE_INFO, 403, 1, "X-Error-Message: hf_secret is wrong\r\n");
	assert_download_fails(ERROR_DENIED, "denies access");
	assert_null(strstr(err.text, "hf_secret"));
}

TEST(a_gated_repository_asks_for_its_licence)
{
	static const int codes[] = { 401, 403 };

	for (size_t i = 0; i < countof(codes); i++) {
		set_status(FAKE_HEAD, codes[i], 1, "X-Error-Code: GatedRepo\r\n");
		assert_download_fails(ERROR_DENIED, "is gated: accept its licence at http://127.0.0.1:");
		assert_nothing_half_is_taken_for_whole();
	}
}

TEST(what_is_missing_is_told_apart)
{
	own_mem char *repo = hub_download(&hub, &(struct hub_want){ .repo = "a/c" }, NULL, NULL, NULL, &err);
	assert_null(repo);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "no repository a/c"));
	own_mem char *revision =
		hub_download(&hub, &(struct hub_want){ .repo = "a/b", .revision = "v9" }, NULL, NULL, NULL, &err);
	assert_null(revision);
	assert_int_equal(err.kind, ERROR_NOT_FOUND);
	assert_non_null(strstr(err.text, "a/b has no revision v9"));
	set_status(FAKE_HEAD, 404, 1, "X-Error-Code: EntryNotFound\r\n");
	assert_download_fails(ERROR_NOT_FOUND, "a/b has no file onnx/model.onnx");
	assert_true(cache_holds(REPO "/.no_exist/" FAKE_COMMIT "/onnx/model.onnx"));
}

TEST(what_passes_is_tried_again)
{
	static const int codes[] = { 408, 429, 500, 502, 503, 504 };
	static const enum fake_ask asks[] = { FAKE_INFO, FAKE_HEAD, FAKE_GET, FAKE_BYTES };

	for (size_t i = 0; i < countof(codes); i++)
		for (size_t j = 0; j < countof(asks); j++) {
			begin_again();
			set_status(asks[j], codes[i], hub.tries - 1, NULL);
			assert_downloads();
		}
}

TEST(what_does_not_pass_ends_after_some_tries)
{
	static const enum fake_ask asks[] = { FAKE_INFO, FAKE_HEAD, FAKE_GET, FAKE_BYTES };

	for (size_t j = 0; j < countof(asks); j++) {
		begin_again();
		set_status(asks[j], 503, 1000, NULL);
		assert_download_fails(ERROR_UNAVAILABLE, "answers 503");
		assert_int_equal(fake.asked[asks[j]], hub.tries);
	}
	assert_nothing_half_is_taken_for_whole();
}

TEST(trouble_is_shown_while_it_lasts)
{
	struct seen_progress seen = { 0 };

	hub.backoff_ms = 150;
	set_status(FAKE_HEAD, 503, 2, NULL);
	own_mem char *snapshot = hub_download(&hub, &(struct hub_want){ .repo = "a/b" }, see_progress, &seen, NULL,
		&err);
	assert_non_null(snapshot);
	assert_non_null(strstr(seen.trouble, "answers 503"));
	assert_null(seen.last.trouble);
}

TEST(retry_after_is_heeded_within_reason)
{
	set_status(FAKE_INFO, 429, 1, "Retry-After: 0\r\n");
	assert_downloads();
	begin_again();
	set_status(FAKE_INFO, 429, 1, "Retry-After: 100000\r\n");
	assert_download_fails(ERROR_UNAVAILABLE, "100000 seconds");
	assert_int_equal(fake.asked[FAKE_INFO], 1);
}

TEST(an_address_that_has_expired_is_asked_for_again)
{
	set_status(FAKE_BYTES, 403, 1, NULL);
	assert_downloads();
	assert_int_equal(fake.asked[FAKE_HEAD], 2);
}

/* Redirects. */

FAULT(head_to_itself)
{
	if (ask != FAKE_HEAD)
		return false;
	reply->status = 307;
	reply->headers = "Location: /a/b/resolve/" FAKE_COMMIT "/onnx/model.onnx\r\n";
	return true;
}

FAULT(bytes_to_itself)
{
	if (ask != FAKE_BYTES)
		return false;
	reply->status = 302;
	reply->headers = "Location: /onnx/model.onnx\r\n";
	return true;
}

FAULT(info_to_itself)
{
	if (ask != FAKE_INFO)
		return false;
	reply->status = 302;
	reply->headers = "Location: /api/models/a/b/revision/main?blobs=true\r\n";
	return true;
}

TEST(redirects_in_a_circle_come_to_an_end)
{
	fake.fault = head_to_itself;
	assert_download_fails(ERROR_INVALID, "redirects more than");
	fake.fault = bytes_to_itself;
	assert_download_fails(ERROR_UNAVAILABLE, "redirects more than");
	fake.fault = info_to_itself;
	assert_download_fails(ERROR_UNAVAILABLE, "redirects more than");
	assert_true(scripted_server_requests(fake.server) + scripted_server_requests(fake.bytes) < 200);
}

FAULT(renamed)
{
	if (ask != FAKE_HEAD || nth > 0)
		return false;
	reply->raw = true;
	reply->body = "HTTP/1.1 307 Temporary Redirect\r\nLocation: /a/b/resolve/" FAKE_COMMIT
		"/onnx/model.onnx\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
	return true;
}

TEST(a_renamed_repository_is_followed)
{
	fake.fault = renamed;
	assert_downloads();
}

FAULT(to_nonsense)
{
	if (ask != FAKE_HEAD)
		return false;
	reply->status = 302;
	reply->headers = "Location: file:///etc/passwd\r\n";
	return true;
}

TEST(a_redirect_to_no_web_address_is_not_followed)
{
	fake.fault = to_nonsense;
	assert_download_fails(ERROR_INVALID, "no http or https URL");
}

/* Hostile listings. */

static struct fake_file hostile[] = { { "", "x", false } };

TEST(paths_that_lead_out_are_refused)
{
	static const char *const paths[] = { "../x", "/etc/x", "a/../../x", "a//b", ".", "a\\\\b", "a\\u0001b" };

	fake.files = hostile;
	fake.count = 1;
	for (size_t i = 0; i < countof(paths); i++) {
		hostile[0].path = paths[i];
		assert_download_fails(ERROR_INVALID, "name is not safe");
	}
	hostile[0].path = "a\\u0000b";
	assert_download_fails(ERROR_INVALID, "");
}

FAULT(hostile_etag)
{
	if (ask == FAKE_TREE)
		reply->status = 404;
	if (ask == FAKE_HEAD) {
		reply->raw = true;
		reply->body =
			"HTTP/1.1 200 OK\r\nETag: \"../../../x\"\r\nContent-Length: 5\r\nConnection: close\r\n\r\n";
	}
	return ask == FAKE_TREE || ask == FAKE_HEAD;
}

TEST(an_etag_that_is_a_path_is_refused)
{
	fake.bare_listing = true;
	fake.fault = hostile_etag;
	assert_download_fails(ERROR_INVALID, "does not say which version");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_HUB(who_is_denied_is_told_where_a_token_goes),
		WITH_HUB(a_wrong_token_is_said_to_be_wrong_and_not_shown),
		WITH_HUB(a_gated_repository_asks_for_its_licence),
		WITH_HUB(what_is_missing_is_told_apart),
		WITH_HUB(what_passes_is_tried_again),
		WITH_HUB(what_does_not_pass_ends_after_some_tries),
		WITH_HUB(trouble_is_shown_while_it_lasts),
		WITH_HUB(retry_after_is_heeded_within_reason),
		WITH_HUB(an_address_that_has_expired_is_asked_for_again),
		WITH_HUB(redirects_in_a_circle_come_to_an_end),
		WITH_HUB(a_renamed_repository_is_followed),
		WITH_HUB(a_redirect_to_no_web_address_is_not_followed),
		WITH_HUB(paths_that_lead_out_are_refused),
		WITH_HUB(an_etag_that_is_a_path_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
